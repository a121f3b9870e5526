//! The answers that all operations have in common.

use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::{Map, Value, json};

use super::{Form, Schemas};
use crate::api::describe::{Sample, edge_errors};
use crate::api::{BusinessError, Envelope, PlatformError, UnderResult};

/// A response with a body in both formats.
pub(super) fn response(description: &str, schema: &Value) -> Value {
    let content = json!({ "application/json": { "schema": schema }, "application/xml": { "schema": schema } });
    let header = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    let headers = json!({
        "Cache-Control": header("CacheControl"),
        "Vary": header("Vary"),
        "X-Content-Type-Options": header("ContentTypeOptions"),
    });
    json!({ "description": description, "headers": headers, "content": content })
}

/// The headers that all responses have.
pub(super) fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({ "description": description, "schema": schema });
    json!({
        "CacheControl": header("Wrap-ups are personal data, and change.", json!({ "const": "no-store" })),
        "Vary": header("What an answer depends on.", json!({ "type": "string" })),
        "ContentTypeOptions": header("An answer is what it says it is.", json!({ "const": "nosniff" })),
    })
}

/// The edge's own errors by their names.
pub(super) fn of_the_edge(schemas: &mut Schemas) -> Map<String, Value> {
    let schema = schemas.answer::<PlatformError<'static>>();
    let form = schemas.form();
    edge_errors().into_iter().map(|sample| (sample.name.to_owned(), edge_error(&schema, form, sample))).collect()
}

/// References to those of the edge's errors that an operation can meet, by their statuses.
pub(super) fn references(has_body: bool) -> impl Iterator<Item = (String, Value)> {
    edge_errors()
        .into_iter()
        .filter(move |sample| has_body || !sample.needs_body)
        .map(|sample| (sample.status.to_string(), json!({ "$ref": format!("#/components/responses/{}", sample.name) })))
}

fn edge_error(schema: &Value, form: Form, sample: Sample) -> Value {
    let mut response = response(&sample.when, schema);
    for (name, value) in &sample.headers {
        if [CONTENT_TYPE, CACHE_CONTROL, VARY, X_CONTENT_TYPE_OPTIONS].contains(name) {
            continue;
        }
        let value = value.to_str().unwrap_or_default();
        let header = json!({ "required": true, "schema": { "type": "string" }, "example": value });
        response["headers"][name_in_prose(name)] = header;
    }
    // Linters hold an example in XML against the schema as if it were JSON.
    response["content"]["application/xml"]["example"] = match form {
        Form::Plain => sample.json.clone(),
        Form::Strict => sample.xml.into(),
    };
    response["content"]["application/json"]["example"] = sample.json;
    response
}

/// A request that breaks rules, or that cannot be read at all.
pub(super) fn bad_request(schemas: &mut Schemas, envelope: Envelope, has_body: bool) -> Value {
    let name = match envelope {
        Envelope::Plain => "BadRequest",
        Envelope::Result => "BadCodeRequest",
    };
    let either = [business_error(schemas, envelope), schemas.answer::<PlatformError<'static>>()];
    let schema = schemas.either(name, either);
    let description = if has_body {
        "Fields are wrong, and the message names each by its path; or what is stored stands against the request; or the \
         body does not parse, or a header or the query cannot be read."
    } else {
        "A parameter is wrong, and the message names each one that is; or a header or the query cannot be read."
    };
    response(description, &schema)
}

/// An unknown record.
pub(super) fn not_found(schemas: &mut Schemas, envelope: Envelope, description: &str) -> Value {
    let schema = business_error(schemas, envelope);
    response(description, &schema)
}

fn business_error(schemas: &mut Schemas, envelope: Envelope) -> Value {
    match envelope {
        Envelope::Plain => schemas.answer::<BusinessError<'static>>(),
        Envelope::Result => schemas.answer::<UnderResult<'static>>(),
    }
}

/// A header's name as people write it.
fn name_in_prose(name: &HeaderName) -> &str {
    match *name {
        RETRY_AFTER => "Retry-After",
        WWW_AUTHENTICATE => "WWW-Authenticate",
        _ => name.as_str(),
    }
}
