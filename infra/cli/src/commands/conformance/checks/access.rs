//! Paths, methods and credentials.

use hyper::Method;
use serde_json::json;

use super::{NOTHING, close, open, platform_error, refusal};
use crate::commands::conformance::check::{Caller, Check, Step, addition, get, post, put, reference};

pub fn checks() -> Vec<Check> {
    let code = || get(format!("code/{NOTHING}"));
    let not_authenticated = json!({
        "error": { "message": "User Not Authenticated", "detail": "Required to provide Auth information" },
        "status": "failure"
    });
    let mut checks = vec![
        reference("no credentials are 401").then(code().by(Caller::Nobody).has_status(&[401])),
        reference("credentials of a stranger are 401").then(code().by(Caller::Stranger).has_status(&[401])),
        reference("what changes something wants credentials too")
            .then(post("code", json!({ "codes": [{ "code": "{id}" }] })).by(Caller::Nobody).has_status(&[401]))
            .then(post("segment/create", json!({})).by(Caller::Nobody).has_status(&[401]))
            .then(put("segment/update?segment_sys_id={id}", json!({})).by(Caller::Nobody).has_status(&[401]))
            .then(put("segment/update/ai", json!({})).by(Caller::Nobody).has_status(&[401])),
        addition("a 401 is a platform error, and asks for Basic").then(
            code()
                .by(Caller::Nobody)
                .answers(&[401], not_authenticated)
                .shows_header("www-authenticate", "<mentions Basic>"),
        ),
        reference("each path exists with and without its version")
            .then(open())
            .then(get("/api/now/wrapup/segment/{segment}").shows(json!({ "segment": { "sys_id": "{segment}" } })))
            .then(get("/api/now/v1/wrapup/segment/{segment}").shows(json!({ "segment": { "sys_id": "{segment}" } })))
            .then(close()),
        addition("another version is 400")
            .then(get("/api/now/v2/wrapup/segment/{id}").answers(&[400], platform_error())),
        addition("an unknown path is 404").then(get("nothing").answers(&[404], platform_error())),
        addition("another method is 405 and names those that there are").then(
            Step::new(Method::DELETE, "segment/create")
                .answers(&[405], platform_error())
                .shows_header("allow", "<mentions POST>"),
        ),
        addition("HEAD answers as GET does, without a body")
            .then(open())
            .then(Step::new(Method::HEAD, "segment/{segment}"))
            .then(Step::new(Method::HEAD, format!("segment/{NOTHING}")).has_status(&[404]))
            .then(close()),
        addition("a slash behind a path is left out")
            .then(open())
            .then(get("segment/{segment}/").shows(json!({ "segment": { "sys_id": "{segment}" } })).unknown_by(&[404]))
            .then(close()),
        addition("a sys_id is found in capitals")
            .then(open())
            .then(get("segment/{SEGMENT}").shows(json!({ "segment": { "sys_id": "{segment}" } })).unknown_by(&[404]))
            .then(close()),
        addition("a path that is no UTF-8 is 400 for that alone").then(
            get("segment/%FF").answers(&[400], json!({ "success": false, "message": "segment_id is not valid UTF-8" })),
        ),
        addition("an id is decoded once").then(get("segment/{id}%2520x").answers(&[404], refusal("{id}%20x"))),
        addition("a method that a POST names in X-HTTP-Method-Override is taken")
            .then(open())
            .then(
                post("segment/update?segment_sys_id={segment}", json!({ "confirmed_on": "2024-09-16 18:52:01" }))
                    .header("x-http-method-override", "PUT")
                    .unknown_by(&[405])
                    .shows(json!({ "segment": { "state": "closed" } })),
            )
            .then(
                Step::new(Method::POST, "segment/{segment}")
                    .header("x-http-method-override", "GET")
                    .shows(json!({ "segment": { "sys_id": "{segment}" } })),
            )
            .then(
                Step::new(Method::POST, "segment/{segment}")
                    .header("x-http-method-override", "DELETE")
                    .has_status(&[405]),
            ),
    ];
    checks.extend(oauth());
    checks
}

fn oauth() -> [Check; 2] {
    let token = |form: &str| {
        Step::new(Method::POST, "/oauth_token.do")
            .by(Caller::Nobody)
            .text("application/x-www-form-urlencoded", form)
            .unknown_by(&[403, 404, 405])
    };
    [
        addition("an OAuth client that is not known gets no token").in_json().then(
            token("grant_type=client_credentials&client_id={id}&client_secret=none")
                .answers(&[401], json!({ "error": "invalid_client" })),
        ),
        addition("the token that an OAuth client fetches is as good as Basic")
            .in_json()
            .needs("client")
            .then(
                token("grant_type=client_credentials&client_id={client}&client_secret={client_secret}")
                    .shows(json!({ "token_type": "Bearer", "scope": "useraccount" }))
                    .keeps("token", "/access_token"),
            )
            .then(
                get(format!("code/{NOTHING}"))
                    .by(Caller::Nobody)
                    .header("authorization", "Bearer {token}")
                    .has_status(&[404]),
            ),
    ]
}
