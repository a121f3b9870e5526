use serde_json::json;

use crate::Reply;

/// Asserts a business error of a segment endpoint whose message names every one of `names`.
#[track_caller]
pub fn assert_refused(reply: &Reply, status: u16, names: &[&str], case: &str) {
    assert_eq!(reply.status, status, "{case}: {}", reply.text());
    let answer = reply.expect(status);
    let message = answer["message"].as_str().expect("a message");
    assert_eq!(answer, json!({"success": false, "message": message}), "{case}");
    for name in names {
        assert!(mentions(message, name), "{case}: {name} is not in: {message}");
    }
}

/// Whether a message names a field, not merely another one whose path contains it: `segment_id` is
/// not in `external_segment_id is required`, nor `configuration` in `configuration.duration is required`.
pub fn mentions(message: &str, name: &str) -> bool {
    let of_a_path = |c: char| c.is_alphanumeric() || c == '_';
    message.match_indices(name).any(|(start, _)| {
        let before = message[..start].chars().next_back();
        let mut after = message[start + name.len()..].chars();
        let (next, then) = (after.next(), after.next());
        let goes_on = match next {
            Some('.') => then.is_some_and(of_a_path),
            Some(c) => of_a_path(c) || c == '[',
            None => false,
        };
        !goes_on && !before.is_some_and(|c| of_a_path(c) || c == '.')
    })
}
