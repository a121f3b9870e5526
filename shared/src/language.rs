//! Languages of translations, and whose wish for one counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{FromText, Problem, TextForm};
use crate::settings::{self, SettingsError};

/// A two-letter language code in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Language([u8; 2]);

impl Language {
    /// One that no language has (ISO 639 keeps it for private use).
    pub(crate) const NONE: Self = Self(*b"zz");

    /// The language of a deployment's translations, if its environment names one.
    pub fn from_env() -> Result<Option<Self>, SettingsError> {
        settings::read(settings::LANGUAGE, Self::from_text)
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The language of a tag such as `de` or `de-AT`; none for tags of three letters and for `*`.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
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

    fn form() -> TextForm {
        TextForm { pattern: Some("[A-Za-z]{2}".to_owned()), ..TextForm::default() }
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

/// Which languages an answer's translations may be in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Nobody named a language.
    #[default]
    Nobody,
    /// These, best first. Empty where only languages were named that no translation can have.
    For(Vec<Language>),
}

impl Wish {
    /// The first of the three that names any language decides: the request's `Accept-Language`,
    /// the user, the deployment.
    pub fn settle(accept_language: Option<&str>, user: Option<Language>, deployment: Option<Language>) -> Self {
        let asked = accept_language.and_then(accepted);
        let kept = || user.or(deployment).map(|language| vec![language]);
        asked.or_else(kept).map_or(Self::Nobody, Self::For)
    }
}

/// The languages of an `Accept-Language` header in the order of their q-values, where it names any;
/// q=0 excludes, and `*` names none in particular.
fn accepted(header: &str) -> Option<Vec<Language>> {
    let mut ranked: Vec<(Option<Language>, f32)> = Vec::new();
    for item in header.split(',') {
        let mut parts = item.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let quality = parts
            .find_map(|parameter| parameter.trim().strip_prefix("q=").or(parameter.trim().strip_prefix("Q=")))
            .map_or(Some(1.0), |value| value.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)));
        let names_one = tag.starts_with(|character: char| character.is_ascii_alphabetic());
        if let Some(quality) = quality.filter(|quality| names_one && *quality > 0.0) {
            ranked.push((Language::of_tag(tag), quality));
        }
    }
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut languages = Vec::with_capacity(ranked.len());
    for language in ranked.iter().filter_map(|(language, _)| *language) {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    (!ranked.is_empty()).then_some(languages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wished(header: &str) -> String {
        match Wish::settle(Some(header), None, None) {
            Wish::Nobody => "nobody".to_owned(),
            Wish::For(languages) => languages.iter().map(Language::as_str).collect::<Vec<_>>().join(" "),
        }
    }

    #[test]
    fn orders_by_quality_and_falls_back_to_the_primary_tag() {
        assert_eq!(wished("de-AT, fr;q=0.9"), "de fr");
        assert_eq!(wished("fr;q=0.2, DE;q=0.8, en"), "en de fr");
        assert_eq!(wished("en;q=0, fr"), "fr");
        assert_eq!(wished("de-AT, de-DE, de"), "de");
        assert_eq!(wished("gsw, *"), "", "it names a language, though one without translations");
        assert_eq!(wished("*"), "nobody");
        assert_eq!(wished("de;q=9, ;;, fr;q=x"), "nobody");
    }

    #[test]
    fn the_first_source_that_names_a_language_decides() {
        let (de, fr) = (Language::from_text("de").ok(), Language::from_text("fr").ok());
        let only = |language: Option<Language>| Wish::For(language.into_iter().collect());
        assert_eq!(Wish::settle(Some("en"), de, fr), only(Language::from_text("en").ok()));
        assert_eq!(Wish::settle(Some("*"), de, fr), only(de));
        assert_eq!(Wish::settle(None, None, fr), only(fr));
        assert_eq!(Wish::settle(None, None, None), Wish::Nobody);
    }
}
