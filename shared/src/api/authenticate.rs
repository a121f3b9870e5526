use std::net::IpAddr;

use base64::engine::general_purpose::STANDARD;
use base64::{Engine, decoded_len_estimate};
use lambda_http::RequestExt;
use lambda_http::http::header::AUTHORIZATION;
use lambda_http::http::{HeaderMap, Request};
use lambda_http::request::RequestContext;
use serde_json::Value;
use zeroize::Zeroizing;

use super::serve::Callers;
use crate::Error;
use crate::document::FromText;
use crate::language::Language;
use crate::users::{Attempt, Password, Role, SignIn};
use crate::watch;

/// Who calls, once that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user_name: String,
    /// The user's language.
    pub language: Option<Language>,
    /// What the user may do.
    pub roles: Vec<Role>,
    /// When the proof ends, in seconds since the Unix epoch, where it is a token.
    pub until: Option<u64>,
}

/// Why a caller is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No credentials, or wrong ones: 401.
    NotAuthenticated,
    /// Too many sign-ins wait already; these credentials were not looked at: 429.
    TooManySignIns,
}

/// The caller's address, as an extension of a request that came neither through API Gateway nor through a function
/// URL: the server that accepted the connection sets it. A header that names an address is never believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// What a caller proves itself with: HTTP Basic (RFC 7617), or a bearer token (RFC 6750).
#[derive(Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password, or a generated secret.
    Basic {
        /// The name.
        user_name: String,
        /// The password or secret.
        password: Password,
    },
    /// An access token, which is as good as a password.
    Bearer(Password),
}

impl Credentials {
    /// Reads the value of an `Authorization` header. Its bytes are UTF-8, as the challenge asks for, or else ISO-8859-1,
    /// as clients of old send them.
    pub fn from_header(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.trim().split_once(' ')?;
        let encoded = encoded.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer(Password::new(encoded)));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
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
        Some(Self::Basic { user_name: user_name.to_owned(), password: Password::new(password) })
    }

    /// Reads a request's `Authorization` header. Two of them prove nothing: whatever stands in front may have looked at
    /// the other one.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
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
    callers: &Callers,
    credentials: Option<Credentials>,
    source: Option<IpAddr>,
    request_id: &str,
) -> Result<Result<Caller, Denied>, Error> {
    let (user, until) = match credentials {
        None => return Ok(Err(Denied::NotAuthenticated)),
        Some(Credentials::Bearer(token)) => {
            let bearer = match &callers.oauth {
                Some(oauth) => oauth.bearer(token.as_str()).await?,
                None => None,
            };
            // No failed sign-in: every token ends some day, and its client then fetches another.
            let Some(bearer) = bearer else { return Ok(Err(Denied::NotAuthenticated)) };
            (bearer.user, Some(bearer.until))
        }
        Some(Credentials::Basic { user_name, password }) => {
            let attempt = Attempt { user_name, password, source };
            match callers.users.sign_in(&attempt).await? {
                SignIn::Welcome(user, _) => (user, None),
                SignIn::Refused => {
                    failed(&attempt, request_id);
                    return Ok(Err(Denied::NotAuthenticated));
                }
                SignIn::Crowded => {
                    put_off(&attempt, request_id);
                    return Ok(Err(Denied::TooManySignIns));
                }
            }
        }
    };
    let roles = user.known_roles();
    Ok(Ok(Caller { user_name: user.user_name, language: user.preferred_language, roles, until }))
}

/// Counts a sign-in that has failed, and says so in the log.
pub(super) fn failed(attempt: &Attempt, request_id: &str) {
    report(attempt, request_id, "a sign-in failed");
    watch::note(|tally| tally.failed_sign_ins += 1);
}

/// Says in the log that nobody has looked at a sign-in.
pub(super) fn put_off(attempt: &Attempt, request_id: &str) {
    report(attempt, request_id, "a sign-in was put off: too many wait");
}

/// Says in the log who was turned away: never the name itself, which may be a password in the wrong field.
fn report(attempt: &Attempt, request_id: &str, what: &str) {
    let source = attempt.source.map(|source| source.to_canonical().to_string());
    tracing::warn!(request_id, source, name_sha256 = attempt.name_sha256(), "{what}");
}

/// The names under which the authorizer hands its verdict on.
const CONTEXT_USER: &str = "wrapup_user";
const CONTEXT_LANGUAGE: &str = "wrapup_language";
/// Names of roles, with commas between.
const CONTEXT_ROLES: &str = "wrapup_roles";
/// Seconds since the Unix epoch.
const CONTEXT_UNTIL: &str = "wrapup_until";

impl Caller {
    /// The authorizer's verdict as API Gateway hands it to the function behind. Only an allowed
    /// caller has one.
    pub fn to_context(&self) -> serde_json::Map<String, Value> {
        let language = self.language.map(|language| (CONTEXT_LANGUAGE.to_owned(), Value::from(language.as_str())));
        let user = (CONTEXT_USER.to_owned(), Value::from(self.user_name.as_str()));
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        let roles = (CONTEXT_ROLES.to_owned(), Value::from(roles.join(",")));
        let until = self.until.map(|until| (CONTEXT_UNTIL.to_owned(), Value::from(until)));
        [Some(user), language, Some(roles), until].into_iter().flatten().collect()
    }

    /// Whether the caller has one of these roles.
    pub(super) fn has_one_of(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// The caller that the authorizer has vouched for. The context comes from API Gateway itself, no
    /// header or body can set it.
    fn from_context(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        let fields = &context.authorizer.fields;
        let user_name = fields.get(CONTEXT_USER)?.as_str().filter(|name| !name.is_empty())?.to_owned();
        let language = fields.get(CONTEXT_LANGUAGE).and_then(Value::as_str);
        let language = language.and_then(|language| Language::from_text(language).ok());
        // A verdict without roles is an older authorizer's, still cached, which lets one role in.
        let roles =
            fields.get(CONTEXT_ROLES).map_or(Role::Integration.name(), |roles| roles.as_str().unwrap_or_default());
        let roles = Role::ALL.into_iter().filter(|role| roles.split(',').any(|name| name == role.name())).collect();
        // API Gateway makes texts of numbers. An end that cannot be read has come.
        let until = fields.get(CONTEXT_UNTIL).map(|until| match until {
            Value::String(text) => text.parse().unwrap_or(0),
            until => until.as_u64().unwrap_or(0),
        });
        Some(Self { user_name, language, roles, until })
    }
}

/// The caller that the authorizer has vouched for, or that proves itself here.
pub async fn identify<B>(
    callers: &Callers,
    request: &Request<B>,
    request_id: &str,
) -> Result<Result<Caller, Denied>, Error> {
    let headers = request.headers();
    if headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        return Ok(Err(Denied::NotAuthenticated));
    }
    if let Some(caller) = request.request_context_ref().and_then(Caller::from_context) {
        // The verdict is cached for longer than some tokens live.
        let now = callers.users.clock().since_epoch().as_secs();
        return Ok(if caller.until.is_some_and(|until| now >= until) {
            Err(Denied::NotAuthenticated)
        } else {
            Ok(caller)
        });
    }
    // In front of a REST API's functions stands the authorizer. What has come past it proves itself to nobody else.
    if let Some(RequestContext::ApiGatewayV1(_)) = request.request_context_ref() {
        return Ok(Err(Denied::NotAuthenticated));
    }
    authenticate(callers, Credentials::of(headers), source(request), request_id).await
}

/// The address that a request comes from, as API Gateway, the function URL or the server that accepted it has seen it.
pub(super) fn source<B>(request: &Request<B>) -> Option<IpAddr> {
    let told = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => return request.extensions().get::<Source>().map(|source| source.0),
    };
    told.and_then(|address| address.parse().ok())
}
