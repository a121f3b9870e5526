use std::sync::Arc;

use tokio::sync::SemaphorePermit;

use super::{Code, CodeImport, CodeRequest, Codes};
use crate::Error;
use crate::dynamodb::Stamp;

/// Codes that all calls of one process write at once: about what the local server gets done in 15 s of the 25 s that a
/// call may take, where it is slowest (two cores, and a build for developers, in which a code takes 3.6 ms of processor
/// time). A call's 5,000 always fit where no other writes, as in Lambda, and leave room for many usual calls.
pub(super) const AT_ONCE: usize = 7_500;

/// The right to write a number of codes, for as long as it is held.
pub struct Admission<'a> {
    codes: &'a Codes,
    _writing: SemaphorePermit<'a>,
}

impl Codes {
    /// Asks to write so many codes.
    ///
    /// # Errors
    /// [`Error::Busy`], at once, where this process writes as many for others as it can in time: so that those it has let
    /// in succeed, and nothing is stored of the others' codes.
    pub fn admit(&self, codes: usize) -> Result<Admission<'_>, Error> {
        let codes = u32::try_from(codes).map_err(|_| Error::Busy)?;
        let writing = self.writing.try_acquire_many(codes).map_err(|_| Error::Busy)?;
        Ok(Admission { codes: self, _writing: writing })
    }
}

impl Admission<'_> {
    /// Creates or updates codes for whoever `by` names, one update each, and answers each one's outcome in the given
    /// order. `external` says whose a code is if it is new.
    ///
    /// # Errors
    /// An outcome is [`Error::Invalid`] where the code with its translations outgrows a DynamoDB item.
    pub async fn upsert(&self, requests: &[CodeRequest], external: bool, by: &str) -> Vec<Result<Arc<Code>, Error>> {
        self.codes.upsert(requests, external, by).await
    }

    /// Creates or updates codes that come from elsewhere, as [`upsert`](Self::upsert) does, and one request more for each
    /// that brings a sys_id.
    ///
    /// # Errors
    /// An outcome is [`Error::Invalid`] also where a code brings the sys_id of another one.
    pub async fn import(&self, imports: &[&CodeImport], by: &str) -> Vec<Result<Arc<Code>, Error>> {
        self.codes.import(imports, by).await
    }

    /// Stores codes that were not there a moment ago, and answers what is stored now: where
    /// another caller was faster, that caller's code.
    pub async fn add_missing(&self, codes: Vec<Code>, stamp: &Stamp) -> Result<Vec<Arc<Code>>, Error> {
        self.codes.add_missing(codes, stamp).await
    }
}
