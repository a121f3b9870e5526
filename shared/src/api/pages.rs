//! Static files beside the API: what a browser loads to show people what the API answers. Everybody may load them; they hold
//! nothing of a deployment, and ask the API as whoever signs in.

use lambda_http::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION,
    REFERRER_POLICY,
};
use lambda_http::http::{HeaderValue, Method, Request, Response, StatusCode};
use lambda_http::{Body, LambdaEvent, RequestExt};
use sha2::{Digest, Sha256};

use super::answer::{bare, platform_error};
use super::event::{Event, Reply};
use super::negotiate::Format;
use super::route::RouteError;
use super::serve::{ids, invoked, reported, text};
use crate::sys_id::hex;
use crate::watch::Reporter;

/// Nothing from another host, no script and no style but these files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of a page.
#[derive(Debug)]
pub struct PageFile {
    /// Below the page's path; `""` is the page itself.
    pub name: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// What it holds.
    pub content: &'static str,
}

/// A page and what it loads.
pub struct Page {
    path: &'static str,
    files: Vec<(&'static PageFile, HeaderValue)>,
    reporter: Option<Reporter>,
}

impl Page {
    /// The page at a path that begins with a slash, of these files.
    pub fn new(path: &'static str, files: &'static [PageFile]) -> Self {
        let tag = |file: &PageFile| {
            let hash = hex(&Sha256::digest(file.content)[..16]);
            HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
        };
        Self { path, files: files.iter().map(|file| (file, tag(file))).collect(), reporter: None }
    }

    /// Where it is.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Reports every call.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// Answers what Lambda hands to the function. An event that is no HTTP request is answered with null.
    pub async fn invoke(&self, event: LambdaEvent<Event>) -> Reply {
        invoked(event, async |head, _| self.handle(head).await).await
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request<()>) -> Response<Body> {
        let call = self.reporter.as_ref().map(|reporter| reporter.begin(ids(&request)));
        reported(call, |_| "page", async { self.respond(&request) }).await
    }

    fn respond(&self, request: &Request<()>) -> Response<Body> {
        let format = Format::accepted(text(request.headers(), ACCEPT).as_deref()).unwrap_or(Format::Json);
        let mut response = match self.answer(request) {
            Ok(response) => response,
            Err(error) => platform_error(format, &error.into()),
        };
        if request.method() == Method::HEAD {
            let length = HeaderValue::from(response.body().len());
            response.headers_mut().insert(CONTENT_LENGTH, length);
            *response.body_mut() = Body::Empty;
        }
        response
    }

    fn answer(&self, request: &Request<()>) -> Result<Response<Body>, RouteError> {
        let path = request.raw_http_path();
        let unknown = || RouteError::UnknownPath { path: path.to_owned() };
        // A stage or the base path of a domain may stand in front.
        let (_, below) = path.split_once(self.path).ok_or_else(unknown)?;
        let method = request.method();
        if method != Method::GET && method != Method::HEAD {
            return Err(RouteError::WrongMethod { method: method.clone(), allow: "GET, HEAD".to_owned() });
        }
        if below == "/" {
            // What the page loads it names by where it stands.
            let page = format!("..{}", self.path);
            let mut response = bare(StatusCode::PERMANENT_REDIRECT, Body::Empty);
            response.headers_mut().extend(HeaderValue::from_str(&page).map(|page| (LOCATION, page)));
            return Ok(response);
        }
        let name = if below.is_empty() { below } else { below.strip_prefix('/').ok_or_else(unknown)? };
        let (file, tag) = self.files.iter().find(|(file, _)| file.name == name).ok_or_else(unknown)?;
        let known = text(request.headers(), IF_NONE_MATCH)
            .is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/").as_bytes() == tag));
        let mut response = match known {
            true => bare(StatusCode::NOT_MODIFIED, Body::Empty),
            false => bare(StatusCode::OK, Body::Text(file.content.to_owned())),
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        // Asked for each time, so that no page outlives the version that its files are of.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(ETAG, tag.clone());
        Ok(response)
    }
}
