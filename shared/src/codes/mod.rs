//! Wrap-up codes: what they are, how requests change them, and where they are stored.

mod admission;
mod import;
mod listing;
mod request;
mod store;

use serde::{Deserialize, Serialize};

use crate::document::{FromText, Problem, TextForm};
use crate::language::{Language, Wish};
use crate::near::Near;
use crate::sys_id::{self, Kind};

pub use admission::Admission;
pub use import::{CodeImport, Fate, SysIdTaken};
pub use listing::{CodeListRequest, CodePage, CodeQuestion};
pub use request::{CodeRequest, TranslationRequest, read_translations};
pub use store::Codes;

/// What identifies a wrap-up code: trimmed, of byte order marks too, case-sensitive, 1 to 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    pub(crate) const MOST: usize = 255;

    /// A label as it is stored.
    fn stored(text: String) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }

    /// The label itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sys_id of the code with this label, for good: see [`sys_id::derive`].
    pub fn sys_id(&self) -> String {
        sys_id::derive(Kind::Code, &[&self.0])
    }
}

impl FromText for Label {
    fn from_text(text: &str) -> Result<Self, Problem> {
        // Spreadsheets and editors leave a byte order mark in front of what they export.
        let label = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        match label.chars().count() {
            0 => Err(Problem::Required),
            count if count > Self::MOST => Err(Problem::TooLong { most: Self::MOST }),
            _ => Ok(Self(label.to_owned())),
        }
    }

    fn form() -> TextForm {
        TextForm { most: Some(Self::MOST), ..TextForm::default() }
    }
}

impl std::borrow::Borrow<str> for Label {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Why a code that a request names cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableCode {
    /// It is not among a configuration's allowed codes.
    #[error("'{label}' is not among the allowed codes{near}")]
    NotAllowed {
        /// Its label.
        label: String,
        /// Those of the allowed ones that may be meant.
        near: Near,
    },
    /// It is switched off.
    #[error("wrap-up code '{label}' is inactive")]
    Inactive {
        /// Its label.
        label: String,
    },
    /// It is not in the code table.
    #[error("there is no wrap-up code '{label}'{near}")]
    Unknown {
        /// Its label.
        label: String,
        /// Those of the configuration's codes that may be meant.
        near: Near,
    },
}

impl From<UnusableCode> for Problem {
    fn from(unusable: UnusableCode) -> Self {
        Self::Rule(unusable.to_string())
    }
}

/// A wrap-up code with its translations, as stored or as a configuration's snapshot keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The sys_id that it is shown under: the one that it kept from the system it came from, else the one that is derived
    /// from its label, under which it is stored in either case.
    pub sys_id: String,
    /// The label.
    pub code: Label,
    /// `""` where unset.
    #[serde(default)]
    pub description: String,
    /// Whether agents may use it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it came through the API.
    #[serde(default)]
    pub external: bool,
    /// In the order in which their languages were first stored.
    #[serde(default)]
    pub translations: Vec<Translation>,
}

/// What a flag is that a record lacks, where it is not false.
pub(crate) const fn yes() -> bool {
    true
}

/// A code's label and description in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    /// The language.
    pub language: Language,
    /// The label in that language, as it was given: it identifies nothing, so it is not trimmed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The description in that language.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}

impl Code {
    /// A code that the API adds because a configuration allows it.
    pub fn new_external(label: Label) -> Self {
        Self {
            sys_id: label.sys_id(),
            code: label,
            description: String::new(),
            active: true,
            external: true,
            translations: Vec::new(),
        }
    }

    /// Lays translations over the ones here: by language, and within a language field by field.
    pub fn lay_over(&mut self, translations: &[TranslationRequest]) {
        for given in translations {
            let mut stored = self.translations.iter_mut();
            match stored.find(|stored| stored.language == given.language) {
                Some(stored) => {
                    stored.code = given.code.clone().or(stored.code.take());
                    stored.description = given.description.clone().or(stored.description.take());
                }
                None => self.translations.push(Translation {
                    language: given.language,
                    code: given.code.clone(),
                    description: given.description.clone(),
                }),
            }
        }
    }

    /// The code once a request is laid over it.
    #[must_use]
    pub fn updated(mut self, request: &CodeRequest) -> Self {
        if let Some(description) = &request.description {
            self.description.clone_from(description);
        }
        self.active = request.active.unwrap_or(self.active);
        self.lay_over(&request.translations);
        self
    }

    /// The code as the API shows it to somebody who wishes for these languages.
    pub fn shown(&self, wish: &Wish) -> ShownCode<'_> {
        let translation = match wish {
            Wish::Nobody => self.translations.first(),
            Wish::For(languages) => languages
                .iter()
                .find_map(|wished| self.translations.iter().find(|translation| translation.language == *wished)),
        };
        let translated_code = translation.and_then(|translation| translation.code.as_deref());
        let translated_description = translation.and_then(|translation| translation.description.as_deref());
        ShownCode {
            code: self.code.as_str(),
            description: &self.description,
            active: self.active,
            external: self.external,
            sys_id: &self.sys_id,
            translated_code: translated_code.unwrap_or(self.code.as_str()),
            translated_description: translated_description.unwrap_or(&self.description),
        }
    }
}

/// A wrap-up code: always these seven fields.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WrapUpCode"))]
pub struct ShownCode<'a> {
    /// Its label.
    #[cfg_attr(feature = "openapi", schemars(example = &"Refund"))]
    code: &'a str,
    /// `""` where unset.
    #[cfg_attr(feature = "openapi", schemars(example = &"Money goes back"))]
    description: &'a str,
    /// Whether agents may use it.
    active: bool,
    /// Whether it came through the API.
    external: bool,
    /// Its sys_id, the same for good.
    #[cfg_attr(feature = "openapi", schemars(example = Label("Refund".to_owned()).sys_id()))]
    sys_id: &'a str,
    /// The label in the language of `Accept-Language`, of the user or of the deployment, whichever comes first.
    #[cfg_attr(feature = "openapi", schemars(example = &"Erstattung"))]
    translated_code: &'a str,
    /// The description in that language.
    #[cfg_attr(feature = "openapi", schemars(example = &"Geld geht zurück"))]
    translated_description: &'a str,
}
