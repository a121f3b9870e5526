//! What is dictated: digits, written or said, and letters, piece by piece, and how pieces hang together.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use super::cues::Mark;
use super::numerals;
use super::text::{Gap, Text};

/// A piece of what is dictated.
pub struct Piece {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// Digits, or letters in upper case.
    pub chars: String,
    /// Whether it is letters.
    pub is_letters: bool,
    /// Whether letters and digits stand together without a space, as in `RF-22817` or `5G`.
    pub is_mixed: bool,
    /// Whether it says how much or when: an amount, a time, a day.
    pub is_measure: bool,
}

/// Pieces that hang together: nothing but hesitation, politeness and repetition is between them.
pub struct Run {
    /// Its pieces.
    pub pieces: Range<usize>,
    /// Their digits, and letters if there are any.
    pub chars: String,
}

/// What is dictated in a text.
pub struct Dictated {
    /// The pieces, in the order of the text.
    pub pieces: Vec<Piece>,
    /// Runs of digits alone.
    pub numbers: Vec<Run>,
    /// Runs of digits and letters.
    pub codes: Vec<Run>,
}

/// Words that may stand within a number that is dictated, folded.
const FILLERS: &str = "uh um er erm eh ehm hm hmm mm mhm mmhm ah oh ahm euh heu ben bah hum like so and then und dann y luego entonces et puis \
    ensuite ok okay okey yes yeah yep yup ja jo jawohl si oui right next now sorry no wait that thats it its is s c est t m ist es the le la el lo \
    der die das again once more nochmal nochmals noch mal wieder otra vez encore got all huh uhuh aja d accord alors also bien vale good great \
    perfect lovely go ahead on hang hold moment sec second please bitte gern genau correct correcto exact exactement actually i mean make \
    siento perdon perdona pardon entschuldigung quatsch blodsinn mist rubbish oops nein non digo you well let me see here slash strich barra dash hyphen bindestrich \
    guion tiret space leerzeichen espacio espace of del de du vom von for to too with con mit avec up dass haha well thank thanks danke \
    gracias merci muy hier voila attendez un momento moment mal continue weiter siga sigue allez cle clef key schlussel followed by gefolgt seguido suivi fin end ende was richtig";

/// Words by which somebody starts again.
const CORRECTIONS: &str = "sorry no wait actually mean correction again nein quatsch blodsinn oops entschuldigung nochmal falsch perdon perdona digo \
    siento otra non pardon enfin plutot excusez not isn doesn didn wrong match matching stimmt nicht coincide pas incorrect";

/// What a number counts that stands in front of it.
const UNITS: &str = "euro euros eur dollar dollars usd bucks pound pounds gbp quid pence cents centimos centimes percent prozent franken francs kg \
    kilo kilos gram grams gramm km kilometer kilometers kilometre kilometres miles mile metre metres meter meters metros cm mm zentimeter \
    centimetros qm gb gig gigs giga gigas gigabyte mb meg megs megabit megabits mbit tb volt watt kwh minute minutes minuten minutos min mins \
    seconds sekunden segundos secondes hour hours stunde stunden horas heure heures uhr am pm day days tag tage tagen dia dias jour jours \
    week weeks woche wochen semanas semaine semaines month months monat monate monaten mes meses mois year years jahr jahre jahren ano anos ans \
    night nights working business werktag werktage werktagen werktags laborables ouvres times mal veces fois digit digits ziffern stellen stellig \
    digitos cifras chiffres characters zeichen sonderzeichen caracteres points punkte puntos o'clock percentage st nd rd th ct chf degrees grad \
    package packages packages paket pakete bultos items pieces stuck piezas bars lines lights orders";

/// Currencies, behind which hundredths may stand.
const CURRENCIES: &[&str] =
    &["euro", "euros", "dollar", "dollars", "pound", "pounds", "quid", "franken", "francs", "pesos"];

/// Days, which dates stand behind.
const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonnabend \
    sonntag lunes martes miercoles jueves viernes sabado domingo lundi mardi mercredi jeudi vendredi samedi dimanche";

/// Months, folded, and their numbers. `Sept` is a French seven.
const MONTHS: &str = "january januar enero janvier jan ene janv jaenner|february februar febrero fevrier feb fev|\
    march marz maerz marzo mars mar mrz|april abril avril apr abr avr|may mai mayo|june juni junio juin jun|july juli julio juillet jul|\
    august agosto aout aug ago|september septiembre setiembre septembre|october oktober octubre octobre oct okt|\
    november noviembre novembre nov|december dezember diciembre decembre dec dez dic";

/// Words of the alphabets that letters are spelled by; each stands for its first letter.
const SPELLING: &str = "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa quebec \
    romeo sierra tango uniform victor whiskey whisky xray yankee zulu anton berta caesar casar dora emil friedrich gustav heinrich ida \
    julius kaufmann ludwig martha nordpol otto paula quelle richard samuel siegfried theodor ulrich viktor wilhelm xanthippe ypsilon zacharias \
    zeppelin zeta zed zee zett";

struct Words {
    fillers: HashSet<&'static str>,
    corrections: HashSet<&'static str>,
    units: HashSet<&'static str>,
    weekdays: HashSet<&'static str>,
    months: HashMap<&'static str, u8>,
    spelling: HashSet<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    fillers: FILLERS.split_whitespace().collect(),
    corrections: CORRECTIONS.split_whitespace().collect(),
    units: UNITS.split_whitespace().collect(),
    weekdays: WEEKDAYS.split_whitespace().collect(),
    months: (1..)
        .zip(MONTHS.split('|'))
        .flat_map(|(month, names)| names.split_whitespace().map(move |name| (name, month)))
        .collect(),
    spelling: SPELLING.split_whitespace().collect(),
});

/// Words by which the sign between two numbers is said.
const PARTING: &[&str] = &["slash", "strich", "schragstrich", "barra", "dash", "tiret"];
/// Words of somebody else between two pieces of a number, beside fillers: `and the next four?`.
const STRANGE_BETWEEN_LINES: usize = 2;
/// Words between two pieces in all.
const MOST_BETWEEN: usize = 10;
/// A number of more digits is no amount, whatever stands behind it.
const LONGEST_MEASURE: usize = 6;
/// Characters of a run that another speaker may repeat.
const REMEMBERED: usize = 64;
/// Digits of a written group that another may go on with behind a comma.
const LONGEST_GROUP: usize = 6;

/// Whether a word is a filler.
pub fn is_filler(word: &str) -> bool {
    WORDS.fillers.contains(word)
}

/// Whether somebody starts again with a word.
pub fn is_correction(word: &str) -> bool {
    WORDS.corrections.contains(word)
}

/// The number of a month by its name.
pub fn month(word: &str) -> Option<u8> {
    WORDS.months.get(word).copied()
}

impl Dictated {
    /// Reads the pieces of a text. What a phrase announces begins anew behind it.
    pub fn of(text: &Text<'_>, marks: &[Mark]) -> Self {
        let mut pieces = pieces(text);
        drop_unsure(text, &mut pieces);
        let pieces: Vec<Piece> = pieces.into_iter().map(|(piece, _)| piece).collect();
        let numbers = runs(text, &pieces, marks, false);
        let codes = runs(text, &pieces, marks, true);
        Self { pieces, numbers, codes }
    }

    /// The tokens of a run.
    pub fn tokens(&self, run: &Run) -> Range<usize> {
        self.pieces[run.pieces.start].tokens.start..self.pieces[run.pieces.end - 1].tokens.end
    }
}

impl Run {
    /// How many of its characters are digits.
    pub fn digits(&self) -> usize {
        self.chars.bytes().filter(u8::is_ascii_digit).count()
    }
}

/// Pieces, and which of them count only beside others.
fn pieces(text: &Text<'_>) -> Vec<(Piece, bool)> {
    let mut pieces = Vec::new();
    let mut token = 0;
    while token < text.tokens.len() {
        let (piece, unsure) = match piece(text, token) {
            Some(found) => found,
            None => {
                token += 1;
                continue;
            }
        };
        token = piece.tokens.end;
        pieces.push((piece, unsure));
    }
    pieces
}

fn piece(text: &Text<'_>, token: usize) -> Option<(Piece, bool)> {
    let word = text.word(token);
    let joined = |token: usize| token < text.tokens.len() && text.gap(token) == Gap::NOTHING;
    if text.tokens[token].is_number {
        if word.len() <= 2
            && let Some(said) = numerals::counted(text, token)
        {
            let tokens = token..said.end;
            let piece = Piece { tokens, chars: said.digits, is_letters: false, is_mixed: false, is_measure: false };
            return Some((piece, false));
        }
        let is_mixed = joined(token) || joined(token + 1);
        let is_ordinal = joined(token + 1) && ["st", "nd", "rd", "th", "er"].contains(&text.word(token + 1));
        let is_measure = is_ordinal || is_measure(text, token..token + 1, word.len());
        let piece = Piece { tokens: token..token + 1, chars: word.to_owned(), is_letters: false, is_mixed, is_measure };
        return Some((piece, false));
    }
    if let Some(said) = numerals::spoken(text, token) {
        let tokens = token..said.end;
        let is_measure = said.is_ordinal || is_measure(text, tokens.clone(), said.digits.len());
        let piece = Piece { tokens, chars: said.digits, is_letters: false, is_mixed: false, is_measure };
        return Some((piece, said.unsure));
    }
    let (tokens, letters, unsure) = letters(text, token)?;
    let is_mixed = joined(tokens.start) || joined(tokens.end);
    let piece = Piece { tokens, chars: letters, is_letters: true, is_mixed, is_measure: false };
    Some((piece, unsure))
}

/// Letters that are spelled, or stand together with digits.
fn letters(text: &Text<'_>, token: usize) -> Option<(Range<usize>, String, bool)> {
    let word = text.word(token);
    let apostrophe = text.gap(token).has(&[Gap::APOSTROPHE]) || text.gap(token + 1).has(&[Gap::APOSTROPHE]);
    let beside_digits = (text.gap(token) == Gap::NOTHING && token > 0)
        || (token + 1 < text.tokens.len() && text.gap(token + 1) == Gap::NOTHING);
    let upper = |letters: &str| letters.to_ascii_uppercase();
    if apostrophe || !word.is_ascii() {
        return None;
    }
    if word.len() == 1 {
        let spelled = match text.word(token + 1) {
            "wie" | "for" | "como" | "comme" | "de" | "like" | "von" => Some(token + 2),
            "as" if ["in"].contains(&text.word(token + 2)) => Some(token + 3),
            _ => None,
        };
        if let Some(example) = spelled
            && text.word(example).starts_with(word)
            && text.word(example).len() > 2
        {
            return Some((token..example + 1, upper(word), false));
        }
        return Some((token..token + 1, upper(word), !beside_digits && "aeiouyd".contains(word)));
    }
    if beside_digits && word.len() <= 4 {
        return Some((token..token + 1, upper(word), false));
    }
    if WORDS.spelling.contains(word) {
        return Some((token..token + 1, upper(&word[..1]), true));
    }
    let is_code = (word.len() == 2 || word.len() == 4) && text.is_upper(token);
    is_code.then(|| (token..token + 1, upper(word), true))
}

/// What counts only beside other pieces goes where there are none.
fn drop_unsure(text: &Text<'_>, pieces: &mut Vec<(Piece, bool)>) {
    let beside = |one: &Piece, other: &Piece| {
        let is_parted = other.tokens.start == one.tokens.end + 1 && PARTING.contains(&text.word(one.tokens.end));
        (one.tokens.end == other.tokens.start || is_parted)
            && text.gap(other.tokens.start).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::COMMA, Gap::ELLIPSIS])
    };
    // A day in front of a month, sure ones, and whoever stands beside one that is kept, from both sides.
    let is_day = |piece: &Piece| {
        let end = piece.tokens.end;
        month(text.word(end)).is_some() || (text.word(end) == "de" && month(text.word(end + 1)).is_some())
    };
    let mut keep: Vec<bool> = pieces.iter().map(|(piece, unsure)| !unsure || is_day(piece)).collect();
    for at in 1..pieces.len() {
        keep[at] |= keep[at - 1] && beside(&pieces[at - 1].0, &pieces[at].0);
    }
    for at in (1..pieces.len()).rev() {
        keep[at - 1] |= keep[at] && beside(&pieces[at - 1].0, &pieces[at].0);
    }
    // Two of one kind make each other sure: "one one", "Golf Bravo".
    for at in 1..pieces.len() {
        let (before, here) = (&pieces[at - 1].0, &pieces[at].0);
        if before.is_letters == here.is_letters && beside(before, here) {
            (keep[at - 1], keep[at]) = (true, true);
        }
    }
    let mut kept = keep.into_iter();
    pieces.retain(|_| kept.next().unwrap_or(true));
}

/// Whether a number says how much, or when.
fn is_measure(text: &Text<'_>, tokens: Range<usize>, digits: usize) -> bool {
    if digits > LONGEST_MEASURE || is_of_identity(text, &tokens) || is_in_groups(text, &tokens) {
        return false;
    }
    let (first, end) = (tokens.start, tokens.end);
    let close = [Gap::SPACE, Gap::HYPHEN, Gap::DOT, Gap::CURRENCY];
    let unit_follows = end < text.tokens.len()
        && (text.gap(end).is_within(&close))
        && (WORDS.units.contains(text.word(end)) || month(text.word(end)).is_some());
    let at = ["las", "la"].contains(&word_before(text, first, 1)) && word_before(text, first, 2) == "a";
    let range = ["from", "between", "zwischen", "entre"].contains(&word_before(text, first, 1));
    // "Twelve euros forty".
    let cents = digits <= 2 && CURRENCIES.contains(&word_before(text, first, 1)) && text.gap(first).is_within(&close);
    // A unit of one letter stands behind what is written.
    let letter = first + 1 == end
        && text.tokens[first].is_number
        && (first == 0 || text.gap(first) != Gap::NOTHING)
        && (end + 1 >= text.tokens.len() || text.gap(end + 1) != Gap::NOTHING)
        && text.gap(end).is_within(&close)
        && ["m", "g", "h", "l", "w", "v"].contains(&text.word(end));
    let weekday = WORDS.weekdays.contains(word_before(text, first, 1));
    let of_month = ["of", "de", "del"].contains(&text.word(end)) && month(text.word(end + 1)).is_some();
    let month_before = first > 0 && text.gap(first).is_within(&close) && month(text.word(first - 1)).is_some();
    // "May of thirty-two".
    let month_of =
        ["of", "de", "del"].contains(&word_before(text, first, 1)) && month(word_before(text, first, 2)).is_some();
    let currency = |token: usize| token < text.tokens.len() && text.gap(token).has(&[Gap::CURRENCY]);
    let behind = text.tokens.get(end - 1).map_or("", |token| text.source[token.end..].trim_start());
    let ends_with_sign = behind.starts_with(['€', '$', '£', '¥', '%']);
    unit_follows
        || is_version(text, &tokens)
        || at
        || weekday
        || range
        || cents
        || letter
        || of_month
        || month_before
        || month_of
        || currency(first)
        || ends_with_sign
        || is_decimal(text, &tokens)
        || is_time(text, &tokens)
}

/// A word in front of a token, in the same sentence.
fn word_before<'t>(text: &'t Text<'_>, token: usize, by: usize) -> &'t str {
    if text.gap(token).has(&[Gap::LINE]) {
        return "";
    }
    token.checked_sub(by).map_or("", |token| text.word(token))
}

/// `23.847.156-C`, `X-4.471.203-B`: digits in groups as amounts have them, with a letter behind them as none has.
fn is_of_identity(text: &Text<'_>, tokens: &Range<usize>) -> bool {
    let number = |token: usize, length: &[usize]| {
        text.tokens.get(token).is_some_and(|here| here.is_number) && length.contains(&text.word(token).len())
    };
    let dot = |token: usize| text.gap(token) == Gap::DOT;
    let letter = |token: usize| {
        let word = text.word(token);
        word.len() == 1
            && word.bytes().all(|letter| letter.is_ascii_alphabetic())
            && text.gap(token).is_within(&[Gap::SPACE, Gap::HYPHEN])
    };
    (0..3).filter_map(|by| tokens.start.checked_sub(by)).any(|first| {
        number(first, &[1, 2])
            && number(first + 1, &[3])
            && number(first + 2, &[3])
            && dot(first + 1)
            && dot(first + 2)
            && letter(first + 3)
    })
}

/// `4988.4388.4388.4305`, `3714 496353 98431`: groups of a long number.
fn is_in_groups(text: &Text<'_>, tokens: &Range<usize>) -> bool {
    let goes_on = |token: usize| {
        token > 0
            && text.tokens.get(token).is_some_and(|here| here.is_number && here.start - text.tokens[token - 1].end == 1)
            && text.tokens[token - 1].is_number
            && text.gap(token).is_within(&[Gap::DOT, Gap::SPACE, Gap::HYPHEN])
    };
    let (mut begin, mut end) = (tokens.start, tokens.start + 1);
    while goes_on(begin) && tokens.start - begin < 5 {
        begin -= 1;
    }
    while goes_on(end) && end - tokens.start < 5 {
        end += 1;
    }
    let is_group = |token: usize| (4..=6).contains(&text.word(token).len());
    text.tokens.get(tokens.start).is_some_and(|token| token.is_number)
        && (begin..end).all(is_group)
        && (begin..end).map(|token| text.word(token).len()).sum::<usize>() >= 14
}

/// `1,284.50`, `34,20`, `vier Komma drei`.
fn is_decimal(text: &Text<'_>, tokens: &Range<usize>) -> bool {
    let said = ["point", "punkt", "komma", "coma", "virgule"];
    let (first, end) = (tokens.start, tokens.end);
    if first > 0 && said.contains(&text.word(first - 1)) || said.contains(&text.word(end)) {
        return numeric(text, end + 1) || (first > 1 && numeric(text, first - 2));
    }
    // The number that these digits are part of.
    let parted = |token: usize| {
        token > 0
            && text.tokens.get(token).is_some_and(|here| here.is_number && here.start - text.tokens[token - 1].end == 1)
            && text.tokens[token - 1].is_number
            && text.gap(token).is_within(&[Gap::DOT, Gap::COMMA])
    };
    let length = |token: usize| text.word(token).len();
    let (mut begin, mut last) = (first, first);
    while parted(begin) && first - begin < 4 {
        begin -= 1;
    }
    while parted(last + 1) && last - first < 4 {
        last += 1;
    }
    let thousands = |range: Range<usize>| range.clone().all(|token| length(token) == 3);
    last > begin
        && length(begin) <= 3
        && ((length(last) == 2 && thousands(begin + 1..last)) || thousands(begin + 1..last + 1))
        && !(last - begin == 3 && length(last) == 3)
}

/// `20.4.118`, `12.3.2026`: digits with full stops between them, of one or two digits each, but for a phone number's pairs.
fn is_version(text: &Text<'_>, tokens: &Range<usize>) -> bool {
    let joined = |token: usize| {
        token > 0
            && text.tokens.get(token).is_some_and(|here| here.is_number)
            && text.tokens[token - 1].is_number
            && text.gap(token) == Gap::DOT
    };
    let (mut begin, mut last) = (tokens.start, tokens.start);
    while joined(begin) && tokens.start - begin < 5 {
        begin -= 1;
    }
    while joined(last + 1) && last - tokens.start < 5 {
        last += 1;
    }
    (1..4).contains(&(last - begin)) && (begin..=last).any(|token| text.word(token).len() <= 2)
}

fn numeric(text: &Text<'_>, token: usize) -> bool {
    text.tokens.get(token).is_some_and(|token| token.is_number) || numerals::spoken(text, token).is_some()
}

/// `14:30`.
fn is_time(text: &Text<'_>, tokens: &Range<usize>) -> bool {
    let two = |token: usize| {
        text.tokens.get(token).is_some_and(|here| here.is_number) && (1..=2).contains(&text.word(token).len())
    };
    let colon = |token: usize| {
        token > 0 && two(token) && two(token - 1) && text.gap(token) == Gap::COLON && text.word(token).len() == 2
    };
    colon(tokens.start) || colon(tokens.start + 1)
}

fn runs(text: &Text<'_>, pieces: &[Piece], marks: &[Mark], with_letters: bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, piece) in pieces.iter().enumerate() {
        if piece.is_measure {
            last = None;
            continue;
        }
        if piece.is_letters && !with_letters {
            // A lone vowel is a word more often than a letter of a code.
            let is_word =
                piece.tokens.len() == 1 && piece.chars.len() == 1 && !piece.is_mixed && "AEIOUY".contains(&piece.chars);
            last = last.filter(|_| is_word);
            continue;
        }
        match (last, runs.last_mut()) {
            (Some(before), Some(run))
                if hangs_together(text, &pieces[before], piece)
                    && !is_announced(marks, &pieces[before], piece)
                    && goes_on(text, pieces, run, piece) =>
            {
                run.pieces.end = at + 1;
                run.chars.push_str(&piece.chars);
            }
            _ => runs.push(Run { pieces: at..at + 1, chars: piece.chars.clone() }),
        }
        last = Some(at);
    }
    for run in &mut runs {
        // Letters in between that are words have no part in a number.
        let of_run = pieces[run.pieces.clone()].iter().filter(|piece| with_letters || !piece.is_letters);
        run.chars = of_run.map(|piece| piece.chars.as_str()).collect();
    }
    runs
}

/// Whether a phrase between two pieces says what the second is.
fn is_announced(marks: &[Mark], before: &Piece, piece: &Piece) -> bool {
    let next = marks.partition_point(|mark| mark.first < before.tokens.end);
    marks.get(next).is_some_and(|mark| mark.first < piece.tokens.start)
}

/// Whether a piece comes from who dictates, or repeats what was dictated.
fn goes_on(text: &Text<'_>, pieces: &[Piece], run: &Run, piece: &Piece) -> bool {
    let speaker = |piece: &Piece| text.speaker(piece.tokens.start);
    let latest = &run.chars[run.chars.len().saturating_sub(REMEMBERED)..];
    speaker(&pieces[run.pieces.start]) == speaker(piece) || latest.contains(piece.chars.as_str())
}

/// Whether a piece goes on with what the one before it began.
fn hangs_together(text: &Text<'_>, before: &Piece, piece: &Piece) -> bool {
    let between = before.tokens.end..piece.tokens.start;
    if between.len() > MOST_BETWEEN {
        return false;
    }
    let gap = text.gap(piece.tokens.start);
    let written = |piece: &Piece| text.tokens[piece.tokens.start].is_number;
    if between.is_empty() && written(before) && written(piece) {
        // Two numbers in a list are two numbers.
        let longest = before.chars.len().max(piece.chars.len());
        if longest > LONGEST_GROUP && gap.has(&[Gap::COMMA, Gap::STOP]) {
            return false;
        }
    }
    let speaker = text.speaker(piece.tokens.start);
    let is_strange = |token: &usize| !is_filler(text.word(*token));
    let mut strange = 0;
    for token in between.filter(is_strange) {
        let same_line =
            [before, piece].iter().any(|piece| text.tokens[piece.tokens.start].line == text.tokens[token].line);
        if same_line || speaker.is_none() || text.speaker(token) == speaker {
            return false;
        }
        strange += 1;
    }
    strange <= STRANGE_BETWEEN_LINES
}
