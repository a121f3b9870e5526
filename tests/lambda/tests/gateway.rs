//! What API Gateway hands to a function without asking the authorizer: other methods of the function's paths, other
//! versions, and paths that are none. The function alone refuses them, before it asks anyone who calls.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use lambda_http::http::Method;
use serde_json::json;
use wrapup::api::Api;
use wrapup_lambda_tests::{Event, Reply, World, opening, sent};

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

#[tokio::test]
async fn one_slash_at_the_end_makes_no_difference() {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    let both = async |event: Event| {
        let url = event.clone().unvouched().basic_auth("integrator", "secret");
        [instance.call(&event).await, instance.handle(url.function_url()).await]
    };
    for path in ["segment/E-1/", "segment/agent/agent/interaction/interaction/"] {
        for accept in ["application/json", "application/xml"] {
            let plain = Event::get(path.trim_end_matches('/')).header("Accept", accept);
            let plain = instance.call(&plain).await.text().to_owned();
            for event in [
                Event::get(path).header("Accept", accept),
                Event::get("").at(&format!("/api/now/wrapup/{path}")).header("Accept", accept),
                Event::get(path).header("Accept", accept).below("/contact-centre").through("/{proxy+}"),
            ] {
                assert_eq!(instance.call(&event).await.text(), plain, "{event:?}");
            }
            for reply in both(Event::get(path).header("Accept", accept)).await {
                assert_eq!((reply.status(), reply.text()), (200, plain.as_str()), "{path}");
            }
        }
    }
    for event in [
        Event::post("code/").json(&json!({"codes": [{"code": "Refund"}]})),
        Event::post("segment/create/").json(&opening("E-2")),
        Event::put("segment/update/ai/").json(&json!({"external_segment_id": "E-2", "ai_notes": "Late parcel."})),
        Event::put("segment/update/?external_segment_id=E-2").json(&json!({})),
    ] {
        for reply in both(event.clone()).await {
            assert_eq!(reply.status(), 200, "{}", reply.text());
        }
    }
    // An HTTP API hands the path on behind its stage.
    let mut staged = Event::get("segment/E-1/").unvouched().basic_auth("integrator", "secret").function_url_json();
    staged["rawPath"] = json!("/prod/api/now/v1/wrapup/segment/E-1/");
    staged["requestContext"]["stage"] = json!("prod");
    staged["requestContext"]["domainName"] = json!("a1b2c3d4e5.execute-api.us-east-1.amazonaws.com");
    assert_eq!(instance.invoke(&staged).await["statusCode"], 200);
    // Two of them are another path, and an id ends in none that is not written as %2F.
    for path in ["segment/E-1//", "segment//", "segment//E-1", "code//", "//"] {
        assert_eq!(instance.call(&Event::get(path)).await.status(), 404, "{path}");
    }
    let other = opening("E-1/");
    instance.open(&other).await;
    assert_eq!(instance.read("E-1%2F").await["external_segment_id"], "E-1/");
    assert_eq!(instance.read("E-1%2F/").await["external_segment_id"], "E-1/");
    // The method is judged as without it.
    instance.call(&Event::get("segment/update/")).await.expect(405);
    instance.call(&Event::get("").at("/api/now/v2/wrapup/code/x/")).await.expect(400);
}
