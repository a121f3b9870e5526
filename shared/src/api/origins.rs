//! Which web pages may call, and what lets a browser hand them the answers (CORS, as the Fetch standard has it).

use lambda_http::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, ORIGIN,
};
use lambda_http::http::{HeaderValue, Method, Uri};

use crate::document::Problem;
use crate::settings::{self, ALLOWED_ORIGINS, SettingsError};

/// The origins whose pages may call, as browsers name them in `Origin`. None unless the deployment lists them: a page
/// that was loaded from elsewhere has no business with an agent's wrap-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// What browsers send from pages without an origin of their own, such as sandboxed frames and local files.
const OPAQUE: &str = "null";

/// The headers that are read here, beside those that every page may send. A page that sends more, such as those of its
/// tracing, may do so too: they are named after these.
const READ: &str = "Accept, Accept-Language, Authorization, Content-Encoding, Content-Type, traceparent, \
                    X-HTTP-Method-Override";

/// What a page may read of an answer, beside what every page may.
const EXPOSED: &str = "Accept-Encoding, Allow, Retry-After, WWW-Authenticate";

/// Seconds for which a browser need not ask again; Chromium takes no more than two hours.
const MAX_AGE: &str = "7200";

/// How a page's site relates to ours (Fetch Metadata). Browsers alone set it, and no page can.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl Origins {
    /// What `WRAPUP_ALLOWED_ORIGINS` lists, separated by commas; none where it is not set.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(settings::read(ALLOWED_ORIGINS, Self::parse)?.unwrap_or_default())
    }

    /// Reads a list of origins, separated by commas, such as `https://desk.example,http://localhost:3000`.
    pub fn parse(list: &str) -> Result<Self, Problem> {
        let named = list.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        named.map(|origin| normal(origin).ok_or_else(|| not_an_origin(origin))).collect::<Result<_, _>>().map(Self)
    }

    /// Whether pages of this origin may call; `null` only where it is listed.
    pub fn allows(&self, origin: &str) -> bool {
        normal(origin).is_some_and(|origin| self.0.contains(&origin))
    }

    /// Whether a browser says that another site's page has made a request, one whose origin is not allowed.
    pub(super) fn refuse(&self, headers: &HeaderMap) -> bool {
        let cross_site = headers.get_all(SEC_FETCH_SITE).iter().any(|site| site.as_bytes() == b"cross-site");
        cross_site && self.page(headers).is_none()
    }

    /// The origin of the page that makes a request, where that page may call.
    fn page<'h>(&self, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        origin.to_str().is_ok_and(|origin| self.allows(origin)).then_some(origin)
    }

    /// What stands in every answer to a page that may call, so that it may read the answer. It sends its credentials
    /// itself, in `Authorization`, and so needs none that a browser keeps.
    pub(super) fn share(&self, headers: &HeaderMap) -> Option<[(HeaderName, HeaderValue); 2]> {
        let page = self.page(headers)?.clone();
        Some([(ACCESS_CONTROL_ALLOW_ORIGIN, page), (ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED))])
    }

    /// What a page that may call hears before its first request: the path's methods, which are `allow`, and what it may
    /// send. No other page hears it.
    pub(super) fn preflight(&self, headers: &HeaderMap, allow: HeaderValue) -> Option<[(HeaderName, HeaderValue); 3]> {
        self.page(headers)?;
        let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|asked| asked.to_str().ok());
        let may_send = asked.map(|asked| HeaderValue::from_str(&format!("{READ}, {asked}")));
        let may_send = may_send.and_then(Result::ok).unwrap_or_else(|| HeaderValue::from_static(READ));
        Some([
            (ACCESS_CONTROL_ALLOW_METHODS, allow),
            (ACCESS_CONTROL_ALLOW_HEADERS, may_send),
            (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE)),
        ])
    }
}

/// Whether a browser asks, before a page's request, whether the page may make it.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn not_an_origin(text: &str) -> Problem {
    Problem::Rule(format!("has '{text}', which is no origin such as https://desk.example or http://localhost:3000"))
}

/// An origin as browsers write it: scheme and host in small letters, the port unless it is the scheme's own, and nothing
/// else.
fn normal(origin: &str) -> Option<String> {
    if origin == OPAQUE {
        return Some(origin.to_owned());
    }
    // A URL's path is never empty once it is parsed, so that of the text is looked at.
    let (scheme, rest) = origin.split_once("://")?;
    if rest.contains(['/', '?', '#', '@', '*']) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let uri: Uri = origin.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
    let port = match (rest.rsplit_once(':').filter(|(before, _)| before.len() == host.len()), uri.port_u16()) {
        (None, _) => None,
        (Some(_), None) => return None,
        (Some(_), port) => port,
    };
    let usual = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    Some(match port.filter(|port| Some(*port) != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_origins_are_allowed_however_they_are_written() {
        let origins = Origins::parse(" https://Desk.example:443 ,http://localhost:3000,, http://[::1]:8080");
        let origins = origins.unwrap_or_default();
        for origin in ["https://desk.example", "http://localhost:3000", "http://[::1]:8080"] {
            assert!(origins.allows(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "*",
            "https://desk.example:8443",
            "http://desk.example",
            "https://desk.example.evil.example",
            "https://evil-desk.example",
            "https://desk.example@evil.example",
            "https://desk.example/",
            "http://localhost",
            "http://localhost:30001",
        ] {
            assert!(!origins.allows(origin), "{origin}");
        }
        assert!(!Origins::default().allows("https://desk.example"));
        assert_eq!(Origins::parse("null").map(|origins| origins.allows("null")), Ok(true));
    }

    #[test]
    fn what_is_no_origin_cannot_be_listed() {
        for text in [
            "desk.example",
            "*",
            "https://*.example",
            "https://",
            "https://desk.example/",
            "https://desk.example/app",
            "https://desk.example?x",
            "https://user@desk.example",
            "https://desk.example:",
            "https://desk.example:99999",
            "https://desk.example:port",
            "https://desk example",
            "https://b\u{fc}ro.example",
            "https://one.example https://two.example",
        ] {
            assert_eq!(Origins::parse(&format!("https://ok.example,{text}")), Err(not_an_origin(text)), "{text}");
        }
    }
}
