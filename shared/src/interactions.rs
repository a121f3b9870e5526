//! Interactions: what the AI filler reads where the interaction segment's record has no transcript.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Error;
use crate::clock::Clock;
use crate::document::{Fields, Id, Problem};
use crate::dynamodb::{self, Dynamo, Stamp, Table, Write};
use crate::error::NotFound;
use crate::language::Language;
use crate::retention::Retention;

/// Bytes that DynamoDB takes as a partition key.
const LONGEST_KEY: usize = 2_048;

/// KB that a transcript may take, so that it fits into one DynamoDB item of 400 KB.
const MOST_KB: usize = 350;

/// Characters that a short description may have.
const LONGEST_DESCRIPTION: usize = 4_000;

/// The column of the language that it was held in.
pub const LANGUAGE: &str = "language";

/// The columns that say what was said, and how to read it.
pub const SAID: [&str; 3] = ["transcript", "short_description", LANGUAGE];

/// An interaction, as far as wrapping it up goes. Personal data: it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// sys_id of the interaction: whatever the CCaaS system calls it by.
    pub sys_id: String,
    /// What it is about, in one line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub short_description: Option<String>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transcript: Option<String>,
    /// The language it was held in; in the table also as a tag such as `de-AT`.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "language_of_tag")]
    pub language: Option<Language>,
}

impl Interaction {
    /// Reads `sys_id`, `short_description`, `transcript` and `language`.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let sys_id = fields.required::<Id>("sys_id");
        if sys_id.as_ref().is_some_and(|sys_id| sys_id.as_str().len() > LONGEST_KEY) {
            fields.violation("sys_id", Problem::TooManyBytes { most: LONGEST_KEY });
        }
        let short_description = fields.text_up_to("short_description", LONGEST_DESCRIPTION);
        let transcript = fields.text_up_to("transcript", MOST_KB * 1024);
        if transcript.as_ref().is_some_and(|transcript| transcript.len() > MOST_KB * 1024) {
            fields.violation("transcript", Problem::TooLarge { most_kb: MOST_KB });
        }
        let language = fields.optional("language");
        Some(Self { sys_id: sys_id?.to_string(), short_description, transcript, language })
    }
}

/// Whoever writes the table writes tags as they come; one that names no language is no reason to read nothing.
fn language_of_tag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Language>, D::Error> {
    let tag: Option<String> = Deserialize::deserialize(deserializer)?;
    Ok(tag.and_then(|tag| Language::of_tag(&tag)))
}

/// The table `interaction`. Its partition key is the interaction's sys_id as it is, so that whatever makes
/// transcripts can write here without this crate.
#[derive(Clone)]
pub struct Interactions {
    dynamo: Dynamo,
    table: String,
    clock: Clock,
    retention: Option<Retention>,
}

impl Interactions {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo) -> Self {
        let table = dynamo.tables.name(Table::Interactions);
        Self { dynamo, table, clock: Clock::system(), retention: None }
    }

    /// The same table; how long those are kept that are written from now on. Whoever else writes them says so by the column
    /// `expires_at`.
    #[must_use]
    pub fn with_retention(self, retention: Option<Retention>) -> Self {
        Self { retention, ..self }
    }

    /// The same table, by another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Stores an operator's interaction in place of the one with its sys_id.
    pub async fn put(&self, interaction: &Interaction, stamp: &Stamp) -> Result<(), Error> {
        let write = Write {
            stamp,
            table: &self.table,
            sys_id: &interaction.sys_id,
            version: None,
            within: None,
            attempt: None,
        };
        let mut item = dynamodb::to_item(interaction)?;
        dynamodb::set_expiry(&mut item, self.retention.map(|retention| retention.end(stamp.at.since_epoch())));
        self.dynamo
            .replace(write, item, |stored| dynamodb::from_item::<Interaction>(Table::Interactions, stored).map(drop))
            .await?;
        Ok(())
    }

    /// The interaction with this sys_id, if there is one whose time is not over. One consistent read.
    pub async fn find(&self, sys_id: &str) -> Result<Option<Interaction>, Error> {
        if sys_id.is_empty() || sys_id.len() > LONGEST_KEY {
            return Ok(None);
        }
        let item = self.dynamo.get(&self.table, sys_id).await?;
        let item = item.filter(|item| !dynamodb::is_expired(item, self.clock.since_epoch()));
        Ok(item.map(|item| dynamodb::from_item(Table::Interactions, item)).transpose()?)
    }

    /// All that is stored of an interaction, as it stands in the table, also where its time is over; none where nothing is.
    pub async fn stored(&self, sys_id: &str) -> Result<Option<Map<String, Value>>, Error> {
        if sys_id.is_empty() || sys_id.len() > LONGEST_KEY {
            return Ok(None);
        }
        let item = self.dynamo.get(&self.table, sys_id).await?;
        Ok(item.map(|item| dynamodb::from_item(Table::Interactions, item)).transpose()?)
    }

    /// Takes what was said, and what it is about, out of an operator's interaction. Answers whether there was something. One
    /// write.
    pub async fn erase(&self, sys_id: &str, stamp: &Stamp) -> Result<bool, Error> {
        if sys_id.is_empty() || sys_id.len() > LONGEST_KEY {
            return Ok(false);
        }
        let write = Write { stamp, table: &self.table, sys_id, version: None, within: None, attempt: None };
        Ok(self.dynamo.erase(write, &["transcript", "short_description"]).await?)
    }

    /// The interaction with this sys_id, for an operator.
    pub async fn get(&self, sys_id: &str) -> Result<Interaction, Error> {
        let found = self.find(sys_id).await?;
        found.ok_or_else(|| NotFound::Interaction { sys_id: sys_id.to_owned() }.into())
    }
}
