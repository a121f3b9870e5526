//! `POST /oauth_token.do`, where clients fetch tokens: RFC 6749, at the platform's path. It is none of the API's own
//! endpoints: a form comes in, nobody has signed in yet, and errors are OAuth's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use lambda_http::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, PRAGMA, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{Method, Request, StatusCode};
use lambda_http::{Body, LambdaEvent, RequestExt, Response};
use mediatype::MediaType;
use serde::Serialize;

use super::answer::{EdgeError, RETRY_SECONDS, platform_error};
use super::authenticate::{Credentials, failed, put_off, source};
use super::body::BodyError;
use super::compression::{Compression, NotInflated, gunzip};
use super::decode::query_parameters;
use super::event::{Event, Reply, Unreadable, UnreadableParts};
use super::method::meant;
use super::negotiate::Format;
use super::origins::{Origins, is_preflight};
use super::route::RouteError;
use super::serve::{PATIENCE, ids, invoked, preflight, reported, text};
use crate::Error;
use crate::error::Kind;
use crate::users::oauth::{ClientSecret, EXPIRES_IN, Grant, OAuth, Refused, Tokens};
use crate::users::{Attempt, Password};
use crate::watch::{self, Reporter};

/// Where clients of the platform fetch tokens.
pub const TOKEN_PATH: &str = "/oauth_token.do";

/// What the log calls it.
const NAME: &str = "oauth_token.do";

/// Bytes that a request may have: some hundreds are usual.
const MOST_FORM_BYTES: usize = 64 * 1024;

/// The only scope that there is: all that the user may do.
const SCOPE: &str = "useraccount";

/// The endpoint. Reads the tables of users and of clients, one item each.
pub struct TokenEndpoint {
    oauth: Option<OAuth>,
    origins: Origins,
    patience: Duration,
    reporter: Option<Reporter>,
}

/// What a client gets (RFC 6749, 5.1).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Tokens"))]
pub(crate) struct Granted<'a> {
    /// What to send as `Authorization: Bearer ..`.
    access_token: &'a str,
    /// What gets further access tokens, for 100 days; none for `client_credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// `useraccount`: all that the user may do.
    scope: &'static str,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good for.
    expires_in: u64,
}

/// Why a client gets nothing (RFC 6749, 5.2).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenError"))]
pub(crate) struct Failed<'a> {
    /// For programs.
    error: &'static str,
    /// For people.
    error_description: &'a str,
}

/// An answer without tokens.
struct Failure {
    status: StatusCode,
    error: &'static str,
    description: Cow<'static, str>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Failure {
    fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into(), header: None }
    }

    fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new("invalid_request", description)
    }

    /// `by_basic`: the client has proven itself, or tried to, by HTTP Basic.
    fn client(by_basic: bool) -> Self {
        let challenge = (WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="wrapup""#));
        let description = "client_id or client_secret is missing or wrong, or the client is disabled";
        let header = by_basic.then_some(challenge);
        Self { status: StatusCode::UNAUTHORIZED, header, ..Self::new("invalid_client", description) }
    }

    fn later(status: StatusCode, description: &'static str) -> Self {
        let header = Some((RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS)));
        Self { status, header, ..Self::new("temporarily_unavailable", description) }
    }

    fn unavailable() -> Self {
        let description = "A service that this one needs did not answer in time; call again";
        Self::later(StatusCode::SERVICE_UNAVAILABLE, description)
    }

    fn refused(refused: Refused, by_basic: bool) -> Self {
        match refused {
            Refused::Client => Self::client(by_basic),
            Refused::SignIn => Self::new("invalid_grant", "username or password is wrong, or the user is disabled"),
            Refused::RefreshToken => {
                Self::new("invalid_grant", "refresh_token is not good, or no more; let the user sign in again")
            }
            Refused::ClientsUser => Self::new("unauthorized_client", "The user that the client belongs to is disabled"),
            Refused::Crowded => Self::later(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many sign-ins wait to be checked, and this one was not looked at; call again",
            ),
        }
    }

    fn of(error: &Error, request_id: &str) -> Self {
        if matches!(error.kind(), Kind::Unavailable | Kind::Busy) {
            tracing::warn!(request_id, %error, "the call was given up");
            return Self::unavailable();
        }
        tracing::error!(request_id, %error, "the call failed");
        let description = format!("Find the cause in the log by request id {request_id}");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error", description) }
    }

    fn response(&self) -> Response<Body> {
        let body = Failed { error: self.error, error_description: &self.description };
        let mut response = response(self.status, &body);
        if let Some((name, value)) = &self.header {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// What a client asks for, and how it proves itself.
struct Asked {
    client: ClientSecret,
    by_basic: bool,
    grant: Grant,
}

impl TokenEndpoint {
    /// The endpoint of a deployment; without OAuth there is nothing at its path.
    pub fn new(oauth: Option<OAuth>) -> Self {
        Self { oauth, origins: Origins::default(), patience: PATIENCE, reporter: None }
    }

    /// Lets pages of these origins fetch tokens.
    #[must_use]
    pub fn with_origins(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// Reports every call.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// Answers what Lambda hands to the function. An event that is no HTTP request is answered with null.
    pub async fn invoke(&self, event: LambdaEvent<Event>) -> Reply {
        invoked(event, |head, body| self.handle(head, body)).await
    }

    /// Answers a request, whose body is what `body` comes to.
    pub async fn handle(
        &self,
        request: Request<()>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
    ) -> Response<Body> {
        let call = self.reporter.as_ref().map(|reporter| reporter.begin(ids(&request)));
        reported(call, |_| NAME, Box::pin(self.respond(request, body))).await
    }

    async fn respond(
        &self,
        request: Request<()>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
    ) -> Response<Body> {
        let shared = self.origins.share(request.headers());
        let mut response = match self.served(&request) {
            Ok(oauth) => self.answer(oauth, request, body).await,
            Err(error) => self.elsewhere(&request, error),
        };
        response.headers_mut().extend(shared.into_iter().flatten());
        response
    }

    /// What there is to say to a request that fetches no token: whether a page may, or what is wrong.
    fn elsewhere(&self, request: &Request<()>, error: EdgeError) -> Response<Body> {
        let error = match error {
            EdgeError::Route(RouteError::WrongMethod { allow, .. })
                if is_preflight(request.method(), request.headers()) =>
            {
                match preflight(&self.origins, request.headers(), &allow) {
                    Ok(response) => return response,
                    Err(error) => error,
                }
            }
            error => error,
        };
        let format = Format::accepted(text(request.headers(), ACCEPT).as_deref()).unwrap_or(Format::Json);
        let mut response = platform_error(format, &error);
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        response
    }

    async fn answer(
        &self,
        oauth: &OAuth,
        request: Request<()>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
    ) -> Response<Body> {
        let request_id = request.lambda_context_ref().map_or_else(String::new, |context| context.request_id.clone());
        let granted = tokio::time::timeout(self.patience, grant(oauth, &request, body, &request_id)).await;
        let granted = granted.unwrap_or_else(|_| {
            tracing::warn!(request_id, "the call was given up: it took too long");
            Err(Failure::unavailable())
        });
        match granted {
            Ok(tokens) => {
                let refresh_token = tokens.refresh.as_deref();
                let (access_token, token_type) = (tokens.access.as_str(), "Bearer");
                let body = Granted { access_token, refresh_token, scope: SCOPE, token_type, expires_in: EXPIRES_IN };
                response(StatusCode::OK, &body)
            }
            Err(failure) => failure.response(),
        }
    }

    /// What answers the request, unless it goes elsewhere.
    fn served(&self, request: &Request<()>) -> Result<&OAuth, EdgeError> {
        let unreadable = request.extensions().get::<UnreadableParts>().map(|UnreadableParts(parts)| parts);
        if let Some(parts) = unreadable.filter(|parts| parts.iter().any(Unreadable::is_the_whole)) {
            return Err(EdgeError::Unreadable(parts.clone()));
        }
        // A stage or the base path of a domain may stand in front.
        let path = request.raw_http_path();
        let is_here = path.strip_suffix('/').unwrap_or(path).ends_with(TOKEN_PATH);
        let oauth = self.oauth.as_ref().filter(|_| is_here);
        let oauth = oauth.ok_or_else(|| RouteError::UnknownPath { path: path.to_owned() })?;
        let method =
            meant(request.method(), request.headers()).map_err(|unreadable| EdgeError::Unreadable(vec![unreadable]))?;
        if method != Method::POST {
            return Err(RouteError::WrongMethod { method, allow: Method::POST.to_string() }.into());
        }
        Ok(oauth)
    }
}

async fn grant(
    oauth: &OAuth,
    request: &Request<()>,
    body: impl Future<Output = Result<Body, BodyError>> + Send,
    request_id: &str,
) -> Result<Tokens, Failure> {
    let address = source(request);
    let Asked { client, by_basic, grant } = asked(request, body.await, address)?;
    let granted = oauth.grant(&client, &grant).await.map_err(|error| Failure::of(&error, request_id))?;
    match (&granted, &grant) {
        (Ok(tokens), _) => watch::note(|tally| tally.user = Some(tokens.user_name.clone())),
        (Err(Refused::SignIn), Grant::Password(attempt)) => failed(attempt, request_id),
        (Err(Refused::Crowded), Grant::Password(attempt)) => put_off(attempt, request_id),
        (Err(Refused::Client), _) => {
            let source = address.map(|source| source.to_canonical().to_string());
            // Not the id, which may be a secret in the wrong field.
            tracing::warn!(request_id, source, "an OAuth client was refused");
            watch::note(|tally| tally.failed_sign_ins += 1);
        }
        (Err(_), _) => {}
    }
    granted.map_err(|refused| Failure::refused(refused, by_basic))
}

fn asked(request: &Request<()>, body: Result<Body, BodyError>, source: Option<IpAddr>) -> Result<Asked, Failure> {
    if let Some(UnreadableParts(parts)) = request.extensions().get() {
        return Err(Failure::invalid(parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")));
    }
    let too_large = || {
        let description = format!("The body has at most {MOST_FORM_BYTES} bytes");
        Failure { status: StatusCode::PAYLOAD_TOO_LARGE, ..Failure::invalid(description) }
    };
    let unzip = match Compression::of(text(request.headers(), CONTENT_ENCODING).as_deref()) {
        Some(compression) => compression == Compression::Gzip,
        None => {
            let header = Some((ACCEPT_ENCODING, HeaderValue::from_static(Compression::ACCEPTED)));
            let failure = Failure::invalid("The body may be compressed by gzip alone");
            return Err(Failure { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, header, ..failure });
        }
    };
    let body = match body {
        Ok(body) if unzip => match gunzip(&body) {
            Ok(inflated) => Ok(Body::Binary(inflated)),
            Err(NotInflated::TooLarge) => Err(BodyError::TooLarge),
            Err(NotInflated::NotGzip) => return Err(Failure::invalid("The body is not gzip, or not all of it")),
        },
        body => body,
    };
    let body = match body {
        Ok(body) if body.len() > MOST_FORM_BYTES => return Err(too_large()),
        Ok(body) => body,
        Err(BodyError::TooLarge) => return Err(too_large()),
        Err(error @ BodyError::TooSlow) => {
            return Err(Failure { status: StatusCode::REQUEST_TIMEOUT, ..Failure::invalid(error.to_string()) });
        }
        Err(error @ BodyError::Broken) => return Err(Failure::invalid(error.to_string())),
    };
    if !is_form(text(request.headers(), CONTENT_TYPE).as_deref()) {
        return Err(Failure::invalid("The body has to be application/x-www-form-urlencoded"));
    }
    let mut form = Form::read(&body)?;
    let grant = match form.required("grant_type").as_deref() {
        Some("password") => {
            let (user_name, password) = (form.required("username"), form.required("password").map(Password::new));
            let attempt = user_name.zip(password);
            attempt.map(|(user_name, password)| Ok(Grant::Password(Attempt { user_name, password, source })))
        }
        Some("client_credentials") => Some(Ok(Grant::ClientCredentials)),
        Some("refresh_token") => form.required("refresh_token").map(|token| Ok(Grant::RefreshToken(token))),
        Some(_) => {
            let description = "grant_type is one of password, client_credentials and refresh_token";
            Some(Err(Failure::new("unsupported_grant_type", description)))
        }
        None => None,
    };
    let client = client(request.headers(), &mut form);
    // What is wrong with the form itself is said first, all of it.
    let (Some(grant), true) = (grant, form.wrong.is_empty()) else {
        return Err(Failure::invalid(form.wrong.join("; ")));
    };
    let (grant, (client, by_basic)) = (grant?, client?);
    Ok(Asked { client, by_basic, grant })
}

/// The client, which proves itself by fields of the form or by HTTP Basic (RFC 6749, 2.3.1). The characters of its id
/// and its secret are those that stand for themselves in a form, so Basic has them as they are.
fn client(headers: &HeaderMap, form: &mut Form) -> Result<(ClientSecret, bool), Failure> {
    let (id, secret) = (form.take("client_id"), form.take("client_secret").map(Password::new));
    if !headers.contains_key(AUTHORIZATION) {
        let client = id.zip(secret).map(|(id, secret)| ClientSecret { id, secret });
        return Ok((client.ok_or_else(|| Failure::client(false))?, false));
    }
    let Some(Credentials::Basic { user_name, password }) = Credentials::of(headers) else {
        return Err(Failure::client(true));
    };
    if secret.is_some() || id.is_some_and(|id| id != user_name) {
        let description = "A client proves itself either by client_id and client_secret or by HTTP Basic, not by both";
        form.wrong.push(description.to_owned());
        return Err(Failure::invalid(description));
    }
    Ok((ClientSecret { id: user_name, secret: password }, true))
}

/// Whether a body is said to be a form; one of which nothing is said is taken for one.
fn is_form(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type.filter(|text| !text.trim().is_empty()) else { return true };
    MediaType::parse(content_type)
        .is_ok_and(|kind| kind.ty.as_str().eq_ignore_ascii_case("application") && is_urlencoded(kind.subty.as_str()))
}

fn is_urlencoded(subtype: &str) -> bool {
    subtype.eq_ignore_ascii_case("x-www-form-urlencoded")
}

/// The fields of a form, and what is wrong with it.
struct Form {
    fields: BTreeMap<String, String>,
    wrong: Vec<String>,
}

impl Form {
    /// Fields that have no value count as absent (RFC 6749, 3.2).
    fn read(body: &[u8]) -> Result<Self, Failure> {
        let body = std::str::from_utf8(body).map_err(|_| Failure::invalid("The body is not valid UTF-8"))?;
        let mut form = Self { fields: BTreeMap::new(), wrong: Vec::new() };
        for (name, value) in query_parameters(body.trim()) {
            let known = KNOWN.iter().find(|known| **known == name);
            let Some(value) = value else {
                let name = known.copied().unwrap_or("A field");
                form.note(format!("{name} is not valid UTF-8"));
                continue;
            };
            let Some(known) = known.filter(|_| !value.is_empty()) else { continue };
            if form.fields.insert(name, value).is_some() {
                form.note(format!("{known} is given more than once"));
            }
        }
        Ok(form)
    }

    /// Notes what is wrong, once.
    fn note(&mut self, wrong: String) {
        if !self.wrong.contains(&wrong) {
            self.wrong.push(wrong);
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.fields.remove(name)
    }

    /// A field that has to be there. One of which something is wrong already is not missing beside that.
    fn required(&mut self, name: &'static str) -> Option<String> {
        let value = self.take(name);
        if value.is_none() && !self.wrong.iter().any(|wrong| wrong.starts_with(name)) {
            self.note(format!("{name} is required, in the body"));
        }
        value
    }
}

/// The fields that mean something here; others are ignored.
const KNOWN: [&str; 6] = ["grant_type", "client_id", "client_secret", "username", "password", "refresh_token"];

fn response<T: Serialize>(status: StatusCode, body: &T) -> Response<Body> {
    let mut response = Response::new(Body::Text(serde_json::to_string(body).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/json; charset=UTF-8"),
        (CACHE_CONTROL, "no-store"),
        (PRAGMA, "no-cache"),
        (VARY, "Origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
