//! How sentences are taken out of a transcript.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Where in a sentence something begins that does not belong into the conversation.
pub struct Found {
    /// The byte; all from there on goes.
    pub at: usize,
    /// What it is about comes in the next sentence, which goes, too.
    pub is_bare: bool,
}

/// So many words before it are worth keeping.
const WORTH_KEEPING: usize = 3;

/// A text without what `find` finds in its sentences; lines of nothing else are left out whole.
pub fn leave_out(text: &str, find: impl Fn(&str) -> Option<Found>) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut found = false;
    for line in text.split_inclusive('\n') {
        match rest_of(line, &find) {
            Some(rest) => {
                found = true;
                kept.push_str(&rest);
            }
            None => kept.push_str(line),
        }
    }
    if found { Cow::Owned(kept) } else { Cow::Borrowed(text) }
}

/// What is left of a line, where something is found in it; nothing where that is its label alone.
fn rest_of(line: &str, find: impl Fn(&str) -> Option<Found>) -> Option<String> {
    let mut kept = String::new();
    let (mut found, mut goes_on) = (false, false);
    for sentence in line.split_sentence_bounds() {
        match find(sentence) {
            Some(Found { at, is_bare }) => {
                found = true;
                goes_on = is_bare;
                kept.push_str(&sentence[..at]);
            }
            None if goes_on && !sentence.trim().is_empty() => goes_on = false,
            None => kept.push_str(sentence),
        }
    }
    if !found {
        return None;
    }
    let end = if line.ends_with('\n') { "\n" } else { "" };
    let rest = kept.trim_end();
    let is_label = rest.ends_with([':', '：']) || !rest.contains(char::is_alphanumeric);
    Some(if is_label { String::new() } else { format!("{rest}{end}") })
}

/// Where a word of a sentence begins; the sentence itself where little was said before.
pub fn start(sentence: &str, places: &[usize], word: usize) -> usize {
    let at = places.get(word).copied().unwrap_or_default();
    // A label before what was said stays with whatever else is said.
    let behind = |colon: usize| at - sentence[colon..at].trim_start_matches([':', '：', ' ']).len();
    let label = sentence[..at].rfind([':', '：']).map_or(0, behind);
    let words_before = sentence[label..at].unicode_words().count();
    if words_before < WORTH_KEEPING { label } else { at }
}
