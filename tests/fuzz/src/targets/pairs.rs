//! Bodies in JSON, and in the XML that says the same.

use serde_json::Value;
use wrapup::dynamodb::Table;
use wrapup_lambda_tests::Event;
use wrapup_test_support::to_xml_request;

use super::texts::ensure;
use super::world::{Answer, Place, check_log};
use crate::driver::Target;
use crate::mutate::head_and_body;

pub const WORDS: &[&str] = &[
    "agent_sys_id",
    "interaction_sys_id",
    "external",
    "external_segment_id",
    "opened_on",
    "configuration",
    "enable_codes",
    "allowed_codes",
    "default_code",
    "enable_ai_code",
    "enable_ai_notes",
    "use_third_party_ai",
    "show_timer",
    "timer",
    "time_limit",
    "use_ai_code_as_default",
    "use_ai_as_default",
    "ai_notes",
    "ai_code",
    "notes",
    "wrap_up_code",
    "confirmed_on",
    "codes",
    "code",
    "description",
    "active",
    "translations",
    "language",
    "segmented",
    "segment_id",
    "segment_table",
    "sn_openframe_phone_log",
    "wrap_up_configuration_sys_id",
    "2024-09-16 17:52:01",
    "2024-09-16T17:52:01Z",
    "q7canary",
    "Code 000",
    "Code 001",
    "true",
    "false",
    " True ",
    "1",
    "de",
    "<&>\"'",
    " ",
    "\n",
    "\t",
    "😀",
    "é",
    "]]>",
    "a  b",
    "\u{feff}",
    "\u{85}",
    "POST segment/create\n\n",
    "PUT segment/update?external_segment_id=E-1\n\n",
    "PUT segment/update/ai?external_segment_id=E-3\n\n",
    "PUT segment/draft?external_segment_id=E-1\n\n",
    "POST code\n\n",
    "120",
    "120.0",
];

/// Two deployments that differ in nothing but what their callers write.
pub struct Pairs {
    json: Place,
    xml: Place,
    looked: usize,
}

/// After so many calls the tables of both are compared.
const COMPARED: usize = 20;

impl Pairs {
    pub fn new() -> Self {
        Self { json: Place::new(), xml: Place::new(), looked: 0 }
    }

    fn compare(&self) -> Result<(), String> {
        for table in [Table::Codes, Table::Configurations, Table::Segments, Table::PhoneLog] {
            let records = |place: &Place| {
                let mut records: Vec<String> = place
                    .runtime
                    .block_on(place.world.records(table))
                    .into_iter()
                    .map(|mut record| {
                        // It has the first digit of a sys_id, which nobody can foretell.
                        record.remove("by_time_shelf");
                        let fields: std::collections::BTreeMap<_, _> = record.into_iter().collect();
                        without_ids(&format!("{fields:?}"))
                    })
                    .collect();
                records.sort();
                records
            };
            let (json, xml) = (records(&self.json), records(&self.xml));
            let differs = json.iter().zip(&xml).find(|(json, xml)| json != xml);
            ensure(
                differs.is_none() && json.len() == xml.len(),
                &format!("JSON and XML have stored other things: {differs:?}"),
            )?;
        }
        Ok(())
    }
}

impl Target for Pairs {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        if self.json.renew() {
            self.xml = Place::new();
        }
        let (head, body) = head_and_body(input);
        let head = String::from_utf8_lossy(head);
        let Some((method, path)) = head.trim().split_once(' ') else { return Ok("no call".to_owned()) };
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return Ok("no JSON".to_owned()) };
        if !body.is_object() || !can_be_xml(&body) {
            return Ok("nothing that XML can say".to_owned());
        }
        let path = path.replace("CONFIGURATION", &self.json.configuration);
        let event = if method == "PUT" { Event::put(&path) } else { Event::post(&path) };
        let (json, log) = self.json.invoke(&event.clone().json(&body).rest_json());
        check_log(&log)?;
        json.check()?;
        // In XML all leaves are texts, and one of a kind is a list as well as it is none.
        if json.text.contains("has to be") {
            if json.status != 400 {
                *self = Self::new();
            }
            return Ok(json.text);
        }
        let event = event.body("application/xml", &to_xml_request(&body)).header("Accept", "application/xml");
        let (xml, log) = self.xml.invoke(&event.rest_json());
        check_log(&log)?;
        xml.check()?;
        let both = || format!("{}\nis answered {json:?}\nand {xml:?}", to_xml_request(&body));
        let is_same = json.status == xml.status && same(&json, &xml)?;
        if !is_same {
            *self = Self::new();
            return Err(format!("JSON and XML have other effects: {}", both()));
        }
        self.looked += 1;
        if self.looked.is_multiple_of(COMPARED)
            && let Err(differs) = self.compare()
        {
            *self = Self::new();
            return Err(differs);
        }
        Ok(format!("{} {}", json.status, if json.status == 200 { path } else { json.text }))
    }
}

fn same(json: &Answer, xml: &Answer) -> Result<bool, String> {
    Ok(without_ids(&json.said()?.to_string()) == without_ids(&xml.said()?.to_string()))
}

/// A text without sys_ids and what names an attempt to write, which nobody can foretell.
fn without_ids(text: &str) -> String {
    let mut rest = text;
    let mut without = String::with_capacity(text.len());
    while let Some(start) = rest.find(|character: char| character.is_ascii_hexdigit()) {
        let end =
            rest[start..].find(|character: char| !character.is_ascii_hexdigit()).map_or(rest.len(), |end| start + end);
        without.push_str(&rest[..start]);
        without.push_str(if end - start >= 16 { "<id>" } else { &rest[start..end] });
        rest = &rest[end..];
    }
    without + rest
}

/// Whether XML can say it: names are names, characters are XML's, and lists have entries, none of which is null or a list.
fn can_be_xml(json: &Value) -> bool {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && name != "entry"
    };
    // A line break of another kind than `\n` would have to be written as a reference.
    let can_be =
        |character: char| matches!(character, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..) && character != '\r';
    match json {
        Value::Object(fields) => fields.iter().all(|(name, value)| is_name(name) && can_be_xml(value)),
        Value::Array(list) => {
            !list.is_empty() && list.iter().all(|entry| !entry.is_null() && !entry.is_array() && can_be_xml(entry))
        }
        Value::String(text) => text.chars().all(can_be),
        _ => true,
    }
}
