use std::collections::HashSet;

use super::{Code, Translation};
use crate::codes::Label;
use crate::document::{BoundedText, Fields, Problem, Visitor};
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, given, in_words, json, when};
use crate::language::{Language, Wish};

/// What a request says of one code. An absent field keeps what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRequest {
    /// Which code.
    pub label: Label,
    /// `""` clears it.
    pub description: Option<String>,
    /// Whether agents may use it; new codes are active.
    pub active: Option<bool>,
    /// At most one a language.
    pub translations: Vec<TranslationRequest>,
}

/// What a request says of a code in one language. An absent field keeps what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslationRequest {
    /// The language.
    pub language: Language,
    /// The label in that language, as it is given.
    pub code: Option<String>,
    /// The description in that language.
    pub description: Option<String>,
}

impl CodeRequest {
    /// Characters that a description may have.
    pub const LONGEST_DESCRIPTION: usize = 4_000;

    /// Languages that one request may carry for one code: what fits into the 4 KB of a DynamoDB
    /// update expression. A code may collect more of them over several requests.
    pub const MOST_TRANSLATIONS: usize = 64;

    /// Reads one entry of `codes`. The reference requires a translation's label always, and its
    /// description where the code has one.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        Self::read_as(fields, true)
    }

    /// Reads a code as lists and other systems hold it: its translations may lack what a request has to say of them, and be
    /// more than a request may carry.
    pub fn read_listed(fields: &Fields<'_>) -> Option<Self> {
        Self::read_as(fields, false)
    }

    fn read_as(fields: &Fields<'_>, whole_translations: bool) -> Option<Self> {
        let (label, description, active) = visit_code(&mut { fields });
        let described = fields.has("description");
        let translations = fields.objects("translations").unwrap_or_default();
        if whole_translations && translations.len() > Self::MOST_TRANSLATIONS {
            fields.violation("translations", Problem::TooMany { most: Self::MOST_TRANSLATIONS });
        }
        let translations = read_translations(&translations, whole_translations, |translation| {
            if whole_translations && described && !translation.has("description") {
                let when = "when the code has a description";
                translation.violation("description", Problem::RequiredWhen { when });
            }
        });
        Some(Self { label: label?, description, active, translations })
    }
}

impl CodeRequest {
    /// A code that is shown with as much as there can be, once this request is laid over whatever is stored: what the
    /// request does not say is text of the greatest length, all of it `widest`.
    pub fn at_most(&self, wish: &Wish, widest: char) -> Code {
        let unknown = |most: usize| String::from(widest).repeat(most);
        let mut code = Code::new_external(self.label.clone()).updated(self);
        if self.description.is_none() {
            code.description = unknown(Self::LONGEST_DESCRIPTION);
        }
        // A language that is wished for most and given here is the one that is shown.
        let language = match wish {
            Wish::For(languages) => languages.first().copied(),
            Wish::Nobody => None,
        };
        let language = language.unwrap_or(Language::NONE);
        let given = code.translations.iter().find(|given| given.language == language).cloned();
        let known = given.unwrap_or(Translation { language, code: None, description: None });
        code.translations = vec![Translation {
            code: known.code.or_else(|| Some(unknown(Label::MOST))),
            description: known.description.or_else(|| Some(unknown(Self::LONGEST_DESCRIPTION))),
            ..known
        }];
        code
    }
}

#[cfg(feature = "openapi")]
impl CodeRequest {
    /// What [`CodeRequest::read`] reads.
    pub fn described() -> Object {
        let description = "Required where the code has a description.";
        let translation = TranslationRequest::described("CodeTranslation", true, description);
        let described_too = json!({ "properties": { "translations": { "items": given("description") } } });
        let described_too = in_words(described_too, "each of `translations` has a `description`");
        Object::new("NewWrapUpCode", "A code that is created, or updated where its label exists already.")
            .with(|object| drop(visit_code(object)))
            .objects("translations", translation, Self::MOST_TRANSLATIONS, "Laid over those that are stored.")
            .rule(when(given("description"), described_too))
    }
}

/// Goes through what a request says of a code besides its translations: label, description, and whether agents may use it.
fn visit_code(visitor: &mut impl Visitor) -> (Option<Label>, Option<String>, Option<bool>) {
    let label = "The label, which identifies the code. White space around it does not count.";
    let description = "Absent keeps what is stored, `\"\"` clears it.";
    let active = "Whether agents may use it. On an update absent keeps what is stored.";
    (
        visitor.required("code", label),
        visitor.text_up_to("description", CodeRequest::LONGEST_DESCRIPTION, description),
        visitor.flag_or(true, "active", active),
    )
}

/// Goes through what a request says of a code in one language: which, label, and description.
fn visit_translation(
    visitor: &mut impl Visitor,
    label_required: bool,
    description: &str,
) -> (Option<Language>, Option<String>, Option<String>) {
    let language = visitor.required("language", "Two letters, in a code's translations once.");
    let (name, says) = ("code", "The label in that language.");
    let label: Option<BoundedText<{ Label::MOST }>> = match label_required {
        true => visitor.required(name, says),
        false => visitor.optional(name, says),
    };
    let description = visitor.text_up_to("description", CodeRequest::LONGEST_DESCRIPTION, description);
    (language, label.map(|text| text.0), description)
}

#[cfg(feature = "openapi")]
impl TranslationRequest {
    /// What [`read_translations`] reads of each, under its name in the contract.
    pub fn described(name: &'static str, label_required: bool, description: &'static str) -> Object {
        Object::new(name, "A code's label and description in one language.")
            .with(|object| drop(visit_translation(object, label_required, description)))
    }
}

/// Reads the translations of one code, each language at most once. `check` adds its caller's rules.
pub fn read_translations(
    entries: &[Fields<'_>],
    label_required: bool,
    check: impl Fn(&Fields<'_>),
) -> Vec<TranslationRequest> {
    let mut languages = HashSet::new();
    let mut translations = Vec::with_capacity(entries.len());
    for mut entry in entries {
        let (language, code, description) = visit_translation(&mut entry, label_required, "");
        check(entry);
        let Some(language) = language else { continue };
        if languages.insert(language) {
            translations.push(TranslationRequest { language, code, description });
        } else {
            entry.violation("language", Problem::Repeats { value: language.to_string() });
        }
    }
    translations
}
