//! What a repeated transaction is known by: its `ClientRequestToken`, for ten minutes, as in DynamoDB. The engine has a
//! memory of its own for that, which it goes through as a whole at each transaction, so that every one makes the next
//! ones slower; it is handed none of these tokens.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use dynoxide::DynoxideError;
use serde_json::Value;

/// How long DynamoDB knows a token.
const TERM: Duration = Duration::from_secs(600);

/// What DynamoDB says where a token comes again with another transaction.
const MISMATCH: &str = "An error occurred (IdempotentParameterMismatchException)";

/// Tokens that are kept at most, and bytes of their answers. Whoever repeats a transaction does so within seconds.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The tokens of one operation: those of another are others.
#[derive(Default)]
pub struct Tokens {
    hasher: RandomState,
    known: HashMap<String, Known>,
    /// In the order in which they came, which is that of their ends.
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

struct Known {
    request: u64,
    answer: String,
}

impl Tokens {
    /// Carries a transaction out, or answers what it was answered before. `request` is what has to be the same of it.
    /// A transaction that failed is none. DynamoDB would bill the second one as reads; its consumed capacity is told
    /// here as the first one's.
    pub fn once(
        &mut self,
        now: Instant,
        token: &str,
        request: &Value,
        carry_out: impl FnOnce() -> Result<String, DynoxideError>,
    ) -> Result<String, DynoxideError> {
        self.forget(now);
        let request = self.hasher.hash_one(request);
        match self.known.get(token) {
            Some(known) if known.request == request => return Ok(known.answer.clone()),
            Some(_) => return Err(DynoxideError::IdempotentParameterMismatchException(MISMATCH.to_owned())),
            None => {}
        }
        let answer = carry_out()?;
        self.bytes += answer.len();
        self.known.insert(token.to_owned(), Known { request, answer: answer.clone() });
        self.order.push_back((now, token.to_owned()));
        Ok(answer)
    }

    /// Forgets what is over, and the oldest where there are too many: a step for each that came, however many there are.
    fn forget(&mut self, now: Instant) {
        while let Some((since, _)) = self.order.front() {
            let over = now.duration_since(*since) >= TERM;
            if !over && self.order.len() < MOST && self.bytes <= MOST_BYTES {
                return;
            }
            if let Some((_, token)) = self.order.pop_front()
                && let Some(known) = self.known.remove(&token)
            {
                self.bytes -= known.answer.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_stands_for_one_transaction_for_ten_minutes() {
        let mut tokens = Tokens::default();
        let begin = Instant::now();
        let mut carried_out = 0;
        let mut ask = |seconds, token: &str, request: &Value| {
            let now = begin + Duration::from_secs(seconds);
            let answer = tokens.once(now, token, request, || {
                carried_out += 1;
                Ok(carried_out.to_string())
            });
            answer.map_err(|error| error.error_type())
        };
        let (one, other) = (json!([{"a": 1, "b": 2}]), json!([{"a": 2, "b": 2}]));
        let answered = |answer: &str| Ok(answer.to_owned());
        assert_eq!(ask(0, "t", &one), answered("1"));
        assert_eq!(ask(0, "u", &one), answered("2"));
        assert_eq!(ask(599, "t", &json!([{"b": 2, "a": 1}])), answered("1"));
        let mismatch = ask(599, "t", &other);
        assert!(mismatch.is_err_and(|error| error.ends_with("#IdempotentParameterMismatchException")));
        assert_eq!(ask(600, "t", &other), answered("3"));
        assert_eq!(ask(601, "t", &other), answered("3"));
    }

    #[test]
    fn a_transaction_that_failed_is_tried_again() {
        let mut tokens = Tokens::default();
        let refused = || Err(DynoxideError::TransactionCanceledException(String::new(), Vec::new()));
        assert!(tokens.once(Instant::now(), "t", &Value::Null, refused).is_err());
        assert!(tokens.once(Instant::now(), "t", &Value::Null, || Ok(String::new())).is_ok());
    }

    #[test]
    fn what_is_kept_does_not_grow_with_what_was_done() {
        let mut tokens = Tokens::default();
        let begin = Instant::now();
        // A thousand a second for an hour, so to speak, and then answers of a megabyte each.
        for count in 0..3 * MOST {
            let now = begin + Duration::from_millis(count as u64);
            assert!(tokens.once(now, &count.to_string(), &Value::Null, || Ok("{}".to_owned())).is_ok());
            assert!(tokens.known.len() <= MOST && tokens.order.len() == tokens.known.len());
        }
        for count in 0..200 {
            let answer = "x".repeat(1024 * 1024);
            let now = begin + Duration::from_secs(600);
            assert!(tokens.once(now, &format!("large {count}"), &Value::Null, || Ok(answer)).is_ok());
            assert!(tokens.bytes <= MOST_BYTES + 1024 * 1024);
        }
        assert!(tokens.known.contains_key("large 199") && !tokens.known.contains_key("large 0"));
        assert_eq!(tokens.bytes, tokens.known.values().map(|known| known.answer.len()).sum::<usize>());
    }
}
