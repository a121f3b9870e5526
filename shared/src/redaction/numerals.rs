//! Numbers as they are said, in English, German, Spanish and French: what digits a listener writes down.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{Gap, Text};

/// A language whose numbers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    En,
    De,
    Es,
    Fr,
}

/// What part a word takes in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// 0 to 9.
    Unit,
    /// 10 to 19.
    Teen,
    /// 20, 30, up to 90.
    Ten,
    /// Said in one word, and complete: `veintiuno`, `vierhundertelf`.
    Whole,
    /// Several hundreds in one word, `doscientos`.
    Hundreds,
    Hundred,
    Thousand,
    Million,
    /// `double`, `triple`: the next digit so many times.
    Times,
    /// `fives`: a digit, as often as is said in front of it.
    Plural,
    /// The day of a date, as a rule.
    Ordinal,
}

use Part::{Hundred, Hundreds, Million, Ordinal, Plural, Teen, Ten, Thousand, Times, Unit, Whole};
use Tongue::{De, En, Es, Fr};

/// The words, folded, behind what they mean. What stands in front of a `?` is as often no number at all: it counts
/// only beside another number.
const WORDS: &[(Tongue, Part, &str)] = &[
    (
        En,
        Unit,
        "0 zero nought naught nil oh? o? 1 one? 2 two 3 three 4 four 5 five fife 6 six 7 seven 8 eight 9 nine niner",
    ),
    (
        En,
        Teen,
        "10 ten 11 eleven 12 twelve 13 thirteen 14 fourteen 15 fifteen 16 sixteen 17 seventeen 18 eighteen 19 nineteen",
    ),
    (En, Ten, "20 twenty 30 thirty 40 forty fourty 50 fifty 60 sixty 70 seventy 80 eighty 90 ninety"),
    (En, Hundred, "100 hundred hundreds"),
    (En, Thousand, "1000 thousand"),
    (En, Million, "1000000 million"),
    (En, Times, "2 double 3 triple treble 4 quadruple"),
    (
        En,
        Plural,
        "0 zeros zeroes noughts oughts ohs 1 ones 2 twos 3 threes 4 fours 5 fives 6 sixes 7 sevens 8 eights 9 nines",
    ),
    (
        En,
        Ordinal,
        "1 first 2 second 3 third 4 fourth 5 fifth 6 sixth 7 seventh 8 eighth 9 ninth 10 tenth 11 eleventh 12 twelfth",
    ),
    (En, Ordinal, "13 thirteenth 14 fourteenth 15 fifteenth 16 sixteenth 17 seventeenth 18 eighteenth 19 nineteenth"),
    (En, Ordinal, "20 twentieth 30 thirtieth"),
    (De, Unit, "0 null 1 eins ein? eine? 2 zwei zwo 3 drei 4 vier 5 funf fuenf 6 sechs 7 sieben 8 acht? 9 neun"),
    (De, Teen, "10 zehn 11 elf? 12 zwolf zwoelf 13 dreizehn 14 vierzehn 15 funfzehn fuenfzehn 16 sechzehn 17 siebzehn"),
    (De, Teen, "18 achtzehn 19 neunzehn"),
    (
        De,
        Ten,
        "20 zwanzig 30 dreissig dreizig 40 vierzig 50 funfzig fuenfzig 60 sechzig 70 siebzig 80 achtzig 90 neunzig",
    ),
    (De, Hundred, "100 hundert"),
    (De, Thousand, "1000 tausend"),
    (De, Million, "1000000 million millionen"),
    (
        De,
        Times,
        "2 doppel doppelt doppelte zweimal 3 dreifach dreimal 4 viermal vierfach 5 funfmal fuenfmal 6 sechsmal",
    ),
    (De, Times, "7 siebenmal 8 achtmal 9 neunmal 10 zehnmal"),
    (De, Plural, "0 nullen 1 einser einsen 2 zweier zweien 3 dreier dreien 4 vierer vieren 5 funfer fuenfer funfen"),
    (De, Plural, "6 sechser sechsen 7 siebener 8 achter achten 9 neuner neunen"),
    (Es, Unit, "0 cero 1 uno un? una? 2 dos? 3 tres? 4 cuatro 5 cinco 6 seis 7 siete 8 ocho 9 nueve"),
    (
        Es,
        Teen,
        "10 diez 11 once? 12 doce 13 trece 14 catorce 15 quince 16 dieciseis 17 diecisiete 18 dieciocho 19 diecinueve",
    ),
    (Es, Ten, "20 veinte 30 treinta 40 cuarenta 50 cincuenta 60 sesenta 70 setenta 80 ochenta 90 noventa"),
    (
        Es,
        Whole,
        "21 veintiuno veintiun 22 veintidos 23 veintitres 24 veinticuatro 25 veinticinco 26 veintiseis 27 veintisiete",
    ),
    (Es, Whole, "28 veintiocho 29 veintinueve"),
    (
        Es,
        Hundreds,
        "100 cien ciento 200 doscientos doscientas 300 trescientos trescientas 400 cuatrocientos cuatrocientas",
    ),
    (Es, Hundreds, "500 quinientos quinientas 600 seiscientos seiscientas 700 setecientos setecientas"),
    (Es, Hundreds, "800 ochocientos ochocientas 900 novecientos novecientas"),
    (Es, Thousand, "1000 mil?"),
    (Es, Million, "1000000 millon millones"),
    (Es, Times, "2 doble 3 triple"),
    (Es, Plural, "0 ceros 1 unos 2 doses 3 treses 4 cuatros 5 cincos 6 seises 7 sietes 8 ochos 9 nueves"),
    (Es, Ordinal, "1 primero 2 segundo 3 tercero"),
    (Fr, Unit, "0 zero 1 un? une? 2 deux 3 trois 4 quatre 5 cinq 6 six 7 sept 8 huit 9 neuf?"),
    (Fr, Teen, "10 dix 11 onze 12 douze 13 treize 14 quatorze 15 quinze 16 seize"),
    (Fr, Ten, "20 vingt 30 trente 40 quarante 50 cinquante 60 soixante 70 septante 80 huitante octante 90 nonante"),
    (Fr, Hundred, "100 cent cents"),
    (Fr, Thousand, "1000 mille"),
    (Fr, Million, "1000000 million millions"),
    (Fr, Times, "2 double 3 triple"),
    (Fr, Plural, "0 zeros"),
    (Fr, Ordinal, "1 premier 2 deuxieme 3 troisieme"),
];

/// The longest number in words is cut here: a line of nothing but `million` is no number.
const LONGEST: usize = 24;

/// Letters of the longest number in one German word, with some to spare: what is longer is none, and is not taken apart.
const LONGEST_GERMAN: usize = 80;

/// A number that was said.
pub struct Spoken {
    /// The token behind its last.
    pub end: usize,
    /// The digits that a listener writes down.
    pub digits: String,
    /// Whether its one word is as often no number: it counts only beside another.
    pub unsure: bool,
    /// Whether it is the day of a date rather than one of many digits.
    pub is_ordinal: bool,
}

struct Meaning {
    tongue: Tongue,
    part: Part,
    value: u64,
    unsure: bool,
}

static MEANINGS: LazyLock<HashMap<&'static str, Vec<Meaning>>> = LazyLock::new(|| {
    let mut meanings: HashMap<&str, Vec<Meaning>> = HashMap::new();
    for (tongue, part, words) in WORDS {
        let mut value = 0;
        for word in words.split(' ') {
            if let Ok(number) = word.parse() {
                value = number;
                continue;
            }
            let (word, unsure) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
            meanings.entry(word).or_default().push(Meaning { tongue: *tongue, part: *part, value, unsure });
        }
    }
    meanings
});

/// Words that say how often the digit behind them comes: `four times zero`.
const OFTEN: &[&str] = &["times", "mal", "veces", "fois"];

/// Articles in front of that digit.
const ARTICLES: &[&str] = &["die", "der", "el", "le", "the", "la", "un", "a", "eine", "une"];

/// Digits that come more often are none.
const MOST_OFTEN: u64 = 16;

/// `4 fives`, `4 x 5`: a digit that is counted, where its count is written.
pub fn counted(text: &Text<'_>, token: usize) -> Option<Spoken> {
    let count = text.word(token).parse().ok()?;
    [En, De, Es, Fr].into_iter().find_map(|tongue| Reader { text, tongue }.counted(token + 1, count))
}

/// The number that is said from a token on, if there is one: of several readings the longest.
pub fn spoken(text: &Text<'_>, token: usize) -> Option<Spoken> {
    let word = text.word(token);
    let known = MEANINGS.get(word);
    let in_german = known.is_none().then(|| german(word)).flatten();
    if let Some((value, is_ordinal)) = in_german {
        let reader = Reader { text, tongue: De };
        let read = if is_ordinal { None } else { reader.number(token) };
        let (value, end) = read.unwrap_or((value, token + 1));
        return Some(Spoken { end, digits: value.to_string(), unsure: false, is_ordinal });
    }
    if let Some(digits) = german_times(word) {
        return Some(Spoken { end: token + 1, digits, unsure: false, is_ordinal: false });
    }
    let mut best: Option<Spoken> = None;
    for meaning in known? {
        let reader = Reader { text, tongue: meaning.tongue };
        let Some(said) = reader.said(token, meaning) else { continue };
        let is_better = |best: &Spoken| (said.end, !said.unsure) > (best.end, !best.unsure);
        if best.as_ref().is_none_or(is_better) {
            best = Some(said);
        }
    }
    best
}

/// Reads numbers of one language.
struct Reader<'t, 'a> {
    text: &'t Text<'a>,
    tongue: Tongue,
}

impl Reader<'_, '_> {
    fn said(&self, token: usize, meaning: &Meaning) -> Option<Spoken> {
        match meaning.part {
            Times => {
                let next = token + 1;
                let next = if ARTICLES.contains(&self.text.word(next)) { next + 1 } else { next };
                let is_digit =
                    self.text.tokens.get(next).is_some_and(|token| token.is_number && token.end - token.start == 1);
                let digit = match self.part(next) {
                    Some((Unit, digit)) => digit.to_string(),
                    _ if is_digit => self.text.word(next).to_owned(),
                    _ => return None,
                };
                let digits = digit.repeat(usize::try_from(meaning.value).ok()?);
                Some(Spoken { end: next + 1, digits, unsure: false, is_ordinal: false })
            }
            Ordinal => {
                Some(Spoken { end: token + 1, digits: meaning.value.to_string(), unsure: false, is_ordinal: true })
            }
            Plural => None,
            _ => {
                let (value, end) = self.number(token)?;
                if let Some(counted) = self.counted(end, value) {
                    return Some(counted);
                }
                // "Twenty first" is a day.
                let ordinal = self.part(end).filter(|(part, day)| *part == Ordinal && *day < 10 && self.is_close(end));
                if let Some((_, day)) = ordinal.filter(|_| meaning.part == Ten) {
                    let digits = (value + day).to_string();
                    return Some(Spoken { end: end + 1, digits, unsure: false, is_ordinal: true });
                }
                let unsure = meaning.unsure && end == token + 1;
                Some(Spoken { end, digits: value.to_string(), unsure, is_ordinal: false })
            }
        }
    }

    /// `four fives`, `four times the five`: the digit behind its count, so often.
    fn counted(&self, token: usize, count: u64) -> Option<Spoken> {
        if !(2..=MOST_OFTEN).contains(&count) || !self.is_close(token) {
            return None;
        }
        let times = usize::try_from(count).ok()?;
        if let Some((Plural, digit)) = self.part(token) {
            let digits = digit.to_string().repeat(times);
            return Some(Spoken { end: token + 1, digits, unsure: false, is_ordinal: false });
        }
        if !OFTEN.contains(&self.text.word(token)) || !self.is_close(token + 1) {
            return None;
        }
        let has_article = ARTICLES.contains(&self.text.word(token + 1)) && self.part(token + 2).is_some();
        let place = if has_article { token + 2 } else { token + 1 };
        let (Unit, digit) = self.next(place)? else { return None };
        // "Twice a mail" is no digit.
        if !has_article && times == 2 && digit == 1 {
            return None;
        }
        Some(Spoken { end: place + 1, digits: digit.to_string().repeat(times), unsure: false, is_ordinal: false })
    }

    fn part(&self, token: usize) -> Option<(Part, u64)> {
        let word = self.text.word(token);
        match MEANINGS.get(word) {
            Some(meanings) => {
                let of_tongue = meanings.iter().find(|meaning| meaning.tongue == self.tongue)?;
                Some((of_tongue.part, of_tongue.value))
            }
            None if self.tongue == De => match german(word)? {
                (value, true) => Some((Ordinal, value)),
                (value, false) => Some((Whole, value)),
            },
            None => None,
        }
    }

    /// Whether nothing but a space or a hyphen stands before a word: it may go on with the number before it.
    fn is_close(&self, token: usize) -> bool {
        self.text.gap(token).is_within(&[Gap::SPACE, Gap::HYPHEN])
    }

    fn is_word(&self, token: usize, words: &[&str]) -> bool {
        self.is_close(token) && words.contains(&self.text.word(token))
    }

    fn next(&self, token: usize) -> Option<(Part, u64)> {
        self.part(token).filter(|_| self.is_close(token))
    }

    fn number(&self, token: usize) -> Option<(u64, usize)> {
        let end_of_longest = token + LONGEST;
        let (mut value, mut end) = match self.part(token)? {
            (Thousand, _) if self.tongue != En => (1, token),
            _ => self.below_thousand(token)?,
        };
        if let Some((Million, million)) = self.next(end).filter(|_| end > token) {
            (value, end) = (value.saturating_mul(million), end + 1);
            if let Some((more, then)) =
                self.next(end).and_then(|_| self.below_million(end)).filter(|_| end < end_of_longest)
            {
                (value, end) = (value.saturating_add(more), then);
            }
            return Some((value, end));
        }
        self.thousands(value, end, token)
    }

    fn below_million(&self, token: usize) -> Option<(u64, usize)> {
        let (value, end) = match self.part(token)? {
            (Thousand, _) if self.tongue != En => (1, token),
            _ => self.below_thousand(token)?,
        };
        self.thousands(value, end, token)
    }

    /// `value`, and what `thousand` behind it makes of it.
    fn thousands(&self, value: u64, end: usize, token: usize) -> Option<(u64, usize)> {
        let is_thousand = |part: &(Part, u64)| part.0 == Thousand;
        let found = if end == token { self.part(end) } else { self.next(end) };
        let Some((_, thousand)) = found.filter(is_thousand) else { return Some((value, end)) };
        let (value, end) = (value.saturating_mul(thousand), end + 1);
        let rest = if self.is_word(end, &["and", "und"]) { end + 1 } else { end };
        let is_rest =
            |part: &(Part, u64)| matches!(part.0, Unit | Teen | Ten | Whole | Hundreds | Hundred) && part.1 > 0;
        match self.next(rest).filter(is_rest).and_then(|_| self.below_thousand(rest)) {
            Some((more, end)) if more < 1000 => Some((value + more, end)),
            _ => Some((value, end)),
        }
    }

    fn below_thousand(&self, token: usize) -> Option<(u64, usize)> {
        let (hundreds, end) = match self.part(token)? {
            (Hundreds, value) => (value, token + 1),
            (Hundred, _) => (100, token + 1),
            _ => {
                let (value, end) = self.below_hundred(token)?;
                match self.next(end) {
                    Some((Hundred, _)) if (1..100).contains(&value) => (value * 100, end + 1),
                    _ => return Some((value, end)),
                }
            }
        };
        let rest = if self.is_word(end, &["and", "und"]) { end + 1 } else { end };
        let is_rest = |part: &(Part, u64)| matches!(part.0, Unit | Teen | Ten | Whole) && (1..100).contains(&part.1);
        match self.next(rest).filter(is_rest).and_then(|_| self.below_hundred(rest)) {
            Some((more, end)) => Some((hundreds + more, end)),
            None => Some((hundreds, end)),
        }
    }

    fn below_hundred(&self, token: usize) -> Option<(u64, usize)> {
        let (part, value) = self.part(token)?;
        let next = self.next(token + 1);
        Some(match (self.tongue, part) {
            (De, Unit) if value > 0 && self.is_word(token + 1, &["und"]) => match self.next(token + 2) {
                Some((Ten, ten)) => (ten + value, token + 3),
                _ => (value, token + 1),
            },
            (Fr, Unit) if value == 4 && self.is_word(token + 1, &["vingt", "vingts"]) => {
                let (more, end) = self.french_rest(token + 2, true);
                (80 + more, end)
            }
            (Fr, Teen) if value == 10 => match next {
                Some((Unit, unit)) if unit >= 7 => (10 + unit, token + 2),
                _ => (value, token + 1),
            },
            (Fr, Ten) => {
                let (more, end) = self.french_rest(token + 1, value == 60);
                (value + more, end)
            }
            (En, Ten) => match next {
                Some((Unit, unit)) if unit > 0 && !["o", "oh"].contains(&self.text.word(token + 1)) => {
                    (value + unit, token + 2)
                }
                _ => (value, token + 1),
            },
            (Es, Ten) if self.is_word(token + 1, &["y"]) => match self.next(token + 2) {
                Some((Unit, unit)) if unit > 0 => (value + unit, token + 3),
                _ => (value, token + 1),
            },
            (_, Unit | Teen | Ten | Whole) => (value, token + 1),
            _ => return None,
        })
    }

    /// What goes on with 20, 60 or 80 in French, up to 9, or up to 19.
    fn french_rest(&self, token: usize, to_nineteen: bool) -> (u64, usize) {
        if self.is_word(token, &["et"]) {
            return match self.text.word(token + 1) {
                "un" | "une" => (1, token + 2),
                "onze" if to_nineteen => (11, token + 2),
                _ => (0, token),
            };
        }
        match self.next(token) {
            Some((Unit, unit)) if unit > 0 => (unit, token + 1),
            Some((Teen, _)) if to_nineteen => self.below_hundred(token).unwrap_or((0, token)),
            _ => (0, token),
        }
    }
}

/// A German number in one word, and whether it is an ordinal: `einundzwanzig`, `zwolfte`.
/// `Doppelnull`.
fn german_times(word: &str) -> Option<String> {
    let times = [("doppel", 2), ("dreifach", 3)];
    let (digit, times) = times.iter().find_map(|(many, times)| Some((word.strip_prefix(many)?, *times)))?;
    let meaning = MEANINGS.get(digit)?.iter().find(|meaning| meaning.tongue == De && meaning.part == Unit)?;
    Some(meaning.value.to_string().repeat(times))
}

fn german(word: &str) -> Option<(u64, bool)> {
    if !(4..=LONGEST_GERMAN).contains(&word.len()) {
        return None;
    }
    if let Some(value) = german_cardinal(word, 3) {
        return Some((value, false));
    }
    let stem = ["ter", "ten", "tes", "tem", "te"].iter().find_map(|ending| word.strip_suffix(ending))?;
    let value = match stem {
        "ers" => Some(1),
        "drit" => Some(3),
        "sieb" => Some(7),
        "ach" => Some(8),
        _ => german_cardinal(stem, 3).or_else(|| german_cardinal(stem.strip_suffix('s')?, 3)),
    };
    value.filter(|day| *day <= 31).map(|day| (day, true))
}

fn german_cardinal(word: &str, depth: usize) -> Option<u64> {
    if word.is_empty() || depth == 0 {
        return None;
    }
    for (name, size) in [("tausend", 1000), ("hundert", 100)] {
        if let Some((before, behind)) = word.split_once(name) {
            let many = if before.is_empty() { 1 } else { german_cardinal(before, depth - 1)? };
            let behind = behind.strip_prefix("und").unwrap_or(behind);
            let more = if behind.is_empty() { 0 } else { german_cardinal(behind, depth)? };
            return (many < 1000 && more < size).then_some(many * size + more);
        }
    }
    // "Zwanzigsechzehn": a year.
    if let Some(year) = word.strip_prefix("zwanzig").filter(|rest| !rest.is_empty())
        && let Some(year) = german_cardinal(year, depth - 1)
    {
        return (year < 100).then_some(2000 + year);
    }
    let of = |word: &str, parts: &[Part]| {
        let meaning = MEANINGS.get(word)?.iter().find(|meaning| meaning.tongue == De)?;
        parts.contains(&meaning.part).then_some(meaning.value)
    };
    of(word, &[Unit, Teen, Ten]).or_else(|| {
        let (unit, ten) = word
            .match_indices("und")
            .find_map(|(at, und)| Some((of(&word[..at], &[Unit])?, of(&word[at + und.len()..], &[Ten])?)))?;
        Some(ten + unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> String {
        let text = Text::of(text, |_| false);
        let (mut token, mut groups) = (0, Vec::new());
        while token < text.tokens.len() {
            match spoken(&text, token) {
                Some(said) => {
                    token = said.end;
                    groups.push(said.digits);
                }
                None => token += 1,
            }
        }
        groups.join(" ")
    }

    #[test]
    fn english() {
        assert_eq!(digits("four one one one"), "4 1 1 1");
        assert_eq!(digits("forty one eleven, forty-two"), "41 11 42");
        assert_eq!(digits("double five triple oh double 7"), "55 000 77");
        assert_eq!(digits("four hundred and twelve, two thousand and thirty, nineteen eighty"), "412 2030 19 80");
        assert_eq!(digits("twenty oh one, twenty, one"), "20 0 1 20 1");
        assert_eq!(digits("the twenty first of the third"), "21 3");
        assert_eq!(digits("six thousand one hundred eleven"), "6111");
        assert_eq!(digits("four fives, three times the seven, 2 eights"), "5555 777");
    }

    #[test]
    fn german() {
        assert_eq!(digits("einundzwanzig ein und zwanzig vierhundertelf"), "21 21 411");
        assert_eq!(digits("viertausendeinhundertelf, neunzehnhundertvierundsechzig"), "4111 1964");
        assert_eq!(digits("fünf fuenf zwo zwoelf dreißig"), "5 5 2 12 30");
        assert_eq!(digits("vier Fünfer, fünfmal die Null, drei mal die Vier"), "5555 00000 444");
        assert_eq!(digits("siebter zwölfte achtzehnten einundzwanzigsten"), "7 12 18 21");
        assert_eq!(digits("hunderte Leute heute"), "");
        assert_eq!(digits(&"hundert".repeat(50_000)), "");
    }

    #[test]
    fn spanish() {
        assert_eq!(digits("cuarenta y uno once veintiuno"), "41 11 21");
        assert_eq!(digits("ciento veintitrés, mil novecientos ochenta, dos mil veintinueve"), "123 1980 2029");
        let long = "doce millones trescientos cuarenta y cinco mil seiscientos setenta y ocho";
        assert_eq!(digits(long), "12345678");
        assert_eq!(digits("cuatro cincos, tres veces el uno"), "5555 111");
    }

    #[test]
    fn french() {
        assert_eq!(digits("soixante-dix quatre-vingt-dix-sept quatre vingts soixante et onze"), "70 97 80 71");
        assert_eq!(digits("vingt et un, trente-deux, cent quinze, sept cent trente-sept"), "21 32 115 737");
        assert_eq!(digits("dix-huit zéro zéro, dix, zéro"), "18 0 0 10 0");
        assert_eq!(digits("septante-trois nonante et un, mille neuf cent quatre-vingts"), "73 91 1980");
        assert_eq!(digits("quatre-vingt-dix-huit quatre"), "98 4");
        assert_eq!(digits("quatre fois le cinq, trois zéros, deux fois un mail"), "5555 000 2 1");
    }
}
