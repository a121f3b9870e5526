//! Faults on purpose, so that a client's retries can be tried: calls that are refused as a busy or broken platform refuses
//! them, come late, or whose connection ends before or after they are done. In front of the gateway; no endpoint is known
//! here by its name.

mod gateway;
mod rules;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use tokio::time::sleep;
use tower::ServiceExt;
use wrapup::api::method_meant;

use super::server::Unanswered;
use rules::{Fault, KINDS};
pub use rules::{Routes, Rule, RuleError, below};

/// By this header a call says what is to happen to it, and an answer what has.
const HEADER: HeaderName = HeaderName::from_static("x-wrapup-fault");

/// What a call says that nothing is to happen to.
const NONE: &str = "none";

/// How many faults a call may ask for.
const MOST_ASKED_FOR: usize = 8;

/// What happens to calls.
pub struct Faults {
    rules: Vec<Drawn>,
    seed: u64,
    routes: Routes,
}

/// A rule, and whence it is drawn what it does: for each rule apart, so that the same calls of it suffer the same, whatever
/// others come in between.
struct Drawn {
    rule: Rule,
    random: Mutex<Rng>,
}

impl Faults {
    /// What these rules say; the same seed has the same happen.
    pub fn new(rules: Vec<Rule>, seed: Option<u64>, routes: Routes) -> Result<Self, RuleError> {
        rules.iter().try_for_each(|rule| rule.has_to_reach(&routes))?;
        let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let rules = rules.into_iter().map(|rule| Drawn { rule, random: Mutex::default() }).collect();
        let faults = Self { rules, seed, routes };
        faults.begin_anew();
        Ok(faults)
    }

    /// Has everything happen again as from the start on.
    pub fn begin_anew(&self) {
        for (index, drawn) in (0..).zip(&self.rules) {
            let random = Rng::with_seed(self.seed.wrapping_add(index));
            *drawn.random.lock().unwrap_or_else(PoisonError::into_inner) = random;
        }
    }

    /// What happens, a line for each rule, and by which seed it happens again.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.rules.iter().map(|drawn| drawn.rule.to_string()).collect();
        if !lines.is_empty() {
            lines.push(format!("the same again by --fault-seed {}", self.seed));
        }
        lines
    }

    /// These routes, with the faults in front.
    pub fn in_front_of(self: &Arc<Self>, routes: Router) -> Router {
        let faults = Arc::clone(self);
        Router::new().fallback(async move |request: Request| faults.answer(request, routes).await)
    }

    async fn answer(&self, request: Request, routes: Router) -> Response {
        // The gateway refuses a request that does not say which one it means, as the one that it is sent as.
        let method = method_meant(request.method(), request.headers()).unwrap_or_else(|_| request.method().clone());
        let faults = match asked_for(request.headers()) {
            Ok(Some(faults)) => faults,
            Ok(None) => self.drawn(&method, request.uri().path()),
            Err(WrongHeader) => return refused(request.headers()),
        };
        let mut done = Vec::new();
        for fault in faults {
            // By its endpoint: a path may have ids in it.
            let endpoint = self.routes.named(&method, request.uri().path());
            tracing::info!(%fault, %method, endpoint, "a fault on purpose");
            done.push(fault.to_string());
            match fault {
                Fault::Delay(time) => sleep(time).await,
                Fault::Status(status) => return told(gateway::answer(status, request.headers()), &done),
                Fault::Drop => return Unanswered.into_response(),
                Fault::DropAfter => {
                    let _ = routes.oneshot(request).await;
                    return Unanswered.into_response();
                }
            }
        }
        told(routes.oneshot(request).await.into_response(), &done)
    }

    /// What happens to a call of these, by chance.
    fn drawn(&self, method: &Method, path: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for drawn in self.rules.iter().filter(|drawn| drawn.rule.calls.have(method, path)) {
            let mut random = drawn.random.lock().unwrap_or_else(PoisonError::into_inner);
            // One number for each, whether it comes to that or not.
            let hit = drawn.rule.chances.iter().filter(|(_, share)| share.is_hit_by(random.f64()));
            faults.extend(hit.map(|(fault, _)| *fault));
        }
        faults
    }
}

/// What a call asks for is no fault.
struct WrongHeader;

/// What a call asks to happen to it; none where it asks for nothing.
fn asked_for(headers: &HeaderMap) -> Result<Option<Vec<Fault>>, WrongHeader> {
    let mut faults = None;
    for line in headers.get_all(HEADER) {
        let line = line.to_str().map_err(|_| WrongHeader)?;
        let faults = faults.get_or_insert_with(Vec::new);
        for word in line.split(',').map(str::trim).filter(|word| *word != NONE) {
            faults.push(word.parse().map_err(|()| WrongHeader)?);
        }
        if faults.len() > MOST_ASKED_FOR {
            return Err(WrongHeader);
        }
    }
    Ok(faults)
}

fn refused(asked: &HeaderMap) -> Response {
    let accept = asked.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let detail = format!(
        "X-Wrapup-Fault has to be {KINDS}; {MOST_ASKED_FOR} of them at most, with commas between; or {NONE}, without a percentage"
    );
    let (content_type, body) = wrapup::api::refusal(accept, "Bad Request", &detail);
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

/// An answer that says what has happened to its call.
fn told(mut response: Response, done: &[String]) -> Response {
    if !done.is_empty()
        && let Ok(value) = HeaderValue::try_from(done.join(", "))
    {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str], seed: u64) -> Result<Faults, RuleError> {
        let rules = rules.iter().map(|rule| rule.parse()).collect::<Result<Vec<Rule>, _>>()?;
        let route = wrapup::api::Route { method: Method::GET, paths: &["wrapup/code", "wrapup/segment"] };
        Faults::new(rules, Some(seed), Routes::new(std::iter::once(route)))
    }

    #[test]
    fn the_same_seed_has_the_same_happen_whatever_else_is_called() -> Result<(), RuleError> {
        let rules = ["GET code: 503 30%, delay 1s 30%", "GET segment: drop 50%"];
        let code = |faults: &Faults| faults.drawn(&Method::GET, "/api/now/wrapup/code");
        let other = |faults: &Faults| faults.drawn(&Method::GET, "/api/now/wrapup/segment");
        let (one, two, third) = (faults(&rules, 7)?, faults(&rules, 7)?, faults(&rules, 8)?);
        let by_one: Vec<_> = (0..100).map(|_| code(&one)).collect();
        let by_two: Vec<_> = (0..100).map(|_| (other(&two), code(&two)).1).collect();
        let by_third: Vec<_> = (0..100).map(|_| code(&third)).collect();
        assert_eq!(by_one, by_two);
        assert_ne!(by_one, by_third);
        let with = |fault: Fault| by_one.iter().filter(|faults| faults.contains(&fault)).count();
        let status = with(Fault::Status(StatusCode::SERVICE_UNAVAILABLE));
        assert!((15..45).contains(&status), "{status} of 100");
        one.begin_anew();
        assert_eq!(by_one, (0..100).map(|_| code(&one)).collect::<Vec<_>>());
        assert_eq!(one.drawn(&Method::PUT, "/api/now/wrapup/code"), []);
        Ok(())
    }
}
