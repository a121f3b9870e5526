//! Which method a request means. Proxies that let GET and POST through alone, and clients that know no other, say it in
//! a header of a POST.

use lambda_http::http::header::{HeaderMap, HeaderName};
use lambda_http::http::{HeaderValue, Method};

use super::event::Unreadable;

/// The header that names another method than POST.
pub(super) const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The method that a request means: of a POST what `X-HTTP-Method-Override` names, in any case. On another method the
/// header says nothing, so that no link and no image changes anything. Whether the path serves it is for the router.
///
/// # Errors
/// The header stands there twice, or names no method.
pub fn meant(sent: &Method, headers: &HeaderMap) -> Result<Method, Unreadable> {
    let mut named = headers.get_all(METHOD_OVERRIDE).iter();
    match (named.next(), named.next()) {
        (Some(name), None) if sent == Method::POST => read(name).ok_or(Unreadable::MethodOverride),
        (Some(_), Some(_)) if sent == Method::POST => Err(Unreadable::MethodOverride),
        _ => Ok(sent.clone()),
    }
}

fn read(name: &HeaderValue) -> Option<Method> {
    let name = name.to_str().ok()?.trim().to_ascii_uppercase();
    Method::from_bytes(name.as_bytes()).ok()
}
