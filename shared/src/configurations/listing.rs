//! Lists of the configurations that an administrator keeps, by name.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::store::SHELF;
use super::{Configurations, Definition};
use crate::Error;
use crate::cursors::Paging;
use crate::document::Fields;
use crate::dynamodb::tables::{BY_NAME, Table};
use crate::dynamodb::{self, Order, Pages, Rows, key, string};
#[cfg(feature = "openapi")]
use crate::json_schema::Object;

/// Configurations that a page has where nobody says how many, and at most: each may have a thousand codes.
const USUAL: usize = 25;
const MOST: usize = 100;

/// Queries that a call makes at most.
const QUERIES: usize = 10;

/// A list of configurations that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationListRequest {
    /// Which configurations, which is what its cursors are good for.
    pub question: ConfigurationQuestion,
    /// How many of them, from where on.
    pub paging: Paging,
}

/// Which configurations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConfigurationQuestion {
    active: Option<bool>,
}

/// A page of a list of configurations.
#[derive(Debug)]
pub struct ConfigurationPage {
    /// As many as were wanted, or fewer.
    pub configurations: Vec<Arc<Definition>>,
    /// Behind which the list goes on; none where it has ended.
    pub next: Option<Place>,
}

/// Where a configuration stands in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    name: String,
    // Two may have one name.
    sys_id: String,
}

impl Place {
    /// The place of a configuration.
    pub fn of(definition: &Definition) -> Self {
        Self { name: definition.name.clone(), sys_id: definition.sys_id.clone() }
    }
}

impl ConfigurationListRequest {
    /// Reads the query of a list.
    pub fn read(query: &Fields<'_>) -> Option<Self> {
        let active = query.flag("active");
        let paging = Paging::read(query, USUAL, MOST)?;
        Some(Self { question: ConfigurationQuestion { active }, paging })
    }
}

impl Configurations {
    /// The page of a list behind a place; the first one where that is none. A query of the index and a consistent read of
    /// what it has found, and the same again, at most ten times, where those are none of the configurations asked for: so a
    /// page may have fewer than are wanted, or none, and the list goes on all the same.
    pub async fn page(
        &self,
        request: &ConfigurationListRequest,
        after: Option<Place>,
    ) -> Result<ConfigurationPage, Error> {
        let limit = request.paging.limit;
        let mut pages = Pages::new(
            self.dynamo.clone(),
            Rows {
                table: self.table.clone(),
                index: &BY_NAME,
                partition: SHELF.to_owned(),
                from: None,
                to: None,
                order: Order::Ascending,
                after: after.as_ref().map(|place| {
                    let mut after = key(&place.sys_id);
                    after.insert(BY_NAME.partition.to_owned(), string(SHELF));
                    after.insert(BY_NAME.sort.to_owned(), string(&place.name));
                    after
                }),
                page: i32::try_from(limit).unwrap_or(100),
            },
        );
        let mut page = ConfigurationPage { configurations: Vec::new(), next: after };
        for _ in 0..QUERIES {
            let Some(items) = pages.next().await? else { break };
            let rows: Vec<_> = items.into_iter().filter_map(|item| pages.row(item)).collect();
            let keys = rows.iter().map(|row| (self.table.clone(), key(&row.sys_id))).collect();
            let items = dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default();
            let mut stored = HashMap::with_capacity(items.len());
            for item in items {
                match dynamodb::from_item::<Definition>(Table::Configurations, item) {
                    Ok(definition) => drop(stored.insert(definition.sys_id.clone(), definition)),
                    Err(error) => tracing::error!(%error, "a configuration that cannot be read is not listed"),
                }
            }
            for row in rows {
                // One that has been renamed since comes where it stands by then.
                let definition = stored.remove(&row.sys_id).filter(|definition| definition.name == row.place);
                page.next = Some(Place { name: row.place, sys_id: row.sys_id });
                let wanted =
                    |definition: &Definition| request.question.active.is_none_or(|active| definition.active == active);
                page.configurations.extend(definition.filter(wanted).map(Arc::new));
                if page.configurations.len() == limit {
                    return Ok(page);
                }
            }
        }
        if !pages.has_more() {
            page.next = None;
        }
        Ok(page)
    }
}

/// A configuration that an administrator keeps.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Configuration"))]
pub struct ShownDefinition<'a> {
    /// What `wrap_up_configuration_sys_id` of an internal segment names it by.
    sys_id: &'a str,
    /// What people call it.
    #[cfg_attr(feature = "openapi", schemars(example = &"Demo"))]
    name: &'a str,
    /// Whether segments may be opened with it.
    active: bool,
    /// Whether the agent has to pick a code.
    enable_codes: bool,
    /// Labels of the codes that the agent may pick.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schemars(example = &["Refund"]))]
    allowed_codes: Vec<&'a str>,
    /// The label of the code that stands in where the agent picks none.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_code: Option<&'a str>,
    /// Most seconds that a wrap-up may take, as text.
    // As a segment shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^[0-9]+$"), example = &"120"))]
    duration: Option<String>,
    /// Whether the agent sees the timer.
    show_timer: bool,
    /// Whether an AI code is wanted.
    enable_ai_code: bool,
    /// Whether AI notes are wanted.
    enable_ai_notes: bool,
    /// Whether the AI code stands in where the agent picks none.
    use_ai_as_default: bool,
    /// Whether AI content comes from an external system.
    use_third_party_ai: bool,
}

impl Definition {
    /// The configuration as the API shows it.
    pub fn shown(&self) -> ShownDefinition<'_> {
        let rules = &self.rules;
        ShownDefinition {
            sys_id: &self.sys_id,
            name: &self.name,
            active: self.active,
            enable_codes: rules.enable_codes,
            allowed_codes: self.allowed_codes.iter().map(|label| label.as_str()).collect(),
            default_code: rules.default_code.as_ref().map(|label| label.as_str()),
            duration: rules.duration.map(|seconds| seconds.to_string()),
            show_timer: rules.show_timer,
            enable_ai_code: rules.enable_ai_code,
            enable_ai_notes: rules.enable_ai_notes,
            use_ai_as_default: rules.use_ai_as_default,
            use_third_party_ai: rules.use_third_party_ai,
        }
    }
}

#[cfg(feature = "openapi")]
impl ConfigurationListRequest {
    /// What [`ConfigurationListRequest::read`] reads.
    pub fn described() -> Object {
        let object = Object::new("ConfigurationList", "Which configurations are listed.")
            .optional_flag("active", "Active ones alone, or inactive ones.");
        Paging::describe(object, USUAL, MOST)
    }
}
