use serde_json::{Value, json};

use crate::{Schema, run_cli};

/// What stands before the document's paths, in the order of its servers.
const BASES: [&str; 2] = ["/api/now/v1", "/api/now"];

/// The API's contract, as `wrapup openapi` prints it in its strict form.
pub struct Contract {
    document: Value,
}

impl Contract {
    /// Asks the binary.
    pub fn of(binary: &str) -> Self {
        let printed = run_cli(binary, &["openapi", "--strict"]);
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        Self { document: serde_json::from_slice(&printed.stdout).expect("JSON") }
    }

    /// The document itself.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Upper-case method and path, with `{names}` for parameters, of every operation under each of its servers.
    pub fn operations(&self) -> Vec<(String, String)> {
        let paths = self.document["paths"].as_object().expect("paths").iter();
        let operations = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.flat_map(move |method| BASES.map(|base| (method.to_uppercase(), format!("{base}{path}"))))
        });
        operations.collect()
    }

    /// The contract lets a client send this JSON body. `path` may have a query.
    #[track_caller]
    pub fn assert_takes(&self, method: &str, path: &str, body: &Value) {
        let operation = self.operation(method, path);
        let schema = &self.resolved(&operation["requestBody"])["content"]["application/json"]["schema"];
        assert_valid(&self.schema(schema), body, &format!("request {method} {path}"));
    }

    /// The contract tells a client of this answer.
    #[track_caller]
    pub fn assert_answers(&self, method: &str, path: &str, status: u16, body: &Value) {
        let operation = self.operation(method, path);
        let response = self.resolved(&operation["responses"][status.to_string()]);
        let schema = &response["content"]["application/json"]["schema"];
        assert_valid(&self.schema(schema), body, &format!("answer {status} to {method} {path}"));
    }

    #[track_caller]
    fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap_or_default();
        let path = BASES.iter().find_map(|base| path.strip_prefix(base)).unwrap_or(path);
        let paths = self.document["paths"].as_object().expect("paths");
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            let same = |(part, name): (&&str, &&str)| part == name || part.starts_with('{');
            template.len() == path.len() && template.iter().zip(&path).all(same)
        };
        // A path without parameters comes before one with them.
        let found =
            paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, found)| found));
        let found = found.and_then(|methods| methods.get(method.to_lowercase()));
        found.unwrap_or_else(|| panic!("{method} {path} is not in the document"))
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => {
                self.document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("no {reference}"))
            }
            None => value,
        }
    }

    /// A schema of the document, with the components that it may refer to.
    #[track_caller]
    fn schema(&self, schema: &Value) -> Schema {
        assert!(schema.is_object(), "no schema");
        Schema::new(json!({ "allOf": [schema], "components": self.document["components"] }))
    }
}

#[track_caller]
fn assert_valid(schema: &Schema, value: &Value, what: &str) {
    if let Err(violations) = schema.check(value) {
        panic!("{what} is not what the document says: {violations}\n{value:#}");
    }
}
