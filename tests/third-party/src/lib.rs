//! What a team writes that keeps its interaction segments in a table of its own: the
//! implementation in [`chat`], its registration here, and the four functions that use segment
//! tables, in `bin/`. The team's command line is a package of its own, in `cli/`: the functions carry nothing of it.

pub mod chat;

use wrapup::System;
use wrapup::dynamodb::Dynamo;
use wrapup::segment_tables::{self, Registry, SegmentTablesError};
use wrapup::system::StartError;

use crate::chat::ChatSessions;

/// These segment tables and the team's.
pub fn with_ours(dynamo: &Dynamo, segment_tables: Registry) -> Registry {
    segment_tables.with(ChatSessions::new(dynamo.client.clone()))
}

/// The segment tables of this deployment: the built-in ones, those of its configuration, and the team's.
pub fn registry(dynamo: &Dynamo) -> Result<Registry, SegmentTablesError> {
    Ok(with_ours(dynamo, segment_tables::from_env(dynamo)?))
}

/// What this deployment's functions are built from.
pub fn system() -> Result<System, StartError> {
    // What the functions that do not need it are not told is as it is without.
    let system = System::from_env()?.with_deadlines_from_env()?.with_retention_from_env()?;
    let registry = registry(system.dynamo())?;
    Ok(system.with_segment_tables(registry))
}
