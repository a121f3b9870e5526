use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::{Context, Request};
use serde_json::{Map, Value, json};

/// An HTTP request as API Gateway or a function URL hands it to a function.
#[derive(Clone, Debug)]
pub struct Event {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    base64: bool,
    authorizer: Option<Value>,
    resource: &'static str,
}

/// The request id that every event comes with.
const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

impl Event {
    /// The Lambda request id of every event.
    pub const REQUEST_ID: &str = REQUEST_ID;

    /// GET of a path below `/api/now/v1/wrapup/`, as it stands in the URL.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// POST.
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// PUT; a query may stand behind the path.
    pub fn put(path: &str) -> Self {
        Self::new("PUT", path)
    }

    /// A form that is posted to where tokens are fetched.
    pub fn token(fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let event = Self::post("").body("application/x-www-form-urlencoded", &form);
        event.at("/oauth_token.do").through("/oauth_token.do").unvouched()
    }

    fn new(method: &'static str, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: format!("/api/now/v1/wrapup/{path}"),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: vec![("Accept".to_owned(), "application/json".to_owned())],
            body: None,
            base64: false,
            authorizer: Some(json!({"wrapup_user": "integrator", "principalId": "integrator"})),
            resource: "/{proxy+}",
        }
    }

    /// With a body, and the type it is said to have.
    #[must_use]
    pub fn body(self, content_type: &str, body: &str) -> Self {
        Self { body: Some(body.as_bytes().to_vec()), ..self }.header("Content-Type", content_type)
    }

    /// With a body that need not be text, which API Gateway hands on in Base64.
    #[must_use]
    pub fn bytes(self, content_type: &str, body: &[u8]) -> Self {
        Self { body: Some(body.to_vec()), base64: true, ..self }.header("Content-Type", content_type)
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", &body.to_string())
    }

    /// With the body in Base64, as API Gateway does for media types that are configured as binary.
    #[must_use]
    pub fn in_base64(self) -> Self {
        Self { base64: true, ..self }
    }

    /// With one more header, in place of one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With what the authorizer has handed on.
    #[must_use]
    pub fn authorizer(self, context: Value) -> Self {
        Self { authorizer: Some(context), ..self }
    }

    /// Without an authorizer in front.
    #[must_use]
    pub fn unvouched(self) -> Self {
        Self { authorizer: None, ..self }
    }

    /// The request as whatever is in front hands it on: a REST API with its authorizer, or else a function URL.
    pub fn as_it_comes(&self) -> Request {
        if self.authorizer.is_some() { self.rest() } else { self.function_url() }
    }

    /// With HTTP Basic credentials.
    #[must_use]
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        self.header("Authorization", &format!("Basic {encoded}"))
    }

    /// With an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Under the base path of a custom domain.
    #[must_use]
    pub fn below(self, base_path: &str) -> Self {
        Self { path: format!("{base_path}{}", self.path), ..self }
    }

    /// Called by a path that is not below `/api/now/v1/wrapup/`.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// With another method.
    #[must_use]
    pub fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// By this resource of the REST API, in place of one that is a proxy for every path.
    #[must_use]
    pub fn through(self, resource: &'static str) -> Self {
        Self { resource, ..self }
    }

    /// The event of a REST API's proxy integration.
    pub fn rest(&self) -> Request {
        received(&self.rest_json())
    }

    /// The same as it is written.
    pub fn rest_json(&self) -> Value {
        json!({
            "resource": self.resource,
            "path": self.path,
            "httpMethod": self.method,
            "headers": self.headers(),
            "multiValueHeaders": multi_value(&self.headers),
            "queryStringParameters": (!self.query.is_empty()).then(|| single_value(&self.query)),
            "multiValueQueryStringParameters": (!self.query.is_empty()).then(|| multi_value(&self.query)),
            "pathParameters": {"proxy": self.path.trim_start_matches('/')},
            "stageVariables": null,
            "requestContext": self.rest_context(),
            "body": self.written_body(),
            "isBase64Encoded": self.base64,
        })
    }

    fn rest_context(&self) -> Value {
        let mut context = json!({
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "httpMethod": self.method,
            "identity": {
                "accessKey": null, "accountId": null, "caller": null, "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null, "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                "principalOrgId": null, "sourceIp": "192.0.2.1", "user": null, "userAgent": "curl/8.5.0", "userArn": null,
            },
            "path": format!("/prod{}", self.path),
            "protocol": "HTTP/1.1",
            "requestId": "7c1f7b2e-0000-4000-8000-000000000001",
            "requestTime": "16/Sep/2024:18:00:00 +0000",
            "requestTimeEpoch": 1_726_509_600_000_u64,
            "resourceId": "1f2g3h",
            "resourcePath": self.resource,
            "stage": "prod",
        });
        if let Some(authorizer) = &self.authorizer {
            context["authorizer"] = authorizer.clone();
        }
        context
    }

    /// The event of a function URL, which is that of an HTTP API too. It can carry what a Lambda
    /// authorizer of an HTTP API would hand on.
    pub fn function_url(&self) -> Request {
        received(&self.function_url_json())
    }

    /// The same as it is written.
    pub fn function_url_json(&self) -> Value {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        let mut context = json!({
            "accountId": "anonymous",
            "apiId": "furl1234567890",
            "domainName": "furl1234567890.lambda-url.us-east-1.on.aws",
            "domainPrefix": "furl1234567890",
            "http": {
                "method": self.method, "path": self.path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "7c1f7b2e-0000-4000-8000-000000000002",
            "routeKey": "$default",
            "stage": "$default",
            "time": "16/Sep/2024:18:00:00 +0000",
            "timeEpoch": 1_726_509_600_000_u64,
        });
        if let Some(authorizer) = &self.authorizer {
            context["authorizer"] = json!({"lambda": authorizer});
        }
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!(value))).collect();
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": context,
            "body": self.written_body(),
            "isBase64Encoded": self.base64,
        })
    }

    fn headers(&self) -> Map<String, Value> {
        single_value(&self.headers)
    }

    fn written_body(&self) -> Option<String> {
        self.body.as_ref().map(|body| match self.base64 {
            true => STANDARD.encode(body),
            // As API Gateway does where it is not told that the body is binary.
            false => String::from_utf8_lossy(body).into_owned(),
        })
    }
}

/// Where a name stands more than once, the last value.
fn single_value(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

fn multi_value(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        if let Value::Array(values) = all.entry(name.clone()).or_insert_with(|| json!([])) {
            values.push(json!(value));
        }
    }
    all
}

/// The event as a function reads it.
fn received(event: &Value) -> Request {
    let event: wrapup::api::Event = serde_json::from_str(&event.to_string()).expect("JSON");
    let (head, body) = event.into_request(context()).expect("an HTTP request");
    head.map(|()| body)
}

/// The context of every event.
fn context() -> Context {
    let mut context = Context::default();
    REQUEST_ID.clone_into(&mut context.request_id);
    context
}
