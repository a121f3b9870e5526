//! What bodies look like that clients send, whichever language and serialiser wrote them: nulls in XML, halves of
//! characters, flags and numbers in other clothes, byte order marks, encodings, compression.

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server, external, gzip, mentions, merged, put_at, to_xml_request};

use crate::{BINARY, shared};

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

const JSON: &str = "application/json";
const XML: &str = "application/xml";

async fn open(api: &Api, request: &Value) -> Value {
    api.post("segment/create", request).await.expect(200)["segment"].take()
}

/// Sends a body as it is.
async fn send(api: &Api, method: Method, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    api.call(method, path).body(content_type, body.into()).send().await
}

fn update_of(id: &str) -> String {
    format!("segment/update?external_segment_id={id}")
}

/// An external segment whose configuration takes AI content from outside.
fn advised(id: &str) -> Value {
    let configuration = json!({ "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true });
    merged(external(id), &json!({ "configuration": configuration }))
}

// Null.

#[tokio::test]
async fn an_update_that_confirms_with_nil_keeps_what_the_agent_wrote() {
    let server = Server::start(BINARY);
    let api = server.api();
    let confirmed_on = "2024-09-16 18:52:01";
    let bodies = [
        format!(r#"{{"notes": null, "wrap_up_code": null, "confirmed_on": "{confirmed_on}"}}"#),
        format!(
            r#"<request xmlns:xsi="{INSTANCE}"><notes xsi:nil="true"/><wrap_up_code xsi:nil="1"/><confirmed_on>{confirmed_on}</confirmed_on></request>"#
        ),
        // As .NET writes it: prefixes by numbers, declared where they are used.
        format!(
            r#"<request xmlns:i="{INSTANCE}"><notes i:nil="true"></notes><wrap_up_code p2:nil="true" xmlns:p2="{INSTANCE}" /><confirmed_on>{confirmed_on}</confirmed_on></request>"#
        ),
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        let id = format!("nil-{index}");
        open(&api, &external(&id)).await;
        let closed = api.put(&update_of(&id), &json!({ "notes": "the agent's" })).await.expect(200);
        assert_eq!(closed["segment"]["awaiting_confirmation"], true);
        let content_type = if body.starts_with('<') { XML } else { JSON };
        let segment = send(&api, Method::PUT, &update_of(&id), content_type, body).await.expect(200)["segment"].take();
        assert_eq!((&segment["notes"], &segment["code"]), (&json!("the agent's"), &closed["segment"]["code"]), "{id}");
        assert_eq!(
            (&segment["confirmed_on"], &segment["awaiting_confirmation"]),
            (&json!(confirmed_on), &json!(false))
        );
    }
    // By a prefix of another namespace, or none, it is an attribute like any other, and the element is empty.
    for (index, notes) in
        ["<notes x:nil=\"true\" xmlns:x=\"urn:x\"/>", "<notes nil=\"true\"/>", "<notes/>"].iter().enumerate()
    {
        let id = format!("empty-{index}");
        open(&api, &external(&id)).await;
        api.put(&update_of(&id), &json!({ "notes": "the agent's" })).await.expect(200);
        let body = format!("<request>{notes}<confirmed_on>{confirmed_on}</confirmed_on></request>");
        let segment = send(&api, Method::PUT, &update_of(&id), XML, body).await.expect(200)["segment"].take();
        assert_eq!(segment.get("notes"), None, "{notes}");
    }
}

// Halves of surrogate pairs.

/// Texts that were cut in UTF-16, as JSON and XML write them, and what is kept of them.
const CUT: [(&str, &str, &str); 5] = [
    (r"cut \ud83d", "cut &#xD83D;", "cut \u{fffd}"),
    (r"\uDE42 cut", "&#56898; cut", "\u{fffd} cut"),
    (r"\ude42\ud83d", "&#xDE42;&#xD83D;", "\u{fffd}\u{fffd}"),
    (r"\ud83d\ud83d\ude42", "&#xD83D;&#xD83D;&#xDE42;", "\u{fffd}\u{1f642}"),
    (r"\ud83d\n\ude42", "&#xD83D;\n&#xDE42;", "\u{fffd}\n\u{fffd}"),
];

#[tokio::test]
async fn half_a_character_in_free_text_is_a_replacement_character() {
    let server = Server::start(BINARY);
    let api = server.api();
    let whole = (r"\ud83d\ude42", "&#xD83D;&#xDE42;", "\u{1f642}");
    for (index, (in_json, in_xml, kept)) in CUT.into_iter().chain([whole]).enumerate() {
        for (content_type, cut) in [(JSON, in_json), (XML, in_xml)] {
            let id = format!("cut-{index}-{}", &content_type[12..]);
            let write = |json: &Value| {
                let text = if content_type == JSON { json.to_string() } else { to_xml_request(json) };
                text.replace("CUT", cut)
            };
            open(&api, &advised(&id)).await;
            let advice = write(&json!({ "external_segment_id": id, "ai_notes": "CUT" }));
            let reply = send(&api, Method::PUT, "segment/update/ai", content_type, advice).await.expect(200);
            assert_eq!(reply["segment"]["ai_notes"], kept, "{content_type} {cut}");
            let update = write(&json!({ "notes": "CUT" }));
            let reply = send(&api, Method::PUT, &update_of(&id), content_type, update).await.expect(200);
            assert_eq!(reply["segment"]["notes"], kept, "{content_type} {cut}");

            let codes = write(&json!({ "codes": [{ "code": id, "description": "CUT", "translations": [
                { "language": "de", "code": "t", "description": "CUT" }
            ] }] }));
            let reply = send(&api, Method::POST, "code", content_type, codes).await.expect(200);
            let code = &reply["result"]["result_map"]["created_wrap_up_codes"][0];
            assert_eq!((&code["description"], &code["translated_description"]), (&json!(kept), &json!(kept)), "{cut}");

            let opening = merged(advised(&format!("{id}-opened")), &json!({ "ai_notes": "CUT" }));
            let reply = send(&api, Method::POST, "segment/create", content_type, write(&opening)).await.expect(200);
            assert_eq!(reply["segment"]["ai_notes"], kept, "{content_type} {cut}");
        }
    }
    // A text counts what is kept of it.
    open(&api, &external("long")).await;
    let notes = format!(r#"{{"notes": "{}\ud83d"}}"#, "n".repeat(65_535));
    let closed = send(&api, Method::PUT, &update_of("long"), JSON, notes).await.expect(200);
    assert!(closed["segment"]["notes"].as_str().is_some_and(|notes| notes.ends_with("n\u{fffd}")));
}

#[tokio::test]
async fn half_a_character_in_what_identifies_something_is_refused_by_its_field() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, &advised("half")).await;
    let opening = |pointer: &str| {
        let mut request = advised("never opened");
        put_at(&mut request, pointer, json!("CUT"));
        request
    };
    let codes = |field: &str| {
        let mut code = json!({ "code": "Half", "translations": [{ "language": "de", "code": "Halb" }] });
        put_at(&mut code, field, json!("CUT"));
        json!({ "codes": [code] })
    };
    let internal = json!({ "agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": "CUT" });
    let segment_id = merged(advised("never opened"), &json!({ "segment_id": "CUT" }));
    let allowed = merged(advised("never opened"), &json!({ "configuration": { "allowed_codes": ["One", "CUT"] } }));
    let translated =
        json!({ "configuration": { "allowed_codes": [{ "code": "One", "translation": { "language": "CUT" } }] } });
    let translated = merged(advised("never opened"), &translated);
    let cases = [
        (Method::POST, "segment/create", opening("/agent_sys_id"), "agent_sys_id"),
        (Method::POST, "segment/create", opening("/interaction_sys_id"), "interaction_sys_id"),
        (Method::POST, "segment/create", opening("/external_segment_id"), "external_segment_id"),
        (Method::POST, "segment/create", opening("/ai_wrap_up_code"), "ai_wrap_up_code"),
        (Method::POST, "segment/create", opening("/configuration/default_code"), "configuration.default_code"),
        (Method::POST, "segment/create", segment_id, "segment_id"),
        (Method::POST, "segment/create", internal, "wrap_up_configuration_sys_id"),
        (Method::POST, "segment/create", allowed, "configuration.allowed_codes[1]"),
        (Method::POST, "segment/create", translated, "configuration.allowed_codes[0].translation"),
        (Method::POST, "code", codes("/code"), "codes[0].code"),
        (Method::POST, "code", codes("/translations/0/code"), "codes[0].translations[0].code"),
        (Method::POST, "code", codes("/translations/0/language"), "codes[0].translations[0].language"),
        (Method::PUT, "segment/update?external_segment_id=half", json!({ "wrap_up_code": "CUT" }), "wrap_up_code"),
        (
            Method::PUT,
            "segment/update/ai",
            json!({ "external_segment_id": "half", "ai_wrap_up_code": "CUT" }),
            "ai_wrap_up_code",
        ),
        (
            Method::PUT,
            "segment/update/ai",
            json!({ "external_segment_id": "CUT", "ai_notes": "notes" }),
            "external_segment_id",
        ),
    ];
    for (method, path, request, field) in &cases {
        for (in_json, in_xml, _) in CUT {
            let bodies = [
                (JSON, request.to_string().replace("CUT", in_json)),
                (XML, to_xml_request(request).replace("CUT", in_xml)),
            ];
            for (content_type, body) in bodies {
                let reply = send(&api, method.clone(), path, content_type, body.clone()).await;
                let message = if *path == "code" { reply.code_error(400) } else { reply.segment_error(400) };
                assert!(mentions(&message, field) || message.contains(field), "{body}: {message}");
                assert!(message.contains("half of a surrogate pair"), "{body}: {message}");
            }
        }
    }
    // One character, written as two halves, identifies as it does written as one.
    for (content_type, body) in [
        (JSON, r#"{"external_segment_id": "half", "ai_wrap_up_code": "\ud83d\ude42"}"#),
        (
            XML,
            "<request><external_segment_id>half</external_segment_id><ai_wrap_up_code>&#xD83D;&#xDE42;</ai_wrap_up_code></request>",
        ),
        (JSON, "{\"external_segment_id\": \"half\", \"ai_wrap_up_code\": \"\u{1f642}\"}"),
    ] {
        let reply = send(&api, Method::PUT, "segment/update/ai", content_type, body).await.expect(200);
        assert_eq!(reply["segment"]["ai_wrap_up_code"], "\u{1f642}");
    }
    api.get("segment/never%20opened").await.segment_error(404);
}

// Flags and numbers.

#[tokio::test]
async fn a_flag_is_its_name_in_any_case_with_blanks_around_it() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, (flag, texts)) in
        [(true, ["True", "TRUE", " true ", "tRuE\n"]), (false, ["False", "FALSE", " false ", "\tfAlSe"])]
            .into_iter()
            .enumerate()
    {
        let id = format!("flags-{index}");
        let request = |flag: Value| {
            let configuration = json!({ "show_timer": flag, "enable_ai_code": flag, "use_third_party_ai": flag });
            merged(external(&id), &json!({ "external": true, "configuration": configuration }))
        };
        let first = open(&api, &request(json!(flag))).await;
        assert_eq!(first["wrap_up_configuration"]["show_timer"], flag);
        for text in texts {
            let mut again = request(json!(text));
            again["external"] = json!(" TRUE");
            // Another request under the same id would be refused: these are the same.
            assert_eq!(open(&api, &again).await, first, "{text:?}");
            let xml = api.call(Method::POST, "segment/create").xml(&to_xml_request(&again)).send().await;
            assert_eq!(xml.expect(200)["segment"], first, "{text:?}");
            let codes = json!({ "codes": [{ "code": "F", "active": text }] });
            let stored = api.post("code", &codes).await.expect(200);
            assert_eq!(stored["result"]["result_map"]["created_wrap_up_codes"][0]["active"], flag, "{text:?}");
        }
    }
}

#[tokio::test]
async fn whole_numbers_are_the_digits_of_a_text() {
    let server = Server::start(BINARY);
    let api = server.api();
    for digits in ["12345", "0", "-7", "18446744073709551615", "12345678901234567890123456789012"] {
        let request = merged(
            advised(&format!("by-{digits}")),
            &json!({ "agent_sys_id": digits, "interaction_sys_id": digits, "ai_wrap_up_code": digits, "ai_notes": digits }),
        );
        let first = open(&api, &request).await;
        let number = request.to_string().replace(&format!("\"{digits}\""), digits);
        assert!(number.contains(&format!(":{digits}")), "{number}");
        let again = send(&api, Method::POST, "segment/create", JSON, number).await.expect(200);
        assert_eq!(again["segment"], first, "{digits}");
        assert_eq!((&first["agent"], &first["ai_notes"]), (&json!(digits), &json!(digits)));

        let codes = format!(r#"{{"codes": [{{"code": {digits}, "description": {digits}}}]}}"#);
        let stored = send(&api, Method::POST, "code", JSON, codes).await.expect(200);
        let code = &stored["result"]["result_map"]["created_wrap_up_codes"][0];
        assert_eq!((&code["code"], &code["description"]), (&json!(digits), &json!(digits)));
    }
    let request = r#"{"agent_sys_id": 1, "interaction_sys_id": 2, "external": true, "external_segment_id": 3, "configuration":
        {"enable_codes": true, "allowed_codes": [{"code": 7}, {"code": 12345}], "default_code": 7}}"#;
    send(&api, Method::POST, "segment/create", JSON, request).await.expect(200);
    let closed = send(&api, Method::PUT, &update_of("3"), JSON, r#"{"wrap_up_code": 12345, "notes": 5}"#).await;
    let closed = closed.expect(200)["segment"].take();
    assert_eq!((&closed["code"]["code"], &closed["notes"]), (&json!("12345"), &json!("5")));
    let failed = send(&api, Method::POST, "code", JSON, r#"{"codes": [{"code": 1}, {"code": 2, "active": 2}]}"#).await;
    assert_eq!(failed.expect(207)["result"]["result_map"]["failed_wrap_up_codes"][0]["code"], "2");

    for value in ["1.5", "1.0", "1e3", "-0.5", "1E400", "true", "false"] {
        let request = advised("no digits").to_string();
        let request = request.replacen("\"no digits\"", value, 1);
        let reply = send(&api, Method::POST, "segment/create", JSON, request).await;
        assert_eq!(reply.status, 400, "{value}: {}", reply.text());
        // What no number in memory can hold is none of JSON's here.
        if value != "1E400" {
            assert!(mentions(&reply.segment_error(400), "external_segment_id"), "{value}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn a_duration_may_have_zeros_behind_its_point() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = |duration: &str| {
        let request = merged(
            external("timed"),
            &json!({ "opened_on": "2024-09-16 17:52:01", "configuration": { "show_timer": true, "duration": "D" } }),
        );
        let xml = to_xml_request(&request).replace(">D<", &format!(">{duration}<"));
        let text = request.to_string().replace("\"D\"", &format!("\"{duration}\""));
        let number = request.to_string().replace("\"D\"", duration);
        [(JSON, text), (XML, xml), (JSON, number)]
    };
    let mut first = None;
    for duration in ["120", "120.0", "120.000"] {
        for (content_type, body) in request(duration) {
            let segment = send(&api, Method::POST, "segment/create", content_type, body).await.expect(200);
            let segment = segment["segment"].clone();
            assert_eq!(segment["wrap_up_configuration"]["duration"], "120");
            assert_eq!(*first.get_or_insert_with(|| segment.clone()), segment, "{content_type} {duration}");
        }
    }
    for duration in ["120.5", "0.0", "1.2e2", "-120.0", "4294967296.0"] {
        for (content_type, body) in request(duration) {
            let body = body.replace("timed", "untimed");
            let message = send(&api, Method::POST, "segment/create", content_type, body).await.segment_error(400);
            assert!(message.contains("configuration.duration has to be a whole number"), "{duration}: {message}");
        }
    }
}

#[tokio::test]
async fn labels_lose_byte_order_marks_with_their_blanks() {
    let server = Server::start(BINARY);
    let api = server.api();
    let stored = |reply: &Reply| reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0].clone();
    let code = stored(&api.post("code", &json!({ "codes": [{ "code": "Marked" }] })).await);
    for label in ["\u{feff}Marked", " \u{feff} Marked\u{feff}\n", "\u{feff}\u{feff}Marked"] {
        let codes = json!({ "codes": [{ "code": label }] });
        assert_eq!(stored(&api.post("code", &codes).await), code, "{label:?}");
        let xml = api.call(Method::POST, "code").xml(&to_xml_request(&codes)).send().await;
        assert_eq!(stored(&xml), code, "{label:?}");
    }
    // Within a label it is a character of it.
    let inner = stored(&api.post("code", &json!({ "codes": [{ "code": "Mar\u{feff}ked" }] })).await);
    assert_eq!(inner["code"], "Mar\u{feff}ked");

    let request = json!({ "configuration": { "enable_codes": true, "allowed_codes": ["\u{feff}Marked"], "default_code": "Marked\u{feff}" } });
    open(&api, &merged(external("marked"), &request)).await;
    // Alone it is no label.
    let blank = json!({ "codes": [{ "code": "\u{feff} " }] });
    assert!(api.post("code", &blank).await.code_error(400).contains("codes[0].code is required"));
    let closed = api.put(&update_of("marked"), &json!({ "wrap_up_code": " \u{feff}" })).await.expect(200);
    assert_eq!(closed["segment"]["code"], code);
}

// Encodings.

#[tokio::test]
async fn every_answer_says_which_encoding_it_is_in() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, &external("encoded")).await;
    let large = "{".repeat(1024 * 1024 + 1);
    for accept in [JSON, XML, "text/xml"] {
        let expected = format!("{accept}; charset=UTF-8");
        for (status, call) in [
            (200, api.call(Method::GET, "segment/encoded")),
            (200, api.call(Method::HEAD, "segment/encoded")),
            (404, api.call(Method::GET, "segment/unknown")),
            (404, api.call(Method::GET, "code/unknown")),
            (404, api.call(Method::GET, "elsewhere")),
            (400, api.raw(Method::GET, "/api/now/v2/wrapup/code/x")),
            (401, api.raw(Method::GET, "/api/now/wrapup/code/x")),
            (405, api.call(Method::DELETE, "code")),
            (400, api.call(Method::POST, "code").body(JSON, "{")),
            (400, api.call(Method::POST, "code").body(JSON, "{}")),
            (413, api.call(Method::POST, "code").body(JSON, large.clone())),
            (415, api.call(Method::POST, "code").body("text/plain", "{}")),
        ] {
            let reply = call.header("Accept", accept).send().await;
            assert_eq!((reply.status, reply.header("content-type")), (status, expected.as_str()));
        }
    }
    let refused = api.call(Method::GET, "segment/encoded").header("Accept", "text/html").send().await;
    assert_eq!((refused.status, refused.header("content-type")), (406, "application/json; charset=UTF-8"));
    // What the local server adds, and what it refuses before the API.
    let document = api.raw(Method::GET, "/openapi.json").send().await;
    assert_eq!((document.status, document.media_type()), (200, JSON));
    let elsewhere = api.raw(Method::GET, "/").header("Host", "elsewhere.example").send().await;
    assert_eq!((elsewhere.status, elsewhere.media_type()), (421, JSON));
    let foreign = api.raw(Method::GET, "/").header("Origin", "https://elsewhere.example").send().await;
    assert_eq!((foreign.status, foreign.media_type()), (403, JSON));
    // Latin-1 is what `text/xml` would be without it.
    api.post("code", &json!({ "codes": [{ "code": "Rückruf" }] })).await.expect(200);
    let shown =
        api.call(Method::POST, "code").header("Accept", "text/xml").json(&json!({ "codes": [{ "code": "Rückruf" }] }));
    let shown = shown.send().await;
    assert_eq!(shown.header("content-type"), "text/xml; charset=UTF-8");
    assert!(shown.text().contains("<code>Rückruf</code>"), "{}", shown.text());
}

#[tokio::test]
async fn an_encoding_is_known_by_one_list_of_names_in_header_and_declaration() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = |declared: &str| {
        format!(
            "<?xml version=\"1.0\"{declared}?><request><codes><code>Encoded</code><description>ä\u{1f642}</description></codes></request>"
        )
    };
    let described =
        |reply: &Reply| reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0]["description"].clone();
    for name in ["utf-8", "UTF-8", "utf8", "UTF8", "us-ascii", "US-ASCII"] {
        for content_type in
            [format!("application/json; charset={name}"), format!("application/json;charset=\"{name}\"")]
        {
            let json = json!({ "codes": [{ "code": "Encoded", "description": "ä\u{1f642}" }] }).to_string();
            let reply = send(&api, Method::POST, "code", &content_type, json).await;
            assert_eq!(described(&reply), "ä\u{1f642}", "{content_type}");
        }
        for content_type in [format!("application/xml; charset={name}"), XML.to_owned(), "text/xml".to_owned()] {
            for declared in [String::new(), format!(" encoding=\"{name}\""), " encoding='UTF-16'".to_owned()] {
                let reply = send(&api, Method::POST, "code", &content_type, body(&declared)).await;
                assert_eq!(described(&reply), "ä\u{1f642}", "{content_type} {declared}");
            }
        }
    }
    for declaration in ["<?xml encoding=\"UTF8\"?>", "<?xml encoding='utf-8' standalone='yes'?>"] {
        let body = body("").replace("<?xml version=\"1.0\"?>", declaration);
        assert_eq!(described(&send(&api, Method::POST, "code", XML, body).await), "ä\u{1f642}", "{declaration}");
    }
    // A header, or a byte order mark, outweighs what the document says of itself.
    let latin = body(" encoding=\"ISO-8859-1\"");
    for (content_type, body) in [
        ("text/xml; charset=utf-8", latin.clone()),
        (XML, format!("\u{feff}{latin}")),
        ("text/xml", format!("\u{feff}{latin}")),
    ] {
        assert_eq!(described(&send(&api, Method::POST, "code", content_type, body).await), "ä\u{1f642}");
    }
    let (_, detail) = send(&api, Method::POST, "code", XML, latin.clone()).await.platform_error(400);
    assert!(detail.contains("the only encoding accepted is UTF-8"), "{detail}");
    for content_type in
        ["text/xml; charset=ISO-8859-1", "application/xml; charset=utf-16", "application/json; charset=latin1"]
    {
        let (_, detail) = send(&api, Method::POST, "code", content_type, latin.clone()).await.platform_error(415);
        assert!(detail.contains("UTF-8"), "{detail}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_are_refused_and_say_so() {
    let server = Server::start(BINARY);
    let api = server.api();
    let not_utf8: [&[u8]; 5] = [
        b"M\xfcller",
        b"M\xc3",
        b"\x93quoted\x94",
        // Half of a pair, and a whole one, in an encoding that is not UTF-8 but looks like it.
        b"\xed\xa0\xbd",
        b"\xed\xa0\xbd\xed\xb9\x82",
    ];
    for bytes in not_utf8 {
        let json = [br#"{"codes": [{"code": "Latin", "description": ""#, bytes, br#""}]}"#].concat();
        let xml = [&b"<request><codes><code>Latin</code><description>"[..], bytes, b"</description></codes></request>"];
        for (content_type, body) in [(JSON, json), (XML, xml.concat())] {
            for content_type in [content_type.to_owned(), format!("{content_type}; charset=utf-8")] {
                let (_, detail) =
                    send(&api, Method::POST, "code", &content_type, body.clone()).await.platform_error(400);
                assert!(detail.contains("line 1, column ") && detail.contains("not UTF-8"), "{detail}");
            }
        }
    }
    let utf_16: Vec<u8> = "\u{feff}{\"codes\": []}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_, detail) = send(&api, Method::POST, "code", JSON, utf_16).await.platform_error(400);
    assert!(detail.contains("not UTF-8"), "{detail}");
    assert!(!server.code_labels(BINARY).iter().any(|label| label == "Latin"));
}

// Compression.

#[tokio::test]
async fn a_body_may_be_compressed_by_gzip() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = external("compressed");
    let first = open(&api, &request).await;
    for (content_type, body) in [(JSON, request.to_string()), (XML, to_xml_request(&request))] {
        for encoding in ["gzip", "GZIP", "x-gzip", "identity, gzip"] {
            let call = api.call(Method::POST, "segment/create").header("Content-Encoding", encoding);
            let reply = call.body(content_type, gzip(&body)).send().await;
            assert_eq!(reply.expect(200)["segment"], first, "{content_type} {encoding}");
        }
        let call = api.call(Method::POST, "segment/create").header("Content-Encoding", "identity");
        assert_eq!(call.body(content_type, body).send().await.expect(200)["segment"], first);
    }
    let update = gzip(json!({ "notes": "inflated" }).to_string());
    let call = api.call(Method::PUT, &update_of("compressed")).header("Content-Encoding", "gzip");
    assert_eq!(call.body(JSON, update).send().await.expect(200)["segment"]["notes"], "inflated");
    // A request without a body has nothing to inflate.
    let read = api.call(Method::GET, "segment/compressed").header("Content-Encoding", "gzip").send().await;
    assert_eq!(read.expect(200)["segment"]["notes"], "inflated");
}

#[tokio::test]
async fn a_compressed_body_has_a_mebibyte_at_most_once_it_is_inflated() {
    let server = Server::start(BINARY);
    let api = server.api();
    let padded = |length: usize| {
        let codes = json!({ "codes": [{ "code": "Inflated" }] }).to_string();
        codes.clone() + &" ".repeat(length - codes.len())
    };
    let post = async |body: Vec<u8>, content_type: &str| {
        let call = api.call(Method::POST, "code").header("Content-Encoding", "gzip");
        call.body(content_type, body).send().await
    };
    post(gzip(padded(1024 * 1024)), JSON).await.expect(200);
    let bomb = gzip(vec![b' '; 16 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    // However large it would become, and whatever is wrong besides.
    for body in [gzip(padded(1024 * 1024 + 1)), bomb] {
        for content_type in [JSON, "text/plain"] {
            let (message, detail) = post(body.clone(), content_type).await.platform_error(413);
            assert!(message.contains("too large") && detail.contains("1048576"), "{message}: {detail}");
        }
    }
    // Noise does not get smaller.
    let mut noise: u32 = 1;
    let noise: Vec<u8> = (0..1024 * 1024 + 1)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        })
        .collect();
    post(noise, JSON).await.platform_error(413);
}

#[tokio::test]
async fn another_compression_or_a_broken_one_is_refused() {
    let server = shared();
    let api = server.api();
    let body = json!({ "codes": [{ "code": "Never" }] }).to_string();
    for encoding in ["br", "deflate", "zstd", "compress", "gzip, gzip", "br, gzip", "gzip, deflate", "x", "*"] {
        for accept in [JSON, XML] {
            let call = api.call(Method::POST, "code").header("Content-Encoding", encoding).header("Accept", accept);
            let reply = call.body(JSON, gzip(&body)).send().await;
            assert_eq!((reply.status, reply.header("accept-encoding")), (415, "gzip"), "{encoding}");
            let (_, detail) = reply.platform_error(415);
            assert!(detail.contains("Content-Encoding"), "{detail}");
        }
    }
    let whole = gzip(&body);
    let mut altered = whole.clone();
    altered[whole.len() - 6] ^= 1;
    for broken in [body.clone().into_bytes(), Vec::new(), whole[..whole.len() - 1].to_vec(), altered] {
        let call = api.call(Method::POST, "code").header("Content-Encoding", "gzip");
        let (_, detail) = call.body(JSON, broken.clone()).send().await.platform_error(400);
        assert!(detail.contains("gzip") && detail.contains("Content-Encoding"), "{detail}");
        // The type comes before what is wrong in the body.
        let call = api.call(Method::POST, "code").header("Content-Encoding", "gzip");
        call.body("text/plain", broken).send().await.platform_error(415);
    }
    // What is compressed and does not say so is no JSON.
    send(&api, Method::POST, "code", JSON, whole).await.platform_error(400);
}
