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
    /// The line of the transcript, counted from 0.
    pub line: usize,
    /// Which run of turns it belongs to, in which nobody else speaks, counted from 1. Where nobody is named, each line is
    /// somebody's.
    pub run: usize,
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
    let lines = transcript.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let (places, lines): (Vec<usize>, Vec<&str>) = lines.unzip();
    let labelled: Vec<(Option<&str>, &str)> = lines.iter().map(|line| labelled(line)).collect();
    let labels = labelled.iter().filter(|(label, _)| label.is_some()).count();
    if labels * 2 < lines.len() {
        let turns = lines.into_iter().zip(places).zip(1..);
        return turns
            .map(|((text, line), run)| Turn { speaker: Speaker::Unknown, label: None, text, line, run })
            .collect();
    }
    let speakers = speakers(&labelled, lexicon);
    let (mut label, mut run) = (None, 0);
    let mut turns = Vec::with_capacity(lines.len());
    for ((own, text), line) in labelled.into_iter().zip(places) {
        if run == 0 || own.is_some_and(|own| label != Some(own)) {
            run += 1;
        }
        label = own.or(label);
        let speaker = label.and_then(|label| speakers.get(label).copied()).unwrap_or(Speaker::Unknown);
        turns.push(Turn { speaker, label, text, line, run });
    }
    turns
}

/// The label of a line, and what stands behind it. A time in brackets before it is skipped.
fn labelled(line: &str) -> (Option<&str>, &str) {
    let start = line.trim_start_matches(|first: char| first.is_numeric() || "[]():.-, ".contains(first));
    let Some((label, said)) = start.split_once([':', '：']) else { return (None, line) };
    let is_label = label.chars().count() <= LONGEST_LABEL
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
    let mut phrases: BTreeMap<&str, usize> = BTreeMap::new();
    for (label, text) in lines {
        let found = lexicon.find(&lexicon.words(text));
        let count = found.iter().filter(|found| found.concept == Concept::AgentTalk).count();
        *phrases.entry(label.unwrap_or_default()).or_default() += count;
    }
    order.iter().rev().max_by_key(|label| phrases.get(*label)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::extractive::lexicon::Lexicons;

    /// The turns as `C says`, `A says` or `? says`, a line each.
    fn told(transcript: &str) -> String {
        let lexicons = Lexicons::new();
        let told = turns(transcript, lexicons.of_english());
        let lines = told.iter().map(|turn| {
            let speaker = match turn.speaker {
                Speaker::Customer => "C",
                Speaker::Agent => "A",
                Speaker::Unknown => "?",
            };
            format!("{speaker} {}", turn.text)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn labels_tell_who_speaks_in_several_languages() {
        assert_eq!(told("Agent: hello\nCustomer: hi"), "A hello\nC hi");
        assert_eq!(told("Kundin: hallo\nMitarbeiterin: ja"), "C hallo\nA ja");
        assert_eq!(told("AGENTE: hola\nCliente: hola"), "A hola\nC hola");
        assert_eq!(told("Client : bonjour\nConseillère : oui"), "C bonjour\nA oui");
    }

    #[test]
    fn names_are_told_by_the_other_or_by_how_they_talk() {
        assert_eq!(told("Priya: hello\nCustomer: hi"), "A hello\nC hi");
        assert_eq!(told("Agent: hello\nMr Hollis: hi"), "A hello\nC hi");
        let transcript = "Ann: it is broken\nBob: I'm sorry to hear that. Let me check.\nAnn: thanks";
        assert_eq!(told(transcript), "C it is broken\nA I'm sorry to hear that. Let me check.\nC thanks");
    }

    #[test]
    fn times_before_a_label_are_skipped() {
        assert_eq!(told("[00:01:23] Agent: hello\n10:02 - Customer: hi"), "A hello\nC hi");
    }

    #[test]
    fn a_line_without_a_label_goes_on_with_the_turn() {
        assert_eq!(told("Agent: hello\nare you there?\nCustomer: yes"), "A hello\nA are you there?\nC yes");
    }

    #[test]
    fn a_colon_in_a_sentence_makes_no_label() {
        let transcript = "hello\nnote: it is late\nwell then";
        assert_eq!(told(transcript), "? hello\n? note: it is late\n? well then");
        assert_eq!(told("Agent: see https://example.com"), "A see https://example.com");
    }
}
