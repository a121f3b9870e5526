//! The routes under which `cargo lambda watch` serves the functions are the functions' own.

use std::collections::BTreeMap;

use wrapup_lambda_tests::World;

const MANIFEST: &str = include_str!("../../../Cargo.toml");

#[tokio::test]
async fn the_router_of_cargo_lambda_knows_every_route_and_no_other() {
    let system = World::start().await.stores();
    let mut paths: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for (function, endpoint) in wrapup_functions::endpoints(&system) {
        let route = endpoint.route();
        for path in route.paths {
            paths.entry(path).or_default().push((route.method.to_string(), function));
        }
    }
    let mut expected = Vec::new();
    for (path, functions) in paths {
        let served = match &functions[..] {
            // Whatever the method is: the function says which it has, and a POST may name another one.
            [(_, function)] => format!("\"{function}\""),
            several => {
                let by = |(method, function): &(String, &str)| {
                    format!("{{ method = \"{method}\", function = \"{function}\" }}")
                };
                format!("[{}]", several.iter().map(by).collect::<Vec<_>>().join(", "))
            }
        };
        expected.extend(["", "v1/"].map(|version| format!("\"/api/now/{version}{path}\" = {served}")));
    }
    let mut routes: Vec<_> = MANIFEST.lines().filter(|line| line.starts_with("\"/api/now/")).collect();
    routes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(routes, expected);
}
