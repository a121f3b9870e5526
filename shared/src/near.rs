//! Which of the names that there are somebody may have meant by one that is none of them.

use std::fmt;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Letters that a name may have that is compared: as many as a label. With [`MOST_EDITS`] it bounds what a name costs: a
/// thousand labels take less than two million steps, however they are written.
const MOST_LETTERS: usize = 255;

/// Letters that may be wrong, lacking, too many or swapped with their neighbours in a long name.
const MOST_EDITS: usize = 3;

/// Bytes of a word of a name by which another word is known.
const SHORTEST_WORD: usize = 2;

/// Names that are offered.
const MOST_OFFERED: usize = 3;

/// The names that are nearest to one that is none of them, the nearest first. Written behind what is wrong with that one:
/// nothing where none is near, else `: did you mean 'Refund'?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Near(Vec<String>);

impl Near {
    /// Those of `known` that may be meant by `given`: case and accents do not count, and of three letters one may be
    /// wrong, of more a third, and at most three.
    pub fn of<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let given = folded(given);
        let most = (given.len() / 3).min(MOST_EDITS);
        if given.len() > MOST_LETTERS {
            return Self::default();
        }
        let near = |name: &'a str| Some((edits(&given, &folded(name), most)?, name));
        let mut near: Vec<_> = known.into_iter().filter_map(near).collect();
        near.sort_by_key(|(edits, _)| *edits);
        near.truncate(MOST_OFFERED);
        Self(near.into_iter().map(|(_, name)| name.to_owned()).collect())
    }

    /// Those of `known` that may be meant by `given`, where both are names of words with underscores between: one that says
    /// more, as `external_segment_id` does than `external_id`, else one that says less, else one that is nearly written so.
    pub fn of_fields<'a>(given: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        let says_more = known.clone().filter(|known| are_words_of(given, known));
        let says_less = known.clone().filter(|known| are_words_of(known, given));
        [Self::some(says_more), Self::some(says_less)]
            .into_iter()
            .find(|near| !near.0.is_empty())
            .unwrap_or_else(|| Self::of(given, known))
    }

    fn some<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self(names.take(MOST_OFFERED).map(str::to_owned).collect())
    }

    /// The same behind a sentence: nothing, or ` Did you mean 'Refund'?`.
    pub fn sentence(&self) -> String {
        match self.0.is_empty() {
            true => String::new(),
            false => self.to_string().replacen(": d", " D", 1),
        }
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, others)) = self.0.split_last() else { return Ok(()) };
        f.write_str(": did you mean ")?;
        for (index, other) in others.iter().enumerate() {
            write!(f, "{}'{other}'", if index == 0 { "" } else { ", " })?;
        }
        write!(f, "{}'{last}'?", if others.is_empty() { "" } else { " or " })
    }
}

/// Whether all words of a name stand in another one, in their order, at least with their beginnings.
fn are_words_of(name: &str, other: &str) -> bool {
    let mut words = other.split('_');
    let stands = |word: &str| word.len() >= SHORTEST_WORD && words.any(|other| other.starts_with(word));
    name.len() < other.len() && name.split('_').all(stands)
}

/// The letters of a name in lower case and without their accents; no more of them than tell that it is too long.
fn folded(name: &str) -> Vec<char> {
    let decomposed = DecomposingNormalizerBorrowed::new_nfd();
    let letters = name.chars().take(MOST_LETTERS + 1).flat_map(char::to_lowercase);
    decomposed.normalize_iter(letters).filter(|letter| !is_accent(*letter)).take(MOST_LETTERS + 1).collect()
}

/// Whether a character is one of the accents that a decomposed letter has behind it.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// How many letters have to be changed, added, left out or swapped with their neighbours to make one name of the other;
/// `None` where more than `most`. No cell is looked at that more edits than these lead to.
fn edits(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let beyond = most + 1;
    let mut before = vec![beyond; other.len() + 1];
    let mut row: Vec<usize> = (0..=other.len()).map(|edits| edits.min(beyond)).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut next = vec![beyond; other.len() + 1];
        next[0] = (at + 1).min(beyond);
        for place in (at + 1).saturating_sub(most).max(1)..=(at + 1 + most).min(other.len()) {
            let is_other = usize::from(*letter != other[place - 1]);
            let mut least = (row[place - 1] + is_other).min(row[place] + 1).min(next[place - 1] + 1);
            let is_swapped = at > 0 && place > 1 && one[at - 1] == other[place - 1] && *letter == other[place - 2];
            if is_swapped {
                least = least.min(before[place - 2] + 1);
            }
            next[place] = least.min(beyond);
        }
        before = row;
        row = next;
    }
    row.last().copied().filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&str; 6] = ["Refund", "Refunds", "Tax", "Reklamation bestätigt", "Address Changed", "Rückgabe"];

    #[test]
    fn what_may_be_meant_is_offered_the_nearest_first() {
        for (given, offered) in [
            ("refund", ": did you mean 'Refund' or 'Refunds'?"),
            ("REFUNDS", ": did you mean 'Refunds' or 'Refund'?"),
            ("Refnud", ": did you mean 'Refund' or 'Refunds'?"),
            ("Taxx", ": did you mean 'Tax'?"),
            ("Tay", ": did you mean 'Tax'?"),
            ("reklamation bestatigt", ": did you mean 'Reklamation bestätigt'?"),
            ("Ru\u{308}ckgabe", ": did you mean 'Rückgabe'?"),
            ("Adress changed", ": did you mean 'Address Changed'?"),
            ("Ta", ""),
            ("", ""),
            ("Complaint", ""),
            (&"x".repeat(300), ""),
        ] {
            assert_eq!(Near::of(given, LABELS).to_string(), offered, "{given:?}");
        }
        let alike = ["Code 1", "Code 2", "Code 3", "Code 4"];
        assert_eq!(Near::of("Code 5", alike).to_string(), ": did you mean 'Code 1', 'Code 2' or 'Code 3'?");
    }

    #[test]
    fn of_fields_those_that_say_more_or_less_are_offered_first() {
        let fields =
            ["agent_sys_id", "external", "external_segment_id", "wrap_up_code", "configuration", "notes", "limit"];
        for (given, offered) in [
            ("code", ": did you mean 'wrap_up_code'?"),
            ("agent", ": did you mean 'agent_sys_id'?"),
            ("agent_id", ": did you mean 'agent_sys_id'?"),
            ("external_id", ": did you mean 'external_segment_id'?"),
            ("external_call", ": did you mean 'external'?"),
            ("config", ": did you mean 'configuration'?"),
            ("note", ": did you mean 'notes'?"),
            ("limits", ": did you mean 'limit'?"),
            ("ntoes", ": did you mean 'notes'?"),
            ("id_agent", ""),
            ("x", ""),
            ("", ""),
        ] {
            assert_eq!(Near::of_fields(given, fields.into_iter()).to_string(), offered, "{given:?}");
        }
    }

    #[test]
    fn edits_are_those_that_there_are_up_to_the_most() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (one, other, edits_of_it) in [
            ("kitten", "sitting", Some(3)),
            ("kitten", "kitten", Some(0)),
            ("kitten", "ikttne", Some(2)),
            ("abcdef", "ghijkl", None),
            ("abc", "abcdefg", None),
            ("", "abc", Some(3)),
            ("abc", "", Some(3)),
        ] {
            assert_eq!(edits(&letters(one), &letters(other), 3), edits_of_it, "{one} {other}");
            assert_eq!(edits(&letters(other), &letters(one), 3), edits_of_it, "{other} {one}");
        }
    }
}
