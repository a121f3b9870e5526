use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::AUTHORIZATION;
use lambda_http::request::RequestContext;
use serde_json::Value;

use crate::Error;
use crate::document::FromText;
use crate::language::Language;
use crate::users::{Password, Users};

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
}

/// What a caller proves itself with: HTTP Basic (RFC 7617).
#[derive(Debug, PartialEq, Eq)]
pub struct Credentials {
    user_name: String,
    password: Password,
}

impl Credentials {
    /// Reads the value of an `Authorization` header.
    pub fn from_header(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user_name, password) = decoded.split_once(':')?;
        Some(Self { user_name: user_name.to_owned(), password: Password::new(password) })
    }
}

/// Proves a caller by its credentials: what the authorizer does, and an endpoint that has none in front of it.
pub async fn authenticate(users: &Users, credentials: Option<Credentials>) -> Result<Result<Caller, Denied>, Error> {
    let Some(Credentials { user_name, password }) = credentials else { return Ok(Err(Denied::NotAuthenticated)) };
    let Some(user) = users.authenticate(&user_name, password).await? else {
        return Ok(Err(Denied::NotAuthenticated));
    };
    if !user.may_integrate() {
        return Ok(Err(Denied::NotAuthorized));
    }
    Ok(Ok(Caller { user_name: user.user_name, language: user.preferred_language }))
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
pub async fn identify(
    users: &Users,
    context: Option<&RequestContext>,
    headers: &HeaderMap,
) -> Result<Result<Caller, Denied>, Error> {
    if let Some(caller) = context.and_then(Caller::from_context) {
        return Ok(Ok(caller));
    }
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    authenticate(users, header.and_then(Credentials::from_header)).await
}
