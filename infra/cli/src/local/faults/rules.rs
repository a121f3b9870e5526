//! What `--fault` and the header `X-Wrapup-Fault` say: which calls suffer what, and how often.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use wrapup::api::{PREFIXES, TOKEN_PATH};

use crate::span;

/// The statuses that a client has to live with: those of a platform that is busy, updated or broken.
const STATUSES: [StatusCode; 5] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// The longest delay: longer than any client waits.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// What stands below [`PREFIXES`] in front of all paths of the API.
const API: &str = "wrapup/";

/// What may happen to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this status, and not done.
    Status(StatusCode),
    /// It is done later.
    Delay(Duration),
    /// The connection is closed, and it is not done.
    Drop,
    /// It is done, and the connection is closed in place of the answer.
    DropAfter,
}

/// What faults there are.
pub const KINDS: &str = "429, 500, 502, 503, 504, delay TIME (such as 500ms or 2s, 10m at most), drop or drop-after";

impl FromStr for Fault {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split_whitespace();
        let fault = match (words.next().ok_or(())?, words.next()) {
            ("drop", None) => Self::Drop,
            ("drop-after", None) => Self::DropAfter,
            ("delay", Some(time)) => Self::Delay(delay(time).ok_or(())?),
            (status, None) => Self::Status(STATUSES.into_iter().find(|known| known.as_str() == status).ok_or(())?),
            _ => return Err(()),
        };
        words.next().is_none().then_some(fault).ok_or(())
    }
}

/// Reads a time, which may be in milliseconds.
fn delay(text: &str) -> Option<Duration> {
    let millis = text.strip_suffix("ms").and_then(|millis| millis.parse::<u32>().ok());
    let time = millis.map(|millis| Duration::from_millis(millis.into())).or_else(|| span::parse(text))?;
    (time <= LONGEST).then_some(time)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => f.write_str(status.as_str()),
            Self::Delay(time) if time.subsec_millis() == 0 => write!(f, "delay {}s", time.as_secs()),
            Self::Delay(time) => write!(f, "delay {}ms", time.as_millis()),
            Self::Drop => f.write_str("drop"),
            Self::DropAfter => f.write_str("drop-after"),
        }
    }
}

/// How often something happens, in thousandths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u32);

impl Share {
    const ALWAYS: Self = Self(100_000);

    /// Whether it happens this time, by a number from 0 on and below one.
    pub fn is_hit_by(self, drawn: f64) -> bool {
        drawn * 100_000.0 < f64::from(self.0)
    }

    /// Reads a percentage above 0 and up to 100, with three decimals at most.
    fn read(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 3 {
            return None;
        }
        let share =
            whole.parse::<u32>().ok()?.checked_mul(1_000)?.checked_add(format!("{decimals:0<3}").parse().ok()?)?;
        (1..=Self::ALWAYS.0).contains(&share).then_some(Self(share))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / 1_000.0)
    }
}

/// Which calls a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// All methods where there is none.
    method: Option<Method>,
    /// The parts of a path, none of them for a parameter; all paths where there is none.
    path: Option<Vec<Option<String>>>,
}

impl Calls {
    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (method, path) = match words[..] {
            [path] => ("*", path),
            [method, path] => (method, path),
            _ => return None,
        };
        let method = match method {
            "*" => None,
            method if method.bytes().all(|byte| byte.is_ascii_uppercase()) => Some(Method::from_str(method).ok()?),
            _ => return None,
        };
        let path = (path != "*").then(|| parts(path));
        Some(Self { method, path })
    }

    /// Whether a call with this method and path is among them.
    pub fn have(&self, method: &Method, path: &str) -> bool {
        let fits = |wanted: &Vec<Option<String>>| {
            let path: Vec<&str> = below(path).split('/').collect();
            let same =
                |(wanted, part): (&Option<String>, &&str)| wanted.as_deref().is_none_or(|wanted| wanted == *part);
            wanted.len() == path.len() && wanted.iter().zip(&path).all(same)
        };
        self.method.as_ref().is_none_or(|wanted| wanted == method) && self.path.as_ref().is_none_or(fits)
    }

    /// Whether an endpoint with this method and path, in which parameters are `{named}`, gets any of them. `GET` serves
    /// `HEAD`, and `POST` may mean any.
    fn reach(&self, (method, path): &(Method, String)) -> bool {
        let method = match self.method {
            Some(Method::HEAD) if *method == Method::GET => &Method::HEAD,
            Some(Method::POST) => &Method::POST,
            _ => method,
        };
        let fits = |wanted: &Vec<Option<String>>| *wanted == parts(path);
        self.method.as_ref().is_none_or(|wanted| wanted == method) && self.path.as_ref().is_none_or(fits)
    }
}

/// A path as the API names it: below what stands in front of all.
pub fn below(path: &str) -> &str {
    let ours = PREFIXES.iter().rev().find_map(|prefix| path.strip_prefix(prefix)?.strip_prefix(API));
    ours.unwrap_or_else(|| path.trim_start_matches('/')).trim_end_matches('/')
}

fn parts(path: &str) -> Vec<Option<String>> {
    let is_parameter = |part: &str| part.starts_with('{') && part.ends_with('}');
    below(path).split('/').map(|part| (!is_parameter(part)).then(|| part.to_owned())).collect()
}

/// Methods and paths of all endpoints.
pub struct Routes(Vec<(Method, String)>);

impl Routes {
    /// Those of these endpoints, and the one where tokens are fetched.
    pub fn new(endpoints: impl Iterator<Item = wrapup::api::Route>) -> Self {
        let mut routes: Vec<_> = endpoints
            .flat_map(|route| route.paths.iter().map(move |path| (route.method.clone(), path.to_string())))
            .map(|(method, path)| (method, path.strip_prefix(API).unwrap_or(&path).to_owned()))
            .collect();
        routes.push((Method::POST, below(TOKEN_PATH).to_owned()));
        Self(routes)
    }

    /// The one that a call goes to, as the API names it.
    pub fn named(&self, method: &Method, path: &str) -> &str {
        let to = |(_, route): &&(Method, String)| Calls { method: None, path: Some(parts(route)) }.have(method, path);
        // One without parameters comes before one with them.
        let found: Vec<&(Method, String)> = self.0.iter().filter(to).collect();
        let found = found.iter().find(|(_, route)| !route.contains('{')).or(found.first());
        found.map_or("none", |(_, route)| route)
    }
}

/// A fault of a rule, and how often it happens.
pub type Chance = (Fault, Share);

/// What happens to some calls: each of the faults for itself, in this order, until one ends the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// As it was given.
    text: String,
    /// Which calls.
    pub calls: Calls,
    /// What happens to them.
    pub chances: Vec<Chance>,
}

/// Why a text is no rule, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It has no calls and faults with a colon between.
    #[error("a colon has to stand between the calls and what happens to them, as in `PUT segment/update: 503 10%`")]
    Colon,
    /// The calls are none.
    #[error(
        "`{0}` names no calls: `*`, or a method and a path below /api/now/v1/wrapup, such as `PUT segment/update`; `*` stands for any of both"
    )]
    Calls(String),
    /// A fault is none.
    #[error(
        "`{text}`, at character {at}, is no fault: it has to be {KINDS}; with a percentage behind it, such as 10%, or it happens each time"
    )]
    Fault { text: String, at: usize },
    /// A percentage is none.
    #[error("`{text}`, at character {at}, is no percentage above 0 and up to 100, with three decimals at most")]
    Share { text: String, at: usize },
    /// No endpoint is reached.
    #[error("--fault `{rule}` is about no endpoint; they are: {known}")]
    Unknown { rule: String, known: String },
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (calls, faults) = text.split_once(':').ok_or(RuleError::Colon)?;
        let calls = Calls::read(calls).ok_or_else(|| RuleError::Calls(calls.trim().to_owned()))?;
        let mut chances = Vec::new();
        let mut begin = text.len() - faults.len();
        for piece in faults.split(',') {
            let at = text[..begin].chars().count() + piece.chars().take_while(|sign| sign.is_whitespace()).count() + 1;
            chances.push(chance(piece.trim(), at)?);
            begin += piece.len() + 1;
        }
        Ok(Self { text: text.to_owned(), calls, chances })
    }
}

fn chance(text: &str, at: usize) -> Result<Chance, RuleError> {
    let (fault, share) = match text.strip_suffix('%') {
        None => (text, Share::ALWAYS),
        Some(rest) => {
            let (fault, share) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest));
            let share = Share::read(share).ok_or_else(|| RuleError::Share { text: format!("{share}%"), at })?;
            (fault.trim_end(), share)
        }
    };
    let fault = fault.parse().map_err(|()| RuleError::Fault { text: text.to_owned(), at })?;
    Ok((fault, share))
}

impl Rule {
    /// Refuses a rule that is about no endpoint: it would be one that is misspelt.
    pub fn has_to_reach(&self, routes: &Routes) -> Result<(), RuleError> {
        if routes.0.iter().any(|route| self.calls.reach(route)) {
            return Ok(());
        }
        let known: Vec<String> = routes.0.iter().map(|(method, path)| format!("{method} {path}")).collect();
        Err(RuleError::Unknown { rule: self.text.clone(), known: known.join(", ") })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, _) = self.text.split_once(':').unwrap_or_default();
        write!(f, "{}:", calls.trim())?;
        for (index, (fault, share)) in self.chances.iter().enumerate() {
            write!(f, "{}{fault} {share}", if index == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let route = |method, paths| wrapup::api::Route { method, paths };
        Routes::new(
            [
                route(Method::PUT, &["wrapup/segment/update"][..]),
                route(Method::GET, &["wrapup/segment/{segment_id}"]),
                route(Method::GET, &["wrapup/code"]),
            ]
            .into_iter(),
        )
    }

    #[test]
    fn a_rule_says_which_calls_suffer_what_and_how_often() -> Result<(), RuleError> {
        let rule: Rule = "PUT segment/update: 503 10%, delay 2s 5%,drop-after 0.5%, drop, delay 250ms".parse()?;
        assert_eq!(
            rule.to_string(),
            "PUT segment/update: 503 10%, delay 2s 5%, drop-after 0.5%, drop 100%, delay 250ms 100%"
        );
        for (rule, path, about) in [
            ("PUT segment/update: drop", "/api/now/v1/wrapup/segment/update", true),
            ("PUT segment/update: drop", "/api/now/wrapup/segment/update/", true),
            ("PUT segment/update: drop", "/api/now/v1/wrapup/segment/update/ai", false),
            ("GET segment/update: drop", "/api/now/v1/wrapup/segment/update", false),
            ("* segment/update: drop", "/api/now/v1/wrapup/segment/update", true),
            ("segment/update: drop", "/api/now/v1/wrapup/segment/update", true),
            ("PUT segment/{segment_id}: drop", "/api/now/v1/wrapup/segment/CALL-1", true),
            ("*: drop", "/oauth_token.do", true),
            ("PUT *: drop", "/anything", true),
            ("PUT oauth_token.do: drop", "/oauth_token.do", true),
        ] {
            let rule: Rule = rule.parse()?;
            assert_eq!(rule.calls.have(&Method::PUT, path), about, "{rule} {path}");
        }
        Ok(())
    }

    #[test]
    fn a_rule_that_is_wrong_is_refused_with_the_place() {
        let said = |text: &str| text.parse::<Rule>().map_or_else(|error| error.to_string(), |rule| rule.to_string());
        assert!(said("PUT segment/update").contains("a colon"));
        for calls in ["", "put segment/update", "PUT segment update", "PUT a b c"] {
            assert!(said(&format!("{calls}: drop")).starts_with(&format!("`{calls}` names no calls")), "{calls}");
        }
        for fault in ["", "404", "600", "delay", "delay 2", "delay 11m", "dropafter", "delay 2s 3s", "503 drop"] {
            let said = said(&format!("*: drop 1%,  {fault}"));
            assert!(said.contains("at character 14") && said.contains("drop-after"), "{fault}: {said}");
        }
        for share in ["0%", "101%", "-1%", "1e1%", "0.0001%", "99999999999%", "10.%", ".5%"] {
            assert!(said(&format!("*: 503 {share}")).contains(&format!("`{share}`, at character 4")), "{share}");
        }
    }

    #[test]
    fn a_rule_about_no_endpoint_is_misspelt() -> Result<(), RuleError> {
        for known in
            ["*", "GET *", "* code", "GET segment/{id}", "HEAD code", "POST segment/update", "POST oauth_token.do"]
        {
            format!("{known}: drop").parse::<Rule>()?.has_to_reach(&routes())?;
        }
        for unknown in ["PUT code", "segment/updat", "GET segment/CALL-1", "DELETE *"] {
            let reached = format!("{unknown}: drop").parse::<Rule>()?.has_to_reach(&routes());
            let said = reached.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(said.contains(unknown) && said.contains("PUT segment/update, GET segment/{segment_id}"), "{said}");
        }
        assert_eq!(routes().named(&Method::PUT, "/api/now/wrapup/segment/update"), "segment/update");
        assert_eq!(routes().named(&Method::GET, "/api/now/wrapup/segment/CALL-1"), "segment/{segment_id}");
        assert_eq!(routes().named(&Method::GET, "/none/of/ours"), "none");
        Ok(())
    }
}
