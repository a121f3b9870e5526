//! What tells a request to open a segment from every different one: hashes that its segment keeps.
//!
//! They are hashes of a form that is written down here, not of whatever a struct serialises to, so that a deployment
//! between a request and its repetition changes nothing. A stored hash says by what stands in front of it which form it
//! is of, and is compared by that one for good, with the fields that the form knows.
//!
//! **Form 3**, `3:` and 64 hex digits: SHA-256 of the fields that the request gives, in the order of [`fields`], each as
//! its name and its value, and both behind their length (8 bytes, big endian). A field that is absent is left out, and
//! so is a flag that is false, and a text that is blank: a field that is added later changes no hash of a request without
//! it. Values are those that were read: labels trimmed, times in UTC, numbers as digits, sys_ids in lower case. The allowed
//! codes are one value, in the order of their labels, whatever the request's order: see [`allowed_codes`]. Beside it stands
//! a short hash of each field, so that a refusal can name those that differ: see [`FieldHashes`].
//!
//! **Form 2**, `2:` and 64 hex digits: the same without what [`Form::Three`] has come with, and nothing beside it.
//!
//! **Form 1**, 64 hex digits alone: what the versions wrote that knew no other. See [`form_1`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{OpenRequest, OriginRequest};
use crate::configurations::{AllowedCodeRequest, ConfigurationRequest};
use crate::error::Differences;
use crate::sys_id::{self, push_part};

/// What stands in front of a hash of form 2.
const FORM_2: &str = "2:";

/// What stands in front of a hash of form 3.
const FORM_3: &str = "3:";

/// Which form a hash is of, of those that [`fields`] writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Two,
    /// It knows `use_ai_code_as_default` and the descriptions of allowed codes, and no difference between a blank text and
    /// none, or between a sys_id in upper case and in lower case.
    Three,
}

/// What a new segment keeps of the request that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Tells the request from every different one.
    pub hash: String,
    /// Tell which fields are different.
    pub fields: FieldHashes,
}

/// Short hashes of the fields that a request gives: of each its letter, and the first eight hex digits of the SHA-256 of
/// name and value, one behind the other. A segment keeps them for as long as it lives, so they are short: a pair of values
/// in four billion looks the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldHashes(String);

/// The letter of each field, for good; small ones are a configuration's.
const LETTERS: [(&str, u8); 20] = [
    ("agent_sys_id", b'A'),
    ("interaction_sys_id", b'B'),
    ("external", b'C'),
    ("external_segment_id", b'D'),
    ("segmented", b'E'),
    ("segment_id", b'F'),
    ("segment_table", b'G'),
    ("opened_on", b'H'),
    ("ai_wrap_up_code", b'I'),
    ("ai_notes", b'J'),
    ("wrap_up_configuration_sys_id", b'K'),
    ("configuration.enable_codes", b'm'),
    ("configuration.allowed_codes", b'n'),
    ("configuration.default_code", b'o'),
    ("configuration.duration", b'p'),
    ("configuration.show_timer", b'q'),
    ("configuration.enable_ai_code", b'r'),
    ("configuration.enable_ai_notes", b's'),
    ("configuration.use_ai_as_default", b't'),
    ("configuration.use_third_party_ai", b'u'),
];

/// Hex digits of a field's short hash.
const DIGITS: usize = 8;

impl FieldHashes {
    /// Those of a configuration that an update gives.
    pub(super) fn of_configuration(configuration: &ConfigurationRequest) -> Self {
        Self::of(&configuration_fields(configuration, Form::Three))
    }

    fn of(fields: &[Field]) -> Self {
        let mut hashes = String::with_capacity(fields.len() * (1 + DIGITS));
        for (name, value) in fields {
            let Some((_, letter)) = LETTERS.iter().find(|(named, _)| named == name) else { continue };
            let mut bytes = Vec::with_capacity(16 + name.len() + value.len());
            push_part(&mut bytes, name.as_bytes());
            push_part(&mut bytes, value);
            hashes.push(char::from(*letter));
            hashes.push_str(&sys_id::sha256(&bytes)[..DIGITS]);
        }
        Self(hashes)
    }

    /// Those of the configuration alone.
    pub(super) fn of_its_configuration(&self) -> Self {
        let own = self.by_letter().into_iter().filter(|(letter, _)| letter.is_ascii_lowercase());
        Self(own.map(|(letter, hash)| format!("{}{hash}", char::from(letter))).collect())
    }

    /// The fields that are not alike here and there.
    pub(super) fn differences(&self, other: &Self) -> Differences {
        let (one, other) = (self.by_letter(), other.by_letter());
        let differ = LETTERS.iter().filter(|(_, letter)| one.get(letter) != other.get(letter));
        Differences(differ.map(|(name, _)| *name).collect())
    }

    fn by_letter(&self) -> BTreeMap<u8, &str> {
        let places = (0..self.0.len()).step_by(1 + DIGITS);
        places.filter_map(|at| Some((*self.0.as_bytes().get(at)?, self.0.get(at + 1..=at + DIGITS)?))).collect()
    }
}

impl OpenRequest {
    /// What the segment keeps that this request opens.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let fields = fields(self, Form::Three);
        Fingerprint { hash: format!("{FORM_3}{}", digest(&fields)), fields: FieldHashes::of(&fields) }
    }

    /// Why it was not this request that opened a segment which keeps `hash` and, beside it, `fields`; none where it was.
    /// `own` is what [`fingerprint`](Self::fingerprint) says.
    pub(super) fn differences(
        &self,
        hash: &str,
        fields: Option<&FieldHashes>,
        own: &Fingerprint,
    ) -> Option<Differences> {
        let same = match hash {
            of_3 if of_3.starts_with(FORM_3) => of_3 == own.hash,
            of_2 if of_2.starts_with(FORM_2) => of_2 == self.form_2(),
            of_1 => form_1::hash(self).is_some_and(|hash| hash == of_1),
        };
        (!same).then(|| fields.map(|fields| fields.differences(&own.fields)).unwrap_or_default())
    }

    fn form_2(&self) -> String {
        format!("{FORM_2}{}", digest(&fields(self, Form::Two)))
    }
}

/// A field that a request gives, by its path in the request, and its value.
type Field = (&'static str, Vec<u8>);

fn digest(fields: &[Field]) -> String {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        push_part(&mut bytes, name.as_bytes());
        push_part(&mut bytes, value);
    }
    sys_id::sha256(&bytes)
}

fn text(name: &'static str, value: Option<&str>) -> Option<Field> {
    value.map(|value| (name, value.as_bytes().to_vec()))
}

fn flag(name: &'static str, value: Option<bool>) -> Option<Field> {
    text(name, (value == Some(true)).then_some("true"))
}

/// The fields that a request gives. What stands here keeps its name, its order and how its value is written: that is the
/// form. A new field may stand anywhere among them, and has a letter of its own in [`LETTERS`].
fn fields(request: &OpenRequest, form: Form) -> Vec<Field> {
    let opened_on = request.opened_on.map(|opened_on| opened_on.to_string());
    let mut fields = vec![
        text("agent_sys_id", Some(request.agent.as_str())),
        text("interaction_sys_id", Some(request.interaction.as_str())),
        flag("segmented", request.segmented),
    ];
    fields.extend(request.given.texts().map(|(name, value)| text(name, value)));
    fields.push(text("opened_on", opened_on.as_deref()));
    fields.push(text("ai_wrap_up_code", request.ai_wrap_up_code.as_ref().map(|label| label.as_str())));
    fields.push(text("ai_notes", request.ai_notes.as_deref()));
    match &request.origin {
        OriginRequest::Internal { configuration } => {
            let sys_id = sys_id::ours(configuration.as_str()).filter(|_| form == Form::Three);
            let sys_id = sys_id.as_deref().unwrap_or(configuration.as_str());
            fields.push(text("wrap_up_configuration_sys_id", Some(sys_id)));
        }
        OriginRequest::External { external_segment_id, configuration } => {
            fields.push(text("external", Some("true")));
            fields.push(text("external_segment_id", Some(external_segment_id.as_str())));
            fields.extend(configuration_fields(configuration, form).into_iter().map(Some));
        }
    }
    fields.into_iter().flatten().collect()
}

/// The fields that a configuration gives, as part of [`fields`].
fn configuration_fields(configuration: &ConfigurationRequest, form: Form) -> Vec<Field> {
    let ConfigurationRequest {
        enable_codes,
        allowed_codes: codes,
        default_code,
        duration,
        show_timer,
        enable_ai_code,
        enable_ai_notes,
        use_ai_as_default,
        use_ai_code_as_default: _,
        use_third_party_ai,
    } = configuration;
    let duration = duration.map(|seconds| seconds.to_string());
    let ai_as_default = match form {
        Form::Two => *use_ai_as_default,
        Form::Three => configuration.uses_ai_as_default(),
    };
    let fields = [
        flag("configuration.enable_codes", *enable_codes),
        text("configuration.default_code", default_code.as_ref().map(|label| label.as_str())),
        text("configuration.duration", duration.as_deref()),
        flag("configuration.show_timer", *show_timer),
        flag("configuration.enable_ai_code", *enable_ai_code),
        flag("configuration.enable_ai_notes", *enable_ai_notes),
        flag("configuration.use_ai_as_default", ai_as_default),
        flag("configuration.use_third_party_ai", *use_third_party_ai),
        (!codes.is_empty()).then(|| ("configuration.allowed_codes", allowed_codes(codes, form))),
    ];
    fields.into_iter().flatten().collect()
}

/// The value of `allowed_codes`: of each code `code` and its label, its `description`, and of each of its translations in
/// the request's order `language`, `code` and `description`, with what is given of them. Names and values stand behind
/// their lengths.
fn allowed_codes(codes: &[AllowedCodeRequest], form: Form) -> Vec<u8> {
    let mut codes: Vec<_> = codes.iter().collect();
    codes.sort_by(|one, other| one.code.cmp(&other.code));
    let mut bytes = Vec::new();
    let mut give = |name: &str, value: &str| {
        push_part(&mut bytes, name.as_bytes());
        push_part(&mut bytes, value.as_bytes());
    };
    let says = |text: &&String| form == Form::Two || !text.trim().is_empty();
    for AllowedCodeRequest { code, description, translations, alone: _ } in codes {
        give("code", code.as_str());
        if let Some(description) = description.as_ref().filter(|_| form == Form::Three).filter(says) {
            give("description", description);
        }
        for translation in translations {
            give("translation.language", translation.language.as_str());
            for (name, text) in
                [("translation.code", &translation.code), ("translation.description", &translation.description)]
            {
                text.as_ref().filter(says).iter().for_each(|text| give(name, text));
            }
        }
    }
    bytes
}

/// The form of the versions before: SHA-256 of the length of a JSON text and that text, which is what their structs
/// serialised to. It is as it was: fields that came later are no part of it.
mod form_1 {
    use serde::Serialize;

    use crate::segments::{OpenRequest, OriginRequest};
    use crate::sys_id;

    #[derive(Serialize)]
    struct Request<'a> {
        agent: &'a str,
        interaction: &'a str,
        origin: WrittenOrigin<'a>,
        segmented: Option<bool>,
        segment_id: Option<&'a str>,
        segment_table: Option<&'a str>,
        opened_on: Option<String>,
        ai_wrap_up_code: Option<&'a str>,
        ai_notes: Option<&'a str>,
    }

    #[derive(Serialize)]
    enum WrittenOrigin<'a> {
        External { external_segment_id: &'a str, configuration: Configuration<'a> },
        Internal { configuration: &'a str },
    }

    #[derive(Serialize)]
    struct Configuration<'a> {
        enable_codes: Option<bool>,
        allowed_codes: Vec<AllowedCode<'a>>,
        default_code: Option<&'a str>,
        duration: Option<u32>,
        show_timer: Option<bool>,
        enable_ai_code: Option<bool>,
        enable_ai_notes: Option<bool>,
        use_ai_as_default: Option<bool>,
        use_third_party_ai: Option<bool>,
    }

    #[derive(Serialize)]
    struct AllowedCode<'a> {
        code: &'a str,
        translations: Vec<Translation<'a>>,
    }

    #[derive(Serialize)]
    struct Translation<'a> {
        language: &'a str,
        code: Option<&'a str>,
        description: Option<&'a str>,
    }

    /// The request's hash. There always is one: texts, numbers and flags can be written as JSON.
    pub(super) fn hash(request: &OpenRequest) -> Option<String> {
        let request = Request {
            agent: request.agent.as_str(),
            interaction: request.interaction.as_str(),
            origin: match &request.origin {
                OriginRequest::External { external_segment_id, configuration } => WrittenOrigin::External {
                    external_segment_id: external_segment_id.as_str(),
                    configuration: Configuration {
                        enable_codes: configuration.enable_codes,
                        allowed_codes: configuration
                            .allowed_codes
                            .iter()
                            .map(|allowed| AllowedCode {
                                code: allowed.code.as_str(),
                                translations: allowed
                                    .translations
                                    .iter()
                                    .map(|translation| Translation {
                                        language: translation.language.as_str(),
                                        code: translation.code.as_deref(),
                                        description: translation.description.as_deref(),
                                    })
                                    .collect(),
                            })
                            .collect(),
                        default_code: configuration.default_code.as_ref().map(|label| label.as_str()),
                        duration: configuration.duration.map(|seconds| seconds.get()),
                        show_timer: configuration.show_timer,
                        enable_ai_code: configuration.enable_ai_code,
                        enable_ai_notes: configuration.enable_ai_notes,
                        use_ai_as_default: configuration.use_ai_as_default,
                        use_third_party_ai: configuration.use_third_party_ai,
                    },
                },
                OriginRequest::Internal { configuration } => {
                    WrittenOrigin::Internal { configuration: configuration.as_str() }
                }
            },
            segmented: request.segmented,
            segment_id: request.given.segment_id.as_ref().map(|id| id.as_str()),
            segment_table: request.given.segment_table.as_ref().map(|table| table.as_str()),
            opened_on: request.opened_on.map(|opened_on| opened_on.to_string()),
            ai_wrap_up_code: request.ai_wrap_up_code.as_ref().map(|label| label.as_str()),
            ai_notes: request.ai_notes.as_deref(),
        };
        serde_json::to_string(&request).ok().map(|json| sys_id::digest(&[&json]))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::date_time::DateTime;
    use crate::document::Document;
    use crate::segment_tables::Registry;

    fn request(body: &Value) -> Result<OpenRequest, String> {
        let document = Document::from_json(body.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let now = DateTime::parse("2024-09-16 18:00:00").ok_or("no date")?;
        document.read(|fields| OpenRequest::read(fields, &Registry::default(), now)).map_err(|error| error.to_string())
    }

    fn internal() -> Value {
        json!({
            "agent_sys_id": "agent", "interaction_sys_id": "interaction",
            "wrap_up_configuration_sys_id": "459249ae34d559a4ad648aab5800ea0a",
        })
    }

    fn least() -> Value {
        json!({
            "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true,
            "external_segment_id": "E-1", "configuration": {"enable_codes": false},
        })
    }

    fn whole() -> Value {
        json!({
            "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true,
            "external_segment_id": "E-1", "segmented": true, "segment_id": "S-1",
            "segment_table": "sn_openframe_phone_log", "opened_on": "2024-09-16 17:52:01",
            "ai_wrap_up_code": "Billing Issue", "ai_notes": "An incorrect charge: \u{201e}twice\u{201c}.",
            "configuration": {
                "enable_codes": true, "default_code": "Billing Issue", "duration": 120, "show_timer": true,
                "enable_ai_code": true, "enable_ai_notes": false, "use_ai_as_default": true,
                "use_third_party_ai": true,
                "allowed_codes": [
                    {"code": "Store Issue"},
                    {"code": "Billing Issue", "translation": [
                        {"language": "de", "code": "Abrechnung", "description": "Fragen zur Rechnung"},
                        {"language": "fr", "code": "Facturation"},
                    ]},
                ],
            },
        })
    }

    #[test]
    fn the_hashes_of_three_requests_stay_what_they_are() -> Result<(), String> {
        // Another value here means that requests which are repeated across a deployment are refused.
        for (body, form_1, of_2_and_3, fields) in [
            (
                internal(),
                "3775709a806faab3b7a446a97c80a6f9d02864df639ff9cd4c3528d62ef4e7b2",
                "71dcd543c54b1662c9b8118bd3c81d8cb9c94063407f20068a9652390cb6661c",
                "A77f9af25B6d87e505K69f0942c",
            ),
            (
                least(),
                "e60bbe804939444424496d7aff63d22949ceabea4ebf8e81c31ada6c9547cd94",
                "85d5423ac2cd3da4dcf4ed79eb7e347bb16ad83e0c9c894c6ada30fb70f01d0a",
                "A77f9af25B6d87e505C4edefebdD76af6346",
            ),
            (
                whole(),
                "30d647174979677d62b0ea6aa8d8926f44040571071f14ac2072b677261c077b",
                "a07bc3c7687590b961447cd4301c23e477847c4822e182095736dd1ecc9499e9",
                concat!(
                    "A77f9af25B6d87e505Ec84d9981Fd8ece033G17c8fe0fH8895327cIcd46c085Je357b2d9C4edefebd",
                    "D76af6346m31a9b766o377d0f1ap78e23a51q7580cc9arbae2b3ebtb2d2ab78u71aec22bn36a2047b",
                ),
            ),
        ] {
            let request = request(&body)?;
            assert_eq!(form_1::hash(&request).as_deref(), Some(form_1), "{body}");
            assert_eq!(request.form_2(), format!("{FORM_2}{of_2_and_3}"), "{body}");
            let own = request.fingerprint();
            assert_eq!(own.hash, format!("{FORM_3}{of_2_and_3}"), "{body}");
            assert_eq!(own.fields.0, fields, "{body}");
            for stored in [form_1, &request.form_2(), &own.hash] {
                assert_eq!(request.differences(stored, None, &own), None, "{body} {stored}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_says_the_same_is_the_same_request() -> Result<(), String> {
        let hash = request(&whole())?.fingerprint();
        let codes = &whole()["configuration"]["allowed_codes"];
        let mut blank = codes.clone();
        blank[0]["description"] = json!(" ");
        blank[1]["translation"][1]["description"] = json!("");
        for (pointer, value) in [
            ("/configuration/enable_ai_notes", json!(null)),
            ("/configuration/duration", json!("120")),
            ("/opened_on", json!("2024-09-16T19:52:01+02:00")),
            ("/configuration/allowed_codes", json!([codes[1], codes[0]])),
            ("/configuration/allowed_codes", blank),
        ] {
            let mut same = whole();
            same.pointer_mut(pointer).map(|field| *field = value).ok_or(pointer)?;
            assert_eq!(request(&same)?.fingerprint(), hash, "{pointer}");
        }
        let mut by_another_name = whole();
        by_another_name["configuration"]["use_ai_as_default"] = json!(null);
        by_another_name["configuration"]["use_ai_code_as_default"] = json!(true);
        assert_eq!(request(&by_another_name)?.fingerprint(), hash);
        let mut written_out = least();
        written_out["segmented"] = json!(false);
        written_out["ai_notes"] = json!("");
        written_out["configuration"] =
            json!({"show_timer": false, "use_ai_code_as_default": false, "allowed_codes": []});
        assert_eq!(request(&written_out)?.fingerprint(), request(&least())?.fingerprint());
        let mut in_upper_case = internal();
        in_upper_case["wrap_up_configuration_sys_id"] = json!("459249AE34D559A4AD648AAB5800EA0A");
        assert_eq!(request(&in_upper_case)?.fingerprint(), request(&internal())?.fingerprint());
        Ok(())
    }

    #[test]
    fn an_old_form_does_not_look_at_what_it_does_not_know() -> Result<(), String> {
        let before = request(&whole())?;
        let mut now = whole();
        now["configuration"]["use_ai_code_as_default"] = json!(true);
        now["configuration"]["allowed_codes"][0]["description"] = json!("About a store");
        let now = request(&now)?;
        let own = now.fingerprint();
        for stored in [before.form_2(), form_1::hash(&before).unwrap_or_default()] {
            assert_eq!(now.differences(&stored, None, &own), None, "{stored}");
        }
        // And says of nothing else what it is.
        let other = request(&least())?;
        assert_eq!(other.differences(&before.form_2(), None, &other.fingerprint()), Some(Differences::default()));
        Ok(())
    }

    #[test]
    fn each_field_that_says_something_else_is_named_and_makes_another_request() -> Result<(), String> {
        let mut hashes = Vec::new();
        let first = request(&whole())?.fingerprint();
        for (pointer, value, named) in [
            ("/agent_sys_id", json!("interaction"), "agent_sys_id"),
            ("/interaction_sys_id", json!("agent"), "interaction_sys_id"),
            ("/external_segment_id", json!("E-2"), "external_segment_id"),
            ("/segment_id", json!("S-2"), "segment_id"),
            ("/segment_table", json!("another"), "segment_table"),
            ("/opened_on", json!("2024-09-16 17:52:02"), "opened_on"),
            ("/ai_wrap_up_code", json!("Store Issue"), "ai_wrap_up_code"),
            ("/ai_wrap_up_code", json!(null), "ai_wrap_up_code"),
            ("/ai_notes", json!("Another charge."), "ai_notes"),
            ("/configuration/default_code", json!("Store Issue"), "configuration.default_code"),
            ("/configuration/duration", json!(60), "configuration.duration"),
            ("/configuration/duration", json!(null), "configuration.duration"),
            ("/configuration/enable_ai_code", json!(false), "configuration.enable_ai_code"),
            ("/configuration/enable_ai_notes", json!(true), "configuration.enable_ai_notes"),
            ("/configuration/use_ai_as_default", json!(false), "configuration.use_ai_as_default"),
            ("/configuration/use_third_party_ai", json!(false), "configuration.use_third_party_ai"),
            ("/configuration/allowed_codes", json!([{"code": "Billing Issue"}]), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/0/code", json!("Store issue"), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/0/description", json!("A store"), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/1/translation", json!(null), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/1/translation/0/language", json!("en"), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/1/translation/0/code", json!("Rechnung"), "configuration.allowed_codes"),
            ("/configuration/allowed_codes/1/translation/0/description", json!(null), "configuration.allowed_codes"),
            (
                "/configuration/allowed_codes/1/translation/1/description",
                json!("Rechnung"),
                "configuration.allowed_codes",
            ),
        ] {
            let mut other = whole();
            let (object, name) = pointer.rsplit_once('/').ok_or(pointer)?;
            match other.pointer_mut(object).ok_or(pointer)? {
                Value::Array(_) => *other.pointer_mut(pointer).ok_or(pointer)? = value,
                object => object[name] = value,
            }
            let other = request(&other)?;
            let own = other.fingerprint();
            let differences = other.differences(&first.hash, Some(&first.fields), &own);
            assert_eq!(differences, Some(Differences(vec![named])), "{pointer}");
            hashes.push(own.hash);
        }
        hashes.extend([first.hash, request(&internal())?.fingerprint().hash, request(&least())?.fingerprint().hash]);
        let all = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        Ok(())
    }

    #[test]
    fn every_field_has_a_letter_of_its_own() -> Result<(), String> {
        let mut letters: Vec<_> = LETTERS.iter().map(|(_, letter)| *letter).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), LETTERS.len());
        let mut all = whole();
        all["configuration"]["enable_ai_notes"] = json!(true);
        let given = [fields(&request(&all)?, Form::Three), fields(&request(&internal())?, Form::Three)].concat();
        let named: std::collections::BTreeSet<_> = given.iter().map(|(name, _)| *name).collect();
        assert_eq!(named, LETTERS.iter().map(|(name, _)| *name).collect());
        Ok(())
    }

    #[test]
    fn what_is_stored_of_fields_and_cannot_be_read_names_nothing_wrong() -> Result<(), String> {
        let own = request(&least())?.fingerprint();
        for odd in ["", "A", "Aé123456B", "Z12345678"] {
            let differences = FieldHashes(odd.to_owned()).differences(&own.fields);
            assert!(differences.0.contains(&"external_segment_id"), "{odd}");
        }
        Ok(())
    }
}
