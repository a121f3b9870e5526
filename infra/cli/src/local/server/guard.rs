//! Whom a local server answers: programs of this machine, and pages that are meant to call it. A page of any other site
//! that is open in a browser here reaches loopback too, by its own requests or by a name of its own that leads here.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Version};
use wrapup::api::Origins;

use super::refusal::HttpRefusal;

/// Where a browser says a request comes from. A page cannot leave it out or change it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The port that an `http` URL means where it names none.
const HTTP_PORT: u16 = 80;

/// What is looked at before anything of a request but its head is read.
#[derive(Clone, Debug)]
pub struct Guard {
    port: u16,
    pages: Option<Origins>,
}

impl Guard {
    /// For a server on this port that pages of these origins may call, beside those that it serves itself.
    pub fn for_pages(port: u16, origins: Origins) -> Self {
        Self { port, pages: Some(origins) }
    }

    /// For a server on this port that only programs call.
    pub fn for_programs(port: u16) -> Self {
        Self { port, pages: None }
    }

    /// Whether a request may go on.
    pub fn admit(&self, head: &Parts) -> Result<(), HttpRefusal> {
        self.host(head)?;
        let origin = self.origin(&head.headers)?;
        let from_elsewhere =
            head.headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none");
        // Whoever follows a link comes from elsewhere and only reads. An allowed page comes from elsewhere and says
        // which it is. Where only programs call, even a GET may change something: it takes an invocation.
        let may = match &self.pages {
            Some(_) => origin == Page::Allowed || head.method.is_safe(),
            None => false,
        };
        if from_elsewhere && !may { Err(HttpRefusal::FromElsewhere) } else { Ok(()) }
    }

    /// A name that leads here without being one of ours is how a page of another site makes itself one of this
    /// server's own (DNS rebinding).
    fn host(&self, head: &Parts) -> Result<(), HttpRefusal> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().map_err(|_| HttpRefusal::MalformedHost)?,
            (Some(_), Some(_)) => return Err(HttpRefusal::MalformedHost),
            (None, _) if head.version == Version::HTTP_11 => return Err(HttpRefusal::NoHost),
            (None, _) => return Err(self.misdirected()),
        };
        let named = [Some(host), head.uri.authority().map(|authority| authority.as_str())];
        for authority in named.into_iter().flatten() {
            if !self.is_here(authority).ok_or(HttpRefusal::MalformedHost)? {
                return Err(self.misdirected());
            }
        }
        match head.uri.scheme_str() {
            None | Some("http") => Ok(()),
            Some(_) => Err(self.misdirected()),
        }
    }

    fn misdirected(&self) -> HttpRefusal {
        HttpRefusal::Misdirected { port: self.port }
    }

    fn origin(&self, headers: &HeaderMap) -> Result<Page, HttpRefusal> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else { return Ok(Page::None) };
        let origin = Some(origin).filter(|_| origins.next().is_none()).map(HeaderValue::to_str);
        let Some(Ok(origin)) = origin else { return Err(HttpRefusal::ForeignOrigin) };
        if origin.strip_prefix("http://").and_then(|authority| self.is_here(authority)) == Some(true) {
            return Ok(Page::Own);
        }
        match &self.pages {
            Some(origins) if origins.allows(origin) => Ok(Page::Allowed),
            _ => Err(HttpRefusal::ForeignOrigin),
        }
    }

    /// Whether this names loopback with our port; `None` where it is no host and port at all, or has a user in it.
    /// Only names that no name server is asked for: a name below `localhost` may be.
    fn is_here(&self, authority: &str) -> Option<bool> {
        let (loopback, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                (address.parse::<Ipv6Addr>().ok()?.is_loopback(), port)
            }
            None => {
                let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
                if name.is_empty()
                    || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte))
                {
                    return None;
                }
                let address = name.parse::<Ipv4Addr>();
                (name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()), port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => HTTP_PORT,
            None => return None,
            Some("") => HTTP_PORT,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        Some(loopback && port == self.port)
    }
}

/// What a request says of the page that it comes from.
#[derive(PartialEq, Eq)]
enum Page {
    None,
    Own,
    Allowed,
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    /// The status of a request to `guard`; 200 where it may go on. Each line is `name: value`.
    fn status(guard: &Guard, method: &str, target: &str, version: Version, lines: &[&str]) -> u16 {
        let mut request = Request::builder().method(method).uri(target).version(version);
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            request = request.header(name, value);
        }
        let admitted = request.body(()).map(|request| guard.admit(&request.into_parts().0));
        // What is no request at all has no status.
        admitted.map_or(0, |admitted| admitted.map_or_else(|refusal| refusal.status().as_u16(), |()| 200))
    }

    fn by_host(port: u16, host: &str) -> u16 {
        status(&Guard::for_programs(port), "GET", "/", Version::HTTP_11, &[&format!("Host: {host}")])
    }

    #[test]
    fn only_loopback_with_the_servers_own_port_is_here() {
        for host in
            ["127.0.0.1:8000", "localhost:8000", "LocalHost:8000", "127.9.8.7:8000", "[::1]:8000", "[0:0::1]:8000"]
        {
            assert_eq!(by_host(8000, host), 200, "{host}");
        }
        for host in [
            "127.0.0.1",
            "localhost",
            "localhost:",
            "127.0.0.1:80",
            "127.0.0.1:8001",
            "rebound.example:8000",
            "rebound.example",
            "localhost.rebound.example:8000",
            "a.localhost:8000",
            "localhost.:8000",
            "127.0.0.1.rebound.example:8000",
            "0.0.0.0:8000",
            "[::]:8000",
            "[::ffff:127.0.0.1]:8000",
            "192.168.0.1:8000",
            "127.1:8000",
            "2130706433:8000",
            "0x7f.0.0.1:8000",
            "0177.0.0.1:8000",
            "127.0.0.1:08001",
            "local%68ost:8000",
        ] {
            assert_eq!(by_host(8000, host), 421, "{host}");
        }
        for host in [
            "",
            ":8000",
            "user@127.0.0.1:8000",
            "127.0.0.1:8000:8000",
            "::1:8000",
            "[::1:8000",
            "[::1]8000",
            "[localhost]:8000",
            "127.0.0.1:+8000",
            "127.0.0.1:99999",
            "127.0.0.1:8000/",
            "127.0.0.1:8000, x",
            "a b:8000",
            "127.0.0.1:8000#",
        ] {
            assert_eq!(by_host(8000, host), 400, "{host}");
        }
        // A URL's own port is left out.
        for (host, expected) in
            [("127.0.0.1", 200), ("localhost:", 200), ("localhost:80", 200), ("localhost:8000", 421)]
        {
            assert_eq!(by_host(80, host), expected, "{host}");
        }
    }

    #[test]
    fn a_host_is_named_once_and_not_otherwise_in_the_target() {
        let guard = Guard::for_programs(8000);
        let ours = "Host: 127.0.0.1:8000";
        for (version, target, lines, expected) in [
            (Version::HTTP_11, "/", &[][..], 400),
            (Version::HTTP_10, "/", &[], 421),
            (Version::HTTP_10, "/", &[ours], 200),
            (Version::HTTP_11, "/", &[ours, ours], 400),
            (Version::HTTP_11, "/", &[ours, "Host: rebound.example"], 400),
            (Version::HTTP_11, "http://localhost:8000/", &[ours], 200),
            (Version::HTTP_11, "http://localhost:8000/", &[], 400),
            (Version::HTTP_11, "http://localhost:8000/", &["Host: rebound.example"], 421),
            (Version::HTTP_11, "http://rebound.example:8000/", &[ours], 421),
            (Version::HTTP_11, "http://localhost/", &[ours], 421),
            (Version::HTTP_11, "https://localhost:8000/", &[ours], 421),
            (Version::HTTP_11, "http://user@localhost:8000/", &[ours], 400),
        ] {
            assert_eq!(status(&guard, "GET", target, version, lines), expected, "{version:?} {target} {lines:?}");
        }
        assert_eq!(status(&guard, "CONNECT", "rebound.example:443", Version::HTTP_11, &[ours]), 421);
        assert_eq!(status(&guard, "OPTIONS", "*", Version::HTTP_11, &[ours]), 200);
    }
}
