//! How a draft is stored: by one conditional update that reads nothing first, because clients send one every few seconds.

use std::sync::Arc;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::address::latest_key;
use super::close::CODE;
use super::record::DraftColumn;
use super::store::{Segments, notes_too_large};
use super::{Address, DraftRequest, Found, Segment, State, deadline, record};
use crate::Error;
use crate::codes::{Code, Label};
use crate::document::{Problem, Violations};
use crate::dynamodb::{
    self, NOT_NEWER, Patience, SCHEMA, Sent, Stamp, Unread, VERSION, Write, of_types, schema, string,
};
use crate::error::Refusal;
use crate::watch::Action;

/// Bytes that may be kept of a draft's code. With notes as long as they may be there is room for all of a segment then, so
/// that what a draft has left can always be closed with it.
const MOST_OF_A_CODE: usize = 64 * 1024;

/// A draft on its way.
struct Drafting<'a> {
    columns: Vec<DraftColumn>,
    stamp: &'a Stamp,
}

impl Segments {
    /// Keeps what the agent of an open segment has typed so far, for the user of this name.
    ///
    /// One request by an id, two by agent and interaction; one more where the draft has a code, which is kept with it.
    pub async fn draft(&self, address: &Address, request: &DraftRequest, caller: &str) -> Result<Found, Error> {
        let redacted = self.notes_redactor.map(|redactor| request.redacted(redactor));
        let request = redacted.as_ref().unwrap_or(request);
        let label = request.code.as_ref().and_then(Option::as_ref);
        let (keys, code) = self.keys_and_code(address, label).await?;
        let written = code.as_deref().map(serde_json::to_vec).transpose().map_err(dynamodb::Error::broken)?;
        if written.is_some_and(|code| code.len() > MOST_OF_A_CODE) {
            return Err(Violations::one(CODE, Problem::TooLarge { most_kb: MOST_OF_A_CODE / 1024 }).into());
        }
        let stamp = Stamp::now(caller, &self.clock);
        let columns = record::draft_columns(request, code.as_deref())?;
        let drafting = Drafting { columns, stamp: &stamp };
        for sys_id in keys {
            if let Some(segment) = self.keep(&sys_id, address, &drafting).await? {
                return self.with_configuration(segment).await;
            }
        }
        Err(address.not_found().into())
    }

    /// The keys that the segment at an address may have; and the code with a label, as it is now.
    async fn keys_and_code(
        &self,
        address: &Address,
        label: Option<&Label>,
    ) -> Result<(Vec<String>, Option<Arc<Code>>), Error> {
        let code_key = label.map(|label| self.codes.key_of(label));
        let latest = match address {
            Address::AgentInteraction { agent, interaction } => {
                Some((self.table.clone(), dynamodb::key(latest_key(agent, interaction))))
            }
            _ => None,
        };
        // Of no keys, this is no request.
        let mut found = dynamodb::batch_get(&self.dynamo, latest.into_iter().chain(code_key).collect()).await?;
        let code = match label {
            Some(label) => self.codes.take(&mut found)?.remove(label),
            None => None,
        };
        let keys = match address {
            Address::AgentInteraction { .. } => {
                let latest = found.remove(&self.table).and_then(|mut items| items.pop());
                vec![record::target(latest.ok_or_else(|| address.not_found())?)?]
            }
            _ => address.keys(),
        };
        Ok((keys, code))
    }

    /// Keeps a draft on the segment with this key; none where the address means no such one.
    async fn keep(&self, sys_id: &str, address: &Address, drafting: &Drafting<'_>) -> Result<Option<Segment>, Error> {
        let mut update = Unread::new(&self.clock);
        let write =
            Write { stamp: drafting.stamp, table: &self.table, sys_id, version: None, within: None, attempt: None };
        let mut patience = Patience::new(&self.dynamo);
        // What has been read needs no condition on what it may be.
        let mut is_read = false;
        loop {
            // The time that it is judged by stands in it: that of each try.
            let set = |update| {
                let update = self.draft_update(update, address, drafting);
                if is_read { update } else { of_types(update, record::DRAFTED) }
            };
            let sent = update.send(&self.dynamo, write, set, |_| Action::Update);
            let item = match sent.await? {
                Sent::Stored(item) | Sent::WasStored(item) => item,
                Sent::TooLarge => return Err(notes_too_large().into()),
                Sent::Refused(None) => return Ok(None),
                Sent::Refused(Some(item)) => {
                    let segment = record::from_item(item)?;
                    if !address.means(&segment) || self.is_expired(&segment) {
                        return Ok(None);
                    }
                    let segment = self.settled(segment).await?;
                    // A try that was given up may have been carried out just before the end was stored, and be in it.
                    if update.is_among(&segment.attempts) {
                        return Ok(Some(segment));
                    }
                    if segment.state != State::Open {
                        return Err(Refusal::NotOpen { sys_id: segment.sys_id, what: "a draft" }.into());
                    }
                    is_read = true;
                    patience.wait().await?;
                    continue;
                }
            };
            return Ok(Some(record::from_item(item)?));
        }
    }

    /// Says that a draft is to be kept, if the segment is open by now.
    fn draft_update(
        &self,
        update: UpdateItemFluentBuilder,
        address: &Address,
        drafting: &Drafting<'_>,
    ) -> UpdateItemFluentBuilder {
        let mut set = format!("SET #version = #version + :one, #schema = :schema, {}", Unread::set());
        let mut remove = String::new();
        let mut condition = format!(
            "#state = :open AND (attribute_not_exists({DUE_ON}) OR {DUE_ON} > :due_after) AND {NOT_NEWER} AND {}",
            Unread::condition(),
            DUE_ON = record::DUE_ON
        );
        let mut values = vec![
            (":one", AttributeValue::N("1".to_owned())),
            (":schema", schema()),
            (":open", string(record::OPEN)),
            (":due_after", string(deadline::open_if_due_after(&self.clock))),
        ];
        for (column, placeholder, value) in drafting.columns.iter().cloned() {
            match value {
                Some(value) => {
                    set.push_str(&format!(", {column} = {placeholder}"));
                    values.push((placeholder, value));
                }
                None if remove.is_empty() => remove = format!(" REMOVE {column}"),
                None => remove.push_str(&format!(", {column}")),
            }
        }
        if let Address::External(id) = address {
            condition.push_str(&format!(" AND {} = :external", record::EXTERNAL_SEGMENT_ID));
            values.push((":external", string(id.as_str())));
        }
        let update = update
            .update_expression(set + &remove)
            .condition_expression(condition)
            .expression_attribute_names("#state", record::STATE)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#schema", SCHEMA)
            .return_values(ReturnValue::AllNew);
        values.into_iter().fold(update, |update, (name, value)| update.expression_attribute_values(name, value))
    }
}
