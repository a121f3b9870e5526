//! Every violation of a request stands in its one answer: whatever two are put together, both are named.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Server};

use crate::desk::Desk;
use crate::{BINARY, shared};

/// Something wrong: where in the body, as a JSON pointer, with which value in place of the right one, and the words that name
/// it.
type Wrong = (&'static str, Value, &'static str);

/// A body with other values at some places; a list takes one behind its last.
fn with(body: &Value, wrongs: &[&Wrong]) -> Value {
    let mut body = body.clone();
    for (pointer, value, _) in wrongs {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match body.pointer_mut(parent).expect("what it stands in") {
            Value::Array(entries) => match entries.get_mut(name.parse::<usize>().expect("a place")) {
                Some(entry) => *entry = value.clone(),
                None => entries.push(value.clone()),
            },
            object => object[name] = value.clone(),
        }
    }
    body
}

/// All pairs of which neither stands in the other's place.
fn pairs(wrongs: &[Wrong]) -> Vec<[&Wrong; 2]> {
    let within = |one: &Wrong, other: &Wrong| one.0 == other.0 || other.0.starts_with(&format!("{}/", one.0));
    let mut pairs = Vec::new();
    for (index, one) in wrongs.iter().enumerate() {
        let others = wrongs[index + 1..].iter().filter(|other| !within(one, other) && !within(other, one));
        pairs.extend(others.map(|other| [one, other]));
    }
    pairs
}

/// Each of these alone, and each two of them, are named.
async fn all_pairs_are_named(api: &Api, method: Method, path: &str, body: &Value, wrongs: &[Wrong]) {
    let alone = wrongs.iter().map(|wrong| vec![wrong]);
    for wrongs in alone.chain(pairs(wrongs).into_iter().map(Vec::from)) {
        let body = with(body, &wrongs);
        let reply = api.call(method.clone(), path).json(&body).send().await;
        assert_eq!(reply.status, 400, "{path}: {body}: {}", reply.text());
        for (_, _, words) in wrongs {
            assert!(reply.text().contains(words), "{path}: no '{words}' for {body}: {}", reply.text());
        }
    }
}

/// The same of a query's parameters.
async fn all_pairs_of_a_query_are_named(api: &Api, path: &str, wrongs: &[(&str, &str)]) {
    for (index, (one, one_words)) in wrongs.iter().enumerate() {
        let name = |query: &str| query.split('=').next().unwrap_or_default().to_owned();
        for (other, other_words) in wrongs[index + 1..].iter().filter(|(other, _)| name(other) != name(one)) {
            let reply = api.get(&format!("{path}?{one}&{other}")).await;
            assert_eq!(reply.status, 400, "{path}?{one}&{other}: {}", reply.text());
            for words in [one_words, other_words] {
                assert!(reply.text().contains(words), "{path}?{one}&{other}: no '{words}': {}", reply.text());
            }
        }
    }
}

fn configuration() -> Value {
    json!({
        "enable_codes": true,
        "allowed_codes": [{ "code": "Half", "translation": { "language": "de", "code": "Halb" } }, { "code": "Whole" }],
        "default_code": "Half", "duration": 60, "show_timer": true, "enable_ai_code": true, "enable_ai_notes": true,
        "use_ai_as_default": true, "use_third_party_ai": true
    })
}

/// What may be wrong with a configuration at `/configuration`.
fn wrong_configurations() -> Vec<Wrong> {
    vec![
        ("/configuration/enable_codes", json!("maybe"), "configuration.enable_codes has to be true or false"),
        ("/configuration/allowed_codes/2", json!({ "code": "Half" }), "code repeats 'Half'"),
        (
            "/configuration/allowed_codes/1",
            json!({ "description": "d" }),
            "configuration.allowed_codes[1].code is required",
        ),
        ("/configuration/allowed_codes/0/translation/language", json!("german"), "translation.language has to be"),
        (
            "/configuration/allowed_codes/0/description",
            json!([]),
            "configuration.allowed_codes[0].description has to be",
        ),
        (
            "/configuration/default_code",
            json!("Haff"),
            "configuration.default_code 'Haff' is not among the allowed codes",
        ),
        ("/configuration/duration", json!(-1), "configuration.duration has to be a whole number"),
        ("/configuration/show_timer", json!(false), "configuration.duration can only be used with show_timer true"),
        ("/configuration/enable_ai_code", json!(7), "configuration.enable_ai_code has to be"),
        ("/configuration/enable_ai_notes", json!([]), "configuration.enable_ai_notes has to be"),
        ("/configuration/use_ai_as_default", json!("on"), "configuration.use_ai_as_default has to be"),
        ("/configuration/use_third_party_ai", json!({}), "configuration.use_third_party_ai has to be"),
    ]
}

#[tokio::test]
async fn of_a_segment_that_opens() {
    let right = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true, "external_segment_id": "pairs-1",
        "segmented": true, "segment_id": "segment", "segment_table": "sn_openframe_phone_log",
        "opened_on": "2024-09-16 17:52:01", "ai_wrap_up_code": "Half", "ai_notes": "notes",
        "configuration": configuration()
    });
    let mut wrongs: Vec<Wrong> = vec![
        ("/agent_sys_id", Value::Null, "agent_sys_id is required"),
        ("/interaction_sys_id", json!({}), "interaction_sys_id has to be a text"),
        ("/external", json!("yes"), "external has to be true or false"),
        ("/external_segment_id", Value::Null, "external_segment_id is required"),
        ("/segmented", json!(5), "segmented has to be true or false"),
        ("/segment_id", Value::Null, "segment_id is required"),
        ("/segment_table", json!("nowhere"), "segment_table"),
        ("/opened_on", json!("soon"), "opened_on has to be a date and time"),
        ("/ai_wrap_up_code", json!([]), "ai_wrap_up_code has to be"),
        ("/ai_notes", json!("x".repeat(4_001)), "ai_notes has more than"),
        ("/configuration", json!("none"), "configuration has to be an object"),
    ];
    wrongs.extend(wrong_configurations());
    all_pairs_are_named(&shared().api(), Method::POST, "segment/create", &right, &wrongs).await;

    let internal = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": false,
        "wrap_up_configuration_sys_id": "0123456789abcdef0123456789abcdef",
        "segmented": true, "segment_id": "segment", "segment_table": "sn_openframe_phone_log"
    });
    // The last two are found out by what is stored.
    let wrongs: Vec<Wrong> = vec![
        ("/segment_table", json!("nowhere"), "segment_table"),
        ("/wrap_up_configuration_sys_id", json!("nothing"), "wrap_up_configuration_sys_id 'nothing' is not"),
    ];
    all_pairs_are_named(&shared().api(), Method::POST, "segment/create", &internal, &wrongs).await;
}

#[tokio::test]
async fn of_an_update_of_a_draft_and_of_ai_content() {
    let api = shared().api();
    let right = json!({ "wrap_up_code": "Half", "notes": "n", "configuration": configuration() });
    let mut wrongs: Vec<Wrong> = vec![
        ("/wrap_up_code", json!({}), "wrap_up_code has to be"),
        ("/notes", json!([]), "notes has to be"),
        ("/confirmed_on", json!("soon"), "confirmed_on has to be"),
        ("/configuration", json!(1), "configuration has to be an object"),
    ];
    wrongs.extend(wrong_configurations());
    all_pairs_are_named(&api, Method::PUT, "segment/update?external_segment_id=pairs-2", &right, &wrongs).await;
    for path in ["segment/update", "segment/draft"] {
        let reply = api.put(path, &json!({ "wrap_up_code": {}, "notes": [] })).await;
        for words in ["segment_sys_id is required", "wrap_up_code has to be", "notes has to be"] {
            assert!(reply.text().contains(words), "{path}: no '{words}': {}", reply.text());
        }
    }
    let wrongs: Vec<Wrong> = vec![
        ("/segment_sys_id", Value::Null, "segment_sys_id is required"),
        ("/ai_wrap_up_code", json!([]), "ai_wrap_up_code has to be"),
        ("/ai_notes", json!({}), "ai_notes has to be"),
    ];
    let right =
        json!({ "segment_sys_id": "0123456789abcdef0123456789abcdef", "ai_wrap_up_code": "A", "ai_notes": "n" });
    all_pairs_are_named(&api, Method::PUT, "segment/update/ai", &right, &wrongs).await;
}

#[tokio::test]
async fn of_an_update_that_what_is_stored_speaks_against() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes = json!({ "codes": [{ "code": "Half" }, { "code": "Off", "active": false }] });
    api.post("code", &codes).await.expect(200);
    let opened = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true, "external_segment_id": "pairs-3",
        "configuration": { "enable_codes": true, "allowed_codes": ["Half"], "default_code": "Half" }
    });
    api.post("segment/create", &opened).await.expect(200);
    let update = json!({
        "wrap_up_code": "Haff",
        "configuration": { "enable_codes": true, "allowed_codes": ["Half", "Off"], "default_code": "Half" }
    });
    let reply = api.put("segment/update?external_segment_id=pairs-3", &update).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    for words in ["configuration.allowed_codes[1] wrap-up code 'Off' is inactive", "wrap_up_code 'Haff' is not among"] {
        assert!(reply.text().contains(words), "no '{words}': {}", reply.text());
    }
}

#[tokio::test]
async fn of_codes() {
    let right = json!({ "codes": [{
        "code": "Pairs", "description": "d", "active": true,
        "translations": [{ "language": "de", "code": "Paare", "description": "d" }]
    }] });
    let wrongs: Vec<Wrong> = vec![
        ("/codes/0/code", Value::Null, "codes[0].code is required"),
        ("/codes/0/description", json!({}), "codes[0].description has to be"),
        ("/codes/0/active", json!("maybe"), "codes[0].active has to be"),
        ("/codes/0/translations/0/language", json!("german"), "codes[0].translations[0].language has to be"),
        ("/codes/0/translations/0/code", Value::Null, "codes[0].translations[0].code is required"),
        ("/codes/0/translations/0/description", json!(""), "codes[0].translations[0].description is required"),
    ];
    all_pairs_are_named(&shared().api(), Method::POST, "code", &right, &wrongs).await;
    // A list that is too long hides nothing of what it has.
    let translation = |_| json!({ "language": "de", "code": "Paare", "description": "d" });
    let many: Vec<Value> = (0..65).map(translation).collect();
    let reply = shared().api().post("code", &json!({ "codes": [{ "code": "Pairs", "translations": many }] })).await;
    for words in ["codes[0].translations has more than 64 entries", "translations[64].language repeats 'de'"] {
        assert!(reply.text().contains(words), "no '{words}': {}", reply.text());
    }
    let many: Vec<Value> =
        (0..5_001).map(|place| json!({ "code": if place == 7 { json!({}) } else { json!("x") } })).collect();
    let reply = shared().api().post("code", &json!({ "codes": many })).await;
    for words in ["codes has more than 5000 entries", "codes[7].code has to be a text"] {
        assert!(reply.text().contains(words), "no '{words}': {}", reply.text());
    }
}

#[tokio::test]
async fn of_lists_and_reports() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segments = [
        ("state=nowhere", "state has to be one of"),
        ("from=soon", "from has to be"),
        ("to=late", "to has to be"),
        ("minutes=7", "minutes can only be used"),
        ("limit=0", "limit has to be"),
        ("include=all", "include has to be one of"),
        ("timed_out=maybe", "timed_out has to be"),
        ("external=maybe", "external has to be"),
        ("cursor=%FF", "cursor is not valid UTF-8"),
        ("cursor=made-up", "cursor is not a next_cursor of this API"),
    ];
    all_pairs_of_a_query_are_named(&api, "segment", &segments).await;
    let reply = api.get("segment?agent=a&interaction=b&from=2026-01-05T00:00:00Z&to=2026-01-04T00:00:00Z").await;
    for words in ["interaction cannot be given with agent", "to has to be later than from"] {
        assert!(reply.text().contains(words), "no '{words}': {}", reply.text());
    }
    let long = format!("q={}", "x".repeat(2_000));
    let codes = [
        ("active=maybe", "active has to be"),
        ("external=maybe", "external has to be"),
        ("limit=0", "limit has to be"),
        (long.as_str(), "q has more than"),
        ("cursor=made-up", "cursor is not a next_cursor of this API"),
    ];
    all_pairs_of_a_query_are_named(&api, "code", &codes).await;
    let configurations = [
        ("active=maybe", "active has to be"),
        ("limit=x", "limit has to be"),
        ("cursor=a.b.*", "cursor is not a next_cursor"),
    ];
    all_pairs_of_a_query_are_named(&api, "configuration", &configurations).await;
    let desk = Desk { server, folder: tempfile::tempdir().expect("a folder") };
    desk.run_with("user add lead --role wrapup_supervisor", &[], "a secret of the lead\n").fine();
    let reports = [
        ("from=soon", "from has to be"),
        ("to=late", "to has to be"),
        ("by=moon", "by has to be one of"),
        ("minutes=0", "minutes has to be"),
    ];
    let lead = desk.api().with_user("lead", "a secret of the lead");
    all_pairs_of_a_query_are_named(&lead, "report/nothing", &reports).await;
    let reply = lead.get("report/nothing?from=soon&to=late").await;
    assert!(reply.text().contains("name has to be one of"), "{}", reply.text());
}

#[tokio::test]
async fn of_a_form_that_asks_for_a_token() {
    let api = shared().api();
    for (form, named) in [
        ("grant_type=password", &["username is required", "password is required"][..]),
        (
            "username=a&username=b&client_id=%FF",
            &["grant_type is required", "username is given more than once", "client_id is not valid UTF-8"],
        ),
    ] {
        let post = api.raw(Method::POST, "/oauth_token.do").body("application/x-www-form-urlencoded", form);
        let said = post.send().await.expect(400);
        assert_eq!(said["error"], "invalid_request");
        let description = said["error_description"].as_str().expect("a text");
        for words in named {
            assert!(description.contains(words), "{form}: no '{words}' in {description}");
        }
    }
}

#[tokio::test]
async fn of_a_configuration_that_is_put() {
    let desk = Desk::open();
    let codes = json!({ "codes": [{ "code": "Refund" }, { "code": "Complaint" }, { "code": "Off", "active": false }] });
    desk.api().post("code", &codes).await.expect(200);
    let wrong = json!({
        "sys_id": "X", "active": "maybe", "colour": "red", "enable_codes": "yes", "default_code": "Other",
        "allowed_codes": ["Refnd", "Refund", "Refund", "Off", "Nothing Of The Kind", {}, { "code": "Complaint", "x": 1 }],
        "duration": 0
    });
    let named = [
        "colour has to be one of",
        "name is required",
        "sys_id has to be",
        "active has to be",
        "allowed_codes[2] repeats 'Refund'",
        "allowed_codes[5].code is required",
        "allowed_codes[6].x has to be",
        "enable_codes has to be",
        "default_code 'Other' is not among the allowed codes",
        "duration has to be",
        "duration can only be used",
        "no active wrap-up code 'Refnd' (Did you mean 'Refund'?), 'Off', 'Nothing Of The Kind'; add them by",
    ];
    let path = desk.file("wrong.json", wrong.to_string());
    desk.run_with("configuration put", &[&path], "").failed(&named);
    let path = desk.file("list.json", json!([wrong]).to_string());
    desk.run_with("configuration put", &[&path], "").failed(&["configurations[0].name is required", "'Refnd'"]);
    assert_eq!(desk.list("configuration").len(), 1);
}

#[tokio::test]
async fn a_label_that_is_not_allowed_is_told_its_neighbours() {
    let api = shared().api();
    let opening = |id: &str, default: &str| {
        json!({
            "agent_sys_id": "agent", "interaction_sys_id": id, "external": true, "external_segment_id": id,
            "configuration": { "enable_codes": true, "allowed_codes": ["Near Refund", "Near Rückgabe"], "default_code": default }
        })
    };
    let reply = api.post("segment/create", &opening("near-1", "near ruckgabe")).await;
    assert_eq!(
        reply.segment_error(400),
        "configuration.default_code 'near ruckgabe' is not among the allowed codes: did you mean 'Near Rückgabe'?"
    );
    api.post("segment/create", &opening("near-1", "Near Refund")).await.expect(200);
    for (label, said) in [
        ("NEAR REFUNDS", "wrap_up_code 'NEAR REFUNDS' is not among the allowed codes: did you mean 'Near Refund'?"),
        ("Else", "wrap_up_code 'Else' is not among the allowed codes"),
    ] {
        let reply = api.put("segment/update?external_segment_id=near-1", &json!({ "wrap_up_code": label })).await;
        assert_eq!(reply.segment_error(400), said);
    }
}
