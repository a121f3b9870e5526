use std::net::IpAddr;

use base64::engine::general_purpose::STANDARD;
use base64::{Engine, decoded_len_estimate};
use lambda_http::RequestExt;
use lambda_http::http::header::AUTHORIZATION;
use lambda_http::http::{HeaderMap, Request};
use lambda_http::request::RequestContext;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::Error;
use crate::document::FromText;
use crate::language::Language;
use crate::users::{Attempt, Password, SignIn, Users};
use crate::watch;

/// Who calls, once that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user_name: String,
    /// The user's language.
    pub language: Option<Language>,
}

/// Why a caller is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No credentials, or wrong ones: 401.
    NotAuthenticated,
    /// Not the role that the API asks for: 403.
    NotAuthorized,
    /// Too many sign-ins wait already; these credentials were not looked at: 429.
    TooManySignIns,
}

/// The caller's address, as an extension of a request that came neither through API Gateway nor through a function
/// URL: the server that accepted the connection sets it. A header that names an address is never believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// What a caller proves itself with: HTTP Basic (RFC 7617).
#[derive(Debug, PartialEq, Eq)]
pub struct Credentials {
    user_name: String,
    password: Password,
}

impl Credentials {
    /// Reads the value of an `Authorization` header. Its bytes are UTF-8, as the challenge asks for, or else ISO-8859-1,
    /// as clients of old send them.
    pub fn from_header(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let encoded = encoded.trim();
        // Large enough from the start: growing would leave a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(decoded_len_estimate(encoded.len())));
        STANDARD.decode_vec(encoded, &mut bytes).ok()?;
        let decoded = match std::str::from_utf8(&bytes) {
            Ok(text) => Zeroizing::new(text.to_owned()),
            Err(_) => {
                let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
                text.extend(bytes.iter().map(|byte| char::from(*byte)));
                text
            }
        };
        let (user_name, password) = decoded.split_once(':')?;
        Some(Self { user_name: user_name.to_owned(), password: Password::new(password) })
    }

    /// Reads a request's `Authorization` header. Two of them prove nothing: whatever stands in front may have looked at
    /// the other one.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        match (lines.next(), lines.next()) {
            (Some(line), None) => Self::from_header(line.to_str().ok()?),
            _ => None,
        }
    }
}

/// Proves a caller by its credentials: what the authorizer does, and an endpoint that has none in front of it. `source`
/// is the address that they come from, `request_id` what finds the call in the log.
pub async fn authenticate(
    users: &Users,
    credentials: Option<Credentials>,
    source: Option<IpAddr>,
    request_id: &str,
) -> Result<Result<Caller, Denied>, Error> {
    let Some(Credentials { user_name, password }) = credentials else { return Ok(Err(Denied::NotAuthenticated)) };
    let attempt = Attempt { user_name, password, source };
    let user = match users.sign_in(&attempt).await? {
        SignIn::Welcome(user) => user,
        SignIn::Refused => {
            report(&attempt, request_id, "a sign-in failed");
            watch::note(|tally| tally.failed_sign_ins += 1);
            return Ok(Err(Denied::NotAuthenticated));
        }
        SignIn::Crowded => {
            report(&attempt, request_id, "a sign-in was put off: too many wait");
            return Ok(Err(Denied::TooManySignIns));
        }
    };
    if !user.may_integrate() {
        return Ok(Err(Denied::NotAuthorized));
    }
    Ok(Ok(Caller { user_name: user.user_name, language: user.preferred_language }))
}

/// Says in the log who was turned away: never the name itself, which may be a password in the wrong field.
fn report(attempt: &Attempt, request_id: &str, what: &str) {
    let source = attempt.source.map(|source| source.to_canonical().to_string());
    tracing::warn!(request_id, source, name_sha256 = attempt.name_sha256(), "{what}");
}

/// The names under which the authorizer hands its verdict on.
const CONTEXT_USER: &str = "wrapup_user";
const CONTEXT_LANGUAGE: &str = "wrapup_language";

impl Caller {
    /// The authorizer's verdict as API Gateway hands it to the function behind. Only an allowed
    /// caller has one.
    pub fn to_context(&self) -> serde_json::Map<String, Value> {
        let language = self.language.map(|language| (CONTEXT_LANGUAGE.to_owned(), Value::from(language.as_str())));
        let user = (CONTEXT_USER.to_owned(), Value::from(self.user_name.as_str()));
        [Some(user), language].into_iter().flatten().collect()
    }

    /// The caller that the authorizer has vouched for. The context comes from API Gateway itself, no
    /// header or body can set it.
    fn from_context(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        let fields = &context.authorizer.fields;
        let user_name = fields.get(CONTEXT_USER)?.as_str().filter(|name| !name.is_empty())?.to_owned();
        let language = fields.get(CONTEXT_LANGUAGE).and_then(Value::as_str);
        Some(Self { user_name, language: language.and_then(|language| Language::from_text(language).ok()) })
    }
}

/// The caller that the authorizer has vouched for, or that proves itself here.
pub async fn identify<B>(
    users: &Users,
    request: &Request<B>,
    request_id: &str,
) -> Result<Result<Caller, Denied>, Error> {
    let headers = request.headers();
    if headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        return Ok(Err(Denied::NotAuthenticated));
    }
    if let Some(caller) = request.request_context_ref().and_then(Caller::from_context) {
        return Ok(Ok(caller));
    }
    authenticate(users, Credentials::of(headers), source(request), request_id).await
}

/// The address that a request comes from, as API Gateway, the function URL or the server that accepted it has seen it.
fn source<B>(request: &Request<B>) -> Option<IpAddr> {
    let told = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => return request.extensions().get::<Source>().map(|source| source.0),
    };
    told.and_then(|address| address.parse().ok())
}
