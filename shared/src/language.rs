//! Languages of translations, and whose wish for one counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{FromText, Problem};

/// A two-letter language code in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Language([u8; 2]);

impl Language {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The language of a tag such as `de` or `de-AT`; none for tags of three letters and for `*`.
    fn of_tag(tag: &str) -> Option<Self> {
        Self::from_text(tag.trim().split(['-', '_']).next()?).ok()
    }
}

impl FromText for Language {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.trim().as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Ok(Self([first.to_ascii_lowercase(), second.to_ascii_lowercase()]))
            }
            _ => Err(Problem::NotALanguage),
        }
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.as_str().to_owned()
    }
}

impl TryFrom<String> for Language {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::from_text(&text)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The languages that an answer's translations may be in, best first. Empty: nobody wished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish(Vec<Language>);

impl Wish {
    /// The first of the three that names any language decides: the request's `Accept-Language`,
    /// the user, the deployment.
    pub fn settle(accept_language: Option<&str>, user: Option<Language>, deployment: Option<Language>) -> Self {
        let asked = accept_language.map(accepted).unwrap_or_default();
        match (asked.is_empty(), user.or(deployment)) {
            (false, _) => Self(asked),
            (true, Some(language)) => Self(vec![language]),
            (true, None) => Self::default(),
        }
    }

    /// The wished languages, best first.
    pub fn languages(&self) -> &[Language] {
        &self.0
    }
}

/// The languages of an `Accept-Language` header in the order of their q-values; q=0 excludes.
fn accepted(header: &str) -> Vec<Language> {
    let mut ranked: Vec<(Language, f32)> = Vec::new();
    for item in header.split(',') {
        let mut parts = item.split(';');
        let language = parts.next().and_then(Language::of_tag);
        let quality = parts
            .find_map(|parameter| parameter.trim().strip_prefix("q=").or(parameter.trim().strip_prefix("Q=")))
            .map_or(Some(1.0), |value| value.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)));
        if let (Some(language), Some(quality)) = (language, quality)
            && quality > 0.0
        {
            ranked.push((language, quality));
        }
    }
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut languages = Vec::with_capacity(ranked.len());
    for (language, _) in ranked {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wished(header: &str) -> String {
        Wish::settle(Some(header), None, None).languages().iter().map(Language::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn orders_by_quality_and_falls_back_to_the_primary_tag() {
        assert_eq!(wished("de-AT, fr;q=0.9"), "de fr");
        assert_eq!(wished("fr;q=0.2, DE;q=0.8, en"), "en de fr");
        assert_eq!(wished("en;q=0, fr"), "fr");
        assert_eq!(wished("de-AT, de-DE, de"), "de");
        assert_eq!(wished("gsw, *"), "");
        assert_eq!(wished("de;q=9, ;;, fr;q=x"), "");
    }

    #[test]
    fn the_first_source_that_names_a_language_decides() {
        let (de, fr) = (Language::from_text("de").ok(), Language::from_text("fr").ok());
        assert_eq!(Wish::settle(Some("en"), de, fr).languages()[0].as_str(), "en");
        assert_eq!(Wish::settle(Some("*"), de, fr).languages(), de.as_slice());
        assert_eq!(Wish::settle(None, None, fr).languages(), fr.as_slice());
        assert_eq!(Wish::settle(None, None, None), Wish::default());
    }
}
