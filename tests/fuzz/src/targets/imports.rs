//! Files of records.

use wrapup_cli::import::{decode, read};

use crate::driver::Target;
use crate::work::{self, Work};

pub const WORDS: &[&str] = &[
    "sep=;\n",
    ";",
    "\t",
    ",",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "\r",
    "code",
    "description",
    "sys_id",
    "label",
    "=1+1",
    "\u{feff}",
    "{\"result\":",
    "[",
    "]",
    "{",
    "}",
    "\"sys_id\":\"0123456789abcdef0123456789abcdef\"",
    "{\"value\":\"a\",\"display_value\":\"b\"}",
    "<unload>",
    "</unload>",
    "<code action=\"DELETE\">",
    "<![CDATA[",
    "]]>",
    "<payload>",
    "&lt;",
    "<xml>",
    "<!DOCTYPE a>",
    "é",
];

/// A file of records, whatever it is written in.
pub struct Imports;

impl Target for Imports {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let text = match decode(input) {
            Ok(text) => text,
            Err(error) => return Ok(error.to_string()),
        };
        match read(&text, is_table) {
            Ok(records) => {
                if records.iter().any(|record| record.place.to_string().is_empty()) {
                    return Err("a record without a place".to_owned());
                }
                Ok(format!(
                    "{} {}",
                    records.len().min(9),
                    records.iter().filter(|record| record.cells.is_err()).count().min(9)
                ))
            }
            Err(error) => match error.to_string() {
                said if said.is_empty() => Err("refused without a word".to_owned()),
                said => Ok(said),
            },
        }
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        let (_, work) = work::of(|| decode(input).map(|text| read(&text, is_table).map(drop).is_ok()).is_ok());
        Some(work)
    }
}

fn is_table(name: &str) -> bool {
    name == "interaction_wrap_up_code"
}
