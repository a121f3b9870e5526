//! Types of columns as a condition: for updates of records that nobody has read before, so that one is read, and can be
//! refused, before anything of it is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::string;

/// What a column has that is as this code writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list.
    List,
    /// A map.
    Map,
}

impl ColumnType {
    /// The type of a value; none where this code writes no such one.
    pub fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(_) => Some(Self::Text),
            AttributeValue::N(_) => Some(Self::Number),
            AttributeValue::Bool(_) => Some(Self::Flag),
            AttributeValue::L(_) => Some(Self::List),
            AttributeValue::M(_) => Some(Self::Map),
            _ => None,
        }
    }

    /// What DynamoDB calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "S",
            Self::Number => "N",
            Self::Flag => "BOOL",
            Self::List => "L",
            Self::Map => "M",
        }
    }
}

/// Adds to an update's condition that each of these columns is of its type, or not there. Who is refused judges what the
/// refusal has brought, and needs this no more.
pub fn of_types<'a>(
    update: UpdateItemFluentBuilder,
    columns: impl IntoIterator<Item = (&'a str, ColumnType)>,
) -> UpdateItemFluentBuilder {
    let mut condition =
        update.get_condition_expression().as_ref().map_or_else(String::new, |given| format!("({given})"));
    let (mut update, mut used) = (update, BTreeSet::new());
    for (at, (column, of)) in columns.into_iter().enumerate() {
        let and = if condition.is_empty() { "" } else { " AND " };
        // Writing into a text cannot fail.
        let _ = write!(condition, "{and}(attribute_not_exists(#t{at}) OR attribute_type(#t{at}, :{}))", of.name());
        update = update.expression_attribute_names(format!("#t{at}"), column);
        used.insert(of);
    }
    let named = |update: UpdateItemFluentBuilder, of: ColumnType| {
        update.expression_attribute_values(format!(":{}", of.name()), string(of.name()))
    };
    used.into_iter().fold(update.condition_expression(condition), named)
}

/// An update that nobody sends.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "nobody sends it")]
pub fn unsent_update() -> UpdateItemFluentBuilder {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
    aws_sdk_dynamodb::Client::from_conf(Config::builder().behavior_version(BehaviorVersion::latest()).build())
        .update_item()
}
