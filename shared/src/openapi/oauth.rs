//! OAuth's part of the document: how tokens are fetched, and what they are for.

use serde_json::{Map, Value, json};

use super::{Form, Schemas};
use crate::api::TOKEN_PATH;
use crate::api::describe::{TokenFailed, Tokens};

/// The scheme's name.
pub(super) const SCHEME: &str = "oauth2";

/// The only scope that there is.
pub(super) const SCOPE: &str = "useraccount";

/// The scheme by which clients use tokens.
pub(super) fn scheme() -> Value {
    let flow = json!({
        "tokenUrl": TOKEN_PATH,
        "refreshUrl": TOKEN_PATH,
        "scopes": { SCOPE: "All that the user may do." },
    });
    json!({
        "type": "oauth2",
        "description": "An access token, of a client that a user with the operation's role has let in, or that belongs \
            to one.",
        "flows": { "password": flow, "clientCredentials": flow },
    })
}

/// Where tokens are fetched: the path, which stands beside the API's at `server`, and what can be done there.
pub(super) fn token_path(server: &str, schemas: &mut Schemas) -> (String, Map<String, Value>) {
    let form = |required: &[&str], more: Value| {
        let mut properties = json!({
            "client_id": { "type": "string", "description": "The client's id; by HTTP Basic it may be left out." },
            "client_secret": { "type": "string", "description": "The client's secret; with HTTP Basic it is left out." },
        });
        if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
            properties.extend(more);
        }
        json!({ "type": "object", "required": required, "properties": properties })
    };
    let grant_type = |name: &str| json!({ "type": "string", "enum": [name], "description": "On what grounds." });
    let text = |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    let forms = [
        form(
            &["grant_type", "username", "password"],
            json!({
                "grant_type": grant_type("password"),
                "username": text("The user who signs in."),
                "password": text("The user's password or generated secret."),
            }),
        ),
        form(&["grant_type"], json!({ "grant_type": grant_type("client_credentials") })),
        form(
            &["grant_type", "refresh_token"],
            json!({
                "grant_type": grant_type("refresh_token"),
                "refresh_token": text("What was got by `password`."),
            }),
        ),
    ];
    let form = match schemas.form() {
        Form::Plain => schemas.as_one("TokenRequest", "A request for tokens, by one of the grants.", &forms),
        Form::Strict => json!({ "oneOf": forms }),
    };
    let failed = schemas.answer::<TokenFailed<'static>>();
    let tokens = schemas.answer::<Tokens<'static>>();
    let answer = |description: &str, schema: &Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
    let later = |description: &str| {
        let mut answer = answer(description, &failed);
        answer["headers"] =
            json!({ "Retry-After": { "required": true, "schema": { "type": "string" }, "example": "1" } });
        answer
    };
    let operation = json!({
        "operationId": "fetchToken",
        "servers": [{ "url": server }],
        "tags": [TAG],
        "summary": "Fetch tokens",
        "description": "RFC 6749, at the platform's path. A client proves itself by its id and secret in the form, or by \
            HTTP Basic.",
        "security": [{}],
        "requestBody": { "required": true, "content": {
            "application/x-www-form-urlencoded": { "schema": form },
        } },
        "responses": {
            "200": answer("Tokens.", &tokens),
            "400": answer("`invalid_request`, `invalid_grant`, `unauthorized_client` or `unsupported_grant_type`.", &failed),
            "401": answer("`invalid_client`: the client is unknown or disabled, or its secret is wrong.", &failed),
            "408": answer("The body does not arrive in time.", &failed),
            "413": answer("The body is too large.", &failed),
            "429": later("Too many sign-ins wait to be checked."),
            "500": answer("An unexpected error; the log has its cause.", &failed),
            "503": later("DynamoDB, or what keeps the keys, stays throttled or does not answer in time."),
        },
    });
    (TOKEN_PATH.to_owned(), Map::from_iter([("post".to_owned(), operation)]))
}

/// What the operation is about.
pub(super) const TAG: &str = "Sign-in";
