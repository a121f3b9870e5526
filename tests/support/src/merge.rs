use serde_json::Value;

/// `base` with the fields of `changes` in place of its own: objects merge, null removes, and
/// everything else replaces (RFC 7396).
pub fn merged(mut base: Value, changes: &Value) -> Value {
    merge(&mut base, changes);
    base
}

fn merge(base: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        base.clone_from(changes);
        return;
    };
    if !base.is_object() {
        *base = Value::Object(serde_json::Map::new());
    }
    let fields = base.as_object_mut().expect("an object");
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}
