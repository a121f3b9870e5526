//! What of a token the model goes by: the token, what stands around it, what was said before by whom, and what the rules
//! make of it. A feature is a number; what it stands for, the model need not know.

use std::collections::HashMap;
use std::ops::Range;

use super::{BITS, concepts};
use crate::redaction::checks;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::find::Search;
use crate::redaction::pieces::{is_filler, month};
use crate::redaction::text::Gap;
use crate::redaction::{Finding, Kind};

/// What kinds of tokens there are, roughly: what was said before tells something else of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A word without weight.
    Filler,
    /// Any other word in lower case.
    Word,
    /// A word that begins with a capital.
    Capital,
    /// Letters that are spelled, or stand together with digits.
    Letters,
    /// Digits, or a number that is said.
    Number,
    /// A number that says how much or when.
    Measure,
    /// What stands in brackets since it was redacted.
    Redacted,
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = 1 + Self::Redacted as usize;
}

/// Lines before a token in which what was asked or announced counts.
const LINES_OF_CUES: usize = 6;
/// Phrases before a token that count.
const MOST_CUES: usize = 4;
/// Words of a question that count, from its end.
const QUESTION: usize = 24;
/// Words of other lines that count.
const OTHER_LINE: usize = 12;
/// Words before a token in its line that count, and behind it.
const BEFORE: usize = 12;
const BEHIND: usize = 8;
/// Bytes on either side of a token that are looked at for what stands there without a space.
const CHUNK: usize = 24;
/// Characters of a stretch that are looked at.
const LONGEST: usize = 64;
/// Words of hesitation between two pieces of one stretch.
const APART: usize = 5;

/// Digits and letters that stand together in a line.
struct Stretch {
    tokens: Range<usize>,
    digits: usize,
    letters: usize,
    pieces: usize,
    chars: String,
}

/// A text with all that features are made of.
pub struct Context<'s> {
    search: &'s Search<'s>,
    /// What the rules found at each token, how sure that is, and by which rule.
    hints: Vec<Option<(Kind, bool, u8)>>,
    classes: Vec<Class>,
    words: Vec<u64>,
    /// What each word means.
    concepts: Vec<u8>,
    /// What the question that each line may answer is about.
    asked: Vec<Vec<u8>>,
    shapes: Vec<u64>,
    stretches: Vec<Stretch>,
    stretch_of: Vec<Option<usize>>,
    /// Digits of the number that a token is part of, over several lines.
    run_digits: Vec<u8>,
    /// How often digits are said in a text.
    times: HashMap<&'s str, u8>,
    /// What the rules found in each line, as a set.
    found_in: Vec<u16>,
}

impl<'s> Context<'s> {
    /// Reads what the rules have read; what they found counts as far as `counts` says so.
    pub fn of(search: &'s Search<'s>, mut counts: impl FnMut(&Finding) -> bool) -> Self {
        let tokens = search.text.tokens.len();
        let mut context = Self {
            search,
            hints: vec![None; tokens],
            classes: Vec::with_capacity(tokens),
            words: Vec::with_capacity(tokens),
            concepts: Vec::with_capacity(tokens),
            asked: Vec::with_capacity(search.text.lines.len()),
            shapes: Vec::with_capacity(tokens),
            stretches: Vec::new(),
            stretch_of: vec![None; tokens],
            run_digits: vec![0; tokens],
            times: HashMap::new(),
            found_in: vec![0; search.text.lines.len()],
        };
        for (tokens, finding) in search.found.iter().filter(|(_, finding)| counts(finding)) {
            for token in tokens.clone() {
                context.hints[token] = Some((finding.kind, search.proven[token], search.rules[token]));
                context.found_in[search.text.tokens[token].line] |= 1 << finding.kind as u16;
            }
        }
        context.read_pieces();
        context.read_words();
        for line in 0..search.text.lines.len() {
            let asked = context.asked_before(line).map_or(0..0, |asked| context.question_of(asked).0);
            let asked = context.concepts_in(asked);
            context.asked.push(asked);
        }
        context
    }

    /// The class of a token.
    pub fn class(&self, token: usize) -> Class {
        self.classes[token]
    }

    /// Tokens of the stretch that a token is part of.
    pub fn stretch(&self, token: usize) -> Option<Range<usize>> {
        self.stretch_of[token].map(|at| self.stretches[at].tokens.clone())
    }

    fn read_pieces(&mut self) {
        let search = self.search;
        let pieces = &search.dictated.pieces;
        let mut may_go_on = false;
        for piece in pieces {
            let goes_on = may_go_on
                && !piece.is_measure
                && self.stretches.last().is_some_and(|last| {
                    let between = last.tokens.end..piece.tokens.start;
                    between.len() <= APART
                        && search.text.tokens[last.tokens.start].line == search.text.tokens[piece.tokens.start].line
                        && between.clone().all(|token| is_filler(search.text.word(token)))
                });
            let (digits, letters) = if piece.is_letters { (0, piece.chars.len()) } else { (piece.chars.len(), 0) };
            match self.stretches.last_mut().filter(|_| goes_on) {
                Some(last) => {
                    last.tokens.end = piece.tokens.end;
                    last.digits += digits;
                    last.letters += letters;
                    last.pieces += 1;
                    // Each of its tokens looks at them.
                    if last.chars.len() < LONGEST {
                        last.chars.push_str(&piece.chars);
                    }
                }
                None => self.stretches.push(Stretch {
                    tokens: piece.tokens.clone(),
                    digits,
                    letters,
                    pieces: 1,
                    chars: piece.chars.chars().take(LONGEST).collect(),
                }),
            }
            may_go_on = !piece.is_measure;
            let times = self.times.entry(piece.chars.as_str()).or_default();
            *times = times.saturating_add(1);
        }
        for (at, stretch) in self.stretches.iter().enumerate() {
            self.stretch_of[stretch.tokens.clone()].fill(Some(at));
        }
        for run in &search.dictated.numbers {
            let digits = u8::try_from(run.digits()).unwrap_or(u8::MAX);
            for piece in &pieces[run.pieces.clone()] {
                self.run_digits[piece.tokens.clone()].fill(digits);
            }
        }
    }

    fn read_words(&mut self) {
        let text = &self.search.text;
        let mut pieces = self.search.dictated.pieces.iter().peekable();
        for (at, token) in text.tokens.iter().enumerate() {
            while pieces.peek().is_some_and(|piece| piece.tokens.end <= at) {
                pieces.next();
            }
            let piece = pieces.peek().filter(|piece| piece.tokens.start <= at);
            let word = text.word(at);
            let first = text.source[token.start..].chars().next().unwrap_or(' ');
            let class = match piece {
                _ if token.redacted.is_some() => Class::Redacted,
                Some(piece) if piece.is_measure => Class::Measure,
                Some(piece) if piece.is_letters => Class::Letters,
                Some(_) => Class::Number,
                None if token.is_number => Class::Number,
                None if is_filler(word) => Class::Filler,
                None if first.is_uppercase() => Class::Capital,
                None => Class::Word,
            };
            let length = (token.end - token.start) as u64;
            let shape = match class {
                Class::Number | Class::Measure | Class::Letters => {
                    let chars = piece.map_or(0, |piece| piece.chars.len() as u64);
                    let mixed = piece.is_some_and(|piece| piece.is_mixed);
                    let written = if token.is_number { length.min(20) } else { 0 };
                    hash([1 + u64::from(mixed), class as u64, written, chars.min(20)])
                }
                _ => {
                    let is_month = month(word).is_some();
                    hash([3 + u64::from(is_month), class as u64, length.min(8), u64::from(text.is_upper(at))])
                }
            };
            let is_known = !matches!(class, Class::Number | Class::Measure) || !token.is_number;
            self.words.push(if is_known { hash_of(word) } else { shape });
            self.concepts.push(concepts::of(word));
            self.shapes.push(shape);
            self.classes.push(class);
        }
    }

    /// What holds of a token alone.
    pub fn own(&self, token: usize, features: &mut Vec<u32>) {
        let mut sink = Sink { features, class: self.classes[token] as u64 };
        let line = self.line(token);
        self.words_around(token, &line, &mut sink);
        self.numbers_around(token, &line, &mut sink);
        self.cues_around(token, &mut sink);
        self.hints_around(token, &line, &mut sink);
    }

    /// What holds of all tokens of a line that are of one class.
    pub fn shared(&self, line: usize, class: Class, features: &mut Vec<u32>) {
        let mut sink = Sink { features, class: class as u64 };
        let lines = &self.search.text.lines;
        let here = &lines[line];
        let is_other = |other: &usize| here.speaker.is_none() || lines[*other].speaker != here.speaker;
        let before = self.asked_before(line);
        if let Some(asked) = before {
            let (question, is_question) = self.question_of(asked);
            let distance = (line - asked).min(3) as u64;
            sink.class(60, hash([distance, u64::from(is_question)]));
            let mut last = 0;
            for token in question {
                sink.class(61, self.words[token]);
                sink.class(62, hash([last, self.words[token]]));
                last = self.words[token];
            }
        } else {
            sink.class(63, 0);
        }
        for (at, concept) in self.asked[line].iter().enumerate() {
            sink.class(73, u64::from(*concept));
            for other in &self.asked[line][at + 1..] {
                sink.class(74, hash([u64::from(*concept), u64::from(*other)]));
            }
        }
        // What the same speaker said before, and what the other side says to it.
        let own = (line.saturating_sub(4)..line).rev().find(|other| !is_other(other));
        if let Some(own) = own {
            let end = tail(&lines[own].tokens, OTHER_LINE);
            for token in end.clone() {
                sink.class(64, self.words[token]);
            }
            for concept in self.concepts_in(end) {
                sink.class(75, u64::from(concept));
            }
        }
        if let Some(next) = lines.get(line + 1) {
            let other = u64::from(is_other(&(line + 1)));
            for token in next.tokens.clone().take(OTHER_LINE) {
                sink.class(65, hash([other, self.words[token]]));
            }
            let end = next.tokens.end.min(next.tokens.start + OTHER_LINE);
            for concept in self.concepts_in(next.tokens.start..end) {
                sink.class(76, hash([other, u64::from(concept)]));
            }
        }
        // What was asked before that.
        if let Some(earlier) = before.and_then(|before| (before.saturating_sub(3)..before).rev().find(is_other)) {
            for concept in self.concepts_in(self.question_of(earlier).0) {
                sink.class(66, u64::from(concept));
            }
        }
        let who = self.who(line);
        sink.class(67, who);
        let length = here.tokens.len().min(16) as u64;
        sink.class(68, length);
        sink.class(69, hash([who, length.min(5)]));
        sink.class(70, (line.min(6)) as u64);
        for by in 1..=3 {
            if let Some(found) = line.checked_sub(by).map(|line| self.found_in[line]) {
                for kind in 0..Kind::ALL.len() as u64 {
                    if found >> kind & 1 == 1 {
                        sink.class(71, hash([by as u64, kind]));
                        sink.class(72, kind);
                    }
                }
            }
        }
    }

    /// The line of the other side before a line.
    fn asked_before(&self, line: usize) -> Option<usize> {
        let lines = &self.search.text.lines;
        let here = lines[line].speaker;
        (line.saturating_sub(4)..line).rev().find(|other| here.is_none() || lines[*other].speaker != here)
    }

    /// What some tokens are about, each thing once.
    fn concepts_in(&self, tokens: Range<usize>) -> Vec<u8> {
        let mut all: Vec<u8> = self.concepts[tokens].iter().copied().filter(|concept| *concept > 0).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Who speaks: an agent, a customer, or somebody.
    fn who(&self, line: usize) -> u64 {
        let text = &self.search.text;
        match (text.has_customers, text.lines[line].is_customer) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        }
    }

    fn line(&self, token: usize) -> Range<usize> {
        let text = &self.search.text;
        text.lines[text.tokens[token].line].tokens.clone()
    }

    /// The last question of a line, else its end, and whether it is a question.
    fn question_of(&self, line: usize) -> (Range<usize>, bool) {
        let text = &self.search.text;
        let tokens = tail(&text.lines[line].tokens, 2 * QUESTION);
        let ends = |token: &usize| text.source[text.tokens[*token].end..].starts_with(['?', '？']);
        match tokens.clone().rev().find(ends) {
            Some(last) => {
                let is_stop = |token: &usize| text.gap(*token).has(&[Gap::STOP]);
                let first = (tokens.start..=last).rev().find(is_stop).unwrap_or(tokens.start);
                (tail(&(first..last + 1), QUESTION), true)
            }
            None => (tail(&tokens, QUESTION), false),
        }
    }

    fn words_around(&self, token: usize, line: &Range<usize>, sink: &mut Sink<'_>) {
        let text = &self.search.text;
        let shape = self.shapes[token];
        let class = self.classes[token] as u64;
        let at = |by: isize| {
            token.checked_add_signed(by).filter(|token| line.contains(token)).map_or(7, |token| self.words[token])
        };
        sink.add(1, class);
        sink.add(2, shape);
        sink.add(3, self.words[token]);
        for by in [-4_isize, -3, -2, -1, 1, 2, 3] {
            sink.class(10 + (by + 4) as u64, at(by));
        }
        sink.class(20, hash([at(-2), at(-1)]));
        sink.class(21, hash([at(-3), at(-2), at(-1)]));
        sink.add(22, hash([at(-1), self.words[token]]));
        sink.add(23, hash([self.words[token], at(1)]));
        sink.class(24, hash([at(1), at(2)]));
        sink.add(25, hash([at(-1), shape]));
        let shape_at = |by: isize| {
            token.checked_add_signed(by).filter(|token| line.contains(token)).map_or(7, |token| self.shapes[token])
        };
        sink.add(26, hash([shape_at(-1), shape]));
        sink.add(27, hash([shape, shape_at(1)]));
        sink.add(28, hash([shape_at(-1), shape, shape_at(1)]));
        let gap = |token: usize| text.gap(token).bits();
        sink.class(29, gap(token));
        sink.class(30, gap(token + 1));
        sink.class(31, hash([gap(token), gap(token + 1)]));
        let first = token - line.start;
        let last = line.end - 1 - token;
        sink.class(32, first.min(8) as u64);
        sink.class(33, last.min(8) as u64);
        sink.class(34, hash([first.min(3) as u64, last.min(3) as u64]));
        let who = self.who(text.tokens[token].line);
        sink.add(35, hash([who, shape]));
        for before in line.start.max(token.saturating_sub(BEFORE))..token {
            sink.class(36, self.words[before]);
            if self.concepts[before] > 0 {
                sink.class(119, u64::from(self.concepts[before]));
            }
        }
        for behind in token + 1..line.end.min(token + 1 + BEHIND) {
            sink.class(37, self.words[behind]);
            if self.concepts[behind] > 0 {
                sink.class(120, u64::from(self.concepts[behind]));
            }
        }
        let of = |by: isize| {
            let near = token.checked_add_signed(by).filter(|token| line.contains(token));
            near.map_or(255, |token| match self.concepts[token] {
                0 => 200 + self.classes[token] as u64,
                concept => u64::from(concept),
            })
        };
        for by in [-3_isize, -2, -1, 0, 1, 2] {
            sink.class(111 + (by + 3) as u64, of(by));
        }
        sink.class(117, hash([of(-2), of(-1)]));
        sink.class(118, hash([of(-3), of(-2), of(-1)]));
        // What was asked, and where the answer stands.
        let first = token - line.start;
        let place = hash([first.min(3) as u64, u64::from(line.len() <= 4)]);
        for concept in &self.asked[text.tokens[token].line] {
            sink.class(121, hash([u64::from(*concept), place]));
            sink.add(122, hash([u64::from(*concept), shape]));
        }
        sink.add(38, self.chunk(token));
        sink.add(39, hash([self.chunk(token), at(-1)]));
    }

    /// The pattern of what stands without a space around a token.
    fn chunk(&self, token: usize) -> u64 {
        let source = self.search.text.source;
        let here = &self.search.text.tokens[token];
        let before = source[..here.start].chars().rev().take(CHUNK).take_while(|sign| !sign.is_whitespace());
        let start = here.start - before.map(char::len_utf8).sum::<usize>();
        let pattern = |sign: char| match sign {
            _ if sign.is_numeric() => 1,
            _ if sign.is_uppercase() => 2,
            _ if sign.is_alphabetic() => 3,
            _ => u64::from(u32::from(sign)),
        };
        let (mut state, mut last, mut times) = (5, 0, 0);
        let end = here.end + CHUNK;
        for (_, sign) in
            source[start..].char_indices().take_while(|(at, sign)| !sign.is_whitespace() && start + at < end)
        {
            let next = pattern(sign);
            times = if next == last { times + 1 } else { 0 };
            if times < 3 {
                state = mix(state, next);
            }
            last = next;
        }
        state
    }

    fn numbers_around(&self, token: usize, line: &Range<usize>, sink: &mut Sink<'_>) {
        let all = &self.search.text.tokens;
        let Some(stretch) = self.stretch_of[token].map(|at| &self.stretches[at]) else {
            // What number is near.
            let before = token.checked_sub(1).filter(|token| line.contains(token)).and_then(|at| self.stretch_of[at]);
            sink.class(40, before.map_or(0, |at| 1 + self.stretches[at].digits.min(20) as u64));
            return;
        };
        let digits = stretch.digits.min(22) as u64;
        let letters = stretch.letters.min(6) as u64;
        let form = hash([digits, letters]);
        sink.class(41, form);
        sink.class(42, digits);
        sink.class(43, hash([digits, stretch.pieces.min(6) as u64]));
        let run = u64::from(self.run_digits[token].min(24));
        sink.class(44, run);
        sink.class(45, hash([digits, run]));
        let is_all = stretch.tokens.len() as u64 == line.len() as u64;
        // What is said of one number may go over the end of a line.
        let beside = line.len().saturating_sub(stretch.tokens.len()).min(6) as u64;
        sink.class(46, hash([digits.min(12), beside]));
        sink.class(47, u64::from(is_all));
        let first = stretch.chars.bytes().next().unwrap_or_default();
        let ascii: String = stretch.chars.chars().filter(char::is_ascii_digit).take(24).collect();
        let month = ascii.get(..2).and_then(|two| two.parse::<u8>().ok()).is_some_and(|two| (1..=12).contains(&two));
        sink.class(48, hash([digits, u64::from(first)]));
        sink.class(49, hash([digits, u64::from(month), letters]));
        sink.class(50, hash([digits, u64::from(checks::is_card(&ascii))]));
        sink.class(51, hash([stretch.chars.bytes().take(2).fold(0, |all, byte| all * 256 + u64::from(byte)), digits]));
        let who = self.who(all[token].line);
        sink.class(52, hash([who, form]));
        let word_before = stretch.tokens.start.checked_sub(1).filter(|token| line.contains(token));
        let before = word_before.map_or(7, |token| self.words[token]);
        sink.class(53, before);
        sink.class(54, hash([before, digits]));
        let second = stretch.tokens.start.checked_sub(2).filter(|token| line.contains(token));
        sink.class(55, hash([before, second.map_or(7, |token| self.words[token])]));
        let behind = Some(stretch.tokens.end).filter(|token| line.contains(token)).map_or(7, |token| self.words[token]);
        sink.class(56, behind);
        sink.class(57, hash([behind, digits]));
        for concept in &self.asked[all[token].line] {
            sink.class(123, hash([u64::from(*concept), digits]));
        }
        let end = stretch.tokens.start;
        let lead = line.start.max(end.saturating_sub(BEFORE)).min(end);
        for concept in self.concepts_in(lead..end) {
            sink.class(124, hash([u64::from(concept), digits]));
        }
        let times = self.times.get(stretch.chars.as_str()).copied().unwrap_or(1);
        sink.class(58, hash([u64::from(times.min(3)), digits]));
    }

    fn cues_around(&self, token: usize, sink: &mut Sink<'_>) {
        let shape = self.shapes[token];
        let digits = self.stretch_of[token].map_or(0, |at| 1 + self.stretches[at].digits.min(22) as u64);
        let line = self.search.text.tokens[token].line;
        let speaker = self.search.text.lines[line].speaker;
        let told = |marks: &[Mark], template: u64, most: usize, sink: &mut Sink<'_>, wanted: fn(Cue) -> bool| {
            let (mut seen, mut rank) = (0_u32, 0);
            let before = marks.partition_point(|mark| mark.first <= token);
            for mark in marks[..before].iter().rev().take(4 * MOST_CUES) {
                let of = self.search.text.tokens[mark.first].line;
                if line - of > LINES_OF_CUES || rank >= most {
                    break;
                }
                let cue = mark.cue as u64;
                if !wanted(mark.cue) || seen >> cue & 1 == 1 {
                    continue;
                }
                if mark.end > token {
                    sink.class(template + 7, cue);
                    continue;
                }
                seen |= 1 << cue;
                let is_other = u64::from(self.search.text.lines[of].speaker != speaker);
                let distance = match line - of {
                    0 => 10 + (token - mark.end).min(12) as u64 / 2,
                    lines => lines.min(4) as u64,
                };
                sink.class(template, hash([rank as u64, cue]));
                sink.class(template + 1, hash([cue, distance, is_other]));
                sink.add(template + 2, hash([cue, shape, distance.min(10), is_other]));
                sink.class(template + 3, hash([cue, digits]));
                if rank == 0 {
                    sink.class(template + 4, hash([cue, digits, distance.min(10)]));
                    sink.class(template + 5, hash([cue, is_other, distance, u64::from(mark.is_phrase)]));
                }
                rank += 1;
            }
        };
        told(&self.search.questions, 80, MOST_CUES, sink, |cue| cue != Cue::Other);
        told(&self.search.marks, 88, 1, sink, |cue| cue == Cue::Other);
        // What is named afterwards.
        let next = self.search.marks.partition_point(|mark| mark.first <= token);
        if let Some(mark) = self.search.marks.get(next) {
            let of = self.search.text.tokens[mark.first].line;
            if of - line <= 1 {
                let distance = if of == line { 10 + (mark.first - token).min(6) as u64 } else { 1 };
                sink.class(96, hash([mark.cue as u64, distance]));
                sink.class(97, hash([mark.cue as u64, digits]));
            }
        }
    }

    fn hints_around(&self, token: usize, line: &Range<usize>, sink: &mut Sink<'_>) {
        let number = |hint: Option<(Kind, bool, u8)>| hint.map_or(0, |(kind, _, _)| 1 + kind as u64);
        let here = self.hints[token];
        let digits = self.stretch_of[token].map_or(0, |at| 1 + self.stretches[at].digits.min(22) as u64);
        let who = self.who(self.search.text.tokens[token].line);
        sink.class(100, number(here));
        if let Some((kind, proven, rule)) = here {
            let (kind, rule) = (kind as u64, u64::from(rule));
            sink.add(101, hash([rule]));
            sink.class(102, hash([rule, kind]));
            sink.add(103, hash([kind, self.shapes[token]]));
            sink.class(104, hash([kind, rule, digits]));
            sink.class(105, hash([kind, rule, who]));
            sink.class(109, hash([kind, u64::from(proven)]));
            sink.add(110, hash([rule, self.words[token]]));
        }
        let at = |by: isize| {
            let near = token.checked_add_signed(by).filter(|token| line.contains(token));
            near.map_or(20, |token| number(self.hints[token]))
        };
        sink.class(106, hash([at(-1), number(here), at(1)]));
        let of_line = self.found_in[self.search.text.tokens[token].line];
        for kind in (0..Kind::ALL.len() as u64).filter(|kind| of_line >> kind & 1 == 1) {
            sink.class(107, hash([kind, u64::from(here.is_some())]));
            sink.class(108, hash([kind, digits, number(here)]));
        }
    }
}

/// The last of these.
fn tail(range: &Range<usize>, most: usize) -> Range<usize> {
    range.start.max(range.end.saturating_sub(most))..range.end
}

struct Sink<'f> {
    features: &'f mut Vec<u32>,
    class: u64,
}

impl Sink<'_> {
    fn add(&mut self, template: u64, value: u64) {
        self.features.push((mix(mix(template, value), 0x51) >> (64 - BITS)) as u32);
    }

    /// A feature of tokens of this class alone.
    fn class(&mut self, template: u64, value: u64) {
        self.add(template, mix(self.class + 1, value));
    }
}

fn mix(state: u64, value: u64) -> u64 {
    (state.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash<const N: usize>(values: [u64; N]) -> u64 {
    values.into_iter().fold(N as u64, mix)
}

fn hash_of(word: &str) -> u64 {
    word.bytes().fold(11, |state, byte| mix(state, u64::from(byte)))
}
