//! What callers send by mistake or with intent: each gets a clear answer of the right kind, never a
//! 500, and nothing is stored by halves.

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Server, field_at, mentions, put_at, to_xml_request};

use crate::{BINARY, shared};

const MEBIBYTE: usize = 1024 * 1024;

/// The endpoints that take a body.
const WRITES: [(Method, &str); 6] = [
    (Method::POST, "code"),
    (Method::POST, "segment/create"),
    (Method::PUT, "segment/draft"),
    (Method::PUT, "segment/update"),
    (Method::PUT, "segment/update/ai"),
    (Method::PUT, "segment/update/aidetails"),
];

/// A request to open an external segment, with a value in every field.
fn opening(external_segment_id: &str) -> Value {
    json!({
        "agent_sys_id": "agent",
        "interaction_sys_id": "interaction",
        "external": true,
        "external_segment_id": external_segment_id,
        "segmented": true,
        "segment_id": "segment",
        "segment_table": "sn_openframe_phone_log",
        "opened_on": "2024-09-16 17:52:01",
        "ai_wrap_up_code": "Half",
        "ai_notes": "notes",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [{ "code": "Half", "translation": { "language": "de", "code": "Halb", "description": "d" } }],
            "default_code": "Half",
            "duration": 60,
            "show_timer": true,
            "enable_ai_code": true,
            "enable_ai_notes": true,
            "use_ai_as_default": true,
            "use_third_party_ai": true
        }
    })
}

/// Every byte percent-encoded, so that no client can take any of them for something else.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The text says a line and a column.
#[track_caller]
fn assert_says_where(detail: &str) {
    let number_after = |word: &str| {
        let rest = detail.split(word).nth(1).unwrap_or_default();
        rest.chars().take_while(char::is_ascii_digit).count() > 0
    };
    assert!(number_after("line ") && number_after("column "), "no line and column: {detail}");
}

/// Neither the segment nor what it would have brought along is there.
async fn assert_nothing_stored(server: &Server, external_segment_id: &str) {
    server.api().get(&format!("segment/{}", encoded(external_segment_id))).await.segment_error(404);
    let labels = server.code_labels(BINARY);
    assert!(!labels.iter().any(|label| label == "Half"), "{labels:?}");
}

/// Sends a body that cannot be read to all endpoints that take one, and accepts both formats.
async fn assert_unreadable(api: &Api, content_type: &str, body: &[u8], where_: &str) {
    for (method, path) in WRITES {
        for accept in ["application/json", "application/xml"] {
            let call = api.call(method.clone(), path).header("Accept", accept).body(content_type, body.to_vec());
            let reply = call.send().await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(100)]);
            assert_eq!(reply.status, 400, "{path}: {shown}: {}", reply.text());
            assert_eq!(reply.media_type(), accept);
            let (_, detail) = reply.platform_error(400);
            assert_says_where(&detail);
            assert!(detail.contains(where_), "not {where_:?} but {detail:?}: {shown}");
        }
    }
}

// Bodies that do not parse.

#[tokio::test]
async fn malformed_json_is_answered_with_its_line_and_column() {
    let server = shared();
    let api = server.api();
    for (body, where_) in [
        (&b""[..], "line 1"),
        (b"   ", "line 1"),
        (b"{", "line 1"),
        (b"}", "line 1, column 1"),
        (b"{\"codes\": [}", "line 1, column 12"),
        (b"{\n  \"codes\": [\n    {\"code\" \"A\"}\n]}", "line 3, column 13"),
        (b"{\"codes\": [],}", "line 1, column 14"),
        (b"{'codes': []}", "line 1, column 2"),
        (b"{codes: []}", "line 1, column 2"),
        (b"{\"a\": 1} {\"b\": 2}", "line 1, column 10"),
        (b"{\"a\": 1}\n\nx", "line 3, column 1"),
        (b"{\"a\": NaN}", "line 1"),
        (b"{\"a\": 01}", "line 1"),
        (b"{\"a\": tru}", "line 1"),
        (b"{\"a\": \"\\x\"}", "line 1"),
        (b"{\"a\": \"\\ud80\"}", "line 1"),
        (b"{\"a\": \"line\nbreak\"}", "line "),
        (b"// comment\n{}", "line 1, column 1"),
        (b"code=A&code=B", "line 1, column 1"),
        (b"<request/>", "line 1, column 1"),
        (b"{\"a\": \"\xff\"}", "line 1"),
        (b"{\"\xc3\x28\": 1}", "line 1"),
        (b"\xff\xfe{\x00}\x00", "line 1"),
        (b"\0", "line 1"),
    ] {
        assert_unreadable(&api, "application/json", body, where_).await;
    }
}

#[tokio::test]
async fn malformed_xml_is_answered_with_its_line_and_column() {
    let server = shared();
    let api = server.api();
    for (body, where_) in [
        (&b""[..], "line 1"),
        (b"  \n ", "line "),
        (b"{}", "line 1"),
        (b"text", "line 1"),
        (b"<", "line 1"),
        (b"<request>", "line 1"),
        (b"<request>\n<notes>n</notes>\n", "line "),
        (b"<request>\n<notes>n</note>\n</request>", "line 2"),
        (b"<request>\n\n</requests>", "line 3"),
        (b"<request></request></request>", "line 1"),
        (b"<request/><request/>", "line 1"),
        (b"<request/>text", "line 1"),
        (b"text<request/>", "line 1"),
        (b"<response/>", "line 1"),
        (b"<Request/>", "line 1"),
        (b"<?xml version=\"1.0\"?>", "line 1"),
        (b"<request>\n  <notes>a & b</notes></request>", "line 2"),
        (b"<request>\n  <notes>&nbsp;</notes></request>", "line 2"),
        (b"<request>\n  <notes>&#0;</notes></request>", "line 2"),
        (b"<request>\n  <notes a=\"&#xD800;\"/></request>", "line 2"),
        (b"<request>\n  <notes>&#x110000;</notes></request>", "line 2"),
        ("<request>\n  <notes>\u{5e9}\u{1F642} & b</notes></request>".as_bytes(), "line 2, column 17"),
        (b"<request>\n  <notes>\x01</notes></request>", "line 2"),
        (b"<request>\n  <notes>\xff</notes></request>", "line 2"),
        (b"<request>\n  <notes>mixed <b>text</b></notes></request>", "line 2"),
        (b"<request>\n  <![CDATA[open</request>", "line 2"),
        (b"<request>\n  <!-- open</request>", "line 2"),
        (b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><request/>", "line 1"),
        (b"\xff\xfe<\x00r\x00/\x00>\x00", "line 1"),
    ] {
        assert_unreadable(&api, "application/xml", body, where_).await;
    }
}

#[tokio::test]
async fn xml_that_no_other_parser_would_take_is_malformed() {
    let server = shared();
    let api = server.api();
    for body in [
        "<request>\n  <1a/></request>",
        "<request>\n  <a$b/></request>",
        "<request>\n  < a/></request>",
        "<request>\n  <a b=1/></request>",
        "<request>\n  <a b/></request>",
        "<request>\n  <a b=\"1\" b=\"2\"/></request>",
        "<request>\n  <a b=\"<\"/></request>",
        "<request>\n  <a>]]></a></request>",
        "<request>\n  <?xml version=\"1.0\"?></request>",
    ] {
        assert_unreadable(&api, "application/xml", body.as_bytes(), "line 2").await;
    }
}

#[tokio::test]
async fn document_types_and_entities_are_refused_unread() {
    let server = shared();
    let api = server.api();
    let bomb = {
        let mut entities = "<!ENTITY lol0 \"lol\">\n".to_owned();
        for level in 1..10 {
            entities += &format!("<!ENTITY lol{level} \"{}\">\n", format!("&lol{};", level - 1).repeat(10));
        }
        format!("<?xml version=\"1.0\"?>\n<!DOCTYPE request [\n{entities}]>\n<request><notes>&lol9;</notes></request>")
    };
    for xml in [
        &*bomb,
        "<!DOCTYPE request><request/>",
        "<!DOCTYPE request []><request/>",
        "<!doctype request><request/>",
        "<!DOCTYPE request [<!ENTITY a \"b\">]><request><notes>&a;</notes></request>",
        "<!DOCTYPE request [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><request><notes>&a;</notes></request>",
        "<!DOCTYPE request [<!ENTITY % a SYSTEM \"http://127.0.0.1:9/x\">%a;]><request/>",
        "<!DOCTYPE request SYSTEM \"http://127.0.0.1:9/x.dtd\"><request/>",
        "<!DOCTYPE request PUBLIC \"-//X//Y\" \"http://127.0.0.1:9/x.dtd\"><request/>",
        "<request><notes>&a;</notes></request>",
        "<request><!DOCTYPE request><notes>n</notes></request>",
    ] {
        assert_unreadable(&api, "application/xml", xml.as_bytes(), "").await;
        let reply = api.call(Method::POST, "segment/create").body("text/xml", xml.to_owned()).send().await;
        assert!(!reply.text().contains("root:") && reply.body.len() < 1_000, "{}", reply.text());
    }
}

/// What a parser that resolves namespaces compares each with each. How much the reader does for a byte is counted
/// beside it, in `shared/src/document/xml`.
#[tokio::test]
async fn xml_full_of_namespaces_holds_nobody_up() {
    let server = Server::start(BINARY);
    let api = server.api();
    let declared = |count: usize, piece: &dyn Fn(usize) -> String| (0..count).map(piece).collect::<String>();
    let nested = |count| format!("<request>{}", declared(count, &|n| format!("<a xmlns:n{n} =\"u{n}\">")));
    let beside = |count| format!("<request>{}</request>", declared(count, &|n| format!("<a xmlns:n{n} =\"u{n}\"/>")));
    let in_one = |count| format!("<request {}/>", declared(count, &|n| format!("xmlns:n{n}\n=\n\"u{n}\" ")));
    for xml in [nested(2_000), nested(4_000), in_one(4_000)] {
        assert_unreadable(&api, "application/xml", xml.as_bytes(), "line ").await;
    }
    // Nothing is wrong with those but that they say nothing.
    let post = async |xml: &str| api.call(Method::POST, "code").xml(xml).send().await.code_error(400);
    for count in [2_000, 4_000] {
        assert!(mentions(&post(&beside(count)).await, "codes"));
    }
    // Three at once, and somebody else.
    let (one, two) = (nested(3_000), beside(3_000));
    let unreadable = async |xml: &str| api.call(Method::POST, "code").xml(xml).send().await.platform_error(400);
    let other = async || api.get("segment/nobody-has-it").await.segment_error(404);
    tokio::join!(unreadable(&one), post(&two), unreadable(&one), other());

    // Serialisers declare at each element what they may need there.
    let instance =
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"";
    let codes =
        declared(200, &|n| format!("<codes {instance}><code>N{n}</code><description xsi:nil=\"true\"/></codes>"));
    let reply = api.call(Method::POST, "code").xml(&format!("<request>{codes}</request>")).send().await;
    let created = reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"].take();
    assert_eq!(created.as_array().map(Vec::len), Some(200));
}

#[tokio::test]
async fn nil_with_content_and_nil_without_a_namespace_are_refused() {
    let server = shared();
    let api = server.api();
    let instance = "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"";
    for (notes, says) in [
        (format!("<notes {instance} i:nil=\"true\">n</notes>"), "not empty"),
        (format!("<notes {instance} i:nil=\"1\"><b/></notes>"), "not empty"),
        (format!("<notes {instance} i:nil=\"TRUE\"/>"), "true or false"),
        ("<notes xsi:nil=\"true\"/>".to_owned(), "not declared"),
    ] {
        let xml = format!("<request>\n  {notes}</request>");
        assert_unreadable(&api, "application/xml", xml.as_bytes(), "line 2").await;
        assert_unreadable(&api, "application/xml", xml.as_bytes(), says).await;
    }
}

#[tokio::test]
async fn a_body_cut_off_anywhere_is_refused_whole() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = opening("cut off");
    for (content_type, body) in
        [("application/json", request.to_string()), ("application/xml", to_xml_request(&request))]
    {
        for end in 0..body.len() {
            let call = api.call(Method::POST, "segment/create").body(content_type, body.as_bytes()[..end].to_vec());
            let (_, detail) = call.send().await.platform_error(400);
            assert_says_where(&detail);
        }
    }
    assert_nothing_stored(&server, "cut off").await;
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let server = shared();
    let api = server.api();
    for (body, where_) in [
        ("[]", "line 1"),
        ("[{\"codes\": []}]", "line 1"),
        ("null", "line 1"),
        ("\"text\"", "line 1"),
        ("5", "line 1"),
        ("\n\n true", "line 3"),
    ] {
        assert_unreadable(&api, "application/json", body.as_bytes(), where_).await;
    }
    for body in ["<request>text</request>", "<request><![CDATA[{}]]></request>", "<request>&lt;codes/></request>"] {
        assert_unreadable(&api, "application/xml", body.as_bytes(), "line 1").await;
    }
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let server = Server::start(BINARY);
    let api = server.api();
    let deep = |open: &str, close: &str| (open.repeat(50_000), close.repeat(50_000));
    let (arrays, array_ends) = deep("[", "]");
    let (objects, object_ends) = deep("{\"a\":", "}");
    let (elements, element_ends) = deep("<a>", "</a>");
    for body in [
        format!("{{\"codes\": {arrays}{array_ends}}}"),
        format!("{{\"unknown\": {arrays}{array_ends}}}"),
        format!("{{\"configuration\": {objects}1{object_ends}}}"),
        arrays.clone(),
        objects.clone(),
    ] {
        assert_unreadable(&api, "application/json", body.as_bytes(), "line 1").await;
    }
    for body in [
        format!("<request>{elements}{element_ends}</request>"),
        format!("<request><codes>{elements}x{element_ends}</codes></request>"),
        format!("<request>{elements}"),
    ] {
        assert_unreadable(&api, "application/xml", body.as_bytes(), "line 1").await;
    }
    // Depth alone is no mistake.
    let mut request = opening("deep");
    let mut nested = json!({ "a": 1 });
    (0..50).for_each(|_| nested = json!({ "a": nested.take() }));
    request["unknown"] = nested;
    let opened = api.post("segment/create", &request).await.expect(200);
    let again = api.call(Method::POST, "segment/create").xml(&to_xml_request(&request)).send().await.expect(200);
    assert_eq!(again, opened);
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_not_a_byte_more() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (content_type, body) in [
        ("application/json", json!({ "codes": [{ "code": "Size" }] }).to_string()),
        ("application/xml", "<request><codes><code>Size</code></codes></request>".to_owned()),
    ] {
        let padded = |length: usize| body.clone() + &" ".repeat(length - body.len());
        let call = api.call(Method::POST, "code").body(content_type, padded(MEBIBYTE));
        call.send().await.expect(200);
    }
    let request = opening("size").to_string();
    let padded = request.clone() + &" ".repeat(MEBIBYTE + 1 - request.len());
    for (method, path) in WRITES {
        for accept in ["application/json", "application/xml"] {
            let call = api.call(method.clone(), path).header("Accept", accept);
            let reply = call.body("application/json", padded.clone()).send().await;
            assert_eq!(reply.media_type(), accept);
            reply.platform_error(413);
        }
    }
    assert_nothing_stored(&server, "size").await;
}

#[tokio::test]
async fn a_body_far_over_the_limit_is_answered_and_so_is_the_next_request() {
    let server = shared();
    let api = server.api();
    for length in [2 * MEBIBYTE, 4 * MEBIBYTE, 8 * MEBIBYTE] {
        for _ in 0..5 {
            let call = api.call(Method::POST, "code").body("application/json", vec![b' '; length]);
            call.send().await.platform_error(413);
            // On the connection that the client keeps, unless the server said that it closes it.
            api.get("segment/x").await.segment_error(404);
        }
    }
}

// Fields of the wrong type.

/// What a field of one type must not be.
fn not(kind: &str) -> Vec<Value> {
    [
        ("text", json!("text")),
        ("whole", json!(5)),
        ("number", json!(-0.5)),
        ("flag", json!(true)),
        ("list", json!(["text"])),
        ("list", json!([[]])),
        ("object", json!({ "code": { "code": "text" } })),
    ]
    .into_iter()
    .filter(|(other, _)| !kind.contains(other))
    .map(|(_, value)| value)
    .collect()
}

#[tokio::test]
async fn wrong_types_are_named_at_every_depth_of_an_opening() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (pointer, kind) in [
        ("/agent_sys_id", "text, whole"),
        ("/interaction_sys_id", "text, whole"),
        ("/external", "flag"),
        ("/external_segment_id", "text, whole"),
        ("/segmented", "flag"),
        ("/segment_id", "text, whole"),
        ("/segment_table", "text"),
        ("/opened_on", "text"),
        ("/ai_wrap_up_code", "text, whole"),
        ("/ai_notes", "text, whole"),
        ("/configuration", "object"),
        ("/configuration/enable_codes", "flag"),
        ("/configuration/allowed_codes", "list"),
        ("/configuration/allowed_codes/0", "object, text"),
        ("/configuration/allowed_codes/0/code", "text, whole"),
        ("/configuration/allowed_codes/0/translation", "object, list"),
        ("/configuration/allowed_codes/0/translation/language", "text"),
        ("/configuration/allowed_codes/0/translation/code", "text, whole"),
        ("/configuration/allowed_codes/0/translation/description", "text, whole"),
        ("/configuration/default_code", "text"),
        ("/configuration/duration", "whole"),
        ("/configuration/show_timer", "flag"),
        ("/configuration/enable_ai_code", "flag"),
        ("/configuration/enable_ai_notes", "flag"),
        ("/configuration/use_ai_as_default", "flag"),
        ("/configuration/use_third_party_ai", "flag"),
    ] {
        for value in not(kind) {
            let mut request = opening("types");
            put_at(&mut request, pointer, value.clone());
            for accept in ["application/json", "application/xml"] {
                let call = api.call(Method::POST, "segment/create").header("Accept", accept).json(&request);
                let reply = call.send().await;
                assert_eq!(reply.status, 400, "{pointer} {value}: {}", reply.text());
                let message = reply.segment_error(400);
                assert!(mentions(&message, &field_at(pointer)), "{pointer} {value}: {message}");
            }
        }
    }
    for entry in [Value::Null, json!(" "), json!([]), json!(0)] {
        for pointer in ["/configuration/allowed_codes", "/configuration/allowed_codes/0/translation"] {
            let mut request = opening("types");
            put_at(&mut request, pointer, json!([entry]));
            let message = api.post("segment/create", &request).await.segment_error(400);
            assert!(mentions(&message, &format!("{}[0]", field_at(pointer))), "{entry}: {message}");
        }
    }
    assert_nothing_stored(&server, "types").await;
}

#[tokio::test]
async fn wrong_types_are_named_at_every_depth_of_codes_and_updates() {
    let server = Server::start(BINARY);
    let api = server.api();
    let full = json!({ "codes": [{ "code": "Half", "description": "d", "active": true, "translations": [
        { "language": "de", "code": "Halb", "description": "d" }
    ] }] });
    for (pointer, kind) in [
        ("/codes", "list"),
        ("/codes/0", "object"),
        ("/codes/0/code", "text, whole"),
        ("/codes/0/description", "text, whole"),
        ("/codes/0/active", "flag"),
        ("/codes/0/translations", "list"),
        ("/codes/0/translations/0", "object"),
        ("/codes/0/translations/0/language", "text"),
        ("/codes/0/translations/0/code", "text, whole"),
        ("/codes/0/translations/0/description", "text, whole"),
    ] {
        for value in not(kind) {
            let mut request = full.clone();
            put_at(&mut request, pointer, value.clone());
            let reply = api.post("code", &request).await;
            assert_eq!(reply.status, 400, "{pointer} {value}: {}", reply.text());
            let message = reply.code_error(400);
            assert!(mentions(&message, &field_at(pointer)), "{pointer} {value}: {message}");
        }
    }
    assert_nothing_stored(&server, "none").await;

    let opened = api.post("segment/create", &opening("types")).await.expect(200);
    for name in ["wrap_up_code", "notes", "confirmed_on"] {
        for value in not("text, whole") {
            let request = json!({ "confirmed_on": "2024-09-16 18:52:01", name: value });
            let message = api.put("segment/update?external_segment_id=types", &request).await.segment_error(400);
            assert!(mentions(&message, name), "{name} {value}: {message}");
        }
    }
    for name in ["segment_sys_id", "ai_wrap_up_code", "ai_notes"] {
        for value in not("text, whole") {
            let request =
                json!({ "segment_sys_id": opened["sys_id"], "ai_wrap_up_code": "Other", "ai_notes": "o", name: value });
            let message = api.put("segment/update/ai", &request).await.segment_error(400);
            assert!(mentions(&message, name), "{name} {value}: {message}");
        }
    }
    assert_eq!(api.get("segment/types").await.expect(200)["segment"], opened["segment"]);
}

#[tokio::test]
async fn wrong_types_are_named_in_xml_too() {
    let server = Server::start(BINARY);
    let api = server.api();
    let whole = to_xml_request(&opening("types"));
    for (right, wrong, field) in [
        ("<agent_sys_id>agent<", "<agent_sys_id><entry>agent</entry><", "agent_sys_id"),
        ("<agent_sys_id>agent<", "<agent_sys_id>a</agent_sys_id><agent_sys_id>agent<", "agent_sys_id"),
        ("<external>true<", "<external><true/><", "external"),
        ("<ai_notes>notes<", "<ai_notes><b>notes</b><", "ai_notes"),
        ("<duration>60<", "<duration><seconds>60</seconds><", "configuration.duration"),
        ("<code>Half<", "<code><label>Half</label><", "configuration.allowed_codes[0].code"),
        (
            "<language>de<",
            "<language>de</language><language>fr<",
            "configuration.allowed_codes[0].translation[0].language",
        ),
        ("<opened_on>2024-09-16 17:52:01<", "<opened_on>2024-02-30 17:52:01<", "opened_on"),
    ] {
        assert!(whole.contains(right), "no {right} in {whole}");
        let xml = whole.replacen(right, wrong, 1);
        let message = api.call(Method::POST, "segment/create").xml(&xml).send().await.segment_error(400);
        // A list of one entry may be named as the entry or as the object that it can stand for.
        let named = mentions(&message, field) || message.contains(&field.replace("translation[0]", "translation"));
        assert!(named, "{wrong}: {message}");
    }
    let configuration = {
        let start = whole.find("<configuration>").unwrap_or_default();
        let end = whole.find("</configuration>").unwrap_or_default() + "</configuration>".len();
        &whole[start..end]
    };
    for wrong in ["<configuration>text</configuration>".to_owned(), configuration.repeat(2)] {
        let xml = whole.replacen(configuration, &wrong, 1);
        let message = api.call(Method::POST, "segment/create").xml(&xml).send().await.segment_error(400);
        assert!(mentions(&message, "configuration"), "{wrong}: {message}");
    }
    for (codes, field) in [
        ("<codes>text</codes>", "codes[0]"),
        ("<codes><entry>text</entry></codes>", "codes[0]"),
        ("<codes><code><a/></code></codes>", "codes[0].code"),
    ] {
        let xml = format!("<request>{codes}</request>");
        let message = api.call(Method::POST, "code").xml(&xml).send().await.code_error(400);
        assert!(mentions(&message, field), "{codes}: {message}");
    }
    assert_nothing_stored(&server, "types").await;
}

#[tokio::test]
async fn a_refused_opening_leaves_nothing_behind() {
    let server = Server::start(BINARY);
    let api = server.api();
    api.post("code", &json!({ "codes": [{ "code": "Off", "active": false }] })).await.expect(200);
    for (pointer, value, field) in [
        ("/segment_table", json!("no_such_table"), "segment_table"),
        ("/configuration/default_code", json!("Other"), "configuration.default_code"),
        (
            "/configuration/allowed_codes",
            json!([{ "code": "Half" }, { "code": " Half " }]),
            "configuration.allowed_codes[1].code",
        ),
        (
            "/configuration/allowed_codes",
            json!([{ "code": "Half" }, { "code": "Off" }]),
            "configuration.allowed_codes[1].code",
        ),
        ("/configuration/show_timer", json!(false), "configuration.duration"),
        ("/opened_on", Value::Null, "opened_on"),
    ] {
        let mut request = opening("refused");
        put_at(&mut request, pointer, value);
        let message = api.post("segment/create", &request).await.segment_error(400);
        assert!(mentions(&message, field), "{pointer}: {message}");
        assert_nothing_stored(&server, "refused").await;
    }
    // The id is not used up: the right request takes it.
    api.post("segment/create", &opening("refused")).await.expect(200);
}

// Odd but legal, and not legal: ids and labels.

#[tokio::test]
async fn ids_are_opaque_and_decoded_once() {
    let server = Server::start(BINARY);
    let api = server.api();
    let ids = [
        "a/b",
        "/",
        "a%2Fb",
        "%",
        "%25",
        "%zz",
        "a b",
        "+",
        "a+b",
        "a?b#c",
        "&",
        "a&external_segment_id=b",
        "=",
        ";",
        "\\",
        "\0",
        "a\0b",
        "\u{1}\u{1b}\u{7f}",
        "a\r\nb",
        "\u{1F642}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "\u{202e}abc",
        "e\u{301}",
        "é",
        "'\"<>",
        "create",
        "update",
        "latest:x",
        "slot:x",
        "*",
        "{segment_id}",
        "null",
        "0123456789abcdef0123456789abcdef",
        "0123456789ABCDEF0123456789ABCDEF",
        "\u{fffd}",
    ];
    let mut seen = Vec::new();
    for id in ids {
        let mut request = opening(id);
        request["agent_sys_id"] = json!(id);
        request["interaction_sys_id"] = json!(id);
        request["segment_id"] = json!(id);
        let opened = api.post("segment/create", &request).await.expect(200);
        for name in ["agent", "interaction", "segment_id", "external_segment_id"] {
            assert_eq!(opened["segment"][name], id, "{name}");
        }
        seen.push((id, opened["segment"].clone()));
    }
    for (id, opened) in &seen {
        let id = encoded(id);
        if !matches!(id.as_str(), "%63%72%65%61%74%65" | "%75%70%64%61%74%65") {
            assert_eq!(&api.get(&format!("segment/{id}")).await.expect(200)["segment"], opened, "{id}");
        }
        let path = format!("segment/agent/{id}/interaction/{id}");
        assert_eq!(&api.get(&path).await.expect(200)["segment"], opened, "{id}");
        let advice = json!({ "external_segment_id": opened["external_segment_id"], "ai_notes": id });
        assert_eq!(api.put("segment/update/ai", &advice).await.expect(200)["segment"]["ai_notes"], id.as_str());
        let path = format!("segment/update?external_segment_id={id}");
        let closed = api.put(&path, &json!({ "notes": id })).await.expect(200);
        assert_eq!(closed["sys_id"], opened["sys_id"], "{id}");
        assert_eq!(closed["segment"]["notes"], id.as_str());
    }
    // A path that clients tidy up on their own.
    for id in [".", ".."] {
        let opened = api.post("segment/create", &opening(id)).await.expect(200);
        for path in [id.to_owned(), encoded(id)] {
            let found = api.get_untidied(&format!("/api/now/v1/wrapup/segment/{path}")).expect(200);
            assert_eq!(found["segment"], opened["segment"], "{path}");
        }
    }
}

#[tokio::test]
async fn an_encoded_slash_or_an_encoded_letter_is_part_of_the_id() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = api.post("code", &json!({ "codes": [{ "code": "Encoded" }] })).await.expect(200);
    let sys_id =
        body["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().unwrap_or_default().to_owned();
    api.get(&format!("code/{}", encoded(&sys_id))).await.expect(200);
    // Encoded twice it is another id.
    api.get(&format!("code/{}", encoded(&encoded(&sys_id)))).await.code_error(404);
    for path in ["code/a%2Fb", "code/%2F", "code/..%2F..%2Fcode"] {
        api.get(path).await.code_error(404);
    }
    for path in ["segment/a%2Fb", "segment/agent%2Fa%2Finteraction%2Fb", "segment/agent/a%2F/interaction/%2Fb"] {
        api.get(path).await.segment_error(404);
    }
}

#[tokio::test]
async fn ids_that_are_not_utf_8_are_refused() {
    let server = Server::start(BINARY);
    let api = server.api();
    // What a careless decoder makes of them.
    let opened = api.post("segment/create", &opening("\u{fffd}")).await.expect(200);
    for bytes in ["%FF", "%C3", "%C0%AF", "%ED%A0%80", "%F5%80%80%80", "%80"] {
        for accept in ["application/json", "application/xml"] {
            let get = async |path: String| api.call(Method::GET, &path).header("Accept", accept).send().await;
            let message = get(format!("segment/{bytes}")).await.segment_error(400);
            assert!(mentions(&message, "segment_id"), "{bytes}: {message}");
            let message = get(format!("code/a{bytes}")).await.code_error(400);
            assert!(mentions(&message, "code_id"), "{bytes}: {message}");
            let message = get(format!("segment/agent/{bytes}/interaction/x")).await.segment_error(400);
            assert!(mentions(&message, "agent_id"), "{bytes}: {message}");
        }
    }
    for name in ["external_segment_id", "segment_sys_id"] {
        let reply = api.put(&format!("segment/update?{name}=%FF"), &json!({ "notes": "n" })).await;
        assert!(reply.status < 500, "{}", reply.text());
        let message = reply.segment_error(400);
        assert!(mentions(&message, name), "{message}");
    }
    assert_eq!(api.get("segment/%EF%BF%BD").await.expect(200)["segment"], opened["segment"]);
    // That is all that can be said of it, and a parameter that nobody reads says nothing.
    let message = api.get("segment/%FF").await.segment_error(400);
    assert_eq!(message, "segment_id is not valid UTF-8");
    let reply = api.put("segment/update?external_segment_id=%FF", &json!({ "notes": "n" })).await;
    assert_eq!(reply.segment_error(400), "external_segment_id is not valid UTF-8");
    assert_eq!(api.get("segment/%EF%BF%BD?a=%ff&%fe=b").await.expect(200)["segment"], opened["segment"]);
    let message = api.get("segment/%EF%BF%BD?include=%ff").await.segment_error(400);
    assert_eq!(message, "include is not valid UTF-8");
}

#[tokio::test]
async fn ids_of_10_kb_are_refused_wherever_they_stand() {
    let server = Server::start(BINARY);
    let api = server.api();
    let id = "0123456789abcdef".repeat(640);
    let message = api.get(&format!("code/{id}")).await.code_error(400);
    assert!(mentions(&message, "code_id"), "{message}");
    for path in [format!("segment/{id}"), format!("segment/{}", "%F0%9F%99%82".repeat(2_560))] {
        let message = api.get(&path).await.segment_error(400);
        assert!(mentions(&message, "segment_id"), "{message}");
    }
    for name in ["segment_sys_id", "external_segment_id"] {
        let message = api.put(&format!("segment/update?{name}={id}"), &json!({})).await.segment_error(400);
        assert!(mentions(&message, name), "{message}");
        let advice = json!({ name: id, "ai_notes": "n" });
        let message = api.put("segment/update/ai", &advice).await.segment_error(400);
        assert!(mentions(&message, name), "{message}");
    }
    for name in ["agent_sys_id", "interaction_sys_id", "external_segment_id", "segment_id"] {
        let mut request = opening("long ids");
        request[name] = json!(id);
        let message = api.post("segment/create", &request).await.segment_error(400);
        assert!(mentions(&message, name), "{message}");
    }
    assert_nothing_stored(&server, "long ids").await;
}

#[tokio::test]
async fn blank_ids_name_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    for path in ["segment/%20", "segment/%09%0A", "segment/%E2%80%83"] {
        let message = api.get(path).await.segment_error(400);
        assert!(mentions(&message, "segment_id"), "{path}: {message}");
    }
    let message = api.get("code/%20").await.code_error(400);
    assert!(mentions(&message, "code_id"), "{message}");
    let message = api.get("segment/agent/%20/interaction/%20").await.segment_error(400);
    assert!(mentions(&message, "agent_id") && mentions(&message, "interaction_id"), "{message}");
    for query in
        ["", "?", "?segment_sys_id=", "?external_segment_id=%20", "?agent_sys_id=&interaction_sys_id=", "?notes=n"]
    {
        let message = api.put(&format!("segment/update{query}"), &json!({})).await.segment_error(400);
        assert!(mentions(&message, "segment_sys_id"), "{query}: {message}");
    }
    for (query, field) in
        [("?agent_sys_id=a", "interaction_sys_id"), ("?interaction_sys_id=i&agent_sys_id=%20", "agent_sys_id")]
    {
        let message = api.put(&format!("segment/update{query}"), &json!({})).await.segment_error(400);
        assert!(mentions(&message, field), "{query}: {message}");
    }
}

#[tokio::test]
async fn labels_in_any_script_come_back_as_they_were() {
    let server = Server::start(BINARY);
    let api = server.api();
    let labels = [
        "\u{1F642}\u{1F469}\u{200d}\u{1F680}\u{1F1E9}\u{1F1EA}",
        "\u{5de}\u{5e9}\u{5dc}\u{5d5}\u{5d7} \u{202b}abc\u{202c}",
        "\u{645}\u{634}\u{643}\u{644}\u{629} \u{627}\u{644}\u{641}\u{648}\u{627}\u{62a}\u{64a}\u{631}",
        "請求の問題",
        "Zahlungsproblem äöüß",
        "cafe\u{301}",
        "café",
        "<script>alert('x')</script>",
        "'; DROP TABLE codes; --",
        "{{7*7}} ${x} %s %n",
        "]]>",
        "&amp;",
        "tab\tline\nnul\0bell\u{7}escape\u{1b}",
        "null",
        "true",
        "code",
    ];
    for (index, label) in labels.into_iter().enumerate() {
        let codes = json!({ "codes": [{ "code": label, "description": label, "translations": [
            { "language": "de", "code": label, "description": label }
        ] }] });
        let body = api.post("code", &codes).await.expect(200);
        let code = &body["result"]["result_map"]["created_wrap_up_codes"][0];
        for name in ["code", "description", "translated_code", "translated_description"] {
            assert_eq!(code[name], label, "{name}");
        }
        let path = format!("code/{}", code["sys_id"].as_str().unwrap_or_default());
        assert_eq!(&api.get(&path).await.expect(200)["result"]["result_map"]["wrap_up_code"], code);

        let id = format!("labels {index}");
        let mut request = opening(&id);
        for pointer in
            ["/ai_wrap_up_code", "/ai_notes", "/configuration/default_code", "/configuration/allowed_codes/0/code"]
        {
            put_at(&mut request, pointer, json!(label));
        }
        put_at(&mut request, "/configuration/allowed_codes/0/translation/code", json!(label));
        let opened = api.post("segment/create", &request).await.expect(200);
        let update = json!({ "wrap_up_code": label, "notes": label, "confirmed_on": "2024-09-16 18:52:01" });
        let path = format!("segment/update?external_segment_id={}", encoded(&id));
        let closed = api.put(&path, &update).await.expect(200);
        for pointer in [
            "/ai_wrap_up_code",
            "/ai_notes",
            "/notes",
            "/code/code",
            "/code/translated_code",
            "/wrap_up_configuration/default_code/code",
        ] {
            assert_eq!(closed["segment"].pointer(pointer), Some(&json!(label)), "{pointer}");
        }
        assert_eq!(closed["segment"]["code"]["sys_id"], code["sys_id"]);
        let found =
            api.call(Method::GET, &format!("segment/{}", encoded(&id))).accept_xml().send().await.expect_xml(200);
        // XML has no form for control characters, all others are as they were.
        let carried = |c: char| c != '\u{fffd}' && !(c.is_control() && c != '\t' && c != '\n');
        let kept = |text: &Value| text.as_str().unwrap_or_default().chars().filter(|c| carried(*c)).collect::<String>();
        assert_eq!(kept(&found["segment"]["notes"]), kept(&json!(label)));
        // The same in XML, where XML can say it.
        if !label.chars().any(|c| c.is_control()) {
            let reply = api.call(Method::POST, "segment/create").xml(&to_xml_request(&request)).send().await;
            assert_eq!(reply.expect(200)["sys_id"], opened["sys_id"]);
            assert_eq!(api.call(Method::PUT, &path).xml(&to_xml_request(&update)).send().await.expect(200), closed);
            assert_eq!(found["segment"]["code"]["code"], label);
        }
    }
}

// Paths, versions, methods, and what is looked at first.

#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let server = Server::start(BINARY);
    let api = server.api();
    let all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    for (path, allowed) in [
        ("code", &["GET", "HEAD", "POST"][..]),
        ("segment", &["GET", "HEAD"]),
        ("report/codes", &["GET", "HEAD"]),
        ("code/x", &["GET", "HEAD"]),
        ("segment/create", &["POST"]),
        ("segment/draft", &["PUT"]),
        ("segment/update", &["PUT"]),
        ("segment/update/ai", &["PUT"]),
        ("segment/update/aidetails", &["PUT"]),
        ("segment/x", &["GET", "HEAD"]),
        ("segment/agent", &["GET", "HEAD"]),
        ("segment/agent/x/interaction/y", &["GET", "HEAD"]),
    ] {
        for version in ["", "/v1"] {
            for name in all.iter().filter(|name| !allowed.contains(name)) {
                let method = Method::from_bytes(name.as_bytes()).unwrap_or_default();
                for accept in ["application/json", "application/xml", "text/html"] {
                    // Nobody has to say who they are to hear it.
                    let call = api.raw(method.clone(), &format!("/api/now{version}/wrapup/{path}"));
                    let reply = call.header("Accept", accept).send().await;
                    assert_eq!(reply.status, 405, "{name} {path}");
                    let mut allow: Vec<_> = reply.header("allow").split(',').map(str::trim).collect();
                    allow.sort_unstable();
                    assert_eq!(allow, allowed, "{name} {path}");
                    if *name == "HEAD" {
                        assert!(reply.body.is_empty());
                    } else {
                        reply.platform_error(405);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn fixed_paths_win_over_ids() {
    let server = Server::start(BINARY);
    let api = server.api();
    for id in ["create", "update"] {
        api.post("segment/create", &opening(id)).await.expect(200);
        api.get(&format!("segment/{id}")).await.platform_error(405);
        // Such a segment is there all the same.
        api.put(&format!("segment/update?external_segment_id={id}"), &json!({})).await.expect(200);
    }
    api.get("segment/update/ai").await.platform_error(405);
}

#[tokio::test]
async fn a_version_that_does_not_exist_is_400() {
    let server = Server::start(BINARY);
    let api = server.api();
    for version in ["v0", "v2", "v10", "V1", "1", "latest", "v1.0", "v1%20", "%00", "\u{1F642}", "..%2Fv1"] {
        for (method, path) in [
            (Method::GET, "code/x"),
            (Method::POST, "code"),
            (Method::GET, "segment/x"),
            (Method::GET, "segment/agent/x/interaction/y"),
            (Method::POST, "segment/create"),
            (Method::PUT, "segment/draft"),
            (Method::PUT, "segment/update"),
            (Method::PUT, "segment/update/ai"),
            (Method::PUT, "segment/update/aidetails"),
            // The version is looked at before the method.
            (Method::DELETE, "code"),
        ] {
            let path = format!("/api/now/{version}/wrapup/{path}");
            for accept in ["application/json", "application/xml"] {
                let reply = api.raw(method.clone(), &path).header("Accept", accept).send().await;
                assert_eq!(reply.status, 400, "{method} {path}");
                assert_eq!(reply.media_type(), accept);
                reply.platform_error(400);
                let call = api.raw(method.clone(), &path).basic_auth("username", "password").header("Accept", accept);
                call.send().await.platform_error(400);
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let server = Server::start(BINARY);
    let api = server.api();
    for path in [
        "/api",
        "/api/now",
        "/api/now/wrapup",
        "/api/now/v1/wrapup",
        "/api/now/v1/wrapup/codes",
        "/api/now/v1/wrapup/code/x/y",
        "/api/now/v1/wrapup/segments",
        "/api/now/v1/wrapup/report",
        "/api/now/v1/wrapup/segment/x/y",
        "/api/now/v1/wrapup/segment/update/ai/x",
        "/api/now/v1/wrapup/segment/update/aidetail",
        "/api/now/v1/wrapup/segment/agent/x",
        "/api/now/v1/wrapup/segment/agent/x/interaction",
        "/api/now/v1/wrapup/segment/agent/x/interactions/y",
        "/api/now/v1/wrapup/segment/agent/x/interaction/y/z",
        "/api/now/v1/v1/wrapup/code/x",
        "/api/now/v2/wrapup/codes",
        "/api/v1/wrapup/code/x",
        "/API/now/wrapup/code/x",
        "/api/now/wrapup/Code/x",
        "/wrapup/code/x",
        "/favicon.ico",
        "/%00",
        "/%FF",
        "/<script>",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            for accept in ["application/json", "application/xml"] {
                let reply = api.raw(method.clone(), path).header("Accept", accept).send().await;
                assert_eq!(reply.status, 404, "{method} {path}");
                assert_eq!(reply.media_type(), accept);
                reply.platform_error(404);
            }
        }
    }
}

#[tokio::test]
async fn the_checks_come_in_their_order() {
    let server = Server::start(BINARY);
    let api = server.api();
    let added = server.cli(BINARY, &["user", "add", "guest", "--role", "visitor"], "password of a guest\n");
    assert!(added.status.success(), "{added:?}");
    let mut request = opening("order");
    request["configuration"] = json!({ "enable_codes": false });
    request["segmented"] = json!(false);
    api.post("segment/create", &request).await.expect(200);
    let final_update = json!({ "notes": "final", "confirmed_on": "2024-09-16 18:52:01" });
    api.put("segment/update?external_segment_id=order", &final_update).await.expect(200);

    // One request in which everything is wrong; each step puts one thing right.
    struct Step<'a> {
        method: Method,
        path: &'a str,
        user: Option<&'a str>,
        accept: &'a str,
        content_type: &'a str,
        body: String,
    }
    let too_large = "{".repeat(MEBIBYTE + 1);
    let mut step = Step {
        method: Method::POST,
        path: "/api/now/v2/wrapup/segments/update?external_segment_id=unknown",
        user: None,
        accept: "text/html",
        content_type: "text/plain",
        body: too_large,
    };
    let send = async |step: &Step<'_>| {
        let call = api.raw(step.method.clone(), step.path).header("Accept", step.accept);
        let password = if step.user == Some("guest") { "password of a guest" } else { "password" };
        let call = if let Some(user) = step.user { call.basic_auth(user, password) } else { call };
        call.body(step.content_type, step.body.clone()).send().await
    };
    send(&step).await.platform_error(404);
    step.path = "/api/now/v2/wrapup/segment/update?external_segment_id=unknown";
    send(&step).await.platform_error(400);
    step.path = "/api/now/v1/wrapup/segment/update?external_segment_id=unknown";
    send(&step).await.platform_error(405);
    step.method = Method::PUT;
    send(&step).await.platform_error(401);
    step.user = Some("guest");
    send(&step).await.platform_error(403);
    step.user = Some("username");
    send(&step).await.platform_error(406);
    step.accept = "application/json";
    send(&step).await.platform_error(413);
    step.body = "{".to_owned();
    send(&step).await.platform_error(415);
    step.content_type = "application/json";
    send(&step).await.platform_error(400);
    step.body = json!({ "confirmed_on": "never" }).to_string();
    let message = send(&step).await.segment_error(400);
    assert!(mentions(&message, "confirmed_on"), "{message}");
    step.body = json!({ "notes": "other" }).to_string();
    send(&step).await.segment_error(404);
    step.path = "/api/now/v1/wrapup/segment/update?external_segment_id=order";
    send(&step).await.segment_error(400);
    step.body = final_update.to_string();
    assert_eq!(send(&step).await.expect(200)["segment"]["notes"], "final");
}

#[tokio::test]
async fn the_query_is_checked_before_the_record_is_looked_for() {
    let server = Server::start(BINARY);
    let api = server.api();
    let reply = api.put("segment/update?segment_sys_id=unknown&segment_sys_id=unknown", &json!({})).await;
    let message = reply.segment_error(400);
    assert!(mentions(&message, "segment_sys_id"), "{message}");
    let message = api.put("segment/update/ai", &json!({ "segment_sys_id": "unknown" })).await.segment_error(400);
    assert!(mentions(&message, "ai_wrap_up_code") || mentions(&message, "ai_notes"), "{message}");
    api.put("segment/update/ai", &json!({ "segment_sys_id": "unknown", "ai_notes": "n" })).await.segment_error(404);
}

#[tokio::test]
async fn errors_of_records_have_the_shape_of_their_endpoint_in_both_formats() {
    let server = Server::start(BINARY);
    let api = server.api();
    let unknown = "0123456789abcdef0123456789abcdef";
    for accept in ["application/json", "application/xml"] {
        let send = async |method: Method, path: &str, body: Option<Value>| {
            let call = api.call(method, path).header("Accept", accept);
            let call = if let Some(body) = body { call.json(&body) } else { call };
            let reply = call.send().await;
            assert_eq!(reply.media_type(), accept);
            reply
        };
        send(Method::GET, &format!("code/{unknown}"), None).await.code_error(404);
        send(Method::POST, "code", Some(json!({}))).await.code_error(400);
        send(Method::GET, &format!("segment/{unknown}"), None).await.segment_error(404);
        send(Method::GET, "segment/agent/a/interaction/b", None).await.segment_error(404);
        send(Method::POST, "segment/create", Some(json!({}))).await.segment_error(400);
        for query in [
            format!("segment_sys_id={unknown}"),
            "segment_sys_id=x".to_owned(),
            "external_segment_id=x".to_owned(),
            "agent_sys_id=a&interaction_sys_id=b".to_owned(),
        ] {
            send(Method::PUT, &format!("segment/update?{query}"), Some(json!({}))).await.segment_error(404);
        }
        let advice = json!({ "external_segment_id": "x", "ai_notes": "n" });
        send(Method::PUT, "segment/update/ai", Some(advice)).await.segment_error(404);
    }
}

#[tokio::test]
async fn strange_headers_do_not_stop_a_good_request() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (name, value) in [
        ("Accept-Language", "*"),
        ("Accept-Language", ";;q=,,"),
        ("Accept-Language", "de;q=2, fr;q=-1, en;q=NaN"),
        ("Accept-Language", "\u{1F642}"),
        ("Accept-Charset", "iso-8859-1"),
        ("Accept-Encoding", "br;q=1.0, *;q=0"),
        ("X-HTTP-Method-Override", "POST"),
        ("If-None-Match", "*"),
        ("Range", "bytes=0-1"),
        ("X-Odd", "\u{7f10}"),
    ] {
        let call = api.call(Method::POST, "code").header(name, value);
        let reply = call.json(&json!({ "codes": [{ "code": "Header" }] })).send().await;
        let body = reply.expect(200);
        assert_eq!(
            body["result"]["result_map"]["created_wrap_up_codes"][0]["translated_code"], "Header",
            "{name}: {value}"
        );
    }
    let long = format!("de,{}", "fr;q=0.5,".repeat(1_000));
    api.call(Method::GET, "segment/x").header("Accept-Language", &long).send().await.segment_error(404);
}
