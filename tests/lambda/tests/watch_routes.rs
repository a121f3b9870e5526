//! The routes under which `cargo lambda watch` serves the functions are the functions' own.

use wrapup_lambda_tests::World;

const MANIFEST: &str = include_str!("../../../Cargo.toml");

#[tokio::test]
async fn the_router_of_cargo_lambda_knows_every_route_and_no_other() {
    let system = World::start().await.stores();
    let mut expected = Vec::new();
    for (function, endpoint) in wrapup_functions::endpoints(&system) {
        for path in endpoint.route().paths {
            // Whatever the method is: the function says which it has, and a POST may name another one.
            expected.extend(["", "v1/"].map(|version| format!("\"/api/now/{version}{path}\" = \"{function}\"")));
        }
    }
    let mut routes: Vec<_> = MANIFEST.lines().filter(|line| line.starts_with("\"/api/now/")).collect();
    routes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(routes, expected);
}
