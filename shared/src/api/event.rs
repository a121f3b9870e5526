//! What Lambda hands to a function: the events of REST APIs, of HTTP APIs and of function URLs.
//!
//! A caller writes much of an event: method, path, query, headers, body. So reading one never fails. A part that cannot
//! be read is kept with the request as [`Unreadable`], and the request is refused for it once path, credentials and
//! formats are checked. Scheme and host are not looked at: nothing here depends on them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequestContext, ApiGatewayV2httpRequestContext};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Context, RequestExt, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::route::PREFIXES;

/// What Lambda hands to a function, read.
pub struct Event(pub(super) Option<Http>);

/// An event that is an HTTP request.
pub(super) struct Http {
    pub shape: Shape,
    head: Request<()>,
    body: Body,
}

/// The form of an event, which the answer's has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// API Gateway, for a REST API; for an HTTP API in payload format 1.0.
    Rest,
    /// API Gateway for an HTTP API, or a function URL.
    V2,
}

/// A part of a request that cannot be read. Its text never quotes more than the name of a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The event says that it is an HTTP request, and is not formed like one.
    #[error("The request is not of a form that is known here")]
    Form,
    /// No method, or none that HTTP could carry.
    #[error("The method is none that HTTP knows")]
    Method,
    /// A POST that names another method, twice or not by its name.
    #[error("The header X-HTTP-Method-Override has to name one method")]
    MethodOverride,
    /// No name that HTTP could carry, or a value with control characters.
    #[error("Header {0:?} has a name or a value that HTTP does not allow")]
    Header(String),
    /// More headers than can be kept.
    #[error("There are too many headers")]
    TooManyHeaders,
    /// Characters that a URL may have only percent-encoded.
    #[error("The query has characters that have to be percent-encoded")]
    Query,
    /// It is marked as Base64 and is not.
    #[error("The body is no Base64, which it is said to be")]
    Body,
}

impl Unreadable {
    /// Whether nothing at all can be said of the request, not even where it goes.
    pub(super) fn is_the_whole(&self) -> bool {
        matches!(self, Self::Form | Self::Method)
    }
}

/// What of a request cannot be read: an extension of its head.
#[derive(Clone)]
pub(super) struct UnreadableParts(pub Vec<Unreadable>);

/// The parameters of a query that came decoded: an extension of the head. Elsewhere they stand in the URL.
#[derive(Clone)]
pub(super) struct DecodedQuery(pub BTreeMap<String, Vec<String>>);

impl Event {
    /// The HTTP request that it is, if it is one, and the request's body.
    pub fn into_request(self, context: Context) -> Option<(Request<()>, Body)> {
        self.0.map(|http| http.into_request(context))
    }
}

impl Http {
    pub fn into_request(self, context: Context) -> (Request<()>, Body) {
        (self.head.with_lambda_context(context), self.body)
    }

    /// A request of which nothing can be said.
    fn unreadable(shape: Shape) -> Self {
        let mut head = Request::new(());
        head.extensions_mut().insert(UnreadableParts(vec![Unreadable::Form]));
        Self { shape, head, body: Body::Empty }
    }
}

impl<'de> Deserialize<'de> for Event {
    /// Fails only for what is no JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = <&RawValue>::deserialize(deserializer)?.get();
        if let Ok(read) = serde_json::from_str::<Wire<'_>>(event) {
            return Ok(Self(read.into_http()));
        }
        let outline = serde_json::from_str::<Outline>(event).ok();
        Ok(Self(outline.and_then(|outline| outline.shape()).map(Http::unreadable)))
    }
}

/// The fields of all kinds of events. What is read only if need be, or only once the form is known, stays text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    version: Option<String>,
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(default)]
    multi_value_headers: Headers,
    query_string_parameters: Option<&'a RawValue>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    request_context: Option<&'a RawValue>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// The fields that tell an event's form, whatever is wrong with the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    http_method: Option<IgnoredAny>,
    path: Option<IgnoredAny>,
    raw_path: Option<IgnoredAny>,
}

impl Outline {
    fn shape(&self) -> Option<Shape> {
        shape(self.raw_path.is_some(), self.http_method.is_some() || self.path.is_some())
    }
}

/// Both kinds of events have a path, under names of their own. What has none is no HTTP request.
fn shape(raw_path: bool, path: bool) -> Option<Shape> {
    if raw_path { Some(Shape::V2) } else { path.then_some(Shape::Rest) }
}

impl Wire<'_> {
    fn into_http(self) -> Option<Http> {
        let shape = shape(self.raw_path.is_some(), self.http_method.is_some() || self.path.is_some())?;
        let read = match shape {
            Shape::Rest => self.into_rest(),
            Shape::V2 => self.into_v2(),
        };
        Some(read.unwrap_or_else(|| Http::unreadable(shape)))
    }

    fn into_rest(mut self) -> Option<Http> {
        let context = match self.request_context {
            Some(context) => Some(serde_json::from_str::<ApiGatewayProxyRequestContext>(context.get()).ok()?),
            None => None,
        };
        let mut path = self.path.take().unwrap_or_default();
        if self.version.is_some() {
            // A REST API's event has no version: this is an HTTP API's.
            path = encoded(below_stage(&path, context.as_ref().and_then(|context| context.stage.as_deref())));
        }
        if let Some(resource) = context.as_ref().and_then(|context| context.resource_path.as_deref()) {
            path = below_base_path(path, resource);
        }
        let method = self.http_method.take().unwrap_or_default();
        let query = match self.multi_value_query_string_parameters.take() {
            Some(query) if !query.is_empty() => query,
            _ => single_values(self.query_string_parameters)?,
        };
        let mut http = self.into_request(Shape::Rest, Method::from_bytes(method.as_bytes()).ok(), path, None)?;
        http.head.extensions_mut().insert(DecodedQuery(query));
        if let Some(context) = context {
            http.head.extensions_mut().insert(RequestContext::ApiGatewayV1(context));
        }
        Some(http)
    }

    fn into_v2(mut self) -> Option<Http> {
        let context: ApiGatewayV2httpRequestContext = serde_json::from_str(self.request_context?.get()).ok()?;
        let mut path = self.raw_path.take().unwrap_or_default();
        if is_http_api(&context) {
            path = encoded(below_stage(&path, context.stage.as_deref()));
            if let Some((_, resource)) = context.route_key.as_deref().and_then(|route| route.split_once(' ')) {
                path = below_base_path(path, resource);
            }
        }
        let (method, query) = (context.http.method.clone(), self.raw_query_string.take());
        let mut http = self.into_request(Shape::V2, Some(method), path, query)?;
        http.head.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
        Some(http)
    }

    /// `None` only where the headers are not of a form that is known.
    fn into_request(self, shape: Shape, method: Option<Method>, path: String, query: Option<String>) -> Option<Http> {
        let mut unreadable = Vec::new();
        if method.is_none() {
            unreadable.push(Unreadable::Method);
        }
        let mut headers = self.multi_value_headers;
        if let Some(single) = self.headers {
            headers.add(single).ok()?;
        }
        unreadable.append(&mut headers.unreadable);
        let uri = match query.filter(|query| !query.is_empty()).map(|query| Uri::try_from(format!("/?{query}"))) {
            None => Uri::default(),
            Some(Ok(uri)) => uri,
            Some(Err(_)) => {
                unreadable.push(Unreadable::Query);
                Uri::default()
            }
        };
        let body = match (self.body, self.is_base64_encoded) {
            (None, _) => Body::Empty,
            (Some(text), None | Some(false)) => Body::Text(text),
            (Some(encoded), Some(true)) => STANDARD.decode(encoded).map_or_else(
                |_| {
                    unreadable.push(Unreadable::Body);
                    Body::Empty
                },
                Body::Binary,
            ),
        };
        let mut head = Request::new(()).with_raw_http_path(path);
        *head.method_mut() = method.unwrap_or_default();
        *head.uri_mut() = uri;
        *head.headers_mut() = headers.map;
        if !unreadable.is_empty() {
            head.extensions_mut().insert(UnreadableParts(unreadable));
        }
        Some(Http { shape, head, body })
    }
}

/// Parameters that have one value each.
fn single_values(parameters: Option<&RawValue>) -> Option<BTreeMap<String, Vec<String>>> {
    let Some(parameters) = parameters else { return Some(BTreeMap::new()) };
    let single: BTreeMap<String, String> = serde_json::from_str(parameters.get()).ok()?;
    Some(single.into_iter().map(|(name, value)| (name, vec![value])).collect())
}

/// Whether an event of the second form is an HTTP API's. A function URL has a host of its own, whoever stands in front
/// of it, and `cargo lambda watch` no API.
fn is_http_api(context: &ApiGatewayV2httpRequestContext) -> bool {
    let url = context.domain_name.as_deref().is_some_and(|host| host.contains(".lambda-url."));
    context.apiid.as_deref().is_some_and(|api| !api.is_empty()) && !url
}

/// Whatever stands in a path without being a part of its form.
const DECODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path that came decoded, as HTTP APIs hand it on: encoded again, since parameters are decoded where they are read.
fn encoded(path: &str) -> String {
    utf8_percent_encode(path, DECODED).to_string()
}

/// What every path of ours begins with.
const BASE: &str = PREFIXES[0];

/// An HTTP API's path begins with the stage, if that has a name; even if that is `api`, and behind a domain of one's own
/// it may be without.
fn below_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    let below = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    let below = below.filter(|below| below.starts_with('/') && (below.starts_with(BASE) || !path.starts_with(BASE)));
    below.unwrap_or(path)
}

/// A custom domain's base path stands in front of the path. What API Gateway has for a path that it does not know keeps
/// what stands in front.
fn below_base_path(path: String, resource: &str) -> String {
    let known = resource.starts_with(BASE) || resource == "/{proxy+}";
    match path.find(BASE) {
        Some(start) if known && start > 0 => path[start..].to_owned(),
        _ => path,
    }
}

/// The headers, and what is wrong with those that HTTP does not allow.
#[derive(Default)]
struct Headers {
    map: HeaderMap,
    unreadable: Vec<Unreadable>,
}

impl Headers {
    /// Adds those that are not here yet.
    fn add(&mut self, single: &RawValue) -> Result<(), serde_json::Error> {
        let only_new = !self.map.is_empty();
        serde_json::Deserializer::from_str(single.get()).deserialize_any(AddHeaders { to: self, only_new })
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut headers = Self::default();
        deserializer.deserialize_any(AddHeaders { to: &mut headers, only_new: false })?;
        Ok(headers)
    }
}

/// Characters of a header's name that are shown to the caller again.
const SHOWN: usize = 64;

/// Parts that are named at most.
const MOST_NAMED: usize = 20;

impl Headers {
    fn append(&mut self, name: &HeaderName, value: &str) {
        match HeaderValue::from_bytes(value.as_bytes()).map(|value| self.map.try_append(name, value)) {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => self.note(Unreadable::TooManyHeaders),
            Err(_) => self.note(Unreadable::Header(name.as_str().chars().take(SHOWN).collect())),
        }
    }

    fn note(&mut self, unreadable: Unreadable) {
        if self.unreadable.len() < MOST_NAMED && !self.unreadable.contains(&unreadable) {
            self.unreadable.push(unreadable);
        }
    }
}

struct AddHeaders<'h> {
    to: &'h mut Headers,
    only_new: bool,
}

impl<'de> Visitor<'de> for AddHeaders<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { to, only_new } = self;
        while let Some(Name(given)) = entries.next_key::<Name<'de>>()? {
            match HeaderName::from_bytes(given.as_bytes()) {
                Ok(name) if only_new && to.map.contains_key(&name) => drop(entries.next_value::<IgnoredAny>()?),
                Ok(name) => entries.next_value_seed(AddValues { name: &name, to })?,
                Err(_) => {
                    entries.next_value::<IgnoredAny>()?;
                    to.note(Unreadable::Header(given.chars().take(SHOWN).collect()));
                }
            }
        }
        Ok(())
    }
}

/// A header's name, which stands in the event as it is unless something in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// One value of a header, or a list of them.
struct AddValues<'h> {
    name: &'h HeaderName,
    to: &'h mut Headers,
}

impl<'de> DeserializeSeed<'de> for AddValues<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AddValues<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's value or values")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.to.append(self.name, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(AddValues { name: self.name, to: self.to })?.is_some() {}
        Ok(())
    }
}

/// What a function answers an event with.
pub struct Reply(pub(super) Option<(Shape, Response<Body>)>);

impl Reply {
    /// The response, where the event was an HTTP request.
    pub fn into_response(self) -> Option<Response<Body>> {
        self.0.map(|(_, response)| response)
    }
}

impl Serialize for Reply {
    /// In the form that goes with the event's; null where the event was no HTTP request.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((shape, response)) = &self.0 else { return serializer.serialize_unit() };
        let mut written = serializer.serialize_map(None)?;
        written.serialize_entry("statusCode", &response.status().as_u16())?;
        match shape {
            Shape::Rest => written.serialize_entry("multiValueHeaders", &Lists(response.headers()))?,
            Shape::V2 => {
                written.serialize_entry("headers", &Joined(response.headers()))?;
                // There are no cookies, but `cargo lambda watch` cannot read an answer without the field.
                written.serialize_entry::<_, [&str; 0]>("cookies", &[])?;
            }
        }
        if !matches!(response.body(), Body::Empty) {
            written.serialize_entry("body", response.body())?;
        }
        written.serialize_entry("isBase64Encoded", &matches!(response.body(), Body::Binary(_)))?;
        written.end()
    }
}

/// Headers, each with the list of its values.
struct Lists<'a>(&'a HeaderMap);

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.keys().map(|name| (name.as_str(), values(self.0, name).collect::<Vec<_>>())))
    }
}

/// Headers, each with its values as one list (RFC 9110, 5.3).
struct Joined<'a>(&'a HeaderMap);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let joined = |name| values(self.0, name).collect::<Vec<_>>().join(", ");
        serializer.collect_map(self.0.keys().map(|name| (name.as_str(), joined(name))))
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
}
