//! How requests and answers are written: negotiation, JSON and XML, flags, durations, date-times,
//! absent and empty values, limits, and that one answer names all that is wrong.

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server, as_xml, field_at, mentions, put_at, to_xml_request, xml_to_json};

use crate::{BINARY, shared};

/// A request to open an external segment, with nothing in it that need not be there.
fn opening(external_segment_id: &str) -> Value {
    json!({
        "agent_sys_id": "agent",
        "interaction_sys_id": "interaction",
        "external": true,
        "external_segment_id": external_segment_id,
        "configuration": { "enable_codes": false }
    })
}

/// The same with a value put at a JSON pointer.
fn opening_with(external_segment_id: &str, pointer: &str, value: Value) -> Value {
    let mut request = opening(external_segment_id);
    put_at(&mut request, pointer, value);
    request
}

/// Opens a segment and answers it as GET shows it.
async fn open(api: &Api, request: &Value) -> Value {
    api.post("segment/create", request).await.expect(200)["segment"].take()
}

#[track_caller]
fn assert_names(message: &str, field: &str) {
    assert!(mentions(message, field), "{field} is not named: {message}");
}

// Negotiation.

/// GETs something that is not there, with these `Accept` lines, and answers the answer's format.
async fn accepted(api: &Api, accept: &[&str]) -> String {
    let mut formats = Vec::new();
    for path in ["code/nobody-has-it", "segment/nobody-has-it"] {
        let mut call = api.call(Method::GET, path);
        for line in accept {
            call = call.header("Accept", line);
        }
        let reply = call.send().await;
        assert_eq!(reply.status, 404, "Accept: {accept:?}");
        match reply.media_type() {
            "application/json" => drop(reply.expect(404)),
            _ => drop(xml_to_json(reply.text())),
        }
        formats.push(reply.media_type().to_owned());
    }
    assert_eq!(formats[0], formats[1], "Accept: {accept:?}");
    formats.swap_remove(0)
}

#[tokio::test]
async fn answers_come_in_the_format_that_accept_asks_for() {
    let server = shared();
    let api = server.api();
    for (accept, content_type) in [
        (&[][..], "application/json"),
        (&["*/*"], "application/json"),
        (&["application/*"], "application/json"),
        (&["application/json"], "application/json"),
        (&["Application/JSON"], "application/json"),
        (&["application/json; charset=utf-8"], "application/json"),
        (&["application/vnd.example+json"], "application/json"),
        (&["application/xml"], "application/xml"),
        (&["APPLICATION/XML"], "application/xml"),
        (&["application/soap+xml"], "application/xml"),
        (&["text/xml"], "text/xml"),
        (&["application/json;q=0.5, application/xml"], "application/xml"),
        (&["application/json;q=0.9, application/xml;q=0.8"], "application/json"),
        (&["application/json;q=0.001, application/xml;q=0.002"], "application/xml"),
        (&["application/json ; q=0.1 , application/xml ; q=0.2"], "application/xml"),
        (&["text/html, application/xml;q=0.9"], "application/xml"),
        (&["text/html, image/png;q=0.9, */*;q=0.1"], "application/json"),
        (&["application/json;q=0, application/xml"], "application/xml"),
        (&["application/json;q=0, */*"], "application/xml"),
        (&["application/xml;q=0, */*"], "application/json"),
        (&["*/*;q=0.1, application/xml;q=0.5"], "application/xml"),
    ] {
        assert_eq!(accepted(&api, accept).await, content_type, "Accept: {accept:?}");
    }
}

#[tokio::test]
async fn a_types_own_q_value_counts_and_not_that_of_a_wildcard() {
    let server = shared();
    let api = server.api();
    for (accept, format) in [
        ("application/xml;q=0.1, */*", "json"),
        ("*/*;q=0.9, application/json;q=0.2, application/xml;q=0.3", "xml"),
        ("application/json;q=0.1, */*", "xml"),
        ("*/*, application/json;q=0.1", "xml"),
        ("application/*, application/json;q=0.5", "xml"),
    ] {
        let content_type = accepted(&api, &[accept]).await;
        assert!(content_type.ends_with(format), "Accept: {accept} gives {content_type}");
    }
}

#[tokio::test]
async fn accept_lines_are_one_list() {
    let server = shared();
    let api = server.api();
    for (accept, content_type) in [
        (["application/xml", "application/json;q=0.5"], "application/xml"),
        (["application/json;q=0.5", "application/xml"], "application/xml"),
        (["text/html", "application/xml"], "application/xml"),
    ] {
        assert_eq!(accepted(&api, &accept).await, content_type, "Accept: {accept:?}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_ascii_is_not_taken_for_an_absent_one() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = opening("not ascii").to_string();
    for (accept, content_type, status) in [
        ("applicati\u{f6}n/json", "application/json", 406),
        ("application/json", "applicati\u{f6}n/json", 415),
        ("application/json", "text/plain; charset=\u{f6}", 415),
    ] {
        let call = api.call(Method::POST, "segment/create").header("Accept", accept);
        call.body(content_type, body.clone()).send().await.platform_error(status);
    }
}

#[tokio::test]
async fn where_nothing_is_acceptable_the_answer_is_406_in_json() {
    let server = Server::start(BINARY);
    let api = server.api();
    for accept in [
        "text/html",
        "image/*",
        "application/pdf, text/plain;q=0.5",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;q=0, application/xml;q=0, text/xml;q=0",
        "application/jsonp",
    ] {
        for (method, path) in [(Method::GET, "segment/x"), (Method::POST, "segment/create"), (Method::POST, "code")] {
            let body = opening("never opened").to_string();
            let reply = api.call(method, path).header("Accept", accept).body("application/json", body).send().await;
            assert_eq!(reply.status, 406, "Accept: {accept}");
            assert_eq!(reply.media_type(), "application/json");
            reply.platform_error(406);
        }
    }
    api.get("segment/never%20opened").await.segment_error(404);
}

#[tokio::test]
async fn bodies_are_read_as_the_content_type_says() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = opening("content types");
    let first = open(&api, &request).await;
    let (json, xml) = (request.to_string(), to_xml_request(&request));
    for (content_type, body) in [
        (None, &json),
        (Some("application/json"), &json),
        (Some("APPLICATION/JSON"), &json),
        (Some("application/json; charset=utf-8"), &json),
        (Some("application/json;charset=\"UTF-8\""), &json),
        (Some("application/vnd.example.v1+json"), &json),
        (Some("application/xml"), &xml),
        (Some("application/xml; charset=UTF-8"), &xml),
        (Some("text/xml"), &xml),
        (Some("Text/XML; charset=utf-8"), &xml),
        (Some("application/soap+xml"), &xml),
    ] {
        let call = api.call(Method::POST, "segment/create");
        let reply = match content_type {
            None => call.untyped_body(body.clone()).send().await,
            Some(content_type) => call.body(content_type, body.clone()).send().await,
        };
        assert_eq!(reply.status, 200, "Content-Type: {content_type:?}: {}", reply.text());
        assert_eq!(reply.expect(200)["segment"], first, "Content-Type: {content_type:?}");
    }
    // Each is read as what it says it is, whatever it looks like.
    api.call(Method::POST, "segment/create").untyped_body(xml.clone()).send().await.platform_error(400);
    api.call(Method::POST, "segment/create").body("application/json", xml).send().await.platform_error(400);
    api.call(Method::POST, "segment/create").body("text/xml", json).send().await.platform_error(400);
}

#[tokio::test]
async fn other_content_types_are_415_and_change_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let json = opening("unsupported").to_string();
    for content_type in [
        "text/plain",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonp",
        "application/json-patch",
        "json",
        "application/",
        "*/*",
    ] {
        for (method, path) in [
            (Method::POST, "segment/create"),
            (Method::POST, "code"),
            (Method::PUT, "segment/draft"),
            (Method::PUT, "segment/update"),
            (Method::PUT, "segment/update/ai"),
        ] {
            let reply = api.call(method.clone(), path).body(content_type, json.clone()).send().await;
            assert_eq!(reply.status, 415, "Content-Type: {content_type}");
            let (_, detail) = reply.platform_error(415);
            let (sent, curl) = (format!("Content-Type: {content_type}. "), "--header 'Content-Type: application/json'");
            assert!(detail.contains(&sent) && detail.ends_with(curl), "{detail}");
            let reply = api.call(method, path).accept_xml().body(content_type, json.clone()).send().await;
            assert_eq!(reply.media_type(), "application/xml", "Content-Type: {content_type}");
            reply.platform_error(415);
        }
    }
    api.get("segment/unsupported").await.segment_error(404);
}

// XML.

#[tokio::test]
async fn every_form_of_xml_says_the_same_as_its_json_counterpart() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = json!({
        "agent_sys_id": "A & B",
        "interaction_sys_id": "<i>",
        "external": true,
        "external_segment_id": "forms",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [
                { "code": "One", "translation": { "language": "de", "code": "Eins" } },
                { "code": "Two", "translation": [{ "language": "de", "code": "Zwei" }, { "language": "fr", "code": "Deux" }] }
            ],
            "default_code": "Two"
        }
    });
    let first = open(&api, &request).await;
    assert_eq!(first["wrap_up_configuration"]["allowed_codes"][1]["translated_code"], "Zwei");

    let ids =
        "<agent_sys_id>A &amp; B</agent_sys_id><interaction_sys_id>&lt;i></interaction_sys_id><external>true</external>
               <external_segment_id>forms</external_segment_id>";
    let repeated = "<configuration><enable_codes>true</enable_codes>
        <allowed_codes><code>One</code><translation><language>de</language><code>Eins</code></translation></allowed_codes>
        <allowed_codes><code>Two</code>
            <translation><language>de</language><code>Zwei</code></translation>
            <translation><language>fr</language><code>Deux</code></translation>
        </allowed_codes>
        <default_code>Two</default_code></configuration>";
    let entries = "<configuration><enable_codes>true</enable_codes>
        <allowed_codes>
            <entry><code>One</code>
                <translation><entry><language>de</language><code>Eins</code></entry></translation>
            </entry>
            <entry><code>Two</code><translation>
                <entry><language>de</language><code>Zwei</code></entry>
                <entry><language>fr</language><code>Deux</code></entry>
            </translation></entry>
        </allowed_codes>
        <default_code>Two</default_code></configuration>";
    for xml in [
        to_xml_request(&request),
        format!("<request>{ids}{repeated}</request>"),
        format!("<request>{ids}{entries}</request>"),
        format!("<request><entry>{ids}{repeated}</entry></request>"),
        format!("<?xml version='1.0'?>\n<request>\n<entry>\n{ids}\n{entries}\n</entry>\n</request>\n"),
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?><request>{repeated}{ids}</request>"
        ),
        format!(
            "<!-- a comment --><?a target?><request><!-- another -->{ids}<?b?>{entries}</request><!-- the last -->"
        ),
        format!("<request>{ids}{repeated}</request>").replace("A &amp; B", "<![CDATA[A & B]]>"),
        format!("<request>{ids}{repeated}</request>").replace("A &amp; B", "&#65; <!-- x -->&#x26; B"),
        format!("<request>{ids}{repeated}</request>").replace('\n', "\r\n"),
        format!("<?xml version=\"1.0\" encoding=\"utf-16\"?><request>{ids}{repeated}</request>"),
        format!("<?xml version=\"1.0\" encoding=\"us-ascii\"?><request>{ids}{repeated}</request>"),
        format!("\u{feff}<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><request>{ids}{repeated}</request>"),
        format!("<w:request xmlns:w = \"urn:w\" xmlns:i='urn:i'>{ids}{entries}</w:request>")
            .replace("entry>", "i:entry>"),
        format!("<request version=\"1\">{ids}{repeated}</request>").replace("<code>", "<code lang=\"en\">"),
    ] {
        let reply = api.call(Method::POST, "segment/create").xml(&xml).send().await;
        assert_eq!(reply.status, 200, "{}: {xml}", reply.text());
        assert_eq!(reply.expect(200)["segment"], first, "{xml}");
    }
}

#[tokio::test]
async fn allowed_codes_are_objects_or_their_labels_alone() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opening = |id: &str, codes: Value| {
        json!({
            "agent_sys_id": "a", "interaction_sys_id": "i", "external": true, "external_segment_id": id,
            "configuration": { "enable_codes": true, "allowed_codes": codes, "default_code": "Two" },
        })
    };
    let labels = |answer: &Value| -> Vec<Value> {
        let codes = answer["segment"]["wrap_up_configuration"]["allowed_codes"].as_array();
        codes.into_iter().flatten().map(|code| code["code"].clone()).collect()
    };
    let mixed = json!([" One ", { "code": "Two", "translation": { "language": "de", "code": "Zwei" } }]);
    let answer = api.post("segment/create", &opening("labels", mixed)).await.expect(200);
    assert_eq!(labels(&answer), ["One", "Two"]);
    // A label says what an object with nothing else says.
    let objects = opening("same", json!([{ "code": "One" }, { "code": "Two" }]));
    let first = api.post("segment/create", &objects).await.expect(200);
    let again = opening("same", json!(["One", "Two"]));
    assert_eq!(api.post("segment/create", &again).await.expect(200), first);
    for codes in [
        "<allowed_codes>One</allowed_codes><allowed_codes>Two</allowed_codes>",
        "<allowed_codes><entry>One</entry><entry><code>Two</code></entry></allowed_codes>",
    ] {
        let xml = format!(
            "<request><agent_sys_id>a</agent_sys_id><interaction_sys_id>i</interaction_sys_id><external>true</external>\
             <external_segment_id>same</external_segment_id><configuration><enable_codes>true</enable_codes>{codes}\
             <default_code>Two</default_code></configuration></request>"
        );
        let reply = api.call(Method::POST, "segment/create").xml(&xml).send().await;
        assert_eq!(reply.expect(200), first, "{codes}");
    }
    let twice = api.post("segment/create", &opening("twice", json!([{ "code": "Two" }, "Two"]))).await;
    assert!(twice.segment_error(400).contains("configuration.allowed_codes[1] repeats 'Two'"));
}

#[tokio::test]
async fn an_entry_beside_other_elements_is_refused_in_a_list() {
    let server = Server::start(BINARY);
    let api = server.api();
    let ids = "<agent_sys_id>a</agent_sys_id><interaction_sys_id>i</interaction_sys_id><external>true</external>\
               <external_segment_id>mixed</external_segment_id>";
    for (codes, field) in [
        (
            "<allowed_codes><entry><code>One</code></entry><code>Two</code></allowed_codes>",
            "configuration.allowed_codes has <entry> beside other elements",
        ),
        (
            "<allowed_codes><code>One</code><translation><language>de</language><code>Eins</code>\
             <entry><language>fr</language><code>Un</code></entry></translation></allowed_codes>",
            "configuration.allowed_codes[0].translation has <entry> beside other elements",
        ),
    ] {
        let xml = format!("<request>{ids}<configuration>{codes}</configuration></request>");
        let reply = api.call(Method::POST, "segment/create").xml(&xml).send().await;
        let message = reply.segment_error(400);
        assert!(message.contains(field), "{message}");
    }
    let xml = "<request><codes><entry><code>One</code></entry><code>Two</code></codes></request>";
    let message = api.call(Method::POST, "code").xml(xml).send().await.code_error(400);
    assert!(message.contains("codes has <entry> beside other elements"), "{message}");
}

#[tokio::test]
async fn an_entry_with_elements_that_nothing_reads_is_refused() {
    let server = Server::start(BINARY);
    let api = server.api();
    let post = async |path: &str, xml: &str| api.call(Method::POST, path).xml(xml).send().await;
    let strays = "has elements in it, and is neither the one element of <request> nor an entry of a list";
    let ids = "<agent_sys_id>a</agent_sys_id><interaction_sys_id>i</interaction_sys_id><external>true</external>\
               <external_segment_id>stray</external_segment_id>";
    let entry = "<entry><ai_notes>Lost.</ai_notes></entry>";
    let code = "<allowed_codes><code>One</code></allowed_codes>";
    for (xml, field) in [
        (format!("{ids}<configuration>{code}</configuration>{entry}"), "entry"),
        (format!("{entry}<entry>{ids}<configuration>{code}</configuration></entry>"), "entry"),
        (format!("<entry>{ids}<configuration>{code}</configuration>{entry}</entry>"), "entry"),
        (format!("{ids}<configuration>{code}{entry}</configuration>"), "configuration.entry"),
        (
            format!("{ids}<configuration>{code}<allowed_codes><code>Two</code>{entry}</allowed_codes></configuration>"),
            "configuration.allowed_codes[1].entry",
        ),
    ] {
        let message = post("segment/create", &format!("<request>{xml}</request>")).await.segment_error(400);
        assert!(message.contains(&format!("{field} {strays}")), "{xml}: {message}");
    }
    api.get("segment/stray").await.expect(404);
    // One of several codes is refused by itself.
    let codes = "<request><codes><code>Good</code></codes><codes><code>Bad</code><entry><x/></entry></codes></request>";
    let body = post("code", codes).await.expect(207);
    let failed = &body["result"]["result_map"]["failed_wrap_up_codes"];
    assert_eq!(failed.as_array().map(Vec::len), Some(1), "{body}");
    assert_eq!(failed[0]["message"], format!("codes[1].entry {strays}"));
    // With a text in it, it is an unknown field like any other.
    let unknown = format!("<request>{ids}<configuration>{code}</configuration><entry>x</entry><entry/></request>");
    post("segment/create", &unknown).await.expect(200);
}

#[tokio::test]
async fn lists_of_one_and_of_none_are_lists_in_xml_too() {
    let server = Server::start(BINARY);
    let api = server.api();
    let post = async |xml: &str| api.call(Method::POST, "code").xml(xml).send().await;
    for xml in [
        "<request><codes><code>Single</code></codes></request>",
        "<request><codes><entry><code>Single</code></entry></codes></request>",
        "<request><entry><codes><code>Single</code><translations/></codes></entry></request>",
    ] {
        let body = post(xml).await.expect(200);
        assert_eq!(body["result"]["result_map"]["created_wrap_up_codes"][0]["code"], "Single", "{xml}");
    }
    for xml in [
        "<request/>",
        "<request></request>",
        "<request><entry/></request>",
        "<request><codes/></request>",
        "<request><codes></codes></request>",
        "<request><other>x</other></request>",
    ] {
        assert_names(&post(xml).await.code_error(400), "codes");
    }
    // An entry is named as in JSON.
    let message = post("<request><codes><entry><code/></entry></codes></request>").await.code_error(400);
    assert_names(&message, "codes[0].code");
}

#[tokio::test]
async fn every_endpoint_does_the_same_for_json_and_for_xml() {
    let server = Server::start(BINARY);
    let api = server.api();
    let send = async |xml: bool, method: Method, path: &str, body: &Value| {
        let call = api.call(method, path);
        if xml { call.xml(&to_xml_request(body)).send().await } else { call.json(body).send().await }
    };
    // What tells the two segments of one story apart.
    let comparable = |mut segment: Value, id: &str| {
        let times = ["submitted_on", "opened_on", "ai_code_defined_at", "ai_notes_defined_at", "sys_created_on"];
        for name in times.into_iter().chain(["sys_id", "sys_updated_on"]) {
            assert!(segment[name].is_string(), "{name} of {segment}");
            segment[name] = Value::Null;
        }
        assert_eq!(segment["external_segment_id"], id);
        segment["external_segment_id"] = Value::Null;
        segment
    };
    let mut stories = Vec::new();
    for (xml, id) in [(false, "by JSON"), (true, "by XML")] {
        let codes = json!({ "codes": [
            { "code": "A", "description": "d", "active": true, "translations": [{ "language": "de", "code": "Ä", "description": "b" }] },
            { "code": "B" }
        ] });
        let codes = send(xml, Method::POST, "code", &codes).await.expect(200);
        let mut request = opening(id);
        request["configuration"] = json!({
            "enable_codes": true,
            "allowed_codes": [{ "code": "A" }, { "code": "B" }],
            "default_code": "B",
            "enable_ai_code": true,
            "enable_ai_notes": true,
            "use_third_party_ai": true
        });
        send(xml, Method::POST, "segment/create", &request).await.expect(200);
        let advice = json!({ "external_segment_id": id, "ai_wrap_up_code": "B", "ai_notes": "it's < & > \"" });
        send(xml, Method::PUT, "segment/update/ai", &advice).await.expect(200);
        let path = format!("segment/update?external_segment_id={}", id.replace(' ', "%20"));
        let update = json!({ "wrap_up_code": "A", "notes": "two\nlines", "confirmed_on": "2024-09-16 18:52:01" });
        let mut closed = send(xml, Method::PUT, &path, &update).await.expect(200);
        // The other format repeats it, which changes nothing.
        assert_eq!(send(!xml, Method::PUT, &path, &update).await.expect(200), closed);
        stories.push((codes, comparable(closed["segment"].take(), id)));
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test]
async fn nil_in_xml_is_null_in_json_for_every_field() {
    let server = Server::start(BINARY);
    let api = server.api();
    let send = async |xml: bool, method: Method, path: &str, body: &Value| {
        let call = api.call(method, path);
        let reply = if xml { call.xml(&to_xml_request(body)).send().await } else { call.json(body).send().await };
        (reply.status, reply.expect(reply.status))
    };
    let full = |external_segment_id: &str| {
        json!({
            "agent_sys_id": "agent",
            "interaction_sys_id": "interaction",
            "external": true,
            "external_segment_id": external_segment_id,
            "segmented": true,
            "segment_id": external_segment_id,
            "segment_table": "sn_openframe_phone_log",
            "opened_on": "2024-09-16 17:52:01",
            "ai_wrap_up_code": "One",
            "ai_notes": "notes",
            "configuration": {
                "enable_codes": true,
                "allowed_codes": [
                    { "code": "One", "translation": [{ "language": "de", "code": "Eins", "description": "d" }, { "language": "fr", "code": "Un" }] },
                    { "code": "Two" }
                ],
                "default_code": "Two",
                "duration": 60,
                "show_timer": true,
                "enable_ai_code": true,
                "enable_ai_notes": true,
                "use_ai_as_default": true,
                "use_third_party_ai": true
            }
        })
    };
    let mut pointers = Vec::new();
    pointers_into("", &full(""), &mut pointers);
    let mut opened = 0;
    for pointer in &pointers {
        let mut request = full(&format!("null at {pointer}"));
        put_at(&mut request, pointer, Value::Null);
        // The second either repeats what the first did, or is wrong in the same words.
        let json = send(false, Method::POST, "segment/create", &request).await;
        assert_eq!(send(true, Method::POST, "segment/create", &request).await, json, "{pointer}");
        opened += usize::from(json.0 == 200);
    }
    assert!((5..pointers.len() - 5).contains(&opened), "{opened} opened: some fields may be null, some not");

    let codes = json!({ "codes": [
        { "code": "A", "description": "kept", "active": false, "translations": [{ "language": "de", "code": "Ae" }, null] },
        null
    ] });
    let refused = send(false, Method::POST, "code", &codes).await;
    assert_eq!(refused.0, 400);
    assert_eq!(send(true, Method::POST, "code", &codes).await, refused);
    let codes = json!({ "codes": [{ "code": "A", "description": null, "active": null, "translations": null }] });
    let stored = send(true, Method::POST, "code", &codes).await;
    assert_eq!(stored.0, 200);
    assert_eq!(send(false, Method::POST, "code", &codes).await, stored);

    send(false, Method::POST, "segment/create", &full("to close")).await;
    let update = json!({ "wrap_up_code": null, "notes": null, "confirmed_on": null });
    let closed = send(true, Method::PUT, "segment/update?external_segment_id=to%20close", &update).await;
    assert_eq!((closed.0, closed.1["segment"].get("notes")), (200, None), "{}", closed.1);
}

/// The pointers to all values within a JSON value.
fn pointers_into(at: &str, value: &Value, pointers: &mut Vec<String>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in parts {
        let pointer = format!("{at}/{name}");
        pointers_into(&pointer, value, pointers);
        pointers.push(pointer);
    }
}

#[tokio::test]
async fn xml_answers_say_what_the_json_answers_say() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes = json!({ "codes": [
        { "code": "<A> & \"B\"", "description": "", "translations": [{ "language": "de", "code": "]]> 'Ä'" }] },
        { "code": "C", "description": " spaces  kept " }
    ] });
    let stored = api.post("code", &codes).await.expect(200);
    let code = stored["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().unwrap_or_default();
    let mut request = opening("answers");
    request["configuration"] = json!({
        "enable_codes": true,
        "allowed_codes": [{ "code": "<A> & \"B\"" }, { "code": "C" }],
        "default_code": "C",
        "show_timer": "true"
    });
    open(&api, &request).await;
    let mut one = opening("one code");
    one["configuration"] = json!({ "allowed_codes": [{ "code": "C" }] });
    let update =
        json!({ "notes": "\ttabs\nand lines\r\n", "wrap_up_code": "C", "confirmed_on": "2024-09-16 18:52:01" });
    let update_path = "segment/update?external_segment_id=answers";

    // Requests that may be sent twice with one effect.
    for (method, path, body) in [
        (Method::POST, "code", Some(&codes)),
        (Method::GET, &*format!("code/{code}"), None),
        (Method::POST, "segment/create", Some(&request)),
        (Method::POST, "segment/create", Some(&one)),
        (Method::GET, "segment/answers", None),
        (Method::PUT, update_path, Some(&update)),
        (Method::GET, "segment/agent/agent/interaction/interaction", None),
        // Errors of both kinds.
        (Method::GET, "segment/%3Cunknown%3E", None),
        (Method::GET, "code/%3Cunknown%3E", None),
        (Method::DELETE, "code", None),
        (Method::POST, "segment/create", Some(&json!({ "external": 5 }))),
        (Method::POST, "code", Some(&json!({ "codes": [{ "code": "D" }, { "code": "" }] }))),
    ] {
        let call = || match body {
            None => api.call(method.clone(), path),
            Some(body) => api.call(method.clone(), path).json(body),
        };
        let json = call().send().await;
        let xml = call().accept_xml().send().await;
        assert_eq!(xml.expect_xml(json.status), as_xml(&json.expect(json.status)), "{method} {path}");
    }
}

#[tokio::test]
async fn xml_answers_are_written_as_documented() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes = json!({ "codes": [{ "code": "One" }, { "code": "Two", "active": false }] });
    let reply = api.call(Method::POST, "code").accept_xml().json(&codes).send().await;
    let body = reply.expect_xml(200);
    let ids: Vec<_> = [0, 1]
        .map(|index| {
            body["result"]["result_map"]["created_wrap_up_codes"][index]["sys_id"].as_str().unwrap_or_default()
        })
        .into();
    // Layout is free, so white space between elements does not count.
    let text: String = reply.text().split('\n').map(str::trim).collect();
    let text = text.replace("></description>", "/>").replace("<description/>", "<description />");
    let text = text.replace("<translated_description/>", "<translated_description />");
    let code = |label: &str, active: bool, id: &str| {
        format!(
            "<created_wrap_up_codes><code>{label}</code><description /><active>{active}</active><external>true</external>\
             <sys_id>{id}</sys_id><translated_code>{label}</translated_code><translated_description /></created_wrap_up_codes>"
        )
    };
    for part in [
        r#"<?xml version="1.0" encoding="UTF-8"?><response><result>"#.to_owned(),
        "<result_map><created_wrap_up_codes>".to_owned(),
        code("One", true, ids[0]) + &code("Two", false, ids[1]),
        "</created_wrap_up_codes></result_map>".to_owned(),
        "<success>true</success>".to_owned(),
        "</result></response>".to_owned(),
    ] {
        assert!(text.contains(&part), "no {part} in {text}");
    }
}

#[tokio::test]
async fn what_xml_cannot_carry_does_not_break_an_answer() {
    let server = Server::start(BINARY);
    let api = server.api();
    let odd: String =
        (0..32).chain([0x7f, 0x85, 0x2028, 0xfffe, 0xffff, 0x10ffff]).filter_map(char::from_u32).collect();
    let label = format!("odd {odd} label");
    let codes = json!({ "codes": [{
        "code": label, "description": odd, "translations": [{ "language": "de", "code": label, "description": odd }]
    }] });
    let stored = api.post("code", &codes).await.expect(200);
    let code = &stored["result"]["result_map"]["created_wrap_up_codes"][0];
    assert_eq!((&code["code"], &code["description"]), (&json!(label), &json!(odd)));
    let code_path = format!("code/{}", code["sys_id"].as_str().unwrap_or_default());

    let mut request = opening(&odd);
    request["agent_sys_id"] = Value::from(format!("a{odd}"));
    request["ai_notes"] = Value::from(format!("n{odd}"));
    request["configuration"] = json!({
        "enable_codes": true, "allowed_codes": [{ "code": label }], "default_code": label, "enable_ai_notes": true
    });
    let segment = open(&api, &request).await;
    let sys_id = segment["sys_id"].as_str().unwrap_or_default();
    let update_path = format!("segment/update?segment_sys_id={sys_id}");
    let update = json!({ "notes": odd, "wrap_up_code": label, "confirmed_on": "2024-09-16 18:52:01" });

    // As XML parsers must not accept them, and a carriage return as it was.
    let carried: String = odd
        .chars()
        .map(|c| {
            if matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')) {
                c
            } else {
                '\u{fffd}'
            }
        })
        .collect();
    for (method, path, body, pointer) in [
        (Method::GET, &*code_path, None, "/result/result_map/wrap_up_code/description"),
        (Method::POST, "code", Some(&codes), "/result/result_map/created_wrap_up_codes/description"),
        (Method::POST, "segment/create", Some(&request), "/segment/external_segment_id"),
        (Method::PUT, &*update_path, Some(&update), "/segment/notes"),
        (Method::GET, &*format!("segment/{sys_id}"), None, "/segment/notes"),
    ] {
        let call = api.call(method.clone(), path).accept_xml();
        let call = if let Some(body) = body { call.json(body) } else { call };
        let body = call.send().await.expect_xml(200);
        let text = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let kept = |text: &str| text.chars().filter(|c| *c != '\u{fffd}').collect::<String>();
        assert_eq!(kept(text), kept(&carried), "{method} {path}");
    }
    // JSON carries all of them.
    let found = api.get(&format!("segment/{sys_id}")).await.expect(200);
    assert_eq!((&found["segment"]["notes"], &found["segment"]["external_segment_id"]), (&json!(odd), &json!(odd)));

    // Messages repeat what was sent.
    let get = async |path: &str| api.call(Method::GET, path).accept_xml().send().await;
    get("segment/%00%01%1B%EF%BF%BE").await.segment_error(404);
    get("segment/agent/%00/interaction/%08").await.segment_error(404);
    get("code/%00%0B%7F").await.code_error(404);
    let mut request = opening_with("x", "/segment_table", json!("t\u{1}"));
    request["segmented"] = json!(true);
    request["segment_id"] = json!("s\u{2}");
    let message = api.call(Method::POST, "segment/create").accept_xml().json(&request).send().await.segment_error(400);
    assert_names(&message, "segment_table");
}

// Flags, durations, date-times.

const OPENING_FLAGS: [&str; 7] = [
    "/segmented",
    "/configuration/enable_codes",
    "/configuration/show_timer",
    "/configuration/enable_ai_code",
    "/configuration/enable_ai_notes",
    "/configuration/use_ai_as_default",
    "/configuration/use_third_party_ai",
];

/// A request in which the flag may have any value.
fn opening_with_flag(external_segment_id: &str, pointer: &str, value: Value) -> Value {
    let mut request = opening(external_segment_id);
    request["segment_id"] = json!("flags");
    request["segment_table"] = json!("sn_openframe_phone_log");
    request["configuration"] = json!({ "allowed_codes": [{ "code": "F" }], "default_code": "F" });
    put_at(&mut request, pointer, value);
    request
}

#[tokio::test]
async fn a_flag_is_a_boolean_or_its_name_and_shows_as_a_boolean() {
    let server = Server::start(BINARY);
    let api = server.api();
    for pointer in OPENING_FLAGS {
        for flag in [true, false] {
            let id = format!("{pointer} {flag}");
            let by_boolean = open(&api, &opening_with_flag(&id, pointer, json!(flag))).await;
            let shown = pointer.replace("/configuration", "/wrap_up_configuration");
            assert_eq!(by_boolean.pointer(&shown), Some(&json!(flag)), "{pointer}");
            // Another request under the same id would be refused: the two are the same.
            let by_text = open(&api, &opening_with_flag(&id, pointer, json!(flag.to_string()))).await;
            assert_eq!(by_text, by_boolean, "{pointer}");
            let xml = to_xml_request(&opening_with_flag(&id, pointer, json!(flag)));
            let by_xml = api.call(Method::POST, "segment/create").xml(&xml).send().await.expect(200);
            assert_eq!(by_xml["segment"], by_boolean, "{pointer}");
        }
    }
    let mut request = opening("external as text");
    let segment = open(&api, &request).await;
    assert_eq!(segment["external"], true);
    request["external"] = json!("true");
    assert_eq!(open(&api, &request).await, segment);
    for external in [json!(false), json!("false")] {
        let request = json!({
            "agent_sys_id": "a", "interaction_sys_id": "i", "external": external,
            "wrap_up_configuration_sys_id": server.demo_configuration()
        });
        assert_eq!(open(&api, &request).await["external"], false);
    }
    for active in [json!("false"), json!(false), json!("true"), json!(true)] {
        let body = api.post("code", &json!({ "codes": [{ "code": "F", "active": active }] })).await.expect(200);
        let shown = &body["result"]["result_map"]["created_wrap_up_codes"][0]["active"];
        assert_eq!(shown.to_string(), active.as_str().map_or(active.to_string(), str::to_owned));
    }
}

#[tokio::test]
async fn anything_else_is_no_flag() {
    let server = Server::start(BINARY);
    let api = server.api();
    let no_flags = [
        json!("yes"),
        json!("truely"),
        json!("t rue"),
        json!("1"),
        json!("0"),
        json!(1),
        json!(0),
        json!(1.5),
        json!(""),
        json!([]),
        json!([true]),
        json!({}),
    ];
    for pointer in OPENING_FLAGS.into_iter().chain(["/external"]) {
        for value in &no_flags {
            let request = opening_with_flag("no flag", pointer, value.clone());
            let message = api.post("segment/create", &request).await.segment_error(400);
            assert_names(&message, &field_at(pointer));
        }
        for text in ["yes", "1", ""] {
            let xml = to_xml_request(&opening_with_flag("no flag", pointer, json!(text)));
            let message = api.call(Method::POST, "segment/create").xml(&xml).send().await.segment_error(400);
            assert_names(&message, &field_at(pointer));
        }
    }
    for value in &no_flags {
        let reply = api.post("code", &json!({ "codes": [{ "code": "No Flag", "active": value }] })).await;
        assert_names(&reply.code_error(400), "codes[0].active");
    }
    api.get("segment/no%20flag").await.segment_error(404);
    assert!(!server.code_labels(BINARY).iter().any(|label| label == "No Flag" || label == "F"));
}

#[tokio::test]
async fn a_duration_is_whole_seconds_as_text_or_number() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = |id: &str, duration: Option<Value>| {
        let mut request = opening_with(id, "/opened_on", json!("2024-09-16 17:52:01"));
        request["configuration"] = json!({ "show_timer": true });
        if let Some(duration) = duration {
            request["configuration"]["duration"] = duration;
        }
        request
    };
    for (seconds, text) in [(1, "1"), (120, "120"), (86_400, "86400")] {
        let by_number = open(&api, &request(text, Some(json!(seconds)))).await;
        assert_eq!(by_number["wrap_up_configuration"]["duration"], text);
        assert_eq!(open(&api, &request(text, Some(json!(text)))).await, by_number);
        let xml = to_xml_request(&request(text, Some(json!(seconds))));
        let by_xml = api.call(Method::POST, "segment/create").xml(&xml).send().await.expect(200);
        assert_eq!(by_xml["segment"], by_number);
    }
    let unlimited = open(&api, &request("unlimited", None)).await;
    assert!(unlimited["wrap_up_configuration"].get("duration").is_none(), "{unlimited}");
    for duration in [Value::Null, json!("")] {
        assert_eq!(open(&api, &request("unlimited", Some(duration))).await, unlimited);
    }
    for duration in [
        json!(0),
        json!("0"),
        json!("000"),
        json!(-1),
        json!("-1"),
        json!(1.5),
        json!("1.5"),
        json!("1e3"),
        json!("two"),
        json!("60 s"),
        json!("0x10"),
        json!(true),
        json!([]),
        json!([60]),
        json!({}),
    ] {
        let message =
            api.post("segment/create", &request("no duration", Some(duration.clone()))).await.segment_error(400);
        assert_names(&message, "configuration.duration");
        assert_eq!(api.get("segment/no%20duration").await.status, 404, "{duration}");
    }
    let xml = to_xml_request(&request("no duration", Some(json!("-1"))));
    let message = api.call(Method::POST, "segment/create").xml(&xml).send().await.segment_error(400);
    assert_names(&message, "configuration.duration");
}

/// Texts that are no date-times: other forms, and moments that do not exist.
const NO_DATE_TIMES: [&str; 25] = [
    "2023-02-29 00:00:00",
    "2024-02-30 00:00:00",
    "2024-04-31 12:00:00",
    "1900-02-29 00:00:00",
    "2024-13-01 00:00:00",
    "2024-00-10 00:00:00",
    "2024-09-00 00:00:00",
    "2024-09-16 24:00:00",
    "2024-09-16 23:60:00",
    "2024-09-16 23:59:61",
    "2024-09-16",
    "17:52:01",
    "2024-09-16 17:52",
    "2024-9-16 17:52:01",
    "2024-09-16  17:52:01",
    "2024-09-16 17:52:01 UTC",
    "2024-09-16T17:52:01",
    "2024-09-31T17:52:01Z",
    "16.09.2024 17:52:01",
    "09/16/2024 17:52:01",
    "12024-09-16 17:52:01",
    "1726509121000",
    "now",
    "-2024-09-16 17:52:01",
    "+2024-09-16 17:52:01",
];

#[tokio::test]
async fn date_times_are_utc_whatever_they_were_written_in() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (given, shown) in [
        ("2024-09-16 17:52:01", "2024-09-16 17:52:01"),
        ("2024-09-16T17:52:01Z", "2024-09-16 17:52:01"),
        ("2024-09-16T17:52:01+00:00", "2024-09-16 17:52:01"),
        ("2024-09-16T19:52:01+02:00", "2024-09-16 17:52:01"),
        ("2024-09-16T12:22:01-05:30", "2024-09-16 17:52:01"),
        ("2024-12-31T23:30:00-01:00", "2025-01-01 00:30:00"),
        ("2024-02-29 23:59:59", "2024-02-29 23:59:59"),
        ("2024-09-16T17:52:01.000Z", "2024-09-16 17:52:01"),
        ("1999-12-31 00:00:00", "1999-12-31 00:00:00"),
    ] {
        let id = format!("at {given}").replace('+', "plus");
        let segment = open(&api, &opening_with(&id, "/opened_on", json!(given))).await;
        assert_eq!(segment["opened_on"], shown, "{given}");
        // The same moment in the other form is the same request.
        assert_eq!(open(&api, &opening_with(&id, "/opened_on", json!(shown))).await, segment, "{given}");
        let path = format!("segment/update?external_segment_id={}", id.replace(' ', "%20"));
        let closed = api.put(&path, &json!({ "confirmed_on": given })).await.expect(200);
        assert_eq!(closed["segment"]["confirmed_on"], shown, "{given}");
        let again = api.put(&path, &json!({ "confirmed_on": shown })).await.expect(200);
        assert_eq!(again, closed, "{given}");
    }
}

#[tokio::test]
async fn what_is_no_date_time_is_named_and_changes_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, &opening("dated")).await;
    let others = [json!(1_726_509_121), json!(true), json!([]), json!({}), json!(["2024-09-16 17:52:01"])];
    for value in others.into_iter().chain(NO_DATE_TIMES.map(Value::from)) {
        let reply = api.post("segment/create", &opening_with("undated", "/opened_on", value.clone())).await;
        assert_eq!(reply.status, 400, "{value}");
        assert_names(&reply.segment_error(400), "opened_on");
        let reply = api.put("segment/update?external_segment_id=dated", &json!({ "confirmed_on": value })).await;
        assert_eq!(reply.status, 400, "{value}");
        assert_names(&reply.segment_error(400), "confirmed_on");
    }
    api.get("segment/undated").await.segment_error(404);
    assert_eq!(api.get("segment/dated").await.expect(200)["segment"], segment);
}

// Absent, null, blank and empty.

#[tokio::test]
async fn null_in_an_optional_field_means_absent() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = opening("nulls");
    let segment = open(&api, &request).await;
    let mut with_nulls = request.clone();
    for pointer in [
        "/segmented",
        "/segment_id",
        "/segment_table",
        "/opened_on",
        "/ai_wrap_up_code",
        "/ai_notes",
        "/wrap_up_configuration_sys_id",
        "/configuration/allowed_codes",
        "/configuration/default_code",
        "/configuration/duration",
        "/configuration/show_timer",
        "/configuration/enable_ai_code",
        "/configuration/enable_ai_notes",
        "/configuration/use_ai_as_default",
        "/configuration/use_third_party_ai",
    ] {
        put_at(&mut with_nulls, pointer, Value::Null);
    }
    assert_eq!(open(&api, &with_nulls).await, segment);

    let full = json!({ "codes": [{ "code": "N", "description": "d", "active": false, "translations": [
        { "language": "de", "code": "n", "description": "b" }
    ] }] });
    let stored = api.post("code", &full).await.expect(200);
    let nulls = json!({ "codes": [{ "code": "N", "description": null, "active": null, "translations": null }] });
    assert_eq!(api.post("code", &nulls).await.expect(200), stored);

    let path = "segment/update?external_segment_id=nulls";
    let closed = api.put(path, &json!({ "notes": "kept" })).await.expect(200);
    let nulls = json!({ "notes": null, "wrap_up_code": null, "confirmed_on": null });
    assert_eq!(api.put(path, &nulls).await.expect(200), closed);
}

#[tokio::test]
async fn an_empty_text_clears_notes_and_descriptions() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (id, by_xml) in [("json", false), ("xml", true)] {
        let send = async |method: Method, path: &str, body: &Value| {
            let call = api.call(method, path);
            if by_xml { call.xml(&to_xml_request(body)).send().await } else { call.json(body).send().await }
        };
        open(&api, &opening(id)).await;
        let path = format!("segment/update?external_segment_id={id}");
        let closed = send(Method::PUT, &path, &json!({ "notes": "first" })).await.expect(200);
        assert_eq!(closed["segment"]["notes"], "first");
        let cleared = send(Method::PUT, &path, &json!({ "notes": "" })).await.expect(200);
        assert!(cleared["segment"].get("notes").is_none(), "{cleared}");

        let code = |description: &str| json!({ "codes": [{ "code": id, "description": description }] });
        let shown = |body: Value| body["result"]["result_map"]["created_wrap_up_codes"][0]["description"].clone();
        assert_eq!(shown(send(Method::POST, "code", &code("first")).await.expect(200)), "first");
        assert_eq!(shown(send(Method::POST, "code", &json!({ "codes": [{ "code": id }] })).await.expect(200)), "first");
        assert_eq!(shown(send(Method::POST, "code", &code("")).await.expect(200)), "");
    }
    // The element that XML has for it.
    open(&api, &opening("element")).await;
    let path = "segment/update?external_segment_id=element";
    api.put(path, &json!({ "notes": "first" })).await.expect(200);
    let cleared = api.call(Method::PUT, path).xml("<request><notes/></request>").send().await.expect(200);
    assert!(cleared["segment"].get("notes").is_none(), "{cleared}");
}

#[tokio::test]
async fn an_empty_code_means_that_none_is_given() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (id, body) in [("absent", "{}"), ("null", r#"{"wrap_up_code": null}"#), ("empty", r#"{"wrap_up_code": ""}"#)] {
        let mut request = opening(id);
        request["configuration"] =
            json!({ "enable_codes": true, "allowed_codes": [{ "code": "A" }, { "code": "B" }], "default_code": "B" });
        open(&api, &request).await;
        let path = format!("segment/update?external_segment_id={id}");
        let reply = api.call(Method::PUT, &path).body("application/json", body).send().await;
        assert_eq!(reply.expect(200)["segment"]["code"]["code"], "B", "{id}");
        let xml = "<request><wrap_up_code/></request>";
        assert_eq!(api.call(Method::PUT, &path).xml(xml).send().await.expect(200)["segment"]["code"]["code"], "B");
    }
}

#[tokio::test]
async fn a_required_field_that_says_nothing_is_named() {
    let server = Server::start(BINARY);
    let api = server.api();
    let mut full = opening("required");
    full["segmented"] = json!(true);
    full["segment_id"] = json!("s");
    full["segment_table"] = json!("sn_openframe_phone_log");
    full["configuration"] = json!({ "enable_codes": true, "allowed_codes": [{ "code": "A", "translation": { "language": "de", "code": "Ä" } }], "default_code": "A" });
    for (pointer, is_list) in [
        ("/agent_sys_id", false),
        ("/interaction_sys_id", false),
        ("/external_segment_id", false),
        ("/configuration", false),
        ("/segment_id", false),
        ("/segment_table", false),
        ("/configuration/allowed_codes", true),
        ("/configuration/allowed_codes/0/code", false),
        ("/configuration/default_code", false),
    ] {
        let nothing = if is_list { json!([]) } else { json!(" \t\n") };
        for value in [Some(Value::Null), Some(nothing), (!is_list).then(|| json!("")), None] {
            let mut request = full.clone();
            match (&value, pointer.rsplit_once('/')) {
                (Some(value), _) => put_at(&mut request, pointer, value.clone()),
                (None, Some((parent, name))) => {
                    request.pointer_mut(parent).and_then(Value::as_object_mut).map(|parent| parent.remove(name));
                }
                (None, None) => {}
            }
            let reply = api.post("segment/create", &request).await;
            assert_eq!(reply.status, 400, "{pointer}: {value:?}");
            assert_names(&reply.segment_error(400), &field_at(pointer));
        }
    }
    for codes in [json!({}), json!({ "codes": null }), json!({ "codes": [] })] {
        assert_names(&api.post("code", &codes).await.code_error(400), "codes");
    }
    for label in [Value::Null, json!(""), json!("  \n")] {
        let reply = api.post("code", &json!({ "codes": [{ "code": label, "description": "d" }] })).await;
        assert_names(&reply.code_error(400), "codes[0].code");
    }
    for (translation, field) in [
        (json!({ "language": "de", "description": "d" }), "code"),
        (json!({ "language": "de", "code": " ", "description": "d" }), "code"),
        (json!({ "language": "de", "code": "c" }), "description"),
        (json!({ "code": "c", "description": "d" }), "language"),
        (json!({ "language": null, "code": "c", "description": "d" }), "language"),
    ] {
        let reply = api
            .post("code", &json!({ "codes": [{ "code": "A", "description": "d", "translations": [translation] }] }))
            .await;
        assert_names(&reply.code_error(400), &format!("codes[0].translations[0].{field}"));
    }
    let internal = json!({ "agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": " " });
    assert_names(&api.post("segment/create", &internal).await.segment_error(400), "wrap_up_configuration_sys_id");
    api.get("segment/required").await.segment_error(404);
    assert!(!server.code_labels(BINARY).contains(&"A".to_owned()));
}

#[tokio::test]
async fn unknown_fields_are_ignored_at_every_depth() {
    let server = Server::start(BINARY);
    let api = server.api();
    let mut request = opening("unknown");
    request["configuration"] =
        json!({ "allowed_codes": [{ "code": "A", "translation": { "language": "de", "code": "Ä" } }] });
    let segment = open(&api, &request).await;
    for parent in ["", "/configuration", "/configuration/allowed_codes/0", "/configuration/allowed_codes/0/translation"]
    {
        for (name, value) in
            [("x", json!([[{}]])), ("Agent_Sys_Id", json!(5)), ("entry", json!("e")), ("", json!({ "a": null }))]
        {
            put_at(&mut request, &format!("{parent}/{name}"), value);
        }
    }
    assert_eq!(open(&api, &request).await, segment);

    let codes = json!({ "x": 1, "codes": [{ "code": "A", "sys_id": "mine", "external": "no flag", "translations": [
        { "language": "de", "code": "Ä", "x": [1] }
    ] }] });
    let stored = api.post("code", &codes).await.expect(200);
    assert_ne!(stored["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"], "mine");
    let closed = api
        .put(
            "segment/update?external_segment_id=unknown&x=1",
            &json!({ "state": 7, "x": { "notes": 1 }, "notes": "n" }),
        )
        .await
        .expect(200);
    assert_eq!(closed["segment"]["notes"], "n");
    assert_eq!(closed["segment"]["state"], "closed");
}

#[tokio::test]
async fn a_query_parameter_may_be_given_once() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, &opening("twice")).await;
    for (query, field) in [
        ("external_segment_id=twice&external_segment_id=twice", "external_segment_id"),
        ("external_segment_id=twice&external_segment_id=other", "external_segment_id"),
        ("external_segment_id=twice&external%5Fsegment%5Fid=twice", "external_segment_id"),
        ("external_segment_id=&external_segment_id=twice", "external_segment_id"),
        ("segment_sys_id=a&external_segment_id=twice&segment_sys_id=b", "segment_sys_id"),
        ("external_segment_id=twice&agent_sys_id=a&agent_sys_id=a", "agent_sys_id"),
        ("external_segment_id=twice&interaction_sys_id=a&interaction_sys_id=a", "interaction_sys_id"),
    ] {
        let reply = api.put(&format!("segment/update?{query}"), &json!({ "notes": "n" })).await;
        assert_eq!(reply.status, 400, "{query}");
        assert_names(&reply.segment_error(400), field);
    }
    assert_eq!(api.get("segment/twice").await.expect(200)["segment"], segment);
}

// What one answer says.

#[tokio::test]
async fn one_answer_names_every_violation_of_the_request() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = json!({
        "agent_sys_id": 0.5,
        "interaction_sys_id": " ",
        "external": "true",
        "segmented": true,
        "opened_on": "2024-02-30 00:00:00",
        "ai_wrap_up_code": ["A"],
        "ai_notes": "n".repeat(4_001),
        "configuration": {
            "enable_codes": true,
            "enable_ai_code": "maybe",
            "enable_ai_notes": 1,
            "use_ai_as_default": {},
            "use_third_party_ai": [],
            "show_timer": "on",
            "duration": "soon",
            "allowed_codes": [
                { "code": "A" },
                { "code": "" },
                { "code": "l".repeat(256) },
                7,
                { "code": "A" },
                { "code": "C", "translation": { "language": "deu", "code": "c" } },
                { "code": "D", "translation": [{ "language": "de" }, { "language": "de" }, { "code": "d" }] },
                { "translation": { "language": "german" } }
            ]
        }
    });
    let fields = [
        "agent_sys_id",
        "interaction_sys_id",
        "external_segment_id",
        "segment_id",
        "segment_table",
        "opened_on",
        "ai_wrap_up_code",
        "ai_notes",
        "configuration.enable_ai_code",
        "configuration.enable_ai_notes",
        "configuration.use_ai_as_default",
        "configuration.use_third_party_ai",
        "configuration.show_timer",
        "configuration.duration",
        "configuration.allowed_codes[1].code",
        "configuration.allowed_codes[2].code",
        "configuration.allowed_codes[3]",
        "configuration.allowed_codes[5].translation.language",
        "configuration.allowed_codes[6].translation[1].language",
        "configuration.allowed_codes[6].translation[2].language",
        "configuration.allowed_codes[7].code",
        "configuration.allowed_codes[7].translation.language",
        "configuration.default_code",
        // The label that was there before; the entry that is neither object nor text counts as one.
        "configuration.allowed_codes[4].code",
    ];
    let message = api.post("segment/create", &request).await.segment_error(400);
    fields.iter().for_each(|field| assert_names(&message, field));
    let in_xml = api.call(Method::POST, "segment/create").accept_xml().json(&request).send().await.segment_error(400);
    assert_eq!(in_xml, message);

    let request = json!({ "codes": [
        { "description": "d".repeat(4_001), "active": "no" },
        7,
        { "code": "A", "translations": [{ "language": "x" }, []] }
    ] });
    let message = api.post("code", &request).await.code_error(400);
    for field in [
        "codes[0].code",
        "codes[0].description",
        "codes[0].active",
        "codes[1]",
        "codes[2].translations[0].language",
        "codes[2].translations[0].code",
        "codes[2].translations[1]",
    ] {
        assert_names(&message, field);
    }

    // The query's and the body's.
    let request = json!({ "wrap_up_code": { "code": "A" }, "notes": [], "confirmed_on": "never" });
    let message = api.put("segment/update?agent_sys_id=a&x=1&x=2", &request).await.segment_error(400);
    for field in ["interaction_sys_id", "x", "wrap_up_code", "notes", "confirmed_on"] {
        assert_names(&message, field);
    }

    let request = json!({ "segment_sys_id": "i".repeat(1_025), "ai_notes": "n".repeat(4_001), "ai_wrap_up_code": 0.5 });
    let message = api.put("segment/update/ai", &request).await.segment_error(400);
    for field in ["segment_sys_id", "ai_notes", "ai_wrap_up_code"] {
        assert_names(&message, field);
    }
}

/// The names of an object's fields, sorted.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn fields_that_a_segment_lacks_are_left_out_but_flags_are_always_there() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, &opening("bare")).await;
    let open_fields = [
        "agent",
        "awaiting_confirmation",
        "external",
        "external_segment_id",
        "interaction",
        "opened_on",
        "segmented",
        "state",
        "sys_created_by",
        "sys_created_on",
        "sys_id",
        "sys_updated_by",
        "sys_updated_on",
        "timed_out",
        "wrap_up_configuration",
    ];
    let configuration_flags =
        ["enable_ai_code", "enable_ai_notes", "enable_codes", "show_timer", "use_ai_as_default", "use_third_party_ai"];
    assert_eq!(names(&opened), open_fields);
    assert_eq!(names(&opened["wrap_up_configuration"]), configuration_flags);
    for flag in configuration_flags {
        assert_eq!(opened["wrap_up_configuration"][flag], false, "{flag}");
    }
    for flag in ["awaiting_confirmation", "segmented", "timed_out"] {
        assert_eq!(opened[flag], false, "{flag}");
    }
    let in_xml = api.call(Method::GET, "segment/bare").accept_xml().send().await.expect_xml(200);
    assert_eq!(names(&in_xml["segment"]), open_fields);
    assert_eq!(names(&in_xml["segment"]["wrap_up_configuration"]), configuration_flags);

    let closed = api.put("segment/update?external_segment_id=bare", &json!({})).await.expect(200);
    let mut closed_fields = [&open_fields[..], &["submitted_on"]].concat();
    closed_fields.sort_unstable();
    assert_eq!(names(&closed["segment"]), closed_fields);
    assert_eq!(closed["segment"]["awaiting_confirmation"], true);
}

#[tokio::test]
async fn a_code_has_its_seven_fields_wherever_it_stands() {
    let server = Server::start(BINARY);
    let api = server.api();
    let seven = ["active", "code", "description", "external", "sys_id", "translated_code", "translated_description"];
    let body = api.post("code", &json!({ "codes": [{ "code": "Bare" }] })).await.expect(200);
    let code = body["result"]["result_map"]["created_wrap_up_codes"][0].clone();
    let mut request = opening("seven");
    request["configuration"] = json!({ "enable_codes": true, "allowed_codes": [{ "code": "Bare" }, { "code": "New" }], "default_code": "Bare" });
    open(&api, &request).await;
    let closed = api.put("segment/update?external_segment_id=seven", &json!({})).await.expect(200);
    let configuration = &closed["segment"]["wrap_up_configuration"];
    let path = format!("code/{}", code["sys_id"].as_str().unwrap_or_default());
    let found = api.get(&path).await.expect(200);
    for shown in [
        &code,
        &found["result"]["result_map"]["wrap_up_code"],
        &configuration["allowed_codes"][0],
        &configuration["default_code"],
        &closed["segment"]["code"],
    ] {
        assert_eq!(shown, &code);
        assert_eq!(names(shown), seven);
    }
    assert_eq!((&code["description"], &code["translated_description"]), (&json!(""), &json!("")));
    assert_eq!(names(&configuration["allowed_codes"][1]), seven);

    let xml = api.call(Method::GET, &path).accept_xml().send().await.expect_xml(200);
    assert_eq!(names(&xml["result"]["result_map"]["wrap_up_code"]), seven);
}

// Limits.

/// What the characters of a text at its limit may be: one byte each, or four.
const LETTERS: [&str; 2] = ["x", "\u{1F642}"];

#[tokio::test]
async fn labels_and_descriptions_end_at_their_limits() {
    let server = Server::start(BINARY);
    let api = server.api();
    for letter in LETTERS {
        let (label, description) = (letter.repeat(255), letter.repeat(4_000));
        let body = api
            .post(
                "code",
                &json!({ "codes": [{ "code": format!(" {label} "), "description": description, "translations": [
                { "language": "de", "code": label, "description": description }
            ] }] }),
            )
            .await
            .expect(200);
        let code = &body["result"]["result_map"]["created_wrap_up_codes"][0];
        for (name, text) in [
            ("code", &label),
            ("translated_code", &label),
            ("description", &description),
            ("translated_description", &description),
        ] {
            assert_eq!(code[name].as_str(), Some(text.as_str()), "{name}");
        }
        let (label, description) = (letter.repeat(256), letter.repeat(4_001));
        for (code, field) in [
            (json!({ "code": label }), "codes[0].code"),
            (json!({ "code": "L", "description": description }), "codes[0].description"),
            (
                json!({ "code": "L", "translations": [{ "language": "de", "code": label }] }),
                "codes[0].translations[0].code",
            ),
            (
                json!({ "code": "L", "translations": [{ "language": "de", "code": "l", "description": description }] }),
                "codes[0].translations[0].description",
            ),
        ] {
            assert_names(&api.post("code", &json!({ "codes": [code] })).await.code_error(400), field);
        }
        for (pointer, value) in [
            ("/ai_wrap_up_code", json!(label)),
            ("/configuration/default_code", json!(label)),
            ("/configuration/allowed_codes", json!([{ "code": label }])),
        ] {
            let message = api.post("segment/create", &opening_with("L", pointer, value)).await.segment_error(400);
            assert_names(&message, &field_at(pointer).replace("allowed_codes", "allowed_codes[0].code"));
        }
        let message =
            api.put("segment/update?external_segment_id=L", &json!({ "wrap_up_code": label })).await.segment_error(400);
        assert_names(&message, "wrap_up_code");
    }
    assert!(!server.code_labels(BINARY).contains(&"L".to_owned()));
}

#[tokio::test]
async fn ids_end_at_1024_characters() {
    let server = Server::start(BINARY);
    let api = server.api();
    for letter in LETTERS {
        let (most, more) = (letter.repeat(1_024), letter.repeat(1_025));
        let request = json!({
            "agent_sys_id": most, "interaction_sys_id": most, "external": true, "external_segment_id": most,
            "segmented": true, "segment_id": most, "segment_table": "sn_openframe_phone_log",
            "configuration": { "enable_ai_notes": true, "use_third_party_ai": true }
        });
        let segment = open(&api, &request).await;
        for name in ["agent", "interaction", "external_segment_id", "segment_id"] {
            assert_eq!(segment[name], most.as_str(), "{name}");
        }
        assert_eq!(api.get(&format!("segment/{most}")).await.expect(200)["segment"], segment);
        let path = format!("segment/agent/{most}/interaction/{most}");
        assert_eq!(api.get(&path).await.expect(200)["segment"], segment);
        let advice = json!({ "external_segment_id": most, "ai_notes": "n" });
        api.put("segment/update/ai", &advice).await.expect(200);
        api.put(&format!("segment/update?agent_sys_id={most}&interaction_sys_id={most}"), &json!({})).await.expect(200);

        for name in ["agent_sys_id", "interaction_sys_id", "external_segment_id", "segment_id"] {
            let mut request = request.clone();
            request[name] = json!(more);
            assert_names(&api.post("segment/create", &request).await.segment_error(400), name);
        }
        let internal = json!({ "agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": more });
        assert_names(&api.post("segment/create", &internal).await.segment_error(400), "wrap_up_configuration_sys_id");
        assert_names(&api.get(&format!("segment/{more}")).await.segment_error(400), "segment_id");
        assert_names(&api.get(&format!("code/{more}")).await.code_error(400), "code_id");
        let message = api.get(&format!("segment/agent/{more}/interaction/{more}")).await.segment_error(400);
        assert_names(&message, "agent_id");
        assert_names(&message, "interaction_id");
        for (query, names) in [
            (format!("segment_sys_id={more}"), &["segment_sys_id"][..]),
            (format!("external_segment_id={more}"), &["external_segment_id"]),
            (format!("agent_sys_id={more}&interaction_sys_id={more}"), &["agent_sys_id", "interaction_sys_id"]),
        ] {
            let message = api.put(&format!("segment/update?{query}"), &json!({})).await.segment_error(400);
            names.iter().for_each(|name| assert_names(&message, name));
        }
    }
}

/// An opening request that allows `count` codes, each with a translation of `bytes` bytes.
fn opening_with_codes(id: &str, count: usize, bytes: usize) -> Value {
    let codes = (0..count).map(|index| {
        let mut code = json!({ "code": format!("{id} {index}") });
        if bytes > 0 {
            code["translation"] = json!({ "language": "de", "code": "Ä", "description": "d".repeat(bytes) });
        }
        code
    });
    opening_with(id, "/configuration/allowed_codes", codes.collect())
}

#[tokio::test]
async fn a_configuration_allows_1000_codes() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, &opening_with_codes("thousand", 1_000, 0)).await;
    assert_eq!(segment["wrap_up_configuration"]["allowed_codes"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(api.get("segment/thousand").await.expect(200)["segment"], segment);

    let message = api.post("segment/create", &opening_with_codes("over", 1_001, 0)).await.segment_error(400);
    assert_names(&message, "configuration.allowed_codes");
    api.get("segment/over").await.segment_error(404);
    assert!(!server.code_labels(BINARY).iter().any(|label| label.starts_with("over")));
}

#[tokio::test]
async fn a_configuration_takes_350_kb_in_all() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, &opening_with_codes("large", 100, 3_200)).await;
    assert_eq!(api.get("segment/large").await.expect(200)["segment"], segment);

    // 360,000 bytes of descriptions alone.
    let reply = api.post("segment/create", &opening_with_codes("larger", 120, 3_000)).await;
    let message = reply.segment_error(400);
    assert!(message.contains("configuration") && message.contains("350"), "{message}");
    api.get("segment/larger").await.segment_error(404);
    assert!(!server.code_labels(BINARY).iter().any(|label| label.starts_with("larger")));
}

/// An answer's status and body, to compare.
fn whole(reply: &Reply) -> (u16, &[u8]) {
    (reply.status, &reply.body)
}

#[tokio::test]
async fn a_head_request_is_answered_as_get_without_the_body() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, &opening("head")).await;
    for path in ["segment/head", "segment/agent/agent/interaction/interaction", "segment/none", "code/none"] {
        for accept in ["application/json", "application/xml"] {
            let get = api.call(Method::GET, path).header("Accept", accept).send().await;
            let head = api.call(Method::HEAD, path).header("Accept", accept).send().await;
            assert_eq!(whole(&head), (get.status, &[][..]), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
    }
}
