//! What of an exchange nobody sees: credentials. Everything else is as it was sent.

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What stands in place of a secret.
pub const HIDDEN: &str = "(hidden)";

/// Headers whose value is a credential, beside those that are called like one.
const SECRET_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Parts of names that credentials have.
const SECRET_WORDS: [&str; 7] = ["secret", "password", "passwd", "token", "api-key", "apikey", "api_key"];

/// Fields of a token request that are none. What is called otherwise may be a secret that stands in the wrong place.
const OPEN_FIELDS: [&str; 4] = ["grant_type", "client_id", "username", "scope"];

/// Fields of a token's answer that are none.
const OPEN_ANSWER: [&str; 5] = ["token_type", "expires_in", "scope", "error", "error_description"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Headers as they are shown. Of `Authorization` its scheme stays.
pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let name = name.as_str();
        let shown = match name {
            "authorization" => {
                let scheme = value.trim_start().split(' ').next().unwrap_or_default();
                let known = ["Basic", "Bearer"].into_iter().find(|known| known.eq_ignore_ascii_case(scheme));
                known.map_or_else(|| HIDDEN.to_owned(), |scheme| format!("{scheme} {HIDDEN}"))
            }
            name if SECRET_HEADERS.contains(&name) || is_secret(name) => HIDDEN.to_owned(),
            _ => value.into_owned(),
        };
        (name.to_owned(), shown)
    };
    headers.iter().map(shown).collect()
}

fn pairs(text: &str, shows: impl Fn(&str) -> bool) -> String {
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if !shows(&percent_decode_str(name).decode_utf8_lossy()) => format!("{name}={HIDDEN}"),
        // Without a name, it may be a secret itself.
        None if !shows(pair) => HIDDEN.to_owned(),
        _ => pair.to_owned(),
    };
    text.split('&').map(shown).collect::<Vec<_>>().join("&")
}

/// A query as it is shown.
pub fn query(text: &str) -> String {
    pairs(text, |name| !is_secret(name))
}

/// A token request as it is shown.
pub fn form(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    pairs(text, |name| OPEN_FIELDS.contains(&name))
}

/// The answer to a token request as it is shown. One that is no object, or was cut, is not.
pub fn token_answer(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else { return HIDDEN.to_owned() };
    for (name, value) in &mut fields {
        // The platform's own errors are an object.
        if !OPEN_ANSWER.contains(&name.as_str()) && (value.is_string() || is_secret(name)) {
            *value = HIDDEN.into();
        }
    }
    Value::Object(fields).to_string()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_hidden_wherever_they_stand() {
        let mut sent = HeaderMap::new();
        for (name, value) in [
            ("authorization", "basic s3cret"),
            ("x-api-key", "s3cret"),
            ("cookie", "id=s3cret"),
            ("x-auth-token", "s3cret"),
            ("accept", "text/xml"),
        ] {
            sent.insert(name, HeaderValue::from_static(value));
        }
        sent.append("authorization", HeaderValue::from_static("s3cret"));
        let shown = headers(&sent);
        assert!(shown.contains(&("authorization".to_owned(), "Basic (hidden)".to_owned())), "{shown:?}");
        assert!(shown.contains(&("accept".to_owned(), "text/xml".to_owned())), "{shown:?}");
        let form =
            form("grant_type=password&username=jane&password=s3cret&client%5Fsecret=s3cret&s3cret&client_secre=s3cret");
        let answer = token_answer(r#"{"access_token":"s3cret","refresh_token":"s3cret","expires_in":1800}"#);
        let query = query("limit=5&access_token=s3cret&client%5Fsecret=s3cret");
        let cut = token_answer(r#"{"access_token":"s3cr"#);
        for text in [format!("{shown:?}"), form.clone(), answer.clone(), query.clone(), cut] {
            assert!(!text.contains("s3cr"), "{text}");
        }
        assert!(form.starts_with("grant_type=password&username=jane&password=(hidden)&"), "{form}");
        assert!(answer.contains(r#""expires_in":1800"#), "{answer}");
        assert!(query.starts_with("limit=5&"), "{query}");
    }
}
