//! What tells a request to open a segment from every different one: a hash that its segment keeps.
//!
//! It is the hash of a form that is written down here, not of whatever a struct serialises to, so that a deployment
//! between a request and its repetition changes nothing. A stored hash says by what stands in front of it which form it
//! is of, and is compared by that one for good.
//!
//! **Form 2**, `2:` and 64 hex digits: SHA-256 of the fields that the request gives, in the order of [`fields`], each as
//! its name and its value, and both behind their length (8 bytes, big endian). A field that is absent is left out, and
//! so is a flag that is false: a field that is added later changes no hash of a request without it. Values are those
//! that were read: labels trimmed, times in UTC, numbers as digits. The allowed codes are one value, in the order of
//! their labels, whatever the request's order: see [`allowed_codes`].
//!
//! **Form 1**, 64 hex digits alone: what the versions wrote that knew no other. See [`form_1`].

use super::{OpenRequest, OriginRequest};
use crate::configurations::{AllowedCodeRequest, ConfigurationRequest};
use crate::sys_id::{self, push_part};

/// What stands in front of a hash of form 2.
const FORM_2: &str = "2:";

impl OpenRequest {
    /// What tells this request from every different one, for its segment to keep.
    pub(super) fn hash(&self) -> String {
        let parts: Vec<u8> = fields(self).into_iter().fold(Vec::new(), |mut bytes, (name, value)| {
            push_part(&mut bytes, name.as_bytes());
            push_part(&mut bytes, &value);
            bytes
        });
        format!("{FORM_2}{}", sys_id::sha256(&parts))
    }

    /// Whether a segment that keeps `stored` was opened by this very request; `hash` is what [`hash`](Self::hash) says.
    pub(super) fn is_of(&self, stored: &str, hash: &str) -> bool {
        stored == hash || (!stored.starts_with(FORM_2) && form_1::hash(self).is_some_and(|hash| stored == hash))
    }
}

/// A field that a request gives, by its path in the request, and its value.
type Field = (&'static str, Vec<u8>);

/// The fields that a request gives. What stands here keeps its name, its order and how its value is written: that is the
/// form. A new field may stand anywhere among them.
fn fields(request: &OpenRequest) -> Vec<Field> {
    let mut fields = Vec::with_capacity(20);
    let mut give = |name: &'static str, value: Option<&str>| {
        fields.extend(value.map(|value| (name, value.as_bytes().to_vec())));
    };
    let flag = |flag: Option<bool>| (flag == Some(true)).then_some("true");
    let opened_on = request.opened_on.map(|opened_on| opened_on.to_string());
    give("agent_sys_id", Some(request.agent.as_str()));
    give("interaction_sys_id", Some(request.interaction.as_str()));
    give("segmented", flag(request.segmented));
    request.given.texts().for_each(|(name, text)| give(name, text));
    give("opened_on", opened_on.as_deref());
    give("ai_wrap_up_code", request.ai_wrap_up_code.as_ref().map(|label| label.as_str()));
    give("ai_notes", request.ai_notes.as_deref());
    match &request.origin {
        OriginRequest::Internal { configuration } => {
            give("wrap_up_configuration_sys_id", Some(configuration.as_str()));
        }
        OriginRequest::External { external_segment_id, configuration } => {
            let ConfigurationRequest {
                enable_codes,
                allowed_codes: codes,
                default_code,
                duration,
                show_timer,
                enable_ai_code,
                enable_ai_notes,
                use_ai_as_default,
                use_third_party_ai,
            } = configuration;
            let duration = duration.map(|seconds| seconds.to_string());
            give("external", Some("true"));
            give("external_segment_id", Some(external_segment_id.as_str()));
            give("configuration.enable_codes", flag(*enable_codes));
            give("configuration.default_code", default_code.as_ref().map(|label| label.as_str()));
            give("configuration.duration", duration.as_deref());
            give("configuration.show_timer", flag(*show_timer));
            give("configuration.enable_ai_code", flag(*enable_ai_code));
            give("configuration.enable_ai_notes", flag(*enable_ai_notes));
            give("configuration.use_ai_as_default", flag(*use_ai_as_default));
            give("configuration.use_third_party_ai", flag(*use_third_party_ai));
            if !codes.is_empty() {
                fields.push(("configuration.allowed_codes", allowed_codes(codes)));
            }
        }
    }
    fields
}

/// The value of `allowed_codes`: of each code `code` and its label, and of each of its translations in the request's
/// order `language`, `code` and `description` with what is given of them. Names and values stand behind their lengths.
fn allowed_codes(codes: &[AllowedCodeRequest]) -> Vec<u8> {
    let mut codes: Vec<_> = codes.iter().collect();
    codes.sort_by(|one, other| one.code.cmp(&other.code));
    let mut bytes = Vec::new();
    let mut give = |name: &str, value: &str| {
        push_part(&mut bytes, name.as_bytes());
        push_part(&mut bytes, value.as_bytes());
    };
    for AllowedCodeRequest { code, translations, alone: _ } in codes {
        give("code", code.as_str());
        for translation in translations {
            give("translation.language", translation.language.as_str());
            for (name, text) in
                [("translation.code", &translation.code), ("translation.description", &translation.description)]
            {
                text.iter().for_each(|text| give(name, text));
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
    use crate::document::Document;
    use crate::segment_tables::Registry;

    fn request(body: &Value) -> Result<OpenRequest, String> {
        let document = Document::from_json(body.to_string().as_bytes()).map_err(|error| error.to_string())?;
        document.read(|fields| OpenRequest::read(fields, &Registry::default())).map_err(|error| error.to_string())
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
        for (body, form_1, form_2) in [
            (
                internal(),
                "3775709a806faab3b7a446a97c80a6f9d02864df639ff9cd4c3528d62ef4e7b2",
                "71dcd543c54b1662c9b8118bd3c81d8cb9c94063407f20068a9652390cb6661c",
            ),
            (
                least(),
                "e60bbe804939444424496d7aff63d22949ceabea4ebf8e81c31ada6c9547cd94",
                "85d5423ac2cd3da4dcf4ed79eb7e347bb16ad83e0c9c894c6ada30fb70f01d0a",
            ),
            (
                whole(),
                "30d647174979677d62b0ea6aa8d8926f44040571071f14ac2072b677261c077b",
                "a07bc3c7687590b961447cd4301c23e477847c4822e182095736dd1ecc9499e9",
            ),
        ] {
            let request = request(&body)?;
            assert_eq!(form_1::hash(&request).as_deref(), Some(form_1), "{body}");
            assert_eq!(request.hash(), format!("{FORM_2}{form_2}"), "{body}");
            for stored in [form_1, &request.hash()] {
                assert!(request.is_of(stored, &request.hash()), "{body} {stored}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_says_the_same_is_the_same_request() -> Result<(), String> {
        let hash = request(&whole())?.hash();
        let codes = &whole()["configuration"]["allowed_codes"];
        for (pointer, value) in [
            ("/configuration/enable_ai_notes", json!(null)),
            ("/configuration/duration", json!("120")),
            ("/opened_on", json!("2024-09-16T19:52:01+02:00")),
            ("/configuration/allowed_codes", json!([codes[1], codes[0]])),
        ] {
            let mut same = whole();
            same.pointer_mut(pointer).map(|field| *field = value).ok_or(pointer)?;
            assert_eq!(request(&same)?.hash(), hash, "{pointer}");
        }
        let mut written_out = least();
        written_out["segmented"] = json!(false);
        written_out["configuration"] = json!({"show_timer": false, "allowed_codes": []});
        assert_eq!(request(&written_out)?.hash(), request(&least())?.hash());
        Ok(())
    }

    #[test]
    fn what_says_something_else_is_another_request() -> Result<(), String> {
        let mut hashes = vec![request(&internal())?.hash(), request(&least())?.hash(), request(&whole())?.hash()];
        for (pointer, value) in [
            ("/agent_sys_id", json!("interaction")),
            ("/interaction_sys_id", json!("agent")),
            ("/external_segment_id", json!("E-2")),
            ("/segment_id", json!("S-2")),
            ("/opened_on", json!("2024-09-16 17:52:02")),
            ("/ai_wrap_up_code", json!("Store Issue")),
            ("/ai_wrap_up_code", json!(null)),
            ("/ai_notes", json!("Another charge.")),
            ("/configuration/default_code", json!("Store Issue")),
            ("/configuration/duration", json!(60)),
            ("/configuration/duration", json!(null)),
            ("/configuration/enable_ai_code", json!(false)),
            ("/configuration/enable_ai_notes", json!(true)),
            ("/configuration/use_ai_as_default", json!(false)),
            ("/configuration/use_third_party_ai", json!(false)),
            ("/configuration/allowed_codes", json!([{"code": "Billing Issue"}])),
            ("/configuration/allowed_codes/0/code", json!("Store issue")),
            ("/configuration/allowed_codes/1/translation", json!(null)),
            ("/configuration/allowed_codes/1/translation/0/language", json!("en")),
            ("/configuration/allowed_codes/1/translation/0/code", json!("Rechnung")),
            ("/configuration/allowed_codes/1/translation/0/description", json!(null)),
            ("/configuration/allowed_codes/1/translation/1/description", json!("Fragen zur Rechnung")),
        ] {
            let mut other = whole();
            match other.pointer_mut(pointer) {
                Some(field) => *field = value,
                None => other["configuration"]["allowed_codes"][1]["translation"][1]["description"] = value,
            }
            hashes.push(request(&other)?.hash());
        }
        let all = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        Ok(())
    }
}
