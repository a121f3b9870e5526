use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use super::counts::columns;
use super::{Counts, Name, Report, ReportRequest, TooManyRows};
use crate::Error;
use crate::clock::Clock;
use crate::configurations::Configurations;
use crate::date_time::DateTime;
use crate::document::{Problem, Violations};
use crate::error::Kind;
use crate::segments::by_time::SPREAD;
use crate::segments::{Ended, Segments};

/// Parts of the wrap-ups that are counted side by side.
const SIDE_BY_SIDE: usize = 8;

/// What makes reports.
#[derive(Clone)]
pub struct Reports {
    segments: Segments,
    configurations: Configurations,
    clock: Clock,
}

/// There is not enough time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is too long after from for one call: ask for less time, or have `wrapup report` count it, which may take longer"
)]
struct TooLong;

impl Reports {
    /// Reports on these segments.
    pub fn new(segments: Segments, configurations: Configurations, clock: Clock) -> Self {
        Self { segments, configurations, clock }
    }

    /// Makes a report. One query for about 1 MB of the index, sixteen for each day at the least, those of
    /// confirmations thirty-two in all, and a read for each snapshot
    /// whose codes have to be known. Refused is what has not been counted by `until`, and what has more rows than fit into
    /// memory.
    ///
    /// # Errors
    /// There is too much to count; or DynamoDB has not answered.
    pub async fn report(&self, request: &ReportRequest, until: Option<Instant>) -> Result<Report, Error> {
        let (as_of, now) = (self.clock.since_epoch(), self.segments.now());
        let may_await = request.name == Name::Confirmations;
        let ended = Ended { from: request.from, to: request.to, as_of, may_await, columns: columns(request) };
        let parts = SPREAD.chars().map(|digit| self.count(digit, &ended, request, now, until));
        let mut counts = Counts::new(request, now);
        let mut parts = stream::iter(parts).buffer_unordered(SIDE_BY_SIDE);
        while let Some(part) = parts.try_next().await? {
            counts.merge(part).map_err(refused)?;
        }
        let allowed = self.allowed(&counts, until).await?;
        let Ended { from, to, .. } = ended;
        let rows = counts.rows(&allowed).map_err(refused)?;
        Ok(Report { name: request.name.name(), from, to, as_of: now, rows })
    }

    async fn count(
        &self,
        digit: char,
        ended: &Ended,
        request: &ReportRequest,
        now: DateTime,
        until: Option<Instant>,
    ) -> Result<Counts, Error> {
        let mut counts = Counts::new(request, now);
        let mut left: u16 = 0;
        self.segments
            .each_ended(digit, ended, |counted| {
                // The time is looked at now and then.
                if left == 0 {
                    in_time(until)?;
                    left = 1_000;
                }
                left -= 1;
                counts.add(counted).map_err(refused)
            })
            .await?;
        in_time(until)?;
        Ok(counts)
    }

    /// The labels of the codes that each snapshot allows.
    async fn allowed(&self, counts: &Counts, until: Option<Instant>) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let hashes: Vec<String> = counts.snapshots().into_iter().map(str::to_owned).collect();
        let reads = hashes.into_iter().map(async |hash: String| {
            in_time(until)?;
            let labels = match self.configurations.snapshot(&hash).await {
                Ok(snapshot) => snapshot.allowed_codes.iter().map(|code| code.code.as_str().to_owned()).collect(),
                // The codes that it allowed are not known any more.
                Err(error) if error.kind() == Kind::Broken => Vec::new(),
                Err(error) => return Err(error),
            };
            Ok((hash, labels))
        });
        stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).try_collect().await
    }
}

fn in_time(until: Option<Instant>) -> Result<(), Error> {
    match until {
        Some(until) if Instant::now() >= until => Err(Violations::one("to", Problem::Rule(TooLong.to_string())).into()),
        _ => Ok(()),
    }
}

fn refused(error: TooManyRows) -> Error {
    Violations::one("to", Problem::Rule(error.to_string())).into()
}
