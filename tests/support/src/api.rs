use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use crate::{Http, as_xml, xml_to_json};

/// A client of the API, as a CCaaS system has one.
#[derive(Clone)]
pub struct Api {
    client: Http,
    base: String,
    user: String,
    password: String,
}

/// A call that has not been sent.
pub struct Call {
    client: Http,
    request: Request<Full<Bytes>>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Api {
    /// The API at `http://host:port`, as the demo user calls it.
    pub fn new(base: &str) -> Self {
        Self {
            client: Http::new(),
            base: base.to_owned(),
            user: "username".to_owned(),
            password: "password".to_owned(),
        }
    }

    /// The same from another address of this machine.
    pub fn from_address(&self, address: IpAddr) -> Self {
        Self { client: Http::from_address(address), ..self.clone() }
    }

    /// The same as another user.
    pub fn with_user(&self, user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), ..self.clone() }
    }

    /// `http://host:port`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A call to `/api/now/v1/wrapup/` and `path`.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.raw(method, &format!("/api/now/v1/wrapup/{path}")).basic_auth(&self.user, &self.password)
    }

    /// A call to any path, without credentials. What no URL may hold is written as `%xx`.
    pub fn raw(&self, method: Method, path: &str) -> Call {
        let url = format!("{}{}", self.base, encoded(path));
        let request = Request::builder().method(method).uri(url).body(Full::default()).expect("a URL");
        Call { client: self.client.clone(), request }
    }

    /// GET of a path that a URL library would tidy up, such as one with `..` in it: as the demo user,
    /// byte for byte.
    pub fn get_untidied(&self, path: &str) -> Reply {
        let address = self.base.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(address).expect("a connection");
        // The base64 of username:password.
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("the request can be sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
        let (head, body) = (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec());
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let headers = head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        });
        Reply { status, headers: headers.collect(), body }
    }

    /// GET, JSON.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).send().await
    }

    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::POST, path).json(body).send().await
    }

    /// PUT of a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::PUT, path).json(body).send().await
    }
}

impl Call {
    /// Adds a header, beside those of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.request.headers_mut().append(name, HeaderValue::try_from(value).expect("a header's value"));
        self
    }

    /// Asks for XML.
    pub fn accept_xml(self) -> Self {
        self.header(ACCEPT.as_str(), "application/xml")
    }

    /// With credentials.
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        self.header(AUTHORIZATION.as_str(), &format!("Basic {credentials}"))
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With an XML body.
    pub fn xml(self, body: &str) -> Self {
        self.body("application/xml", body.to_owned())
    }

    /// With a body of any type.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.header(CONTENT_TYPE.as_str(), content_type).untyped_body(body)
    }

    /// With a body and no `Content-Type`.
    pub fn untyped_body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::new(body.into());
        self
    }

    /// Sends it; unless the test says what it accepts, as one who accepts anything.
    pub async fn send(mut self) -> Reply {
        self.request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        self.client.send(self.request).await.into()
    }

    /// The same, where no answer may come: none where none does, or not a whole one.
    pub async fn try_send(mut self) -> Option<Reply> {
        self.request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        self.client.try_send(self.request).await.map(Reply::from)
    }
}

impl From<Response<Bytes>> for Reply {
    fn from(response: Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body: body.to_vec() }
    }
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// A header's value; `""` where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text header"))
    }

    /// The type of the body, which has to come with its encoding.
    #[track_caller]
    pub fn media_type(&self) -> &str {
        let content_type = self.header("content-type");
        content_type.strip_suffix("; charset=UTF-8").unwrap_or_else(|| panic!("without its encoding: {content_type}"))
    }

    /// The JSON body, with the status that it has to have.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.media_type(), "application/json");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The XML body as the JSON it stands for (all leaves text), with the status that it has to have.
    #[track_caller]
    pub fn expect_xml(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.media_type(), "application/xml");
        xml_to_json(self.text())
    }

    /// The message and the detail of a platform error, in either format; the body has to be that and
    /// nothing else.
    #[track_caller]
    pub fn platform_error(&self, status: u16) -> (String, String) {
        let body = self.leaves(status);
        let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
        let (message, detail) = (text("message"), text("detail"));
        assert!(!message.is_empty() && !detail.is_empty(), "{body}");
        assert_eq!(body, json!({ "error": { "message": message, "detail": detail }, "status": "failure" }));
        (message, detail)
    }

    /// The message of a segment endpoint's business error, in either format; the body has to be that
    /// and nothing else.
    #[track_caller]
    pub fn segment_error(&self, status: u16) -> String {
        let body = self.leaves(status);
        let message = body["message"].as_str().unwrap_or_default().to_owned();
        assert!(!message.is_empty(), "{body}");
        assert_eq!(body, json!({ "success": "false", "message": message }));
        message
    }

    /// The message of a code endpoint's business error, in either format; the body has to be that and
    /// nothing else.
    #[track_caller]
    pub fn code_error(&self, status: u16) -> String {
        let body = self.leaves(status);
        let message = body["result"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(!message.is_empty(), "{body}");
        assert_eq!(body, json!({ "result": { "success": "false", "message": message } }));
        message
    }

    /// The body in either format, its leaves as text. In JSON `success` has to be a boolean all the same.
    #[track_caller]
    fn leaves(&self, status: u16) -> Value {
        if self.media_type() != "application/json" {
            return self.expect_xml(status);
        }
        let body = self.expect(status);
        for success in [&body["success"], &body["result"]["success"]] {
            assert!(success.is_null() || success.is_boolean(), "{body}");
        }
        as_xml(&body)
    }
}

/// A path and query as a URL library writes them: `%xx` for each byte that no URL may hold as it is.
fn encoded(path: &str) -> String {
    let bytes = path.bytes().map(|byte| match byte {
        0..=b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x7f.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    });
    bytes.collect()
}
