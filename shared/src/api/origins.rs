//! Which web pages may call.

use lambda_http::http::Uri;
use lambda_http::http::header::{HeaderMap, HeaderName, ORIGIN};

use crate::document::Problem;
use crate::settings::{self, ALLOWED_ORIGINS, SettingsError};

/// The origins whose pages may call, as browsers name them in `Origin`. None unless the deployment lists them: a page
/// that was loaded from elsewhere has no business with an agent's wrap-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// What browsers send from pages without an origin of their own, such as sandboxed frames and local files.
const OPAQUE: &str = "null";

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
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().and_then(|origin| origin.to_str().ok());
        let allowed = origin.is_some_and(|origin| self.allows(origin)) && origins.next().is_none();
        cross_site && !allowed
    }
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
