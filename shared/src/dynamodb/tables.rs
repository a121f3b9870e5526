//! The tables: one per record type, each with the partition key `sys_id` alone.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TableStatus,
};

use super::{Dynamo, Error};

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
}

impl Table {
    /// Every table of a deployment.
    pub const ALL: [Self; 7] = [
        Self::Codes,
        Self::Configurations,
        Self::Segments,
        Self::PhoneLog,
        Self::Interactions,
        Self::Users,
        Self::Clients,
    ];

    /// The platform's name of the table; for OAuth clients one of ours.
    pub const fn platform_name(self) -> &'static str {
        match self {
            Self::Codes => "interaction_wrap_up_code",
            Self::Configurations => "interaction_wrap_up_configuration",
            Self::Segments => "interaction_wrap_up_segment",
            Self::PhoneLog => "sn_openframe_phone_log",
            Self::Interactions => "interaction",
            Self::Users => "sys_user",
            Self::Clients => "oauth_client",
        }
    }

    /// What the table's stream shows of a record, if it has one: consumers read what becomes of segments.
    pub const fn stream(self) -> Option<StreamViewType> {
        match self {
            Self::Segments => Some(StreamViewType::NewAndOldImages),
            _ => None,
        }
    }
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

/// Creates the tables that are not there yet, on demand and without streams, and answers their names. A deployment
/// creates its tables by template; this serves a local engine and a quick start.
pub async fn create_missing(dynamo: &Dynamo) -> Result<Vec<String>, Error> {
    let mut created = Vec::new();
    for table in Table::ALL {
        let name = dynamo.tables.name(table);
        let request = dynamo
            .client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name("sys_id")
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .map_err(Error::broken)?,
            )
            .key_schema(
                KeySchemaElement::builder()
                    .attribute_name("sys_id")
                    .key_type(KeyType::Hash)
                    .build()
                    .map_err(Error::broken)?,
            );
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

/// Gives the tables the streams that they are to have, where somebody reads them. A stream that shows something else is
/// switched off and on again, as DynamoDB asks for; what is changed in between is in neither.
pub async fn enable_streams(dynamo: &Dynamo) -> Result<(), Error> {
    for (table, view) in Table::ALL.into_iter().filter_map(|table| Some((table, table.stream()?))) {
        let name = dynamo.tables.name(table);
        let described = dynamo.client.describe_table().table_name(&name).send().await?;
        let stream = described.table().and_then(|table| table.stream_specification());
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

async fn wait_until_active(dynamo: &Dynamo, name: &str) -> Result<(), Error> {
    loop {
        let described = dynamo.client.describe_table().table_name(name).send().await?;
        if described.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}
