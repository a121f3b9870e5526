//! A text as the rules read it: words and digits, folded to what they sound like, with what stands between.

use std::collections::HashMap;
use std::ops::Range;

use super::Kind;

/// A label in front of what somebody says has at most so many characters and words; what is longer is a sentence
/// with a colon in it.
const LONGEST_LABEL: usize = 40;
const MOST_LABEL_WORDS: usize = 4;

/// What customers are called in front of what they say, folded.
const CUSTOMERS: &[&str] = &[
    "customer",
    "caller",
    "client",
    "cliente",
    "kunde",
    "kundin",
    "kundi",
    "anrufer",
    "anruferin",
    "user",
    "usuario",
    "usuaria",
    "member",
    "guest",
    "patient",
    "visitor",
    "appelant",
    "appelante",
    "c",
    "k",
    "cust",
    "clienta",
    "utilisateur",
    "subscriber",
    "assure",
    "assuree",
    "abonne",
    "abonnee",
    "adherent",
    "adherente",
    "societaire",
    "locataire",
    "usager",
    "usagere",
    "passager",
    "passagere",
    "voyageur",
    "voyageuse",
    "hote",
    "patiente",
    "titulaire",
    "huesped",
    "socio",
    "socia",
    "abonado",
    "abonada",
    "asegurado",
    "asegurada",
    "paciente",
    "pasajero",
    "pasajera",
    "inquilino",
    "inquilina",
    "viajero",
    "viajera",
    "titular",
    "comprador",
    "compradora",
    "versicherter",
    "versicherte",
    "patientin",
    "mieter",
    "mieterin",
    "gast",
    "reisender",
    "reisende",
    "mitglied",
    "nutzer",
    "nutzerin",
    "burger",
    "burgerin",
    "kaufer",
    "kauferin",
    "tenant",
    "resident",
    "passenger",
    "traveller",
    "traveler",
    "policyholder",
    "shopper",
    "buyer",
    "borrower",
    "student",
    "parent",
    "owner",
    "rider",
    "taxpayer",
    "cardholder",
    "renter",
    "llamante",
];

/// What those who answer them are called, folded: where one of two speakers is called so, the other is a customer.
const AGENTS: &[&str] = &[
    "agent",
    "agente",
    "agentin",
    "advisor",
    "adviser",
    "rep",
    "representative",
    "operator",
    "support",
    "service",
    "desk",
    "helpdesk",
    "reception",
    "receptionist",
    "clerk",
    "teller",
    "a",
    "berater",
    "beraterin",
    "mitarbeiter",
    "mitarbeiterin",
    "sachbearbeiter",
    "sachbearbeiterin",
    "kundenservice",
    "kundendienst",
    "empfang",
    "asesor",
    "asesora",
    "operador",
    "operadora",
    "gestor",
    "gestora",
    "recepcion",
    "soporte",
    "atencion",
    "teleoperador",
    "teleoperadora",
    "conseiller",
    "conseillere",
    "operateur",
    "operatrice",
    "standard",
    "accueil",
    "assistance",
    "standardiste",
];

/// A text with its words and digits.
pub struct Text<'a> {
    /// As it was written.
    pub source: &'a str,
    /// Words and runs of digits, in the order of the text. Who speaks and when is none of them.
    pub tokens: Vec<Token>,
    /// The lines that say something.
    pub lines: Vec<Line>,
    /// Whether somebody's name says that they are a customer.
    pub has_customers: bool,
    folded: String,
}

/// A word, or digits without anything between them.
#[derive(Clone, Copy)]
pub struct Token {
    /// First byte in the source.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// Whether it is digits.
    pub is_number: bool,
    /// What stands between it and the token before it.
    pub gap: Gap,
    /// Its line, by its place in [`Text::lines`].
    pub line: usize,
    /// What stood here before it was redacted. Such a token is no word.
    pub redacted: Option<Kind>,
    folded: (usize, usize),
}

/// A line of a text.
pub struct Line {
    /// Who speaks, if the line or one before it says so.
    pub speaker: Option<usize>,
    /// Whether that is a customer, as far as the name says so.
    pub is_customer: bool,
    /// Its tokens.
    pub tokens: Range<usize>,
}

/// What stands between two tokens: a set of kinds of characters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Gap(u16);

impl Gap {
    pub const NOTHING: Self = Self(0);
    pub const SPACE: Self = Self(1);
    pub const HYPHEN: Self = Self(1 << 1);
    pub const COMMA: Self = Self(1 << 2);
    /// The end of a sentence, or a semicolon.
    pub const STOP: Self = Self(1 << 3);
    pub const SLASH: Self = Self(1 << 4);
    pub const COLON: Self = Self(1 << 5);
    pub const APOSTROPHE: Self = Self(1 << 6);
    /// A full stop in the middle of something.
    pub const DOT: Self = Self(1 << 7);
    /// Dots of hesitation.
    pub const ELLIPSIS: Self = Self(1 << 8);
    pub const LINE: Self = Self(1 << 9);
    pub const CURRENCY: Self = Self(1 << 10);
    pub const OTHER: Self = Self(1 << 11);

    /// Whether it has nothing but these.
    pub fn is_within(self, kinds: &[Self]) -> bool {
        kinds.iter().fold(self.0, |left, kind| left & !kind.0) == 0
    }

    /// Whether it has one of these.
    pub fn has(self, kinds: &[Self]) -> bool {
        kinds.iter().any(|kind| self.0 & kind.0 != 0)
    }

    /// The set as a number.
    pub fn bits(self) -> u64 {
        u64::from(self.0)
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl<'a> Text<'a> {
    /// Takes a text apart. `is_cue` tells whether the words before a colon announce something (`PIN: `), and so are
    /// no speaker's name.
    pub fn of(source: &'a str, is_cue: impl Fn(&str) -> bool) -> Self {
        let mut text = Self {
            source,
            tokens: Vec::with_capacity(source.len() / 5),
            lines: Vec::new(),
            has_customers: false,
            folded: String::with_capacity(source.len()),
        };
        let mut speakers: HashMap<&str, Option<usize>> = HashMap::new();
        let (mut speaker, mut is_customer, mut begin) = (None, false, 0);
        for line in source.split_inclusive(['\n', '\r', '\u{2028}', '\u{85}']) {
            let start = begin;
            begin += line.len();
            // A subtitle's times, below its number.
            if line.contains("-->") {
                text.drop_number_of_subtitle();
                continue;
            }
            let said = start + time_before(line);
            let (label, behind) = label_of(&source[said..begin]);
            if let Some(label) = label {
                let count = speakers.len();
                let known = speakers.entry(label).or_insert_with(|| (!is_cue(label)).then_some(count));
                if known.is_some() {
                    is_customer = names_one_of(label, CUSTOMERS);
                }
                speaker = known.or(speaker);
                let said = if known.is_some() { said + behind } else { said };
                text.read_line(said..begin, speaker, is_customer);
            } else {
                text.read_line(said..begin, speaker, is_customer);
            }
        }
        text.find_customer(&speakers);
        text
    }

    /// Where nobody is called a customer, and one of two is called an agent, the other is a customer.
    fn find_customer(&mut self, speakers: &HashMap<&str, Option<usize>>) {
        let named: Vec<(&str, usize)> =
            speakers.iter().filter_map(|(label, speaker)| Some((*label, (*speaker)?))).collect();
        let is_agent = |(label, _): &&(&str, usize)| names_one_of(label, AGENTS);
        if self.has_customers || named.len() != 2 || named.iter().filter(is_agent).count() != 1 {
            return;
        }
        let Some((_, customer)) = named.iter().find(|speaker| !is_agent(speaker)) else { return };
        for line in self.lines.iter_mut().filter(|line| line.speaker == Some(*customer)) {
            line.is_customer = true;
            self.has_customers = true;
        }
    }

    /// A token as it is compared: in lower case, without accents, digits as ASCII.
    pub fn word(&self, token: usize) -> &str {
        self.tokens.get(token).map_or("", |token| &self.folded[token.folded.0..token.folded.1])
    }

    /// What stands before a token; behind the last one stands a line's end.
    pub fn gap(&self, token: usize) -> Gap {
        self.tokens.get(token).map_or(Gap::LINE, |token| token.gap)
    }

    /// Whether it is a word whose letters are all capitals.
    pub fn is_upper(&self, token: usize) -> bool {
        let text = self.tokens.get(token).map_or("", |token| &self.source[token.start..token.end]);
        !text.is_empty() && text.chars().all(char::is_uppercase)
    }

    /// The speaker of a token.
    pub fn speaker(&self, token: usize) -> Option<usize> {
        self.lines[self.tokens[token].line].speaker
    }

    fn drop_number_of_subtitle(&mut self) {
        if let Some(line) = self.lines.last()
            && line.tokens.len() == 1
            && self.tokens.last().is_some_and(|token| token.is_number && token.end - token.start <= 5)
        {
            self.lines.pop();
            self.tokens.pop();
        }
    }

    fn read_line(&mut self, range: Range<usize>, speaker: Option<usize>, is_customer: bool) {
        let (line, first) = (self.lines.len(), self.tokens.len());
        let mut gap = if first == 0 { Gap::LINE } else { Gap(Gap::LINE.0 | Gap::SPACE.0) };
        let text = &self.source[range.clone()];
        let mut characters = text.char_indices().peekable();
        let mut skip_to = 0;
        while let Some((at, character)) = characters.next() {
            if at < skip_to || is_invisible(character) {
                continue;
            }
            if character == '['
                && let Some((kind, length)) = Kind::at_start_of(&text[at..])
            {
                skip_to = at + length;
                let (start, end) = (range.start + at, range.start + skip_to);
                let folded = (self.folded.len(), self.folded.len());
                self.tokens.push(Token { start, end, is_number: false, gap, line, redacted: Some(kind), folded });
                // It touches nothing that stands beside it.
                gap = Gap::OTHER;
                continue;
            }
            let digit = digit_of(character);
            if digit.is_none() && !character.is_alphabetic() {
                let next = text[at + character.len_utf8()..].chars().find(|next| !is_invisible(*next));
                gap.add(kind_of_gap(character, next, gap));
                continue;
            }
            let is_number = digit.is_some();
            let folded = self.folded.len();
            let mut end = at + character.len_utf8();
            fold(character, digit, &mut self.folded);
            while let Some((at, next)) = characters.peek().copied() {
                let digit = digit_of(next);
                if !is_invisible(next) && (digit.is_some() != is_number || (digit.is_none() && !next.is_alphabetic())) {
                    break;
                }
                if !is_invisible(next) {
                    fold(next, digit, &mut self.folded);
                    end = at + next.len_utf8();
                }
                characters.next();
            }
            let folded = (folded, self.folded.len());
            let (start, end) = (range.start + at, range.start + end);
            self.tokens.push(Token { start, end, is_number, gap, line, redacted: None, folded });
            gap = Gap::NOTHING;
        }
        if self.tokens.len() > first {
            self.has_customers |= is_customer;
            self.lines.push(Line { speaker, is_customer, tokens: first..self.tokens.len() });
        }
    }
}

/// How many bytes a time in front of a line takes: `[00:01:23] `, `10:02 AM - `, `(2026-01-05 10:02:33.120) `.
fn time_before(line: &str) -> usize {
    let start = line.len() - line.trim_start().len();
    let rest = &line[start..];
    let bytes = rest.as_bytes();
    let bracket = usize::from(bytes.first().is_some_and(|first| b"[(".contains(first)));
    let mut at = bracket;
    let digits = |at: &mut usize| {
        let begin = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        *at - begin
    };
    let date = |at: &mut usize| {
        let begin = *at;
        for position in 0..3 {
            let count = digits(at);
            let separated = position == 2 || bytes.get(*at).is_some_and(|byte| b"-./".contains(byte));
            if !(1..=4).contains(&count) || !separated {
                *at = begin;
                return;
            }
            *at += usize::from(position < 2);
        }
        while bytes.get(*at).is_some_and(|byte| b" T,".contains(byte)) {
            *at += 1;
        }
    };
    date(&mut at);
    if !(1..=2).contains(&digits(&mut at)) {
        return 0;
    }
    let mut parts = 0;
    while bytes.get(at) == Some(&b':') {
        at += 1;
        if digits(&mut at) != 2 {
            return 0;
        }
        parts += 1;
    }
    if parts == 0 {
        return 0;
    }
    if bytes.get(at).is_some_and(|byte| b".,".contains(byte)) && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1;
        digits(&mut at);
    }
    let behind = rest[at..].trim_start_matches(' ');
    let half = behind.get(..2).is_some_and(|half| half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm"));
    let behind = if half { &behind[2..] } else { behind };
    let behind = behind.trim_start_matches(['Z', ']', ')']).trim_start_matches([' ', '-', '–', '—', '|', '\t']);
    start + rest.len() - behind.len()
}

/// The label in front of what somebody says, and how many bytes it takes with its colon.
fn label_of(line: &str) -> (Option<&str>, usize) {
    let Some(colon) = line.find([':', '：']) else { return (None, 0) };
    let label = line[..colon].trim();
    let behind = &line[colon..];
    let width = behind.chars().next().map_or(0, char::len_utf8);
    let is_label = label.chars().count() <= LONGEST_LABEL
        && label.starts_with(char::is_alphabetic)
        && label.split_whitespace().count() <= MOST_LABEL_WORDS
        && behind[width..].chars().next().is_none_or(char::is_whitespace);
    if is_label { (Some(label), colon + width) } else { (None, 0) }
}

/// Whether a word of a label is one of these.
fn names_one_of(label: &str, names: &[&str]) -> bool {
    let mut folded = String::with_capacity(label.len());
    for letter in label.chars() {
        fold(letter, digit_of(letter), &mut folded);
    }
    folded.split(|letter: char| !letter.is_alphabetic()).any(|word| names.contains(&word))
}

/// Characters that are not seen, or only change how another one looks.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{20e3}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{300}'..='\u{36f}' | '\u{e0000}'..='\u{e007f}')
}

/// Zeros behind which the nine other digits of a script stand.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0x2080,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    0x1fbf0,
];

/// The ASCII digit that a character stands for: of any script, raised, lowered, or in a circle.
fn digit_of(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character as u8);
    }
    let code = u32::from(character);
    let value = match code {
        0xb9 => 1,
        0xb2 | 0xb3 => code - 0xb0,
        0x2070 | 0x2074..=0x2079 => code - 0x2070,
        0x2460..=0x2468 => code - 0x245f,
        0x24ea => 0,
        0x2776..=0x277e => code - 0x2775,
        _ => code - ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?,
    };
    Some(b'0' + u8::try_from(value).ok()?)
}

/// Lower case, without accents: transcripts have them or not.
fn fold(character: char, digit: Option<u8>, folded: &mut String) {
    if let Some(digit) = digit {
        return folded.push(char::from(digit));
    }
    if character.is_ascii() {
        return folded.push(character.to_ascii_lowercase());
    }
    for lower in character.to_lowercase() {
        match lower {
            'à'..='å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => folded.push('e'),
            'ì'..='ï' | 'ī' | 'į' => folded.push('i'),
            'ñ' | 'ń' | 'ň' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            '\u{ff41}'..='\u{ff5a}' => {
                folded.extend(u8::try_from(u32::from(lower) - 0xff41).ok().map(|letter| char::from(b'a' + letter)));
            }
            other if is_invisible(other) => {}
            other => folded.push(other),
        }
    }
}

fn kind_of_gap(character: char, next: Option<char>, gap: Gap) -> Gap {
    match character {
        '\n' | '\r' | '\u{2028}' | '\u{85}' => Gap::LINE,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Gap::HYPHEN,
        '.' | '．' | '。' => match next {
            _ if gap.has(&[Gap::ELLIPSIS]) => Gap::NOTHING,
            Some('.') => Gap::ELLIPSIS,
            Some(next) if next.is_alphanumeric() => Gap::DOT,
            _ => Gap::STOP,
        },
        '…' => Gap::ELLIPSIS,
        '!' | '?' | ';' | '！' | '？' => Gap::STOP,
        ',' | '，' | '、' => Gap::COMMA,
        '/' | '\\' | '／' => Gap::SLASH,
        ':' | '：' | '=' => Gap::COLON,
        '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => Gap::APOSTROPHE,
        '$' | '€' | '£' | '¥' | '%' => Gap::CURRENCY,
        _ if character.is_whitespace() => Gap::SPACE,
        _ => Gap::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let text = Text::of(text, |label| label == "PIN");
        (0..text.tokens.len()).map(|token| text.word(token)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn digits_of_any_script_and_with_anything_unseen_between_them_are_digits() {
        assert_eq!(words("４１１１ ٥٥٥٥ ۴۲ 𝟒𝟐 ①② 4\u{200b}1\u{fe0f}\u{20e3}"), "4111 5555 42 42 12 41");
        assert_eq!(words("4111\u{a0}1111\u{2011}1111"), "4111 1111 1111");
    }

    #[test]
    fn words_lose_case_and_accents_however_they_are_written() {
        assert_eq!(words("FÜNF fu\u{308}nf Dreißig cœur ＰＩＮ contraseña"), "funf funf dreissig coeur pin contrasena");
    }

    #[test]
    fn who_speaks_and_when_is_not_said() {
        assert_eq!(
            words("[00:01:23] Agent: four\n10:02 AM - Customer 1: one\n(2026-01-05 10:02:33.120) two"),
            "four one two"
        );
        assert_eq!(
            words("1\n00:00:01,000 --> 00:00:04,000\nfour one\n\n2\n00:00:05,000 --> 00:00:06,000\none"),
            "four one one"
        );
        assert_eq!(words("PIN: 1234"), "pin 1234", "what announces something is no name");
        assert_eq!(words("12:34 4111 1111"), "4111 1111");
        assert_eq!(words("4111 1111"), "4111 1111");
    }
}
