use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;

/// A JSON schema of draft 2020-12, unless it says of which.
pub struct Schema {
    compiled: Schemas,
    root: SchemaIndex,
}

impl Schema {
    /// Reads a schema, which has to be one: it keeps its draft's own schema, and its references lead somewhere.
    #[track_caller]
    pub fn new(schema: Value) -> Self {
        // A name that nothing is fetched from.
        const NAME: &str = "schema:test";
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource(NAME, schema).unwrap_or_else(|error| panic!("{error}"));
        let mut compiled = Schemas::new();
        let root = compiler.compile(NAME, &mut compiled).unwrap_or_else(|error| panic!("{error:#}"));
        Self { compiled, root }
    }

    /// Whether the schema says nothing against a document.
    pub fn is_valid(&self, document: &Value) -> bool {
        self.check(document).is_ok()
    }

    /// What the schema says against a document, for people.
    pub fn check(&self, document: &Value) -> Result<(), String> {
        self.compiled.validate(document, self.root).map_err(|error| format!("{error:#}"))
    }
}
