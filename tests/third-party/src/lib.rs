//! What a team writes that keeps its interaction segments in a table of its own: the
//! implementation in [`chat`], its registration here, and the four functions that use segment
//! tables, in `bin/`.

pub mod chat;

use wrapup::System;
use wrapup::dynamodb::Dynamo;
use wrapup::segment_tables::{self, Registry, SegmentTablesError};
use wrapup::system::StartError;

use crate::chat::ChatSessions;

/// The segment tables of this deployment: the built-in ones, those of its configuration, and the team's.
pub fn registry(dynamo: &Dynamo) -> Result<Registry, SegmentTablesError> {
    Ok(segment_tables::from_env(dynamo)?.with(ChatSessions::new(dynamo.client.clone())))
}

/// What this deployment's functions are built from.
pub fn system() -> Result<System, StartError> {
    let system = System::from_env()?;
    let registry = registry(system.dynamo())?;
    Ok(system.with_segment_tables(registry))
}
