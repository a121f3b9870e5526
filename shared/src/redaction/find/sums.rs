//! Numbers that one speaker says in parts, with anything short between them, and that prove themselves once the parts are
//! added up: cards and IBANs, asked for or not.

use std::collections::HashMap;
use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::checks;
use crate::redaction::cues::Cue;
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Lines between two parts, and from the first to the last.
const LINES_APART: usize = 5;
const LINES: usize = 16;
/// Lines between a question for an account and a part of its number.
const LINES_OF_QUESTION: usize = 6;
/// Tokens from the first part to the last.
const TOKENS: usize = 160;
/// Digits of a card that is said in parts.
const CARD: std::ops::RangeInclusive<usize> = 15..=16;
/// Parts that are left out at most, because they are said again.
const LEFT_OUT: usize = 3;
/// Sums that are tried from one part on.
const TRIES: usize = 48;
/// Parts that are tried from one on.
const PARTS: usize = 24;
/// Words that are no part of the number, in the lines of its parts: some, and more for each line.
const STRANGE: usize = 10;
const STRANGE_IN_LINE: usize = 4;
const STRANGE_IN_IBAN: usize = 3;
/// With so many characters behind its country an IBAN is one, if it is misheard.
const MISHEARD_IBAN: usize = 12;

/// With so many digits one is an IBAN that nobody asked for.
const LONG_IBAN: usize = 20;

/// Digits that are said one behind another, with nothing between them.
struct Group {
    tokens: Range<usize>,
    pieces: Range<usize>,
    digits: String,
}

/// Letters as they are named in any of the languages.
const LETTER_NAMES: &str = "a:A,ah:A be:B,bee:B,ve:V ce:C,cee:C,se:C,ze:C de:D,dee:D e:E,eh:E,ee:E efe:F,ef:F,eff:F,effe:F ge:G,gee:G,je:G \
    hache:H,ha:H,aitch:H,ach:H i:I,ii:I jota:J,jott:J,jay:J,ji:J ka:K,kay:K,ca:K ele:L,el:L,elle:L,ell:L eme:M,em:M,emme:M ene:N,en:N,enne:N \
    o:O pe:P,pee:P cu:Q,ku:Q,cue:Q,qu:Q erre:R,ere:R,er:R,ar:R ese:S,es:S,ess:S,esse:S te:T,tee:T u:U uve:V,vau:V,vee:V we:W \
    equis:X,ix:X,ex:X ye:Y zeta:Z,zett:Z,zed:Z,zee:Z,zede:Z";

/// Countries by their names, and their letters.
const COUNTRIES: &[(&str, &str)] = &[
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("alemania", "DE"),
    ("allemagne", "DE"),
    ("spain", "ES"),
    ("espana", "ES"),
    ("spanien", "ES"),
    ("france", "FR"),
    ("francia", "FR"),
    ("frankreich", "FR"),
    ("austria", "AT"),
    ("osterreich", "AT"),
    ("britain", "GB"),
    ("belgien", "BE"),
    ("belgique", "BE"),
];

/// Countries whose IBANs have digits alone behind the letters.
const OF_DIGITS: &[&str] = &["DE", "ES", "AT", "CH", "FR", "BE"];

/// The letter that a word names.
pub(super) fn letter_named(word: &str) -> Option<char> {
    if word.len() == 1 {
        return word.chars().next().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase());
    }
    let names = LETTER_NAMES.split([' ', ',']).filter_map(|entry| entry.split_once(':'));
    names.into_iter().find(|(name, _)| *name == word).and_then(|(_, letter)| letter.chars().next())
}

impl Search<'_> {
    /// Cards and IBANs that are said in parts.
    pub(super) fn sums(&mut self) {
        self.ibans_behind_countries();
        for groups in self.groups_by_speaker() {
            let mut at = 0;
            while at < groups.len() {
                let taken = self.iban_from(&groups[at..]).or_else(|| self.card_from(&groups[at..]));
                at += taken.unwrap_or(1);
            }
        }
    }

    /// What each speaker says in digits, group by group. A number of a thing is no part of anything.
    fn groups_by_speaker(&self) -> Vec<Vec<Group>> {
        let mut all: Vec<Vec<Group>> = Vec::new();
        let mut places: HashMap<Option<usize>, usize> = HashMap::new();
        for (at, piece) in self.dictated.pieces.iter().enumerate() {
            let is_known = self.kinds[piece.tokens.start].is_some();
            if piece.is_letters || piece.is_mixed || piece.is_measure || is_known {
                continue;
            }
            let speaker = self.text.speaker(piece.tokens.start);
            let place = *places.entry(speaker).or_insert(all.len());
            if place == all.len() {
                all.push(Vec::new());
            }
            let groups = &mut all[place];
            match groups.last_mut() {
                Some(group)
                    if group.tokens.end == piece.tokens.start
                        && self.text.gap(piece.tokens.start).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::DOT]) =>
                {
                    group.tokens.end = piece.tokens.end;
                    group.pieces.end = at + 1;
                    group.digits.push_str(&piece.chars);
                }
                _ if self.is_number_of_a_thing(piece.tokens.start) => {}
                _ => {
                    groups.push(Group { tokens: piece.tokens.clone(), pieces: at..at + 1, digits: piece.chars.clone() })
                }
            }
        }
        all
    }

    /// How many of these groups are near enough to the first.
    fn within_reach(&self, groups: &[Group]) -> usize {
        let Some(first) = groups.first() else { return 0 };
        let (from, start) = (self.line(first.tokens.start), first.tokens.start);
        let mut last = from;
        let mut count = 0;
        for group in groups.iter().take(PARTS) {
            let line = self.line(group.tokens.start);
            if line > last + LINES_APART || line > from + LINES || group.tokens.start > start + TOKENS {
                break;
            }
            last = line;
            count += 1;
        }
        count
    }

    /// Takes the card that begins with the first of these groups, and answers how many belong to it.
    fn card_from(&mut self, groups: &[Group]) -> Option<usize> {
        let first = groups.first().filter(|group| group.digits.starts_with(['2', '3', '4', '5', '6']))?;
        let near = &groups[..self.within_reach(groups)];
        let mut taken = vec![0];
        let is_proven =
            first.digits.len() < *CARD.end() && add_up(near, &first.digits, &mut taken, LEFT_OUT, &mut { TRIES });
        if !is_proven || !self.is_told(near, &taken, STRANGE, STRANGE_IN_LINE) {
            return None;
        }
        let last = *taken.last()?;
        // What is left out was said again.
        for group in &near[..=last] {
            self.take(group.tokens.clone(), Kind::CardNumber);
        }
        let digits: String = taken.iter().map(|at| near[*at].digits.as_str()).collect();
        self.numbers.push((digits, Kind::CardNumber, first.tokens.start));
        Some(last + 1)
    }

    /// Whether little else is said in the lines of these parts.
    fn is_told(&self, groups: &[Group], taken: &[usize], strange: usize, in_line: usize) -> bool {
        let (Some(first), Some(last)) = (taken.first(), taken.last()) else { return false };
        let tokens = groups[*first].tokens.start..groups[*last].tokens.end;
        let speaker = self.text.speaker(tokens.start);
        let of_number = |token: usize| {
            let at = groups.partition_point(|group| group.tokens.end <= token);
            groups.get(at).is_some_and(|group| group.tokens.contains(&token))
        };
        let lines = self.line(tokens.end - 1) - self.line(tokens.start);
        let is_strange = |token: &usize| {
            self.text.speaker(*token) == speaker && !of_number(*token) && !is_filler(self.text.word(*token))
        };
        tokens.filter(is_strange).count() <= strange + in_line * lines
    }

    /// Whether the latest phrase before a token, in its line or the one before, is of the number of a thing.
    fn is_number_of_a_thing(&self, token: usize) -> bool {
        let before = self.marks.partition_point(|mark| mark.end <= token);
        let latest = before.checked_sub(1).map(|at| self.marks[at]);
        latest.is_some_and(|mark| {
            let line = self.line(mark.first);
            let is_apart = || (mark.end..=token).any(|token| self.text.gap(token).has(&[Gap::STOP]));
            mark.cue == Cue::Other && (line + 1 == self.line(token) || (line == self.line(token) && !is_apart()))
        })
    }

    /// Takes the IBAN whose digits behind the country begin with the first of these groups.
    fn iban_from(&mut self, groups: &[Group]) -> Option<usize> {
        let near = &groups[..self.within_reach(groups)];
        let is_asked = self.is_asked_for_iban(near.first()?.tokens.start);
        let mut digits = String::new();
        for (at, group) in near.iter().enumerate() {
            digits.push_str(&group.digits);
            let is_proven = |country: &&str| checks::is_iban(&format!("{country}{digits}"));
            if (is_asked && digits.len() >= MISHEARD_IBAN || digits.len() >= LONG_IBAN)
                && OF_DIGITS.iter().any(is_proven)
                && self.is_told(near, &[0, at], STRANGE_IN_IBAN, 1)
            {
                for group in &near[..=at] {
                    self.take(group.tokens.clone(), Kind::Iban);
                }
                self.numbers.push((digits, Kind::Iban, near[0].tokens.start));
                return Some(at + 1);
            }
            if digits.len() > 32 {
                break;
            }
        }
        None
    }

    /// `D E acht neun`, `effe erre quatorze`: an IBAN from the letters of its country on, by one speaker.
    fn ibans_behind_countries(&mut self) {
        let mut behind = 0;
        for at in 0..self.dictated.pieces.len() {
            let start = self.dictated.pieces[at].tokens.start;
            if self.dictated.pieces[at].is_letters || start < behind {
                continue;
            }
            let Some((country, first)) = self.country_before(start) else { continue };
            let Some(length) = checks::iban_length(&country) else { continue };
            for with_letters in [false, true] {
                let (mut pieces, chars) = self.behind_country(at, length - 2, with_letters);
                let is_proven = checks::is_iban(&format!("{country}{chars}"));
                let is_misheard = with_letters
                    && chars.len() + 6 >= length
                    && chars.len() >= MISHEARD_IBAN
                    && self.is_asked_for_iban(start);
                if !is_proven && let Some(last) = pieces.last().copied().filter(|_| is_misheard) {
                    let line = self.line_of(self.dictated.pieces[last].tokens.start);
                    pieces.extend(self.pieces_in(&line).filter(|piece| *piece > last));
                }
                if is_proven || is_misheard {
                    behind = pieces.last().map_or(start, |piece| self.dictated.pieces[*piece].tokens.end);
                    self.take(first..start, Kind::Iban);
                    self.take_pieces(&pieces, Kind::Iban);
                    self.numbers.push((format!("{country}{chars}"), Kind::Iban, start));
                    break;
                }
            }
        }
    }

    /// Whether an account was spoken of not long before a token.
    fn is_asked_for_iban(&self, token: usize) -> bool {
        let from = self.text.lines[self.line(token).saturating_sub(LINES_OF_QUESTION)].tokens.start;
        let first = self.questions.partition_point(|mark| mark.first < from);
        self.questions[first..].iter().take_while(|mark| mark.first < token).any(|mark| mark.cue == Cue::Iban)
    }

    /// The pieces that one speaker says from one on, until there are so many characters.
    fn behind_country(&self, first: usize, length: usize, with_letters: bool) -> (Vec<usize>, String) {
        let speaker = self.text.speaker(self.dictated.pieces[first].tokens.start);
        let from = self.dictated.pieces[first].tokens.start;
        let mut last = self.line(from);
        let (mut pieces, mut chars) = (Vec::new(), String::new());
        for (at, piece) in self.dictated.pieces.iter().enumerate().skip(first) {
            let line = self.line(piece.tokens.start);
            if chars.len() >= length || line > last + LINES_APART || piece.tokens.start > from + TOKENS {
                break;
            }
            let is_own = self.text.speaker(piece.tokens.start) == speaker && (with_letters || !piece.is_letters);
            if is_own && chars.len() + piece.chars.len() <= length {
                chars.push_str(&piece.chars);
                pieces.push(at);
                last = line;
            }
        }
        (pieces, chars)
    }

    /// The letters of a country that are said right before a token, and where they begin.
    fn country_before(&self, token: usize) -> Option<(String, usize)> {
        let line = self.line_of(token);
        let close = |token: usize| !self.text.gap(token).has(&[Gap::STOP, Gap::LINE]);
        let last = token.checked_sub(1).filter(|last| *last >= line.start && close(token))?;
        let word = self.text.word(last);
        if let Some((_, letters)) = COUNTRIES.iter().find(|(name, _)| *name == word) {
            return Some(((*letters).to_owned(), last));
        }
        let whole = word.to_ascii_uppercase();
        if whole.len() == 2 && checks::iban_length(&whole).is_some() {
            return Some((whole, last));
        }
        let before = last.checked_sub(1).filter(|before| *before >= line.start && close(last))?;
        let country: String = [letter_named(self.text.word(before))?, letter_named(word)?].into_iter().collect();
        checks::iban_length(&country).is_some().then_some((country, before))
    }
}

/// Whether the digits, and some of the groups behind the first, are a card's. A group may be left out that says again what
/// was just said.
fn add_up(groups: &[Group], digits: &str, taken: &mut Vec<usize>, left_out: usize, tries: &mut usize) -> bool {
    if CARD.contains(&digits.len()) && checks::is_card(digits) {
        return true;
    }
    let Some(left) = tries.checked_sub(1) else { return false };
    *tries = left;
    let next = taken.last().map_or(0, |last| last + 1);
    let mut skipped = 0;
    for at in next..groups.len() {
        let group = &groups[at].digits;
        if digits.len() + group.len() <= *CARD.end() {
            taken.push(at);
            if add_up(groups, &format!("{digits}{group}"), taken, left_out - skipped, tries) {
                return true;
            }
            taken.pop();
        }
        // "The next four are": no digit of it.
        let says_again = if group.len() == 1 {
            at > 0 && groups[at - 1].digits.len() > 1
        } else {
            digits.contains(group.as_str())
                || groups.get(at + 1).is_some_and(|next| next.digits.starts_with(group.as_str()))
        };
        skipped += 1;
        if !says_again || skipped > left_out {
            return false;
        }
    }
    false
}
