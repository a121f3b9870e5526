use std::net::IpAddr;

use serde_json::Value;

use super::Credentials;

/// What API Gateway asks an authorizer of type REQUEST, as JSON: whatever a caller has put into headers, query or path
/// is in it somewhere, so nothing but what is needed is read, and none of that has to be there.
pub struct AuthorizerRequest<'a>(pub &'a Value);

impl<'a> AuthorizerRequest<'a> {
    /// The request's credentials, if it has one `Authorization` header. Two of them prove nothing: API Gateway may have
    /// cached a verdict on the other one.
    pub fn credentials(&self) -> Option<Credentials> {
        let lists = self.headers("/multiValueHeaders").flat_map(|value| match value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        });
        let mut values: Vec<&Value> = lists.collect();
        if values.is_empty() {
            values = self.headers("/headers").collect();
        }
        match values[..] {
            [value] => Credentials::from_header(value.as_str()?),
            _ => None,
        }
    }

    /// The address that the caller has towards API Gateway.
    pub fn source(&self) -> Option<IpAddr> {
        self.text("/requestContext/identity/sourceIp")?.parse().ok()
    }

    /// API Gateway's id of the request.
    pub fn api_request_id(&self) -> Option<&'a str> {
        self.text("/requestContext/requestId")
    }

    /// ARN of the method that is called.
    pub fn method_arn(&self) -> &'a str {
        self.text("/methodArn").unwrap_or_default()
    }

    fn text(&self, path: &str) -> Option<&'a str> {
        self.0.pointer(path).and_then(Value::as_str)
    }

    /// All values of `Authorization`, which is written in any case.
    fn headers(&self, path: &str) -> impl Iterator<Item = &'a Value> {
        let headers = self.0.pointer(path).and_then(Value::as_object);
        let headers = headers.into_iter().flatten().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        headers.map(|(_, value)| value)
    }
}
