//! Wrap-ups that ended within a time, whole, for whoever takes them elsewhere.

use super::counting::{CHUNK, Ended};
use super::{Segment, Segments};
use crate::Error;
use crate::date_time::DateTime;

impl Segments {
    /// The wrap-ups that ended within a time, of those whose sys_id begins with this digit, each once, in the order in which
    /// they ended; as whoever asks at that time is shown them. They are found by the index, a query for about 1 MB of it, and
    /// read consistently, 100 by a request. All of them are in memory at once.
    ///
    /// # Errors
    /// DynamoDB has not answered.
    pub async fn ended(&self, digit: char, ended: &Ended) -> Result<Vec<Segment>, Error> {
        let mut found: Vec<(DateTime, String)> = Vec::new();
        self.each_ended(digit, ended, |counted| {
            found.push((counted.submitted_on, counted.sys_id));
            Ok(())
        })
        .await?;
        found.sort_unstable();
        let sys_ids: Vec<String> = found.into_iter().map(|(_, sys_id)| sys_id).collect();
        let mut segments = Vec::with_capacity(sys_ids.len());
        for chunk in sys_ids.chunks(CHUNK) {
            segments.extend(self.judged(chunk, ended.as_of).await?);
        }
        segments.retain(|segment| !segment.is_expired_at(ended.as_of) && segment.closing().is_some());
        let place = |segment: &Segment| (segment.closing().map(|closing| closing.submitted_on), segment.sys_id.clone());
        segments.sort_by_cached_key(place);
        Ok(segments)
    }
}
