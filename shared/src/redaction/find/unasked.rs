//! Numbers that nobody asks for in so many words, and that are told by what is around them.

use std::ops::Range;

use super::Search;
use super::stretches::APART;
use super::words::{CODE_TALK, TYPING};
use crate::redaction::Kind;
use crate::redaction::cues::Cue;
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Digits of a number that is all of an answer, and the lines before it that tell what it is.
const BARE: std::ops::RangeInclusive<usize> = 4..=8;
const BARE_LINES: usize = 4;
/// Digits of a code that comes in a message, and the lines around it in which messages are spoken of.
const SENT_CODE: std::ops::RangeInclusive<usize> = 6..=8;
const LINES_OF_MESSAGE: usize = 6;
const LINES_TO_MESSAGE: usize = 1;
/// Words of talk about a message with a code, and of talk about two of them.
const MESSAGES: &[&str] = &[
    "sms",
    "text",
    "texts",
    "texted",
    "message",
    "messages",
    "code",
    "codes",
    "passcode",
    "otp",
    "tan",
    "authenticator",
    "token",
    "nachricht",
    "nachrichten",
    "kurznachricht",
    "mensaje",
    "mensajes",
    "mensajito",
    "codigo",
    "codigos",
    "texto",
    "textos",
    "app",
    "appli",
    "verification",
    "two factor",
];
/// Words for what a number stands on that is nobody's, and by which it is asked how much.
const THINGS: &[&str] = &[
    "sticker",
    "label",
    "odometer",
    "part",
    "steps",
    "many",
    "much",
    "count",
    "box",
    "counter",
    "barcode",
    "tag",
    "plate",
    "bottom",
    "device",
    "machine",
    "router",
    "aufkleber",
    "etikett",
    "viele",
    "viel",
    "gerat",
    "schritte",
    "karton",
    "kiste",
    "tacho",
    "pegatina",
    "etiqueta",
    "cuantos",
    "cuantas",
    "cuanto",
    "aparato",
    "caja",
    "pasos",
    "marca",
    "etiquette",
    "combien",
    "appareil",
    "carton",
    "compteur",
];
/// First digits of numbers that anybody may call.
const FREE: &[&str] = &["0800", "0808", "0180", "0900", "0300", "0333", "1800", "1888", "900", "901", "902", "800"];
/// Those that nobody has at home.
const FREE_TO_ALL: &[&str] = &["0800", "0808"];
/// Words by which a company's own number is told.
const OURS: &[&str] = &["us", "our", "uns", "unser", "unsere", "unserer", "nos", "nuestro", "nuestra", "nous", "notre"];
/// Words for a number's last digits, which are no thing's.
const ENDINGS: &[&str] = &[
    "ending",
    "ends",
    "acabado",
    "acabada",
    "acaba",
    "termina",
    "terminado",
    "endet",
    "endend",
    "terminant",
    "finissant",
    "termine",
];
/// Words for codes that are typed, and tokens to them.
const CODES: &[&str] = &["code", "codes", "pin", "codigo", "clave", "geheimzahl", "passcode"];
const CODE_WITHIN: usize = 10;
/// Digits of a number that is all of an answer, whatever was asked.
const ANSWERED: std::ops::RangeInclusive<usize> = 6..=20;

/// Words in front of a further number that belongs to the one before it.
const EXTENSIONS: &[&str] = &["extension", "ext", "durchwahl", "apparat", "poste", "anexo"];
/// Words in front of the first digits of a number that are said behind its others.
const AREAS: &[&str] = &["area", "vorwahl", "prefijo", "indicatif", "prefix"];

impl Search<'_> {
    /// A number that is all of what a customer answers, where nobody spoke of the number of a thing.
    pub(super) fn bare_replies(&mut self) {
        for line in 1..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            if !self.text.lines[line].is_customer || tokens.len() > APART * 3 || self.is_taken(tokens.clone()) {
                continue;
            }
            let [stretch] = &self.stretches(tokens.clone(), false)[..] else { continue };
            let digits = self.chars_in(stretch, false);
            let rest = |token: &usize| !stretch.contains(token) && !is_filler(self.text.word(*token));
            let is_all = tokens.clone().filter(rest).count() == 0;
            let is_measured = self.pieces_in(&tokens).any(|piece| self.dictated.pieces[piece].is_measure);
            let from = self.text.lines[line.saturating_sub(BARE_LINES)].tokens.start;
            let before = self.marks.partition_point(|mark| mark.first < from);
            let of_thing = self.marks[before..]
                .iter()
                .take_while(|mark| mark.first < tokens.end)
                .any(|mark| mark.cue == Cue::Other);
            // "Eleven thousand two hundred" is how much.
            let is_said = self.pieces_in(stretch).count() > 1 || self.text.tokens[stretch.start].is_number;
            let is_of_code = (from..tokens.start).any(|token| CODE_TALK.contains(self.text.word(token)));
            if is_of_code && BARE.contains(&digits.len()) && is_said && is_all && !is_measured && !of_thing {
                self.take(stretch.clone(), Kind::SecurityCode);
            }
        }
    }

    /// A number of many digits that is all of what a customer says, where nobody spoke of the number of a thing.
    pub(super) fn answers_in_digits(&mut self) {
        for line in 1..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            if !self.text.lines[line].is_customer || tokens.len() > APART * 4 || self.is_taken(tokens.clone()) {
                continue;
            }
            let [stretch] = &self.stretches(tokens.clone(), false)[..] else { continue };
            let rest = |token: &usize| !stretch.contains(token) && !is_filler(self.text.word(*token));
            let digits = self.chars_in(stretch, false).len();
            let is_measured = self.pieces_in(&tokens).any(|piece| self.dictated.pieces[piece].is_measure);
            let groups = self.pieces_in(stretch).count();
            if ANSWERED.contains(&digits)
                && groups > 1
                && !is_measured
                && tokens.clone().filter(rest).count() == 0
                && !self.speaks_of_things(line)
            {
                self.numbers.push((self.chars_in(stretch, false), Kind::IdentityNumber, stretch.start));
                self.take(stretch.clone(), Kind::IdentityNumber);
            }
        }
    }

    /// `71884903-Q`: the shape of a Spanish number of a person, as all of a line.
    pub(super) fn shapes_of_identity(&mut self) {
        for line in 0..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            let word = |at: usize| self.text.word(tokens.start + at);
            let is_letter = |word: &str| word.len() == 1 && word.bytes().all(|letter| letter.is_ascii_alphabetic());
            let is_number =
                |word: &str, length: usize| word.len() == length && word.bytes().all(|digit| digit.is_ascii_digit());
            let is_like_one = match tokens.len() {
                2 => is_number(word(0), 8) && is_letter(word(1)),
                3 => ["x", "y", "z"].contains(&word(0)) && is_number(word(1), 7) && is_letter(word(2)),
                _ => false,
            };
            if is_like_one
                && self.text.lines[line].is_customer
                && !self.is_taken(tokens.clone())
                && !self.speaks_of_things(line)
            {
                self.take(tokens, Kind::IdentityNumber);
            }
        }
    }

    /// Whether the number of a thing is spoken of in a line, a few before it or the one behind it, or a thing in the one before.
    fn speaks_of_things(&self, line: usize) -> bool {
        let before = self.text.lines[line.saturating_sub(1)].tokens.clone();
        let near = before.end.saturating_sub(2 * APART).max(before.start)..before.end;
        if near.into_iter().any(|token| THINGS.contains(&self.text.word(token))) {
            return true;
        }
        let from = self.text.lines[line.saturating_sub(BARE_LINES)].tokens.start;
        let last = (line + 1).min(self.text.lines.len() - 1);
        let end = self.text.lines[last].tokens.end;
        let before = self.marks.partition_point(|mark| mark.first < from);
        self.marks[before..].iter().take_while(|mark| mark.first < end).any(|mark| mark.cue == Cue::Other)
    }

    /// `Me ha llegado un mensaje, siete siete cero dos cuatro uno`: as many digits as such a code has, near such words.
    pub(super) fn sent_codes(&mut self) {
        let lines = &self.text.lines;
        let mut of_messages: Vec<usize> = (0..self.text.tokens.len())
            .filter(|token| MESSAGES.contains(&self.text.word(*token)) && !self.is_covered(*token))
            .map(|token| self.line(token))
            .collect();
        of_messages.dedup();
        let mut found = Vec::new();
        for run in &self.dictated.numbers {
            let tokens = self.dictated.tokens(run);
            let line = self.line(tokens.start);
            let near = of_messages.partition_point(|of_message| of_message + LINES_OF_MESSAGE < line);
            let is_near = of_messages.get(near).is_some_and(|of_message| *of_message <= line + LINES_TO_MESSAGE);
            let is_said = run.pieces.len() > 1 || self.text.tokens[tokens.start].is_number;
            if is_near
                && is_said
                && lines[line].is_customer
                && SENT_CODE.contains(&run.chars.len())
                && !self.is_mixed(&run.pieces)
                && !self.is_taken(tokens.clone())
                && (self.speaks_of_another(line) || !self.speaks_of_a_thing(&tokens))
            {
                found.push(run.pieces.clone());
            }
        }
        for pieces in found {
            self.take_pieces(&pieces.collect::<Vec<usize>>(), Kind::SecurityCode);
        }
    }

    /// Whether no more than a word of hesitation is between pieces.
    fn is_in_one_breath(&self, pieces: &Range<usize>) -> bool {
        self.dictated.pieces[pieces.clone()].windows(2).all(|pair| {
            // Numbers that are written have not even that.
            let between = usize::from(!self.text.tokens[pair[1].tokens.start].is_number);
            pair[1].tokens.start <= pair[0].tokens.end + between
        })
    }

    /// Gives back the phone numbers under which agents say that their company is called, and those that are free to call.
    pub(super) fn numbers_of_companies(&mut self) {
        let mut kept = Vec::with_capacity(self.found.len());
        for (tokens, finding) in std::mem::take(&mut self.found) {
            if finding.kind == Kind::PhoneNumber && !tokens.is_empty() && self.is_of_company(&tokens) {
                self.kinds[tokens].fill(None);
            } else {
                kept.push((tokens, finding));
            }
        }
        self.found = kept;
    }

    fn is_of_company(&self, tokens: &Range<usize>) -> bool {
        let line = self.line_of(tokens.start);
        let near = line.start.max(tokens.start.saturating_sub(2 * APART))..tokens.start;
        let is_agents = self.is_agent(self.line(tokens.start)) == Some(true);
        let digits = self.chars_in(tokens, false);
        let is_free = |known: &[&str]| digits.len() >= 9 && known.iter().any(|free| digits.starts_with(free));
        is_free(FREE_TO_ALL)
            || (is_agents && is_free(FREE))
            || (is_agents && near.into_iter().any(|token| OURS.contains(&self.text.word(token))))
    }

    fn is_mixed(&self, pieces: &Range<usize>) -> bool {
        self.dictated.pieces[pieces.clone()].iter().any(|piece| piece.is_mixed)
    }

    /// `Y luego otro con ...`: another message.
    fn speaks_of_another(&self, line: usize) -> bool {
        let words = ["another", "otro", "otra", "autre", "noch", "zweite", "zweiten", "second"];
        self.text.lines[line].tokens.clone().take(APART * 3).any(|token| words.contains(&self.text.word(token)))
    }

    /// Whether a token is part of what announces the number of a thing.
    fn is_covered(&self, token: usize) -> bool {
        let at = self.marks.partition_point(|mark| mark.end <= token);
        self.marks.get(at).is_some_and(|mark| mark.first <= token && mark.cue == Cue::Other)
    }

    /// Whether the number of a thing is spoken of in the line of these tokens, before them, or right before it.
    fn speaks_of_a_thing(&self, tokens: &Range<usize>) -> bool {
        let before = self.marks.partition_point(|mark| mark.end <= tokens.start);
        let latest = before.checked_sub(1).map(|at| self.marks[at]);
        latest.is_some_and(|mark| {
            let is_ending = (mark.first..mark.end).any(|token| ENDINGS.contains(&self.text.word(token)));
            mark.cue == Cue::Other && !is_ending && self.line(mark.first) + 1 >= self.line(tokens.start)
        })
    }

    /// `it keeps saying wrong code, I'm putting 7-7-1-0`: what a customer types, in a line about a code.
    pub(super) fn typed_codes(&mut self) {
        let mut found = Vec::new();
        for run in &self.dictated.numbers {
            let tokens = self.dictated.tokens(run);
            let line = self.line_of(tokens.start);
            let near = line.start.max(tokens.start.saturating_sub(CODE_WITHIN))..line.end.min(tokens.end + CODE_WITHIN);
            let is_of_code =
                near.into_iter().any(|token| CODES.contains(&self.text.word(token)) && !self.is_covered(token));
            let typed = (line.start.max(tokens.start.saturating_sub(3))..tokens.start)
                .any(|token| TYPING.contains(self.text.word(token)));
            let is_own = self.is_agent(self.line(tokens.start)) == Some(false);
            if is_own && typed && is_of_code && BARE.contains(&run.chars.len()) && !self.is_taken(tokens.clone()) {
                found.push(run.pieces.clone());
            }
        }
        for pieces in found {
            self.take_pieces(&pieces.collect::<Vec<usize>>(), Kind::Pin);
        }
    }

    /// `Sie hatten mich auf der null eins sieben eins ... angerufen`: numbers as phones have them, in groups.
    pub(super) fn said_phone_numbers(&mut self) {
        let mut found = Vec::new();
        for run in &self.dictated.numbers {
            let tokens = self.dictated.tokens(run);
            let lengths: Vec<usize> = run.pieces.clone().map(|piece| self.dictated.pieces[piece].chars.len()).collect();
            let is_customers = self.text.lines[self.line(tokens.start)].is_customer;
            if lengths.len() > 1
                && (is_customers || run.chars.starts_with('0') || self.ends_with_question_mark(tokens.end))
                && is_like_a_phone(&run.chars, self.text.tokens[tokens.start].is_number.then_some(&lengths[..]))
                && !self.is_mixed(&run.pieces)
                && self.is_in_one_breath(&run.pieces)
                && !self.is_taken(tokens.clone())
                && !self.speaks_of_a_thing(&tokens)
            {
                found.push((run.chars.clone(), run.pieces.clone(), tokens.start));
            }
        }
        for (chars, pieces, token) in found {
            self.numbers.push((chars, Kind::PhoneNumber, token));
            self.take_pieces(&pieces.collect::<Vec<usize>>(), Kind::PhoneNumber);
        }
    }

    /// Sixteen digits that fail the check of cards and are no thing's number: one was misheard or mistyped.
    pub(super) fn cards_that_fail(&mut self) {
        for line in 0..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            if self.dictated.pieces.is_empty() || self.names_a_thing(line) {
                continue;
            }
            for stretch in self.stretches(tokens, false) {
                let digits = self.chars_in(&stretch, false);
                let is_like_one = (15..=16).contains(&digits.len()) && digits.starts_with(['3', '4', '5', '6']);
                // "KM 6011 5532 0908 4471" is the number of some thing.
                let is_led = stretch.start > 0
                    && self.text.gap(stretch.start) == Gap::SPACE
                    && self.text.is_upper(stretch.start - 1);
                if is_like_one && !is_led && !self.is_taken(stretch.clone()) {
                    self.numbers.push((digits, Kind::CardNumber, stretch.start));
                    self.take(stretch, Kind::CardNumber);
                }
            }
        }
    }

    /// Whether a line, or the one before it, speaks of the number of a thing.
    pub(super) fn names_a_thing(&self, line: usize) -> bool {
        let (first, last) = (&self.text.lines[line.saturating_sub(1)], &self.text.lines[line]);
        let next = self.marks.partition_point(|mark| mark.first < first.tokens.start);
        let mut near = self.marks[next..].iter().take_while(|mark| mark.first < last.tokens.end);
        near.any(|mark| mark.cue == Cue::Other)
    }

    /// `828 555 0190 extension 12`.
    pub(super) fn extensions(&mut self) {
        for token in 1..self.text.tokens.len().saturating_sub(1) {
            let is_area = AREAS.contains(&self.text.word(token));
            let number =
                token + 1 + usize::from(is_area && ["code", "is", "ist", "es"].contains(&self.text.word(token + 1)));
            if (is_area || EXTENSIONS.contains(&self.text.word(token)))
                && self.kinds[token - 1] == Some(Kind::PhoneNumber)
                && let Some(stretch) =
                    self.stretches(number..self.line_of(token).end.min(number + APART * 3), false).into_iter().next()
            {
                let end = stretch.end;
                if stretch.start == number && self.line(token) == self.line(end - 1) {
                    self.take(token..end, Kind::PhoneNumber);
                }
            }
        }
    }
}

/// Whether digits are as many as phone numbers have that begin like them: with the zero of one's own country, as Spanish ones
/// begin, or in the three groups of American ones. `written` has the lengths of the groups, where they are written.
fn is_like_a_phone(digits: &str, written: Option<&[usize]>) -> bool {
    let groups = |of: &[&[usize]]| written.is_none_or(|lengths| of.contains(&lengths));
    match (digits.len(), digits.as_bytes()) {
        (10, [b'0', b'1'..=b'7' | b'9', ..]) | (11, [b'0', b'1' | b'2' | b'7', ..]) => true,
        (11..=12, [b'0', b'1', b'5'..=b'7', ..]) => true,
        (11..=14, [b'0', b'0', b'3' | b'4', ..]) => true,
        (9, [b'6' | b'7' | b'9', ..]) => groups(&[&[3, 3, 3], &[3, 2, 2, 2]]),
        (10, [b'2'..=b'9', _, _, b'2'..=b'9', ..]) => groups(&[&[3, 3, 4]]),
        _ => false,
    }
}
