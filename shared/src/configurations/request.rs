use std::collections::HashSet;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::codes::{Code, CodeRequest, Label, TranslationRequest, UnusableCode, read_translations, yes};
use crate::document::{Fields, FromText, Id, ObjectOrText, Problem, Visitor};
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, all_given, given, is_false, is_true, not_both, when};
use crate::near::Near;
use crate::sys_id::{self, Kind};

/// A configuration as a request gives it, its defaults not yet filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigurationRequest {
    /// Whether the agent has to pick a code.
    pub enable_codes: Option<bool>,
    /// The codes the agent may pick, each label once.
    pub allowed_codes: Vec<AllowedCodeRequest>,
    /// One of the allowed ones.
    pub default_code: Option<Label>,
    /// Most seconds a wrap-up may take; only with `show_timer`.
    pub duration: Option<NonZeroU32>,
    /// Whether the agent sees the timer.
    pub show_timer: Option<bool>,
    /// Whether an AI code is wanted.
    pub enable_ai_code: Option<bool>,
    /// Whether AI notes are wanted.
    pub enable_ai_notes: Option<bool>,
    /// Whether the AI code stands in where the agent picks none.
    pub use_ai_as_default: Option<bool>,
    /// The same by another name, which live instances use. Where both are given they say the same.
    pub use_ai_code_as_default: Option<bool>,
    /// Whether AI content comes from an external system.
    pub use_third_party_ai: Option<bool>,
}

/// One entry of `allowed_codes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedCodeRequest {
    /// The label.
    pub code: Label,
    /// Whether the label stands alone, without an object around it. Violations name it as it stands.
    pub alone: bool,
    /// Laid over the stored description in this segment's snapshot; a code that does not exist yet is stored with it.
    pub description: Option<String>,
    /// Laid over the stored translations in this segment's snapshot; a code that does not exist yet is stored with them.
    pub translations: Vec<TranslationRequest>,
}

impl AllowedCodeRequest {
    /// Whether it says more of the code than its label.
    pub fn has_texts(&self) -> bool {
        self.description.is_some() || !self.translations.is_empty()
    }

    /// Lays its description and its translations over those of a code.
    pub fn lay_over(&self, code: &mut Code) {
        if let Some(description) = &self.description {
            code.description.clone_from(description);
        }
        code.lay_over(&self.translations);
    }
}

impl ConfigurationRequest {
    /// Codes that one configuration may allow.
    pub const MOST_CODES: usize = 1_000;

    /// Reads the `configuration` object of a request.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let codes = read_allowed_codes(fields, |entry| {
            let description = entry.text_up_to("description", CodeRequest::LONGEST_DESCRIPTION);
            let translations = entry.object_or_objects("translation").unwrap_or_default();
            (description, read_translations(&translations, false, |_| {}))
        });
        Self::read_with(fields, codes)
    }

    /// What it says beside its codes, defaults filled in.
    pub fn rules(&self) -> Rules {
        Rules {
            enable_codes: self.enable_codes.unwrap_or(false),
            default_code: self.default_code.clone(),
            duration: self.duration,
            show_timer: self.show_timer.unwrap_or(false),
            enable_ai_code: self.enable_ai_code.unwrap_or(false),
            enable_ai_notes: self.enable_ai_notes.unwrap_or(false),
            use_ai_as_default: self.uses_ai_as_default().unwrap_or(false),
            use_third_party_ai: self.use_third_party_ai.unwrap_or(false),
        }
    }

    /// Whether the AI code stands in where the agent picks none, by whichever of its two names it is given.
    pub fn uses_ai_as_default(&self) -> Option<bool> {
        self.use_ai_as_default.or(self.use_ai_code_as_default)
    }

    /// Reads everything but the allowed codes, of which a request may say more than a file; none of them where they are no
    /// list.
    fn read_with(fields: &Fields<'_>, codes: Option<Vec<Option<AllowedCodeRequest>>>) -> Option<Self> {
        let flags = Self::visit_flags(&mut { fields });
        if let (Some(one), Some(other)) = (flags.use_ai_as_default, flags.use_ai_code_as_default)
            && one != other
        {
            let first = fields.path_of(AI_AS_DEFAULT[0]);
            let problem = format!("is another name of {first}, and has to say the same where both are given");
            fields.violation(AI_AS_DEFAULT[1], Problem::Rule(problem));
        }
        // One that is neither true nor false hides nothing of what is wrong with the codes that are given beside it.
        let meant = fields.is_given("enable_codes") && (fields.has("allowed_codes") || fields.has("default_code"));
        let wants_codes = flags.enable_codes.unwrap_or(meant);
        if wants_codes && !fields.has("allowed_codes") {
            fields.violation("allowed_codes", Problem::RequiredWhen { when: WHEN_CODES });
        }
        let default_code = visit_default_code(&mut { fields }, wants_codes);
        // What is no list says of no code whether it is allowed; entries that are wrong themselves allow none.
        let listed = codes.as_ref().is_some_and(|_| fields.has("allowed_codes"));
        let codes = codes.unwrap_or_default();
        if let Some(label) = &default_code
            && (listed || (!wants_codes && !fields.has("allowed_codes")))
            && !codes.iter().flatten().any(|allowed| allowed.code == *label)
        {
            let label = label.as_str().to_owned();
            let allowed = codes.iter().flatten().map(|allowed| allowed.code.as_str());
            let near = Near::of(&label, allowed.take(Self::MOST_CODES));
            fields.violation("default_code", UnusableCode::NotAllowed { label, near });
        }
        let duration = visit_duration(&mut { fields });
        if fields.has("duration") && flags.show_timer != Some(true) {
            fields.violation("duration", Problem::OnlyWith { with: "with show_timer true" });
        }
        let allowed_codes = codes.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { allowed_codes, default_code, duration, ..flags })
    }

    /// Goes through the flags.
    fn visit_flags(visitor: &mut impl Visitor) -> Self {
        Self {
            enable_codes: visitor.flag("enable_codes", "Whether the agent has to pick a code."),
            show_timer: visitor.flag("show_timer", "Whether the agent sees the timer."),
            enable_ai_code: visitor.flag("enable_ai_code", "Whether an AI code is wanted."),
            enable_ai_notes: visitor.flag("enable_ai_notes", "Whether AI notes are wanted."),
            use_ai_as_default: visitor
                .flag(AI_AS_DEFAULT[0], "Whether the AI code stands in where the agent picks none."),
            use_ai_code_as_default: visitor.flag(AI_AS_DEFAULT[1], "Another name of `use_ai_as_default`."),
            use_third_party_ai: visitor.flag("use_third_party_ai", "Whether AI content comes from an external system."),
            ..Self::default()
        }
    }
}

/// The two names of one flag.
const AI_AS_DEFAULT: [&str; 2] = ["use_ai_as_default", "use_ai_code_as_default"];

/// Reads `allowed_codes`, objects or their labels alone, each label once. `texts` reads what an object says beside its
/// label: description and translations. `None` where there are none, or what there is cannot be read as a list.
fn read_allowed_codes(
    fields: &Fields<'_>,
    texts: impl Fn(&Fields<'_>) -> (Option<String>, Vec<TranslationRequest>),
) -> Option<Vec<Option<AllowedCodeRequest>>> {
    let mut labels = HashSet::new();
    let entries = fields.objects_or_texts::<Label>("allowed_codes")?;
    if entries.len() > ConfigurationRequest::MOST_CODES {
        fields.violation("allowed_codes", Problem::TooMany { most: ConfigurationRequest::MOST_CODES });
    }
    let repeats = |label: &Label| Problem::Repeats { value: label.as_str().to_owned() };
    let codes = entries.into_iter().map(|entry| match entry {
        ObjectOrText::Object(entry) => {
            let code = entry.required::<Label>("code");
            if let Some(label) = &code
                && !labels.insert(label.clone())
            {
                entry.violation("code", repeats(label));
            }
            let (description, translations) = texts(&entry);
            Some(AllowedCodeRequest { code: code?, alone: false, description, translations })
        }
        ObjectOrText::Text(index, code) => {
            if !labels.insert(code.clone()) {
                fields.violation(&format!("allowed_codes[{index}]"), repeats(&code));
            }
            Some(AllowedCodeRequest { code, alone: true, description: None, translations: Vec::new() })
        }
    });
    Some(codes.collect())
}

const WHEN_CODES: &str = "when enable_codes is true";

fn visit_default_code(visitor: &mut impl Visitor, required: bool) -> Option<Label> {
    let (name, says) = ("default_code", "One of `allowed_codes`; required where `enable_codes` is true.");
    match required {
        true => visitor.required_when(name, Problem::RequiredWhen { when: WHEN_CODES }, says),
        false => visitor.optional(name, says),
    }
}

fn visit_duration(visitor: &mut impl Visitor) -> Option<NonZeroU32> {
    let says = "Most seconds a wrap-up may take, with `show_timer` true; as text of up to nine digits.";
    visitor.seconds("duration", says)
}

#[cfg(feature = "openapi")]
impl ConfigurationRequest {
    /// What [`ConfigurationRequest::read`] reads.
    pub fn described() -> Object {
        let description = "The description in that language.";
        let translation = TranslationRequest::described("AllowedCodeTranslation", false, description);
        let allowed = Object::new("AllowedCode", "A code that the agent may pick. One that does not exist is created.")
            .required::<Label>("code", "The label, in the list once.")
            .text_up_to(
                "description",
                CodeRequest::LONGEST_DESCRIPTION,
                "Laid over the stored description for this segment.",
            )
            .object_or_objects("translation", translation, "Laid over the stored translations for this segment.");
        Object::new("NewConfiguration", "Codes, time limit and AI of an external wrap-up.")
            .with(|object| {
                Self::visit_flags(object);
                visit_default_code(object, false);
                visit_duration(object);
            })
            .objects_or_texts(
                "allowed_codes",
                allowed,
                Self::MOST_CODES,
                "Objects, or their labels alone. Required where `enable_codes` is true.",
            )
            .rule(when(is_true("enable_codes"), all_given(&["allowed_codes", "default_code"])))
            .rule(when(given("default_code"), given("allowed_codes")))
            .rule(when(given("duration"), is_true("show_timer")))
            .rule(not_both(is_true(AI_AS_DEFAULT[0]), is_false(AI_AS_DEFAULT[1])))
            .rule(not_both(is_false(AI_AS_DEFAULT[0]), is_true(AI_AS_DEFAULT[1])))
    }
}

/// What a configuration says beside its codes, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Whether the agent has to pick a code.
    #[serde(default)]
    pub enable_codes: bool,
    /// One of the allowed codes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default_code: Option<Label>,
    /// Most seconds a wrap-up may take.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration: Option<NonZeroU32>,
    /// Whether the agent sees the timer.
    #[serde(default)]
    pub show_timer: bool,
    /// Whether an AI code is wanted.
    #[serde(default)]
    pub enable_ai_code: bool,
    /// Whether AI notes are wanted.
    #[serde(default)]
    pub enable_ai_notes: bool,
    /// Whether the AI code stands in where the agent picks none.
    #[serde(default)]
    pub use_ai_as_default: bool,
    /// Whether AI content comes from an external system.
    #[serde(default)]
    pub use_third_party_ai: bool,
}

/// A configuration that an administrator keeps for internal wrap-ups, with the columns of the
/// platform's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// 32 hex digits; derived from the name where the administrator gives none.
    pub sys_id: String,
    /// What people call it.
    pub name: String,
    /// Whether segments may be opened with it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Labels of the codes the agent may pick.
    #[serde(default)]
    pub allowed_codes: Vec<Label>,
    /// What it says beside its codes.
    #[serde(flatten)]
    pub rules: Rules,
}

impl Definition {
    const FIELDS: &'static str = "sys_id, name, active, enable_codes, allowed_codes, default_code, duration, \
                                  show_timer, enable_ai_code, enable_ai_notes, use_ai_as_default, \
                                  use_ai_code_as_default, use_third_party_ai";

    /// The labels that a file allows, each once, of those that can be read, whatever else is wrong with it.
    pub fn allowed_labels(fields: &Fields<'_>) -> Vec<Label> {
        let mut labels = Vec::new();
        // What cannot be read is named by whoever reads the file.
        let _ = fields.attempt(|fields| {
            let codes = read_allowed_codes(fields, |_| (None, Vec::new())).into_iter().flatten().flatten();
            let mut seen = HashSet::new();
            let once = codes.map(|allowed| allowed.code).filter(|label| seen.insert(label.clone()));
            labels.extend(once.take(ConfigurationRequest::MOST_CODES));
            Some(())
        });
        labels
    }

    /// Reads a file whose fields are named as the columns are; allowed codes are labels, or objects with nothing else. Putting a
    /// name again updates its configuration.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        // API clients may send more than is known; a misspelt field of a file would be left out unseen.
        for name in fields.names().filter(|name| !Self::FIELDS.split(", ").any(|known| known == *name)) {
            fields.violation(name, Problem::NotOneOf { one_of: Self::FIELDS });
        }
        let name = fields.required::<ConfigurationName>("name");
        let sys_id = fields.optional::<Id>("sys_id");
        if let Some(sys_id) = &sys_id
            && !sys_id::is_ours(sys_id.as_str())
        {
            let expected = "a sys_id of 32 lowercase hex digits";
            fields.violation("sys_id", Problem::WrongType { expected, found: "another text" });
        }
        let active = fields.flag("active");
        let codes = read_allowed_codes(fields, |entry| {
            for name in entry.names().filter(|name| *name != "code") {
                entry.violation(name, Problem::NotOneOf { one_of: "code" });
            }
            (None, Vec::new())
        });
        let request = ConfigurationRequest::read_with(fields, codes)?;
        let name = name?.0;
        Some(Self {
            sys_id: sys_id.map_or_else(|| sys_id::derive(Kind::Configuration, &[&name]), |id| id.as_str().to_owned()),
            name,
            active: active.unwrap_or(true),
            rules: request.rules(),
            allowed_codes: request.allowed_codes.into_iter().map(|allowed| allowed.code).collect(),
        })
    }
}

/// What a request names as its configuration is none, or one that is switched off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{sys_id}' is not the sys_id of an active wrap-up configuration")]
pub struct NotAnActiveConfiguration {
    /// What was given.
    pub sys_id: String,
}

impl From<NotAnActiveConfiguration> for Problem {
    fn from(none: NotAnActiveConfiguration) -> Self {
        Self::Rule(none.to_string())
    }
}

struct ConfigurationName(String);

impl FromText for ConfigurationName {
    fn from_text(text: &str) -> Result<Self, Problem> {
        // The same rule as for labels: trimmed, at most 255 characters.
        Label::from_text(text).map(|name| Self(name.as_str().to_owned()))
    }
}
