//! How a configuration becomes the snapshot that a segment refers to: codes that are missing are added, and the snapshot
//! is stored, once all of it is found right.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::sync::Arc;

use super::Segments;
use super::blueprint::Blueprint;
use super::configure::NewConfiguration;
use super::request_hash::FieldHashes;
use crate::Error;
use crate::codes::{Code, Label};
use crate::configurations::{ConfigurationRequest, Snapshot};
use crate::document::Violations;
use crate::dynamodb::Stamp;

/// A snapshot that is stored, and the hash that names it.
pub(super) type Kept = (Arc<Snapshot>, String);

impl Segments {
    /// The snapshot, if this instance has seen all that it is made of within the last minute, finds nothing against it,
    /// and knows that it is stored.
    pub(super) fn recall_snapshot(&self, blueprint: &Blueprint<'_>) -> Option<Kept> {
        let codes = self.codes.recall(&blueprint.labels())?;
        let known = codes.into_iter().map(|code| (code.code.clone(), code)).collect();
        let (_, sealed) = blueprint.snapshot(&known).ok()?;
        Some((self.configurations.stored(&sealed)?, sealed.hash))
    }

    /// Judges what the snapshot is made of, beside what `judge` has against the rest of the request; only then does what has
    /// to come `first`, and stores what is missing. `known` has those of its codes that exist.
    pub(super) async fn keep_snapshot(
        &self,
        blueprint: &Blueprint<'_>,
        mut known: HashMap<Label, Arc<Code>>,
        stamp: &Stamp,
        judge: impl FnOnce(&Snapshot) -> Result<(), Violations>,
        first: impl Future<Output = Result<(), Error>>,
    ) -> Result<Kept, Error> {
        let missing = blueprint.missing(&known);
        known.extend(missing.iter().map(|code| (code.code.clone(), Arc::new(code.clone()))));
        let (mut snapshot, mut sealed) = blueprint.judged_snapshot(&known, judge)?;
        let admission = self.codes.admit(missing.len())?;
        first.await?;
        if !missing.is_empty() {
            let added = admission.add_missing(missing, stamp).await?;
            known.extend(added.into_iter().map(|code| (code.code.clone(), code)));
            // Another caller may have been faster to add a code, with other texts.
            (snapshot, sealed) = blueprint.snapshot(&known)?;
        }
        self.configurations.store(&snapshot, &sealed, stamp).await?;
        Ok((snapshot, sealed.hash))
    }

    /// A configuration that an update brings, once its codes and its snapshot are stored, which they are only if `judge` has
    /// nothing against the rest of the update. No request where all was seen within the last minute; else a read for 100 codes, one for the snapshot, and a write for whatever is missing.
    pub(super) async fn new_configuration(
        &self,
        request: &ConfigurationRequest,
        stamp: &Stamp,
        judge: impl FnOnce(&Snapshot) -> Result<(), Violations>,
    ) -> Result<NewConfiguration, Error> {
        let blueprint = Blueprint::Request(request);
        let (snapshot, hash) = match self.recall_snapshot(&blueprint) {
            Some(seen) => seen,
            None => {
                let known = self.codes.find(&blueprint.labels()).await?;
                self.keep_snapshot(&blueprint, known, stamp, judge, ready(Ok(()))).await?
            }
        };
        Ok(NewConfiguration {
            snapshot,
            hash,
            fields: FieldHashes::of_configuration(request),
            deadlines: self.deadlines,
        })
    }
}
