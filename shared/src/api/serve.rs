use std::future::{Ready, ready};
use std::time::Duration;

use lambda_http::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
};
use lambda_http::http::{HeaderMap, Method, Request, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, LambdaEvent, RequestExt, Response};

use super::Endpoint;
use super::answer::{EdgeError, bare, carried, of, platform_error};
use super::authenticate::identify;
use super::body::BodyError;
use super::call::Call;
use super::compression::{Compression, NotInflated, gunzip};
use super::decode::{MOST_BYTES, decode, percent_decode, query_parameters};
use super::event::{DecodedQuery, Event, Reply, Unreadable, UnreadableParts};
use super::method::meant;
use super::negotiate::{Content, Format, prefers_csv};
use super::origins::{Origins, is_preflight};
use super::route::{Matched, RouteError, Router};
use crate::document::Document;
use crate::language::{Language, Wish};
use crate::users::Users;
use crate::users::oauth::OAuth;
use crate::watch::{self, CallIds, Reporter, Tally, Watched};

/// Endpoints behind the edge: one in a Lambda function, all in the local server.
pub struct Api {
    router: Router,
    callers: Callers,
    patience: Duration,
    origins: Origins,
    reporter: Option<Reporter>,
}

/// The header that carries a caller's trace (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// How long a call may take: API Gateway waits 29 s, and a caller should get our 503 before its 504.
/// Whatever is cut short, the same call again finds or finishes.
pub(super) const PATIENCE: Duration = Duration::from_secs(25);

/// Who may call an API, and the language of its translations where neither a request nor its caller names one.
#[derive(Clone)]
pub struct Callers {
    /// The API users.
    pub users: Users,
    /// What checks access tokens; none where there are no tokens.
    pub oauth: Option<OAuth>,
    /// The deployment's language.
    pub language: Option<Language>,
}

/// Two endpoints want the same method of the same path.
#[derive(Debug, thiserror::Error)]
#[error("conflicting routes: {0}")]
pub struct RouteConflict(#[from] matchit::InsertError);

impl Api {
    /// Puts endpoints behind the edge.
    pub fn new(callers: impl Into<Callers>, endpoints: Vec<Box<dyn Endpoint>>) -> Result<Self, RouteConflict> {
        Ok(Self {
            router: Router::new(endpoints)?,
            callers: callers.into(),
            patience: PATIENCE,
            origins: Origins::default(),
            reporter: None,
        })
    }

    /// Gives up a call after this time instead of 25 seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Lets pages of these origins call.
    #[must_use]
    pub fn with_origins(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// Reports every call.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// Answers what Lambda hands to a function. An event that is no HTTP request, such as those that keep an instance
    /// warm, is answered with null, and neither counted nor an error.
    pub async fn invoke(&self, event: LambdaEvent<Event>) -> Reply {
        invoked(event, |head, body| self.handle(head, body)).await
    }

    /// Answers a request. Its body is what `body` comes to, which is waited for only once path, method, caller, role
    /// and `Accept` are right: a request that is refused for any of them costs nobody the reading of its body.
    pub async fn handle(
        &self,
        request: Request<()>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
    ) -> Response<Body> {
        let call = self.reporter.as_ref().map(|reporter| reporter.begin(ids(&request)));
        // Whoever waits for a call carries its future: 40 KB unless they are on the heap.
        let answered = Box::pin(self.respond(request, body));
        reported(call, |tally| tally.endpoint.unwrap_or("none"), answered).await
    }

    async fn respond(
        &self,
        request: Request<()>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
    ) -> Response<Body> {
        let sent = request.method().clone();
        let meant = meant(&sent, request.headers());
        let method = meant.clone().unwrap_or(Method::POST);
        let shared = self.origins.share(request.headers());
        // An error before the negotiation is written in what the caller accepts, if that can be told.
        let accepted = Format::accepted(text(request.headers(), ACCEPT).as_deref());
        let request_id = request.lambda_context_ref().map_or_else(String::new, |context| context.request_id.clone());
        let answered =
            tokio::time::timeout(self.patience, self.answer(request, meant, body, accepted, &request_id)).await;
        let answered = answered.unwrap_or_else(|_| {
            tracing::warn!(request_id, "the call was given up: it took too long");
            Err(EdgeError::Unavailable)
        });
        let format = accepted.unwrap_or(Format::Json);
        let response = answered.unwrap_or_else(|error| platform_error(format, &error));
        let mut response = carried(response, &method, format);
        if method == Method::HEAD {
            // The length is that of the body that GET would have had (RFC 9110, 9.3.2); whoever sent a POST would wait
            // for it.
            if sent == Method::HEAD {
                let length = HeaderValue::from(response.body().len());
                response.headers_mut().insert(CONTENT_LENGTH, length);
            }
            *response.body_mut() = Body::Empty;
        }
        response.headers_mut().extend(shared.into_iter().flatten());
        response
    }

    async fn answer(
        &self,
        request: Request<()>,
        meant: Result<Method, Unreadable>,
        body: impl Future<Output = Result<Body, BodyError>> + Send,
        accepted: Option<Format>,
        request_id: &str,
    ) -> Result<Response<Body>, EdgeError> {
        let unreadable = request.extensions().get::<UnreadableParts>().map(|UnreadableParts(parts)| parts);
        if let Some(parts) = unreadable.filter(|parts| parts.iter().any(Unreadable::is_the_whole)) {
            return Err(EdgeError::Unreadable(parts.clone()));
        }
        let method = meant.map_err(|unreadable| EdgeError::Unreadable(vec![unreadable]))?;
        let Matched { endpoint, parameters } =
            match self.router.find(request.method(), &method, request.raw_http_path()) {
                Err(RouteError::WrongMethod { allow, .. }) if is_preflight(request.method(), request.headers()) => {
                    return preflight(&self.origins, request.headers(), &allow);
                }
                found => found?,
            };
        watch::note(|tally| tally.endpoint = endpoint.route().paths.first().copied());

        let identified = identify(&self.callers, &request, request_id).await;
        let caller = match identified {
            Ok(Ok(caller)) => caller,
            Ok(Err(denied)) => return Err(denied.into()),
            Err(error) => {
                return Ok(of(Err(error), accepted.unwrap_or(Format::Json), endpoint.envelope(), request_id));
            }
        };
        let roles = endpoint.roles();
        if !caller.has_one_of(roles) {
            return Err(EdgeError::NotAuthorized { roles });
        }
        watch::note(|tally| tally.user = Some(caller.user_name.clone()));
        // By the method that was sent, which is what browsers judge by.
        if !request.method().is_safe() && self.origins.refuse(request.headers()) {
            return Err(EdgeError::CrossSite);
        }
        let csv = endpoint.has_csv() && prefers_csv(text(request.headers(), ACCEPT).as_deref());
        let format = accepted.or(csv.then_some(Format::Json)).ok_or(EdgeError::NotAcceptable)?;
        let body = match method {
            Method::GET | Method::HEAD => None,
            _ => Some(received(request.headers(), body.await)?),
        };
        if let Some(parts) = unreadable {
            return Err(EdgeError::Unreadable(parts.clone()));
        }
        let body = match body {
            Some((content, body)) => decode(content, &body?)?,
            None => Document::empty(),
        };
        let accept_language = text(request.headers(), ACCEPT_LANGUAGE);
        let call = Call {
            path: Document::from_parameters(parameters.into_iter().map(|(name, value)| (name, percent_decode(&value)))),
            query: query(&request),
            body,
            format,
            csv,
            wish: Wish::settle(accept_language.as_deref(), caller.language, self.callers.language),
            caller,
        };
        let outcome = endpoint.answer(&call).await;
        Ok(of(outcome, format, endpoint.envelope(), request_id))
    }
}

/// Has a request answered that Lambda hands over, if what it hands over is one.
pub(super) async fn invoked<Answered: Future<Output = Response<Body>>>(
    event: LambdaEvent<Event>,
    answer: impl FnOnce(Request<()>, Ready<Result<Body, BodyError>>) -> Answered,
) -> Reply {
    let Some(http) = event.payload.0 else { return Reply(None) };
    let shape = http.shape;
    let (head, body) = http.into_request(event.context);
    Reply(Some((shape, answer(head, ready(Ok(body))).await)))
}

/// The response that a call comes to. A call that is watched is reported, under the name that its tally has for it.
pub(super) async fn reported(
    call: Option<Watched<'_>>,
    name: impl FnOnce(&Tally) -> &'static str,
    answered: impl Future<Output = Response<Body>>,
) -> Response<Body> {
    let Some(call) = call else { return answered.await };
    let (response, tally) = call.counted(answered).await;
    call.end(name(&tally), response.status().as_str(), &tally);
    response
}

/// The answer to a browser that asks whether a page may make a request of one of these methods. It sends no credentials
/// with it.
pub(super) fn preflight(origins: &Origins, headers: &HeaderMap, allow: &str) -> Result<Response<Body>, EdgeError> {
    let allow = HeaderValue::from_str(allow).ok();
    let told = allow.and_then(|allow| origins.preflight(headers, allow)).ok_or(EdgeError::CrossSite)?;
    let mut response = bare(StatusCode::NO_CONTENT, Body::Empty);
    response.headers_mut().extend(told);
    Ok(response)
}

/// A body of which size and type are right, or why it is none; and what it is written in.
fn received(
    headers: &HeaderMap,
    body: Result<Body, BodyError>,
) -> Result<(Content, Result<Body, EdgeError>), EdgeError> {
    let compression = Compression::of(text(headers, CONTENT_ENCODING).as_deref());
    let body = match body {
        Ok(body) if body.len() > MOST_BYTES => return Err(BodyError::TooLarge.into()),
        Err(BodyError::TooLarge) => return Err(BodyError::TooLarge.into()),
        Ok(body) if compression == Some(Compression::Gzip) => match gunzip(&body) {
            Ok(inflated) => Ok(Body::Binary(inflated)),
            Err(NotInflated::TooLarge) => return Err(BodyError::TooLarge.into()),
            Err(NotInflated::NotGzip) => Err(EdgeError::NotGzip),
        },
        read => read.map_err(EdgeError::from),
    };
    if compression.is_none() {
        return Err(EdgeError::UnsupportedCompression);
    }
    let content_type = text(headers, CONTENT_TYPE);
    let content = Content::of(content_type.as_deref())
        .ok_or_else(|| EdgeError::UnsupportedMediaType { sent: content_type.unwrap_or_default().trim().to_owned() })?;
    Ok((content, body))
}

/// What finds the call elsewhere.
pub(super) fn ids(request: &Request<()>) -> CallIds {
    let lambda = request.lambda_context_ref();
    let api_request_id = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    CallIds {
        request_id: lambda.map_or_else(String::new, |context| context.request_id.clone()),
        api_request_id,
        xray_trace_id: lambda.and_then(|context| context.xray_trace_id.clone()),
        traceparent: text(request.headers(), TRACEPARENT).filter(|trace| is_traceparent(trace)),
    }
}

/// Whether a text has the form of a W3C trace: whatever else a caller sends there is not logged.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([2, 32, 16, 2]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// The query's parameters: in the URL, unless they came decoded.
fn query(request: &Request<()>) -> Document {
    match request.extensions().get::<DecodedQuery>() {
        Some(DecodedQuery(query)) => {
            let parameters = query.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
            Document::from_parameters(parameters.map(|(name, value)| (name.clone(), Some(value.clone()))))
        }
        None => Document::from_parameters(query_parameters(request.uri().query().unwrap_or_default())),
    }
}

/// A header's value; several lines of it are one list (RFC 9110, 5.3). What is no text stays wrong
/// instead of counting as absent.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
