//! What people in contact centres say, by language and trade: files of lines `kind name: phrase, phrase`.
//!
//! - `same pay: paid` lists forms of one word.
//! - `matter` and `thing` are what codes and conversations are about; the same name in two languages is
//!   the same matter. A matter says more of why somebody called than a thing does.
//! - `cue` tells what a sentence is for, `label` is looked for in codes alone.
//!
//! The words of a phrase may have up to two others between them. A phrase with `?` behind it is a weak sign.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a phrase stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concept {
    /// What has happened, or what somebody wants.
    Matter(&'static str),
    /// What it is about.
    Thing(&'static str),
    /// The sentence asks for something, or says why somebody calls.
    Request,
    /// The sentence says what was agreed or done.
    Resolution,
    /// The sentence says what happens next.
    Next,
    /// A day, or a time.
    Time,
    /// The sentence is beside the point.
    Aside,
    /// What follows is what it is not about.
    Disclaimer,
    /// Greetings and politeness.
    Courtesy,
    /// As agents talk.
    AgentTalk,
    /// A code for whatever has no code of its own.
    CatchAll,
}

/// A line of a file.
pub enum Entry {
    /// Words that say nothing of what it is about.
    Stop(Vec<&'static str>),
    /// Forms of the first word.
    Same(&'static str, Vec<&'static str>),
    /// Phrases for a concept.
    Phrases(Concept, Vec<&'static str>),
}

/// By language and trade: what is said in each, which has no name here, and what in some of them: the same name in several files is the same matter.
const FILES: [(&str, &str, &str); 16] = [
    ("de", "", include_str!("thesaurus/de.txt")),
    ("de", "bank", include_str!("thesaurus/bank.de.txt")),
    ("de", "service-desk", include_str!("thesaurus/service-desk.de.txt")),
    ("de", "travel", include_str!("thesaurus/travel.de.txt")),
    ("en", "", include_str!("thesaurus/en.txt")),
    ("en", "bank", include_str!("thesaurus/bank.en.txt")),
    ("en", "service-desk", include_str!("thesaurus/service-desk.en.txt")),
    ("en", "travel", include_str!("thesaurus/travel.en.txt")),
    ("es", "", include_str!("thesaurus/es.txt")),
    ("es", "bank", include_str!("thesaurus/bank.es.txt")),
    ("es", "service-desk", include_str!("thesaurus/service-desk.es.txt")),
    ("es", "travel", include_str!("thesaurus/travel.es.txt")),
    ("fr", "", include_str!("thesaurus/fr.txt")),
    ("fr", "bank", include_str!("thesaurus/bank.fr.txt")),
    ("fr", "service-desk", include_str!("thesaurus/service-desk.fr.txt")),
    ("fr", "travel", include_str!("thesaurus/travel.fr.txt")),
];

/// The entries of a language; none where it has no file.
pub fn entries(language: &str) -> impl Iterator<Item = Entry> {
    let files = FILES.iter().filter(move |(of, ..)| *of == language);
    files.flat_map(|(.., file)| file.lines()).filter_map(entry)
}

/// The trade that a matter is of; none of what is said in each.
pub fn trade(matter: &str) -> Option<&'static str> {
    static TRADES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
        // The general files come first.
        let files = FILES.iter().filter(|(language, ..)| *language == "en");
        let named = files.flat_map(|(_, trade, file)| file.lines().map(move |line| (*trade, line)));
        let mut trades = BTreeMap::new();
        for (trade, line) in named {
            if let Some(Entry::Phrases(Concept::Matter(name), _)) = entry(line) {
                trades.entry(name).or_insert(trade);
            }
        }
        trades
    });
    TRADES.get(matter).copied().filter(|trade| !trade.is_empty())
}

/// Reads a line; blank ones and comments are none. That every other line is one, a test sees to.
fn entry(line: &'static str) -> Option<Entry> {
    let (head, phrases) = line.split_once(':').filter(|_| !line.starts_with('#'))?;
    let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
    let phrases = phrases.split(',').map(str::trim).collect();
    let concept = match (kind, name) {
        ("stop", "") => return Some(Entry::Stop(phrases)),
        ("same", word) => return Some(Entry::Same(word, phrases)),
        ("matter", name) => Concept::Matter(name),
        ("thing", name) => Concept::Thing(name),
        ("cue", "request") => Concept::Request,
        ("cue", "resolution") => Concept::Resolution,
        ("cue", "next") => Concept::Next,
        ("cue", "time") => Concept::Time,
        ("cue", "aside") => Concept::Aside,
        ("cue", "disclaimer") => Concept::Disclaimer,
        ("cue", "courtesy") => Concept::Courtesy,
        ("cue", "agent-talk") => Concept::AgentTalk,
        ("label", "catch-all") => Concept::CatchAll,
        _ => return None,
    };
    Some(Entry::Phrases(concept, phrases))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn phrases(language: &str) -> Vec<(Concept, Vec<&'static str>)> {
        let entries = entries(language).filter_map(|entry| match entry {
            Entry::Phrases(concept, phrases) => Some((concept, phrases)),
            Entry::Same(..) | Entry::Stop(_) => None,
        });
        entries.collect()
    }

    #[test]
    fn every_line_is_an_entry_a_comment_or_blank() {
        for (language, _, file) in FILES {
            for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                assert!(entry(line).is_some(), "{language}: {line}");
            }
        }
    }

    #[test]
    fn no_phrase_of_a_concept_stands_twice() {
        for language in FILES.map(|(language, ..)| language).into_iter().collect::<BTreeSet<_>>() {
            let mut seen = BTreeSet::new();
            for (concept, phrases) in phrases(language) {
                for phrase in phrases {
                    assert!(!phrase.is_empty(), "{language}: {concept:?}");
                    assert!(seen.insert((concept, phrase.trim_end_matches('?'))), "{language}: {concept:?}: {phrase}");
                }
            }
        }
    }

    #[test]
    fn what_one_language_knows_english_knows_too() {
        let english: BTreeSet<Concept> = phrases("en").into_iter().map(|(concept, _)| concept).collect();
        for (language, ..) in FILES {
            for (concept, _) in phrases(language) {
                assert!(english.contains(&concept), "{language}: {concept:?}");
            }
        }
    }

    #[test]
    fn forms_are_single_words() {
        for (language, ..) in FILES {
            for entry in entries(language) {
                if let Entry::Same(word, forms) = entry {
                    assert!(!word.contains(' ') && forms.iter().all(|form| !form.contains(' ')), "{language}: {word}");
                }
            }
        }
    }
}
