use std::cell::RefCell;

use crate::segments::{AiOutcome, Segment, State};

/// What one call did, counted while it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// The endpoint that answered: its documented path.
    pub endpoint: Option<&'static str>,
    /// User name of the caller.
    pub user: Option<String>,
    /// Sign-ins that failed.
    pub failed_sign_ins: u32,
    /// Requests to DynamoDB, each try counted.
    pub dynamodb_requests: u32,
    /// Read units that they consumed. A request that failed tells none.
    pub read_units: f64,
    /// Write units that they consumed. A request that failed tells none.
    pub write_units: f64,
    /// Segments opened.
    pub opened: u32,
    /// Segments closed.
    pub closed: u32,
    /// Segments confirmed.
    pub confirmed: u32,
    /// Segments that the AI filler added to.
    pub filled: u32,
    /// From opening to closing, of the segment that was closed.
    pub seconds_in_wrap_up: Option<u64>,
    /// What became of the AI code of the segment that was closed.
    pub ai_outcome: Option<AiOutcome>,
}

tokio::task_local! {
    static TALLY: RefCell<Tally>;
}

/// Runs a call, and answers with what it did.
pub async fn counted<F: Future>(call: F) -> (F::Output, Tally) {
    TALLY
        .scope(RefCell::default(), async {
            let output = call.await;
            (output, TALLY.with(RefCell::take))
        })
        .await
}

/// Adds to the tally of the call that runs, if one does.
pub fn note(add: impl FnOnce(&mut Tally)) {
    // Where no call runs, as in an operator's command, nobody counts.
    let _ = TALLY.try_with(|tally| add(&mut tally.borrow_mut()));
}

impl Tally {
    /// Counts what a change made of a segment.
    pub(crate) fn changed(&mut self, before: &Segment, after: &Segment) {
        if before.filled_by != after.filled_by {
            self.filled += 1;
        }
        let State::Closed(closing) = &after.state else { return };
        let was_confirmed = match &before.state {
            State::Open => {
                self.closed += 1;
                self.seconds_in_wrap_up = Some(before.opened_on.seconds_until(closing.submitted_on));
                self.ai_outcome = closing.ai_outcome;
                false
            }
            State::Closed(earlier) => earlier.confirmation.is_confirmed(),
        };
        if closing.confirmation.is_confirmed() && !was_confirmed {
            self.confirmed += 1;
        }
    }
}
