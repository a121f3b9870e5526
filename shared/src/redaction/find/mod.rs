//! The rules: what of a text is secret.

mod answers;
mod asked;
mod checked;
mod contact;
mod dates;
mod dictated;
mod echoes;
mod named;
mod passwords;
mod spoken;
mod stretches;
mod sums;
mod unasked;
mod words;

use std::ops::Range;

use super::cues::{self, Cue, Mark};
use super::numerals;
use super::patterns;
use super::pieces::Dictated;
use super::text::{Gap, Text};
use super::{Finding, Kind};

/// Words for whom and what a service has to do with, of whom no security question is.
const COLLEAGUES: &[&str] = &[
    "technician",
    "engineer",
    "driver",
    "colleague",
    "adviser",
    "advisor",
    "installer",
    "courier",
    "contact",
    "salesman",
    "sofa",
    "parcel",
    "techniker",
    "technikerin",
    "monteur",
    "kollege",
    "kollegin",
    "mitarbeiter",
    "mitarbeiterin",
    "fahrer",
    "zusteller",
    "berater",
    "tecnico",
    "tecnica",
    "companero",
    "companera",
    "empleado",
    "empleada",
    "repartidor",
    "instalador",
    "comercial",
    "averia",
    "technicien",
    "technicienne",
    "collegue",
    "livreur",
    "vendeur",
    "vendeuse",
    "conseiller",
    "conseillere",
    "panne",
];
const COLLEAGUE_WITHIN: usize = 5;
/// Words by which something is asked for once more, all of it, and the lines after what was asked.
const AGAIN: &[&str] = &[
    "retype",
    "again",
    "repeat",
    "reenter",
    "resend",
    "nochmal",
    "nochmals",
    "wiederholen",
    "repetir",
    "repita",
    "repitame",
    "repeter",
    "repetez",
    "type",
    "give",
    "need",
    "read",
    "say",
    "brauche",
    "necesito",
    "besoin",
];
const WHOLE: &[&str] = &[
    "full",
    "whole",
    "complete",
    "entire",
    "ganz",
    "ganze",
    "vollstandig",
    "komplett",
    "completo",
    "completa",
    "entier",
    "complet",
];
const AGAIN_LINES: usize = 5;
const AGAIN_WITHIN: usize = 12;

/// Lines after a question in which it is answered, in however many parts: what a question costs does not grow with the text.
const MOST_LINES: usize = 80;

/// Words of a line that is no more than a question for a code.
const SHORT_QUESTION: usize = 6;

/// Tokens on either side of a part of a password.
const MOST_SIGNS: usize = 12;
/// Words between a letter and the word that it is spelled by.
const LINKS: &[&str] = &["de", "como", "wie", "for", "comme", "as", "like", "von"];
/// Titles in front of a name.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mister",
    "missus",
    "dr",
    "doctor",
    "sir",
    "st",
    "saint",
    "san",
    "santa",
    "frau",
    "herr",
    "doktor",
    "senor",
    "senora",
    "senorita",
    "don",
    "dona",
    "profe",
    "monsieur",
    "madame",
    "mademoiselle",
    "mme",
    "mlle",
    "professor",
    "captain",
    "king",
    "queen",
    "prince",
    "princess",
    "lord",
    "lady",
    "uncle",
    "aunt",
    "onkel",
    "tante",
    "tio",
    "tia",
    "oncle",
];

/// The rules, in their order: of two that claim a word the first has it. Those that prove what they find come before those
/// that go by what was asked.
const RULES: &[fn(&mut Search<'_>)] = &[
    |search| search.email_addresses(),
    |search| search.checked(),
    |search| search.cards(),
    |search| search.sums(),
    |search| search.dotted_dates(),
    |search| search.dictated(),
    |search| search.expiry_dates(),
    |search| search.asked(),
    |search| search.cards_that_fail(),
    |search| search.named_afterwards(),
    |search| search.bare_replies(),
    |search| search.sent_codes(),
    |search| search.typed_codes(),
    |search| search.written_phone_numbers(),
    |search| search.said_phone_numbers(),
    |search| search.extensions(),
    |search| search.dates_of_birth(),
    |search| search.dates_of_long_ago(),
    |search| search.answers_in_digits(),
    |search| search.shapes_of_identity(),
    |search| search.echoed_numbers(),
    |search| search.beside_cards(),
    |search| search.card_endings(),
    |search| search.parts_said_again(),
    |search| search.spoken(),
    |search| search.passwords_nearby(),
    |search| search.numbers_of_companies(),
];

/// How many of them, the first, prove numbers by check and shape.
const PROVING: u8 = 3;

/// What is secret in a text, in its order, by the rules alone.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let mut search = Search::of(text);
    search.whole_words();
    search.into_findings()
}

/// The marks of a text that ask for a secret or announce one, and what patterns add to them.
fn questions(text: &Text<'_>, marks: &[Mark]) -> Vec<Mark> {
    // What belongs to the number of a thing asks for no secret.
    let of_thing = |question: &Mark| {
        let next = marks.partition_point(|mark| mark.end < question.first);
        marks[next..].iter().take_while(|mark| mark.first < question.end).any(|mark| {
            let is_it = !mark.is_phrase && mark.first <= question.first && question.end <= mark.end;
            let is_apart =
                mark.end == question.first && text.gap(question.first).has(&[Gap::STOP, Gap::COMMA, Gap::LINE]);
            mark.cue == Cue::Other && mark.end >= question.first && !is_it && !is_apart
        })
    };
    let mut questions: Vec<Mark> = patterns::questions(text);
    questions.retain(|question| matches!(question.cue, Cue::Answer | Cue::Password) || !of_thing(question));
    // "What was the engineer called?"
    let of_colleague = |question: &Mark| {
        let end = text.lines[text.tokens[question.first].line].tokens.end.min(question.end + COLLEAGUE_WITHIN);
        (question.first..end).any(|token| COLLEAGUES.contains(&text.word(token)))
    };
    questions.retain(|question| question.cue != Cue::Answer || !of_colleague(question));
    // "And the code?"
    for line in text.lines.iter().filter(|line| line.tokens.len() <= SHORT_QUESTION) {
        let is_code = |token: &usize| {
            ["code", "codes", "codigo", "tan", "otp", "ziffern", "cifras", "chiffres", "digits"]
                .contains(&text.word(*token))
        };
        let of_thing = marks[marks.partition_point(|mark| mark.first < line.tokens.start)..]
            .iter()
            .take_while(|mark| mark.first < line.tokens.end)
            .any(|mark| mark.cue == Cue::Other);
        if let Some(first) = line.tokens.clone().find(is_code).filter(|_| !of_thing) {
            questions.push(Mark { cue: Cue::SecurityCode, first, end: first + 1, is_phrase: false });
        }
    }
    questions.extend(codes_told(text, marks));
    questions.extend(asked_again(text, marks));
    questions.extend(marks.iter().filter(|mark| mark.cue != Cue::Other));
    questions.sort_by_key(|mark| (mark.first, mark.end));
    questions
}

/// `code is 2580`, `code: 123`: a code that nothing else is said of.
fn codes_told(text: &Text<'_>, marks: &[Mark]) -> Vec<Mark> {
    let is_told = |token: &usize| {
        let next = text.word(token + 1);
        let verb = ["is", "s", "ist", "es", "est", "lautet", "was", "war", "c", "wars", "ware"].contains(&next);
        let number = if verb { token + 2 } else { token + 1 };
        let number = if ["the", "est", "der", "die"].contains(&text.word(number)) { number + 1 } else { number };
        ["code", "codigo", "codes"].contains(&text.word(*token))
            && (verb || text.gap(token + 1).has(&[Gap::COLON]))
            && text.tokens.get(number).is_some_and(|here| {
                let is_written = here.is_number && (3..=8).contains(&(here.end - here.start));
                is_written || numerals::spoken(text, number).is_some_and(|said| !said.unsure)
            })
    };
    let covered = |token: &usize| {
        let at = marks.partition_point(|mark| mark.end <= *token);
        marks.get(at).is_some_and(|mark| mark.first <= *token)
    };
    let told = (0..text.tokens.len()).filter(|token| is_told(token) && !covered(token));
    told.map(|first| Mark { cue: Cue::SecurityCode, first, end: first + 1, is_phrase: true }).collect()
}

/// `Could you retype it in full?`: what was asked for last is asked for once more.
fn asked_again(text: &Text<'_>, marks: &[Mark]) -> Vec<Mark> {
    let asks = |token: &usize| {
        let line = text.lines[text.tokens[*token].line].tokens.clone();
        AGAIN.contains(&text.word(*token))
            && line.clone().take(2 * AGAIN_WITHIN).any(|token| WHOLE.contains(&text.word(token)))
    };
    let again = (0..text.tokens.len()).filter(asks).filter_map(|token| {
        let from = text.lines[text.tokens[token].line.saturating_sub(AGAIN_LINES)].tokens.start;
        let before = marks.partition_point(|mark| mark.end <= token);
        let latest = marks[..before].iter().rev().take(2 * AGAIN_WITHIN).take_while(|mark| mark.first >= from);
        let of_secret = latest.into_iter().find(|mark| !matches!(mark.cue, Cue::Other | Cue::Card | Cue::Phone))?;
        Some(Mark { cue: of_secret.cue, first: token, end: token + 1, is_phrase: true })
    });
    again.collect()
}

/// What the rules read and what they have found.
pub(super) struct Search<'a> {
    pub(super) text: Text<'a>,
    pub(super) marks: Vec<Mark>,
    /// Marks of secrets, and questions for them in other words.
    pub(super) questions: Vec<Mark>,
    pub(super) dictated: Dictated,
    /// What each token is part of, or was before it was redacted.
    pub(super) kinds: Vec<Option<Kind>>,
    /// Which rule claimed each token, by its place in the list.
    pub(super) rules: Vec<u8>,
    /// Which tokens prove by themselves what they are.
    pub(super) proven: Vec<bool>,
    /// The rule that is at work.
    rule: u8,
    pub(super) found: Vec<(Range<usize>, Finding)>,
    /// Numbers that were found, with a token of theirs: they may be said again.
    pub(super) numbers: Vec<(String, Kind, usize)>,
}

impl<'a> Search<'a> {
    /// What the rules find in a text.
    pub(super) fn of(source: &'a str) -> Self {
        let text = Text::of(source, cues::announces);
        let marks = cues::marks(&text);
        let mut search = Self {
            dictated: Dictated::of(&text, &marks),
            questions: questions(&text, &marks),
            marks,
            kinds: text.tokens.iter().map(|token| token.redacted).collect(),
            rules: vec![0; text.tokens.len()],
            proven: vec![false; text.tokens.len()],
            rule: 0,
            found: Vec::new(),
            numbers: Vec::new(),
            text,
        };
        for (place, rule) in (0..).zip(RULES) {
            search.rule = place;
            rule(&mut search);
        }
        search
    }
}

impl Search<'_> {
    /// Takes what is said again of numbers that were found since.
    pub(super) fn echoes(&mut self) {
        self.echoed_numbers();
        self.parts_said_again();
    }

    /// Claims tokens that no rule has claimed, line by line.
    pub(super) fn take(&mut self, tokens: Range<usize>, kind: Kind) {
        let mut first = tokens.start;
        for token in tokens.clone() {
            let same_line = self.text.tokens[token].line == self.text.tokens[first].line;
            if self.kinds[token].is_some() || !same_line {
                self.claim(first..token, kind);
                first = if same_line { token + 1 } else { token };
            }
        }
        if self.kinds[first..tokens.end].iter().all(Option::is_none) {
            self.claim(first..tokens.end, kind);
        }
    }

    fn claim(&mut self, tokens: Range<usize>, kind: Kind) {
        if tokens.is_empty() {
            return;
        }
        let bytes = self.text.tokens[tokens.start].start..self.text.tokens[tokens.end - 1].end;
        self.claim_bytes(tokens, bytes, kind);
    }

    /// Claims tokens and what stands around them.
    fn claim_bytes(&mut self, tokens: Range<usize>, bytes: Range<usize>, kind: Kind) {
        self.kinds[tokens.clone()].fill(Some(kind));
        self.rules[tokens.clone()].fill(self.rule);
        let is_proven = match kind {
            Kind::EmailAddress => self.text.source[bytes.clone()].contains('@'),
            Kind::CardNumber | Kind::Iban | Kind::SocialSecurityNumber | Kind::IdentityNumber => self.rule < PROVING,
            _ => false,
        };
        self.proven[tokens.clone()].fill(is_proven);
        self.found.push((tokens, Finding { kind, bytes }));
    }

    fn is_taken(&self, tokens: Range<usize>) -> bool {
        self.kinds[tokens].iter().any(Option::is_some)
    }

    /// The line of a token.
    fn line(&self, token: usize) -> usize {
        self.text.tokens[token.min(self.text.tokens.len() - 1)].line
    }

    /// The tokens of a token's line.
    fn line_of(&self, token: usize) -> Range<usize> {
        self.text.lines[self.line(token)].tokens.clone()
    }

    /// Each phrase that announces one of these, and the token that ends what it is about: the next phrase, where it is
    /// not asked for in the same breath (`your date of birth and your PIN?`).
    fn marks_of(&self, cues: &[Cue]) -> Vec<(Mark, usize)> {
        let mut ends = vec![self.text.tokens.len(); self.marks.len()];
        for at in (1..self.marks.len()).rev() {
            let (before, next) = (self.marks[at - 1], self.marks[at]);
            let piece = self.dictated.pieces.partition_point(|piece| piece.tokens.start < before.end);
            let is_answered = self.dictated.pieces.get(piece).is_some_and(|piece| piece.tokens.start < next.first);
            let in_one_breath = self.line(before.first) == self.line(next.first) && !is_answered;
            ends[at - 1] = if in_one_breath { ends[at] } else { next.first };
        }
        self.marks.iter().copied().zip(ends).filter(|(mark, _)| cues.contains(&mark.cue)).collect()
    }

    /// Nothing goes by half: letters that name the end of a number go with it, and what stands without a space around digits
    /// and signs, titles with the name behind them.
    pub(super) fn whole_words(&mut self) {
        for at in 0..self.found.len() {
            let (mut tokens, mut finding) = self.found[at].clone();
            if tokens.is_empty() {
                continue;
            }
            match finding.kind {
                Kind::IdentityNumber | Kind::SocialSecurityNumber | Kind::Iban => self.with_last_letter(&mut tokens),
                Kind::SecurityAnswer => self.with_title(&mut tokens),
                Kind::SecurityCode if self.is_led_by_letter(tokens.start) => tokens.start -= 2,
                Kind::SecurityCode if self.is_behind_letter(tokens.start) => tokens.start -= 1,
                Kind::Password | Kind::SecurityCode | Kind::Pin => self.with_signs(&mut tokens, &mut finding.bytes),
                _ => {}
            }
            let line = self.line_of(tokens.start);
            while tokens.end < line.end && self.text.gap(tokens.end) == Gap::NOTHING && self.kinds[tokens.end].is_none()
            {
                tokens.end += 1;
            }
            while tokens.start > line.start
                && self.text.gap(tokens.start) == Gap::NOTHING
                && self.kinds[tokens.start - 1].is_none()
            {
                tokens.start -= 1;
            }
            finding.bytes.start = finding.bytes.start.min(self.text.tokens[tokens.start].start);
            finding.bytes.end = finding.bytes.end.max(self.text.tokens[tokens.end - 1].end);
            self.kinds[tokens.clone()].fill(Some(finding.kind));
            self.found[at] = (tokens, finding);
        }
    }

    /// `..., ele de León`: the letter behind a number, with the word that it is spelled by.
    fn with_last_letter(&self, tokens: &mut Range<usize>) {
        let line = self.line_of(tokens.start);
        let close =
            |token: usize| token < line.end && self.text.gap(token).is_within(&[Gap::SPACE, Gap::COMMA, Gap::HYPHEN]);
        let last = tokens.end - 1;
        let named = |token: usize| sums::letter_named(self.text.word(token));
        let spelled_by = |letter: char, token: usize| {
            let example = self.text.word(token + 1);
            LINKS.contains(&self.text.word(token))
                && close(token)
                && close(token + 1)
                && example.len() > 2
                && example.starts_with(letter.to_ascii_lowercase())
        };
        // "Ele de", where "de" was read as a letter.
        if last > line.start
            && LINKS.contains(&self.text.word(last))
            && let Some(letter) = named(last - 1)
            && spelled_by(letter, last)
        {
            tokens.end += 1;
        } else if let Some(letter) = named(last)
            && spelled_by(letter, tokens.end)
        {
            tokens.end += 2;
        } else if close(tokens.end)
            && let Some(letter) = named(tokens.end)
        {
            let is_last = tokens.end + 1 >= line.end || !self.text.gap(tokens.end + 1).is_within(&[Gap::SPACE]);
            let is_spelled = spelled_by(letter, tokens.end + 1);
            if is_spelled {
                tokens.end += 3;
            } else if is_last && !self.text.gap(tokens.end + 1).has(&[Gap::APOSTROPHE]) {
                tokens.end += 1;
            }
        }
    }

    /// `G dash 441902`: whether a letter and a hyphen are said in front of a token.
    fn is_led_by_letter(&self, token: usize) -> bool {
        let dashes = ["dash", "hyphen", "strich", "bindestrich", "guion", "tiret", "minus"];
        token >= self.line_of(token).start + 2
            && dashes.contains(&self.text.word(token - 1))
            && self.text.word(token - 2).len() == 1
            && self.kinds[token - 2].is_none()
    }

    /// `G-441902`.
    fn is_behind_letter(&self, token: usize) -> bool {
        token > self.line_of(token).start
            && self.text.gap(token) == Gap::HYPHEN
            && self.text.word(token - 1).len() == 1
            && self.kinds[token - 1].is_none()
    }

    /// `Mister Biscuit`.
    fn with_title(&self, tokens: &mut Range<usize>) {
        let line = self.line_of(tokens.start);
        let is_title = |token: usize| TITLES.contains(&self.text.word(token)) && self.kinds[token].is_none();
        while tokens.start > line.start && is_title(tokens.start - 1) {
            tokens.start -= 1;
        }
    }

    /// `S@lmonRiver44`: all that stands without a space around letters, digits and signs.
    fn with_signs(&self, tokens: &mut Range<usize>, bytes: &mut Range<usize>) {
        let line = self.line_of(tokens.start);
        let joined = |token: usize| {
            let between = self.text.tokens[token - 1].end..self.text.tokens[token].start;
            let written = &self.text.source[between];
            !written.is_empty() && written.len() <= 4 && written.chars().all(|sign| "@#$%&*!_+^~?=".contains(sign))
        };
        let goes_on = |token: usize| joined(token) || self.text.gap(token) == Gap::NOTHING;
        let (first, last) = (tokens.start.saturating_sub(MOST_SIGNS), tokens.end + MOST_SIGNS);
        while tokens.start > line.start.max(first) && goes_on(tokens.start) {
            tokens.start -= 1;
        }
        while tokens.end < line.end.min(last) && goes_on(tokens.end) {
            tokens.end += 1;
        }
        bytes.start = bytes.start.min(self.text.tokens[tokens.start].start);
        bytes.end = bytes.end.max(self.text.tokens[tokens.end - 1].end);
    }

    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|(_, finding)| finding.bytes.start);
        let mut findings: Vec<Finding> = Vec::new();
        let mut behind = usize::MAX;
        for (tokens, finding) in self.found {
            match findings.last_mut() {
                // Pieces of one secret with only a comma between them are one.
                Some(last)
                    if last.kind == finding.kind
                        && tokens.start == behind
                        && self.text.tokens[tokens.start - 1].line == self.text.tokens[tokens.start].line =>
                {
                    last.bytes.end = last.bytes.end.max(finding.bytes.end);
                }
                Some(last) if finding.bytes.start < last.bytes.end => {
                    last.bytes.end = last.bytes.end.max(finding.bytes.end);
                }
                _ => findings.push(finding),
            }
            behind = tokens.end;
        }
        findings
    }
}
