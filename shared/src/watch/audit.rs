use serde::Serialize;

use crate::date_time::DateTime;

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Create,
    /// It was there before.
    Update,
    /// What somebody had said or written was taken out of it, for good.
    Erase,
    /// It is gone.
    Remove,
}

/// A stored change of a record: who, what and when, never what is in it.
#[derive(Clone, Debug, Serialize)]
pub struct Audited<'a> {
    /// User name of the caller, or `system`.
    pub user: &'a str,
    /// What was done.
    pub action: Action,
    /// The table's name in DynamoDB.
    pub table: &'a str,
    /// The record's key.
    pub sys_id: &'a str,
    /// The record's `sys_mod_count` after it, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The record's `sys_updated_on`.
    pub at: DateTime,
}

/// An [`Audited`] change with the call that made it: `{"audit": {..}}`.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub audit: Call<'a>,
}

/// See [`Line`].
#[derive(Serialize)]
pub(super) struct Call<'a> {
    /// Lambda's id of the invocation, as in the call's own line.
    pub request_id: &'a str,
    #[serde(flatten)]
    pub change: &'a Audited<'a>,
}
