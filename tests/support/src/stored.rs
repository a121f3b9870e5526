use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::Server;

impl Server {
    /// Every item of a table.
    pub async fn stored(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let pages = self.dynamodb().scan().table_name(table).consistent_read(true).into_paginator();
        pages.items().send().collect::<Result<Vec<_>, _>>().await.expect("a table")
    }

    /// Stores a configuration for internal wrap-ups as an operator does; answers its sys_id.
    pub fn put_configuration(&self, binary: &str, configuration: &Value) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("configuration.json");
        std::fs::write(&file, configuration.to_string()).expect("a file");
        let output = self.cli(binary, &["configuration", "put", &file.to_string_lossy()], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }
}
