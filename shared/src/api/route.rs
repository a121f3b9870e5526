use lambda_http::http::Method;

use super::Endpoint;

/// An endpoint's method and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// GET serves HEAD too.
    pub method: Method,
    /// The paths below `/api/now/` and `/api/now/v1/`, with `{names}` for parameters. The first is
    /// the documented one.
    pub paths: &'static [&'static str],
}

/// The only version that exists.
const VERSION: &str = "v1";

/// What stands in front of every path: without the version, and with it.
pub const PREFIXES: [&str; 2] = ["/api/now/", "/api/now/v1/"];

/// Finds the endpoint of a request.
pub struct Router {
    endpoints: Vec<Box<dyn Endpoint>>,
    paths: matchit::Router<usize>,
    /// What each path leads to: (method, index of the endpoint); no endpoint where another function serves the method.
    methods: Vec<Vec<(Method, Option<usize>)>>,
}

/// Where a request goes.
pub struct Matched<'a> {
    pub endpoint: &'a dyn Endpoint,
    /// The path's parameters, percent-encoded as they came.
    pub parameters: Vec<(String, String)>,
}

/// Why a request goes nowhere.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// 404.
    #[error("Requested URI does not represent any resource: {path}")]
    UnknownPath { path: String },
    /// 400.
    #[error("API version '{version}' does not exist; the only version is {VERSION}")]
    UnknownVersion { version: String },
    /// 405.
    #[error("{method} is not supported here; allowed: {allow}")]
    WrongMethod { method: Method, allow: String },
}

impl Router {
    /// Two endpoints with one path and one method are a mistake of whoever puts an API together.
    pub fn new(endpoints: Vec<Box<dyn Endpoint>>) -> Result<Self, matchit::InsertError> {
        let mut router = Self { endpoints: Vec::new(), paths: matchit::Router::new(), methods: Vec::new() };
        let mut known: Vec<&'static str> = Vec::new();
        for (index, endpoint) in endpoints.iter().enumerate() {
            let route = endpoint.route();
            for path in route.paths {
                let position = match known.iter().position(|other| other == path) {
                    Some(position) => position,
                    None => {
                        router.paths.insert(format!("/api/now/{path}"), known.len())?;
                        router.paths.insert(format!("/api/now/{{api_version}}/{path}"), known.len())?;
                        router.methods.push(Vec::new());
                        known.push(path);
                        known.len() - 1
                    }
                };
                router.methods[position].push((route.method.clone(), Some(index)));
            }
        }
        for endpoint in &endpoints {
            for path in endpoint.route().paths {
                let Some(position) = known.iter().position(|other| other == path) else { continue };
                let methods = &mut router.methods[position];
                for method in endpoint.served_beside() {
                    if !methods.iter().any(|(served, _)| served == method) {
                        methods.push((method.clone(), None));
                    }
                }
            }
        }
        router.endpoints = endpoints;
        Ok(router)
    }

    /// The endpoint that serves `method` on a percent-encoded path. One slash at its end makes no difference. `sent` is the
    /// method of the request that means this one: by that API Gateway decides which function gets it, so what another one
    /// serves is not found.
    pub fn find(&self, sent: &Method, method: &Method, path: &str) -> Result<Matched<'_>, RouteError> {
        let unknown = || RouteError::UnknownPath { path: path.to_owned() };
        let found = self.paths.at(path.strip_suffix('/').unwrap_or(path)).map_err(|_| unknown())?;
        let mut parameters = Vec::new();
        for (name, value) in found.params.iter() {
            match name {
                "api_version" if value != VERSION => {
                    return Err(RouteError::UnknownVersion { version: value.to_owned() });
                }
                "api_version" => {}
                _ => parameters.push((name.to_owned(), value.to_owned())),
            }
        }
        let methods = &self.methods[*found.value];
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let serves =
            |wanted: &Method| methods.iter().find(|(served, _)| served == wanted).and_then(|(_, index)| *index);
        let index = serves(wanted).filter(|index| serves(sent).is_none_or(|own| own == *index));
        match index {
            Some(index) => Ok(Matched { endpoint: self.endpoints[index].as_ref(), parameters }),
            None => Err(RouteError::WrongMethod { method: method.clone(), allow: allow(methods) }),
        }
    }
}

fn allow(methods: &[(Method, Option<usize>)]) -> String {
    let mut names: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}
