//! Events that are sent again: of each segment the last one, made of what is stored of it.

use std::collections::HashMap;
use std::vec;

use aws_sdk_dynamodb::types::AttributeValue;

use super::cloud_event::{CloudEvent, EventForm, happened_on};
use super::{Address, Found, Segment, Segments, record};
use crate::Error;
use crate::date_time::DateTime;
use crate::dynamodb;
use crate::error::{CorruptRecord, NotFound};

/// Addresses whose segments are a page.
const PAGE: usize = 25;

/// Whose last events are sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Of segments to which it happened in this time. All of the table is read for it.
    Between {
        /// The beginning.
        from: DateTime,
        /// The end, which is not part of it.
        to: DateTime,
    },
    /// Of these segments. Each is read by itself.
    Of(Vec<Address>),
}

/// Last events, page by page.
pub struct LastEvents<'a> {
    segments: &'a Segments,
    form: &'a EventForm,
    left: Left,
}

/// What is left to read.
enum Left {
    Table { from: DateTime, to: DateTime, after: Option<HashMap<String, AttributeValue>> },
    Addresses(vec::IntoIter<Address>),
    Nothing,
}

/// A page of last events: of as many segments as were read at once, and perhaps of none.
#[derive(Debug, Default)]
pub struct ReplayPage {
    /// The events, in no order.
    pub events: Vec<CloudEvent>,
    /// How many segments were read for them.
    pub read: usize,
    /// Addresses at which there is no segment.
    pub missing: Vec<NotFound>,
    /// Segments that cannot be read, which keep no other from being told of.
    pub unreadable: Vec<CorruptRecord>,
}

impl Segments {
    /// The last event of each segment that is meant, as it was told of before unless a draft has been stored since.
    pub fn last_events<'a>(&'a self, of: Replay, form: &'a EventForm) -> LastEvents<'a> {
        let left = match of {
            Replay::Between { from, to } => Left::Table { from, to, after: None },
            Replay::Of(addresses) => Left::Addresses(addresses.into_iter()),
        };
        LastEvents { segments: self, form, left }
    }
}

impl LastEvents<'_> {
    /// The next page; none behind the last one.
    ///
    /// # Errors
    /// DynamoDB did not do its part: the same page may be asked for again.
    pub async fn next(&mut self) -> Result<Option<ReplayPage>, Error> {
        match &mut self.left {
            Left::Nothing => Ok(None),
            Left::Table { from, to, after } => {
                let (from, to, after) = (*from, *to, after.clone());
                self.scan(from, to, after).await.map(Some)
            }
            Left::Addresses(addresses) => {
                let rest = addresses.as_slice();
                let now = rest.get(..PAGE.min(rest.len())).unwrap_or_default().to_vec();
                if now.is_empty() {
                    return Ok(None);
                }
                let page = self.look_up(&now).await?;
                if let Left::Addresses(addresses) = &mut self.left {
                    addresses.nth(now.len() - 1);
                }
                Ok(Some(page))
            }
        }
    }

    async fn look_up(&self, addresses: &[Address]) -> Result<ReplayPage, Error> {
        let mut page = ReplayPage::default();
        for address in addresses {
            match self.segments.fetch(address, None).await {
                Ok((segment, _)) => self.tell(segment, &mut page).await?,
                Err(Error::NotFound(missing)) => page.missing.push(missing),
                Err(error) => page.unreadable.push(unreadable(error)?),
            }
        }
        Ok(page)
    }

    async fn scan(
        &mut self,
        from: DateTime,
        to: DateTime,
        after: Option<HashMap<String, AttributeValue>>,
    ) -> Result<ReplayPage, Error> {
        let scan = self.segments.dynamo.client.scan().table_name(&self.segments.table).consistent_read(true);
        let answer = scan.set_exclusive_start_key(after).send().await.map_err(dynamodb::Error::from)?;
        let mut page = ReplayPage::default();
        for item in answer.items.unwrap_or_default().into_iter().filter(record::is_segment) {
            match record::from_item(item) {
                Ok(segment) if self.segments.is_expired(&segment) => page.read += 1,
                Ok(segment) if (from..to).contains(&happened_on(&segment)) => self.tell(segment, &mut page).await?,
                Ok(_) => page.read += 1,
                Err(error) => page.unreadable.push(error),
            }
        }
        self.left = match answer.last_evaluated_key {
            Some(last) if !last.is_empty() => Left::Table { from, to, after: Some(last) },
            _ => Left::Nothing,
        };
        Ok(page)
    }

    /// Adds what is told of a segment, as it is stored.
    async fn tell(&self, segment: Segment, page: &mut ReplayPage) -> Result<(), Error> {
        page.read += 1;
        match self.segments.configurations.snapshot(&segment.configuration).await {
            Ok(configuration) => page.events.push(self.form.again(&Found::new(segment, configuration))?),
            Err(error) => page.unreadable.push(unreadable(error)?),
        }
        Ok(())
    }
}

/// The record that cannot be read, if that is what an error says.
fn unreadable(error: Error) -> Result<CorruptRecord, Error> {
    match error {
        Error::Corrupt(record) | Error::DynamoDb(dynamodb::Error::Record(record)) => Ok(record),
        error => Err(error),
    }
}
