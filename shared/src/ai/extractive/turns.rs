//! Who says what in a transcript.

use std::collections::BTreeMap;

use super::lexicon::Lexicon;
use super::thesaurus::Concept;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Who called.
    Customer,
    /// Who was called.
    Agent,
    /// One of them.
    Unknown,
}

/// What one speaker says before another does.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Who.
    pub speaker: Speaker,
    /// As the transcript has it.
    pub label: Option<&'a str>,
    /// What.
    pub text: &'a str,
}

/// A label has at most so many characters; what is longer is a sentence with a colon in it.
const LONGEST_LABEL: usize = 40;

const CUSTOMERS: &[&str] = &[
    "customer",
    "caller",
    "client",
    "guest",
    "patient",
    "member",
    "user",
    "visitor",
    "kunde",
    "kundin",
    "anrufer",
    "anruferin",
    "cliente",
    "clienta",
    "usuario",
    "usuaria",
    "appelant",
    "appelante",
];
const AGENTS: &[&str] = &[
    "agent",
    "advisor",
    "adviser",
    "representative",
    "rep",
    "operator",
    "support",
    "assistant",
    "consultant",
    "bot",
    "agentin",
    "berater",
    "beraterin",
    "mitarbeiter",
    "mitarbeiterin",
    "service",
    "agente",
    "asesor",
    "asesora",
    "operador",
    "operadora",
    "conseiller",
    "conseillère",
    "opérateur",
    "opératrice",
];

/// The turns of a transcript, one a line, behind `Name:`. Lines without a label go on with the turn
/// before. Where most lines have none, nobody knows who speaks.
pub fn turns<'a>(transcript: &'a str, lexicon: &Lexicon) -> Vec<Turn<'a>> {
    let lines: Vec<(Option<&str>, &str)> =
        transcript.lines().map(str::trim).filter(|line| !line.is_empty()).map(labelled).collect();
    let labels = lines.iter().filter(|(label, _)| label.is_some()).count();
    if labels * 2 < lines.len() {
        let lines = transcript.lines().map(str::trim).filter(|line| !line.is_empty());
        return lines.map(|text| Turn { speaker: Speaker::Unknown, label: None, text }).collect();
    }
    let speakers = speakers(&lines, lexicon);
    let mut label = None;
    let mut turns = Vec::with_capacity(lines.len());
    for (own, text) in lines {
        label = own.or(label);
        let speaker = label.and_then(|label| speakers.get(label).copied()).unwrap_or(Speaker::Unknown);
        turns.push(Turn { speaker, label, text });
    }
    turns
}

/// The label of a line, and what stands behind it. A time in brackets before it is skipped.
fn labelled(line: &str) -> (Option<&str>, &str) {
    let start = line.trim_start_matches(|first: char| first.is_numeric() || "[]():.-, ".contains(first));
    let Some((label, said)) = start.split_once([':', '：']) else { return (None, line) };
    let is_label = label.len() <= LONGEST_LABEL
        && label.starts_with(char::is_alphabetic)
        && label.split_whitespace().count() <= 4
        && (said.is_empty() || said.starts_with(char::is_whitespace));
    if is_label { (Some(label), said.trim()) } else { (None, line) }
}

/// Who is behind each label: by what it says, else by how the one behind it talks. Of a conversation
/// whose customer is known, all others are agents.
fn speakers<'a>(lines: &[(Option<&'a str>, &str)], lexicon: &Lexicon) -> BTreeMap<&'a str, Speaker> {
    let mut speakers = BTreeMap::new();
    let mut order = Vec::new();
    for label in lines.iter().filter_map(|(label, _)| *label) {
        if !speakers.contains_key(label) {
            speakers.insert(label, by_name(label));
            order.push(label);
        }
    }
    let known = |speakers: &BTreeMap<&str, Speaker>, wanted| speakers.values().any(|speaker| *speaker == wanted);
    let (customer, agent) = (known(&speakers, Speaker::Customer), known(&speakers, Speaker::Agent));
    let others = match (customer, agent) {
        (true, _) => Speaker::Agent,
        (false, true) => Speaker::Customer,
        (false, false) => {
            if let Some(agent) = talks_most_like_an_agent(&order, lines, lexicon) {
                speakers.insert(agent, Speaker::Agent);
            }
            Speaker::Customer
        }
    };
    for speaker in speakers.values_mut().filter(|speaker| **speaker == Speaker::Unknown) {
        *speaker = others;
    }
    speakers
}

fn by_name(label: &str) -> Speaker {
    let label = label.to_lowercase();
    let mut words = label.split(|letter: char| !letter.is_alphabetic());
    words
        .find_map(|word| match word {
            word if CUSTOMERS.contains(&word) => Some(Speaker::Customer),
            word if AGENTS.contains(&word) => Some(Speaker::Agent),
            _ => None,
        })
        .unwrap_or(Speaker::Unknown)
}

/// The label whose lines have most of an agent's phrases; of several the first to speak.
fn talks_most_like_an_agent<'a>(
    order: &[&'a str],
    lines: &[(Option<&'a str>, &str)],
    lexicon: &Lexicon,
) -> Option<&'a str> {
    let phrases = |label: &str| {
        let said = lines.iter().filter(|(of, _)| *of == Some(label));
        let found = said.flat_map(|(_, text)| lexicon.find(&lexicon.words(text)));
        found.filter(|found| found.concept == Concept::AgentTalk).count()
    };
    order.iter().rev().max_by_key(|label| phrases(label)).copied()
}
