//! The tables: one per record type, each with the partition key `sys_id` alone; and the indexes that some of them have.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use super::{Dynamo, Error};
use crate::retention::EXPIRES_AT;

/// A record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Wrap-up codes.
    Codes,
    /// Configurations, and the immutable snapshots that segments refer to.
    Configurations,
    /// Wrap-up segments, and the records that find them.
    Segments,
    /// The built-in interaction segment table.
    PhoneLog,
    /// Interactions, as far as the AI filler reads them.
    Interactions,
    /// API users.
    Users,
    /// OAuth clients.
    Clients,
    /// What was learned of the codes that agents pick.
    Learned,
}

impl Table {
    /// Every table of a deployment.
    pub const ALL: [Self; 8] = [
        Self::Codes,
        Self::Configurations,
        Self::Segments,
        Self::PhoneLog,
        Self::Interactions,
        Self::Users,
        Self::Clients,
        Self::Learned,
    ];

    /// The platform's name of the table; for OAuth clients and what was learned one of ours.
    pub const fn platform_name(self) -> &'static str {
        match self {
            Self::Codes => "interaction_wrap_up_code",
            Self::Configurations => "interaction_wrap_up_configuration",
            Self::Segments => "interaction_wrap_up_segment",
            Self::PhoneLog => "sn_openframe_phone_log",
            Self::Interactions => "interaction",
            Self::Users => "sys_user",
            Self::Clients => "oauth_client",
            Self::Learned => "ai_learned",
        }
    }

    /// What the table's stream shows of a record, if it has one: consumers read what becomes of segments.
    pub const fn stream(self) -> Option<StreamViewType> {
        match self {
            Self::Segments => Some(StreamViewType::NewAndOldImages),
            _ => None,
        }
    }

    /// The column that says when one of its records goes, if they may: DynamoDB removes it then.
    pub const fn expiry(self) -> Option<&'static str> {
        match self {
            Self::Segments | Self::PhoneLog | Self::Interactions | Self::Learned => Some(EXPIRES_AT),
            _ => None,
        }
    }

    /// The table's indexes.
    pub const fn indexes(self) -> &'static [&'static Index] {
        match self {
            Self::Segments => &[&BY_TIME, &BY_AGENT, &BY_INTERACTION],
            Self::Codes => &[&BY_LABEL],
            Self::Configurations => &[&BY_NAME],
            _ => &[],
        }
    }
}

/// A global secondary index: other keys by which records are found, read a little later than they are written. What has no
/// such keys is not in it.
#[derive(Debug)]
pub struct Index {
    /// The index's name.
    pub name: &'static str,
    /// The column that is its partition key, a text.
    pub partition: &'static str,
    /// The column that is its sort key, a text.
    pub sort: &'static str,
    /// The columns that it shows beside its keys and the record's own; none where it shows those alone.
    pub shown: &'static [&'static str],
}

/// The segments by time: what ends next, what has ended when. It shows what reports and the sweep need, and no texts.
pub const BY_TIME: Index = Index {
    name: "by_time",
    partition: "by_time_shelf",
    sort: "by_time_place",
    shown: &[
        "agent",
        "interaction",
        "external",
        "state",
        "opened_on",
        "due_on",
        "submitted_on",
        "confirmed_on",
        "awaiting_confirmation",
        "timed_out",
        "code",
        "code_from",
        "code_place",
        "wrap_up_configuration",
        "configuration_name",
        "ai_wrap_up_code",
        "ai_source",
        "ai_confidence",
        "ai_outcome",
        "expires_at",
    ],
};

/// The segments of an agent, by when they opened: keys alone, since what is shown of a segment is read consistently.
pub const BY_AGENT: Index = Index { name: "by_agent", partition: "by_agent", sort: "opened_on", shown: &[] };

/// The segments of an interaction, likewise.
pub const BY_INTERACTION: Index =
    Index { name: "by_interaction", partition: "by_interaction", sort: "opened_on", shown: &[] };

/// The codes by label, on sixteen shelves.
pub const BY_LABEL: Index = Index { name: "by_label", partition: "by_label", sort: "code", shown: &[] };

/// An administrator's configurations by name, on one shelf: there are as many as there are kinds of work.
pub const BY_NAME: Index = Index { name: "by_name", partition: "by_name", sort: "name", shown: &[] };

impl Index {
    fn keys(&self) -> Result<Vec<KeySchemaElement>, Error> {
        Ok(vec![key_of(self.partition, KeyType::Hash)?, key_of(self.sort, KeyType::Range)?])
    }

    /// The columns that its keys are in.
    const fn columns(&self) -> [&'static str; 2] {
        [self.partition, self.sort]
    }

    fn projection(&self) -> Projection {
        if self.shown.is_empty() {
            return Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        }
        let columns = self.shown.iter().map(|column| (*column).to_owned()).collect();
        Projection::builder().projection_type(ProjectionType::Include).set_non_key_attributes(Some(columns)).build()
    }
}

fn key_of(column: &str, kind: KeyType) -> Result<KeySchemaElement, Error> {
    KeySchemaElement::builder().attribute_name(column).key_type(kind).build().map_err(Error::broken)
}

/// The columns of the keys of a table and of indexes of it, each once.
fn key_columns(indexes: &[&Index]) -> Result<Vec<AttributeDefinition>, Error> {
    let columns = indexes.iter().flat_map(|index| index.columns()).chain(["sys_id"]);
    columns.collect::<BTreeSet<_>>().into_iter().map(text_column).collect()
}

fn text_column(column: &str) -> Result<AttributeDefinition, Error> {
    let column = AttributeDefinition::builder().attribute_name(column).attribute_type(ScalarAttributeType::S);
    column.build().map_err(Error::broken)
}

/// The names that the tables have in one deployment: the platform's, behind a prefix.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    prefix: String,
}

impl Tables {
    /// `prefix` may be empty.
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What stands in front of the platform's names.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The table's name in DynamoDB.
    pub fn name(&self, table: Table) -> String {
        format!("{}{}", self.prefix, table.platform_name())
    }
}

/// Creates the tables that are not there yet, on demand, with their indexes and without streams, and answers their names.
/// A deployment creates its tables by template; this serves a local engine and a quick start.
pub async fn create_missing(dynamo: &Dynamo) -> Result<Vec<String>, Error> {
    let mut created = Vec::new();
    for table in Table::ALL {
        let name = dynamo.tables.name(table);
        let mut request = dynamo
            .client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(key_columns(table.indexes())?))
            .key_schema(key_of("sys_id", KeyType::Hash)?);
        for index in table.indexes() {
            let described = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(index.keys()?))
                .projection(index.projection());
            request = request.global_secondary_indexes(described.build().map_err(Error::broken)?);
        }
        match request.send().await {
            Ok(_) => created.push(name),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for name in &created {
        wait_until_active(dynamo, name).await?;
    }
    Ok(created)
}

/// Gives the tables the indexes that an older version created them without, one after the other, as DynamoDB asks for, and
/// waits until it has filled each with the records that have its keys. Answers the indexes' names, each behind its table's.
pub async fn add_missing_indexes(dynamo: &Dynamo) -> Result<Vec<String>, Error> {
    let mut added = Vec::new();
    for table in Table::ALL.into_iter().filter(|table| !table.indexes().is_empty()) {
        let name = dynamo.tables.name(table);
        let there = described(dynamo, &name).await?;
        let is_missing = |index: &&Index| there.as_ref().is_none_or(|table| status_of(table, index).is_none());
        for index in table.indexes().iter().copied().filter(is_missing) {
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(index.name)
                .set_key_schema(Some(index.keys()?))
                .projection(index.projection())
                .build()
                .map_err(Error::broken)?;
            let update = dynamo
                .client
                .update_table()
                .table_name(&name)
                .set_attribute_definitions(Some(key_columns(&[index])?))
                .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
            update.send().await?;
            while described(dynamo, &name).await?.and_then(|table| status_of(&table, index))
                != Some(IndexStatus::Active)
            {
                tokio::time::sleep(POLL).await;
            }
            added.push(format!("{name}/{}", index.name));
        }
    }
    Ok(added)
}

/// What an index is doing; none where the table has no such one.
fn status_of(table: &TableDescription, index: &Index) -> Option<IndexStatus> {
    let found = table.global_secondary_indexes().iter().find(|found| found.index_name() == Some(index.name))?;
    // An engine that fills it at once may not say so.
    Some(found.index_status().cloned().unwrap_or(IndexStatus::Active))
}

/// Has DynamoDB remove the records of the tables whose time is over, where it is not told to yet. Answers the names of the
/// tables that it has been told of.
pub async fn enable_expiry(dynamo: &Dynamo) -> Result<Vec<String>, Error> {
    let mut enabled = Vec::new();
    for (table, column) in Table::ALL.into_iter().filter_map(|table| Some((table, table.expiry()?))) {
        let name = dynamo.tables.name(table);
        let described = dynamo.client.describe_time_to_live().table_name(&name).send().await?;
        let status = described.time_to_live_description().and_then(|described| described.time_to_live_status());
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            continue;
        }
        let by = TimeToLiveSpecification::builder().enabled(true).attribute_name(column);
        let by = by.build().map_err(Error::broken)?;
        dynamo.client.update_time_to_live().table_name(&name).time_to_live_specification(by).send().await?;
        enabled.push(name);
    }
    Ok(enabled)
}

/// Gives the tables the streams that they are to have, where somebody reads them. A stream that shows something else is
/// switched off and on again, as DynamoDB asks for; what is changed in between is in neither.
pub async fn enable_streams(dynamo: &Dynamo) -> Result<(), Error> {
    for (table, view) in Table::ALL.into_iter().filter_map(|table| Some((table, table.stream()?))) {
        let name = dynamo.tables.name(table);
        let described = described(dynamo, &name).await?;
        let stream = described.as_ref().and_then(|table| table.stream_specification());
        let shown = stream.filter(|stream| stream.stream_enabled()).map(|stream| stream.stream_view_type());
        if shown == Some(Some(&view)) {
            continue;
        }
        let on = StreamSpecification::builder().stream_enabled(true).stream_view_type(view);
        let off = shown.map(|_| StreamSpecification::builder().stream_enabled(false));
        for stream in off.into_iter().chain([on]) {
            let update = dynamo.client.update_table().table_name(&name);
            update.stream_specification(stream.build().map_err(Error::broken)?).send().await?;
            wait_until_active(dynamo, &name).await?;
        }
    }
    Ok(())
}

/// How long it is from one look at what DynamoDB is doing to the next.
pub(super) const POLL: Duration = Duration::from_millis(500);

pub(super) async fn wait_until_active(dynamo: &Dynamo, name: &str) -> Result<(), Error> {
    loop {
        let described = described(dynamo, name).await?;
        if described.as_ref().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn described(dynamo: &Dynamo, name: &str) -> Result<Option<TableDescription>, Error> {
    Ok(dynamo.client.describe_table().table_name(name).send().await?.table)
}
