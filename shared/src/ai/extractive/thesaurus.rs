//! What people in contact centres say, by language: files of lines `kind name: phrase, phrase`.
//!
//! - `same pay: paid` lists forms of one word.
//! - `matter` and `thing` are what codes and conversations are about; the same name in two languages is
//!   the same matter. A matter says more of why somebody called than a thing does.
//! - `cue` tells what a sentence is for, `label` is looked for in codes alone.
//!
//! The words of a phrase may have up to two others between them. A phrase with `?` behind it is a weak sign.

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

const FILES: [(&str, &str); 4] = [
    ("de", include_str!("thesaurus/de.txt")),
    ("en", include_str!("thesaurus/en.txt")),
    ("es", include_str!("thesaurus/es.txt")),
    ("fr", include_str!("thesaurus/fr.txt")),
];

/// The entries of a language; none where it has no file.
pub fn entries(language: &str) -> impl Iterator<Item = Entry> {
    let file = FILES.iter().find(|(of, _)| *of == language).map_or("", |(_, file)| *file);
    file.lines().filter_map(entry)
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
        ("cue", "aside") => Concept::Aside,
        ("cue", "disclaimer") => Concept::Disclaimer,
        ("cue", "courtesy") => Concept::Courtesy,
        ("cue", "agent-talk") => Concept::AgentTalk,
        ("label", "catch-all") => Concept::CatchAll,
        _ => return None,
    };
    Some(Entry::Phrases(concept, phrases))
}
