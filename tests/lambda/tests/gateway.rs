//! What API Gateway hands to a function without asking the authorizer: other methods of the function's paths, other
//! versions, and paths that are none. The function alone refuses them, before it asks anyone who calls.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use lambda_http::http::Method;
use wrapup::api::Api;
use wrapup_lambda_tests::{Event, Reply, World, sent};

#[tokio::test]
async fn a_function_alone_refuses_what_is_no_route() {
    let world = World::start().await;
    let system = world.instance().system;
    for (_, endpoint) in wrapup_functions::endpoints(&system) {
        let route = endpoint.route();
        let (other, allow) = match route.method {
            Method::GET => (Event::post(""), "GET, HEAD"),
            Method::POST => (Event::put(""), "POST"),
            _ => (Event::get(""), "PUT"),
        };
        let api = Api::new(&system, vec![endpoint]).expect("one route");
        let call = async |event: Event| Reply { response: sent(&api, event.unvouched().rest()).await };

        for path in route.paths {
            for version in ["", "v1/"] {
                let refused = call(other.clone().at(&format!("/api/now/{version}{path}"))).await;
                let error = refused.expect(405)["error"].clone();
                assert_eq!(
                    (refused.header("Allow"), &error["message"]),
                    (allow, &"Method Not Allowed".into()),
                    "{path}"
                );
            }
            let refused = call(Event::get("").at(&format!("/api/now/v2/{path}"))).await;
            assert_eq!(refused.expect(400)["error"]["message"], "Unknown API version", "{path}");
        }
        let behind = format!("/elsewhere/api/now/v1/{}", route.paths[0]);
        for path in ["/", "/elsewhere", "/api/now/wrapup/elsewhere", "/api/now/v2/elsewhere", &behind] {
            let event = Event::get("").at(path).through("/{unknown+}");
            let unknown = call(event.clone()).await;
            assert_eq!(unknown.expect(404)["error"]["message"], "Not Found", "{path}");
            let in_xml = call(event.header("Accept", "application/xml")).await;
            assert!(in_xml.text().contains("<error><message>Not Found</message>"), "{}", in_xml.text());
        }
    }
    assert_eq!(world.traffic().requests, Vec::<String>::new());
}
