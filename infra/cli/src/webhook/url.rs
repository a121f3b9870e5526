use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// Where a receiver of events is. What is shown of it has no query, which may hold a receiver's key.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Uri);

/// Why a text is no receiver's URL. The text is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    /// It is no URL, of another scheme, or has no host.
    #[error("has to be a URL such as https://desk.example/wrap-ups, or one with http:// and a host")]
    NoUrl,
    /// It has a user's name or password in it.
    #[error("must have no user name or password in it: take a receiver that checks a key in the query, or none")]
    Credentials,
}

impl WebhookUrl {
    /// All of it, for requests and for what is kept.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        let uri: Uri = text.trim().parse().map_err(|_| WebhookUrlError::NoUrl)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(WebhookUrlError::NoUrl);
        };
        if authority.as_str().contains('@') {
            return Err(WebhookUrlError::Credentials);
        }
        let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let is_whole = authority.as_str().strip_prefix(authority.host()).is_some_and(|behind| behind == port);
        if is_whole && !authority.host().is_empty() { Ok(Self(uri)) } else { Err(WebhookUrlError::NoUrl) }
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        write!(f, "{}://{authority}{}", self.0.scheme_str().unwrap_or_default(), self.0.path())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_receivers_url_is_refused() {
        for text in [
            "",
            "desk",
            "/wrap-ups",
            "desk.example",
            "ftp://desk.example/",
            "https://",
            "http:///path",
            "http://:80/",
            "http://h:99999/",
        ] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(WebhookUrlError::NoUrl), "{text}");
        }
        for text in ["https://anna:secret@desk.example/", "http://anna@desk.example", "http://@desk.example"] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(WebhookUrlError::Credentials), "{text}");
        }
    }

    #[test]
    fn what_is_shown_of_a_url_has_no_query() -> Result<(), WebhookUrlError> {
        for (text, shown) in [
            ("https://desk.example", "https://desk.example/"),
            ("http://127.0.0.1:9000/wrap-ups?key=secret", "http://127.0.0.1:9000/wrap-ups"),
            ("http://[::1]:9000/a/b", "http://[::1]:9000/a/b"),
        ] {
            let url: WebhookUrl = text.parse()?;
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), format!("WebhookUrl({shown})")));
        }
        assert_eq!("http://desk.example/?key=1".parse::<WebhookUrl>()?.uri().query(), Some("key=1"));
        Ok(())
    }
}
