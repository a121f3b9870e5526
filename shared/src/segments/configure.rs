use std::sync::Arc;

use super::{CloseRequest, FieldHashes, Origin, Segment, State, deadline};
use crate::Error;
use crate::codes::Code;
use crate::configurations::{ConfigurationRequest, Snapshot};
use crate::date_time::DateTime;
use crate::document::{Problem, Violations};
use crate::error::{Differences, Refusal};

/// A configuration that an update brings: its snapshot is stored, and so are its codes.
pub(super) struct NewConfiguration {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// The hash that names it.
    pub hash: String,
    /// What the update said.
    pub fields: FieldHashes,
    /// Whether its duration is a deadline.
    pub deadlines: bool,
}

impl Segment {
    /// Whether an update may give it another configuration: one of an external system, for as long as it is open. It is
    /// never open again.
    pub(super) fn takes_configuration(&self) -> bool {
        self.state == State::Open && matches!(self.origin, Origin::External { .. })
    }

    /// The segment as an update leaves it, or `None` where it changes nothing. `new` is the update's configuration, where
    /// the segment takes one; for `code` see [`close`](Self::close).
    pub(super) fn update(
        &self,
        request: &CloseRequest,
        configuration: &Snapshot,
        new: Option<&NewConfiguration>,
        code: Option<&Code>,
        now: DateTime,
    ) -> Result<Option<Self>, Error> {
        let Some(given) = &request.configuration else { return self.close(request, configuration, code, now) };
        if !self.takes_configuration() {
            return match (self.check_configuration(given), self.close(request, configuration, code, now)) {
                (Ok(()), closed) => closed,
                (Err(Error::Invalid(one)), Err(Error::Invalid(other))) => Err(one.and(other).into()),
                (Err(error), _) => Err(error),
            };
        }
        // It was closed or internal when it was looked at, and is not any more: nothing makes a segment so.
        let new = new.ok_or(crate::dynamodb::Error::Contended)?;
        let configured = self.configured(new, now);
        if request.only_configures() {
            return Ok((configured != *self).then_some(configured));
        }
        // The closing is a change in any case.
        configured.close(request, &new.snapshot, code, now)
    }

    /// The segment with another configuration. AI content stays; where the new one wants what is absent, the AI filler is
    /// asked again.
    fn configured(&self, new: &NewConfiguration, now: DateTime) -> Self {
        let same =
            self.last_configuration().is_some_and(|last| last.differences(&new.fields) == Differences::default());
        if same && self.configuration == new.hash {
            return self.clone();
        }
        Self {
            due_on: match new.deadlines {
                true => deadline::of_configured(&new.snapshot, self.opened_on, now),
                false => None,
            },
            configuration: new.hash.clone(),
            configuration_fields: Some(new.fields.clone()),
            wants_ai: match self.configuration == new.hash {
                true => self.wants_ai,
                false => self.lacks(&new.snapshot).is_some(),
            },
            ..self.clone()
        }
    }

    /// What it was told of its configuration last, by an update or by the request that opened it.
    fn last_configuration(&self) -> Option<FieldHashes> {
        let opening = || self.request_fields.as_ref().map(FieldHashes::of_its_configuration);
        self.configuration_fields.clone().or_else(opening)
    }

    /// Refuses a configuration that is not what the segment was told last, where it cannot change any more.
    fn check_configuration(&self, given: &ConfigurationRequest) -> Result<(), Error> {
        if self.origin == Origin::Internal {
            let problem = Problem::OnlyWith { with: "with an external segment" };
            return Err(Violations::one("configuration", problem).into());
        }
        let given = FieldHashes::of_configuration(given);
        let differences = self.last_configuration().map(|last| last.differences(&given));
        match differences {
            Some(none) if none == Differences::default() => Ok(()),
            differences => {
                let (sys_id, differences) = (self.sys_id.clone(), differences.unwrap_or_default());
                Err(Refusal::ConfigurationOfClosed { sys_id, differences }.into())
            }
        }
    }
}
