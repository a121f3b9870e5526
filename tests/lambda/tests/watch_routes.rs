//! The routes under which `cargo lambda watch` serves the functions are the functions' own.

use lambda_http::http::Method;
use wrapup_lambda_tests::World;

const MANIFEST: &str = include_str!("../../../Cargo.toml");

#[tokio::test]
async fn the_router_of_cargo_lambda_knows_every_route_and_no_other() {
    let system = World::start().await.stores();
    let mut expected = Vec::new();
    for (function, endpoint) in wrapup_functions::endpoints(&system) {
        let route = endpoint.route();
        let methods = if route.method == Method::GET { vec!["GET", "HEAD"] } else { vec![route.method.as_str()] };
        let served = methods.iter().map(|method| format!("{{ method = \"{method}\", function = \"{function}\" }}"));
        let served = served.collect::<Vec<_>>().join(", ");
        for path in route.paths {
            expected.extend(["", "v1/"].map(|version| format!("\"/api/now/{version}{path}\" = [{served}]")));
        }
    }
    let mut routes: Vec<_> = MANIFEST.lines().filter(|line| line.starts_with("\"/api/now/")).collect();
    routes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(routes, expected);
}
