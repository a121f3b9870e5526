//! Who may call: HTTP Basic, the role, and what changes when a user does.

use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server};

use crate::{BINARY, shared};

const ROLE: &str = "interaction_integration_user";
/// What users that a test adds sign in with.
const PASSWORD: &str = "password of a visitor";

/// Every endpoint, under all its names.
const ENDPOINTS: [(Method, &str); 9] = [
    (Method::GET, "code/x"),
    (Method::POST, "code"),
    (Method::GET, "segment/x"),
    (Method::GET, "segment/agent/x/interaction/y"),
    (Method::POST, "segment/create"),
    (Method::PUT, "segment/draft"),
    (Method::PUT, "segment/update"),
    (Method::PUT, "segment/update/ai"),
    (Method::PUT, "segment/update/aidetails"),
];

#[track_caller]
fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs `wrapup user`.
#[track_caller]
fn user(server: &Server, arguments: &[&str], input: &str) {
    assert_done(&server.cli(BINARY, &[&["user"], arguments].concat(), input));
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, index| bits << 8 | usize::from(chunk.get(index).copied().unwrap_or(0)));
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= chunk.len() { char::from(DIGITS[value]) } else { '=' });
        }
    }
    text
}

/// A call that names no code, with an `Authorization` header or without.
async fn call_with(api: &Api, authorization: Option<&str>) -> Reply {
    let call = api.raw(Method::GET, "/api/now/v1/wrapup/code/x");
    let call = if let Some(value) = authorization { call.header("Authorization", value) } else { call };
    call.send().await
}

/// The status that a user with this password gets where a known one gets 404.
async fn status(api: &Api, name: &str, password: &str) -> u16 {
    api.with_user(name, password).get("code/x").await.status
}

/// Calls until the answer has the status; changes reach a running system within a moment.
async fn until(api: &Api, name: &str, password: &str, expected: u16) {
    let mut last = 0;
    for _ in 0..200 {
        last = status(api, name, password).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(last, expected, "{name}");
}

#[track_caller]
fn assert_not_authenticated(reply: &Reply) {
    let (message, detail) = reply.platform_error(401);
    assert_eq!(message, "User Not Authenticated");
    assert_eq!(detail, "Required to provide Auth information");
    // Basic realm="..", perhaps with more parameters behind it.
    let challenge = reply.header("www-authenticate");
    let realm = challenge.strip_prefix("Basic realm=\"").and_then(|rest| rest.split_once('"')).map(|(realm, _)| realm);
    assert!(realm.is_some_and(|realm| !realm.is_empty()), "{challenge}");
}

#[tokio::test]
async fn without_credentials_every_endpoint_asks_for_them() {
    let server = shared();
    let api = server.api();
    for (method, path) in ENDPOINTS {
        for version in ["", "/v1"] {
            let path = format!("/api/now{version}/wrapup/{path}");
            for accept in ["application/json", "application/xml"] {
                let reply = api.raw(method.clone(), &path).header("Accept", accept).send().await;
                assert_eq!(reply.media_type(), accept, "{method} {path}");
                assert_not_authenticated(&reply);
                let call = api.raw(method.clone(), &path).basic_auth("username", "wrong").header("Accept", accept);
                assert_not_authenticated(&call.send().await);
            }
        }
    }
    let head = api.raw(Method::HEAD, "/api/now/v1/wrapup/code/x").send().await;
    assert_eq!((head.status, head.body.len()), (401, 0));
    assert!(head.header("www-authenticate").starts_with("Basic realm=\""));
}

#[tokio::test]
async fn credentials_that_prove_nothing_are_refused_alike() {
    let server = Server::start(BINARY);
    let api = server.api();
    let right = base64(b"username:password");
    let basic = |credentials: &[u8]| format!("Basic {}", base64(credentials));
    // The helper encodes as everybody else does.
    assert_eq!(call_with(&api, Some(&basic(b"username:password"))).await.status, 404);
    let nobody = call_with(&api, None).await;
    assert_not_authenticated(&nobody);
    for authorization in [
        String::new(),
        " ".to_owned(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        right.clone(),
        format!("Basic{right}"),
        format!("Basic:{right}"),
        format!("Basic,{right}"),
        format!("Basic {right}{right}"),
        format!("Basic {right} {right}"),
        format!("Basic \"{right}\""),
        format!("Bearer {right}"),
        format!("Digest {right}"),
        "Digest username=\"username\", response=\"password\"".to_owned(),
        "Negotiate YII=".to_owned(),
        "AWS4-HMAC-SHA256 Credential=x".to_owned(),
        "Basic username:password".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic dXNlcm5hbWU".to_owned(),
        "Basic ====".to_owned(),
        basic(b""),
        basic(b":"),
        basic(b"username"),
        basic(b"username:"),
        basic(b":password"),
        basic(b"password:username"),
        basic(b"username:Password"),
        basic(b"username:password "),
        basic(b"username:password\n"),
        basic(b"username:password\0"),
        basic(b"username: password"),
        basic(b"username:passwor"),
        basic(b"username:password:"),
        basic(b"Username:password"),
        basic(b"username :password"),
        basic(b" username:password"),
        basic(b"username\0:password"),
        basic(b"nobody:password"),
        basic(b"*:password"),
        basic(b"username:*"),
        basic(b"' OR 1=1 --:password"),
        basic("us\u{1F642}r:password".as_bytes()),
        basic(b"\xff\xfe:password"),
        basic(b"username:\xff"),
        format!("Basic {}", "A".repeat(10_000)),
        basic(&[&b"username:"[..], &[b'p'; 10_000]].concat()),
        basic(&[&[b'u'; 10_000], &b":password"[..]].concat()),
        "B\u{e4}sic x".to_owned(),
    ] {
        let reply = call_with(&api, Some(&authorization)).await;
        assert_eq!(reply.status, 401, "Authorization: {authorization:.60}");
        assert_not_authenticated(&reply);
        assert_eq!(reply.body, nobody.body, "Authorization: {authorization:.60}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let server = Server::start(BINARY);
    let api = server.api();
    for scheme in ["Basic", "basic", "BASIC", "bAsIc"] {
        let reply = call_with(&api, Some(&format!("{scheme} {}", base64(b"username:password")))).await;
        assert_eq!(reply.status, 404, "{scheme}");
    }
}

#[tokio::test]
async fn credentials_count_in_their_header_alone() {
    let server = Server::start(BINARY);
    let api = server.api();
    let right = format!("Basic {}", base64(b"username:password"));
    for (name, value) in [
        ("Proxy-Authorization", &*right),
        ("X-Authorization", &right),
        ("Cookie", "user=username; password=password"),
        ("X-Forwarded-User", "username"),
        ("X-Remote-User", "username"),
        // What an authorizer hands on inside, a caller cannot hand in from outside.
        ("wrapup_user", "username"),
        ("X-Amzn-Request-Context", r#"{"authorizer":{"wrapup_user":"username"}}"#),
    ] {
        let reply = api.raw(Method::GET, "/api/now/v1/wrapup/code/x").header(name, value).send().await;
        assert_eq!(reply.status, 401, "{name}");
    }
    for query in
        ["user=username&password=password", "sysparm_user=username", "authorization=Basic%20dXNlcm5hbWU6cGFzc3dvcmQ="]
    {
        let path = format!("/api/now/v1/wrapup/code/x?{query}");
        assert_not_authenticated(&api.raw(Method::GET, &path).send().await);
    }
}

#[tokio::test]
async fn names_and_passwords_may_have_any_characters() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (name, password) in [
        ("colons", "a:b::c, and on it goes"),
        ("spaces in it", " leading and trailing "),
        ("J\u{fc}rgen", "Stra\u{df}e nach S\u{fc}den"),
        (
            "\u{5d3}\u{5d5}\u{5d3}",
            "\u{5e1}\u{5d9}\u{5e1}\u{5de}\u{5d4} \u{5e9}\u{5dc} \u{5d9}\u{5e9}\u{5e8}\u{5d0}\u{5dc}!",
        ),
        (
            "\u{1F642}",
            "\u{1F511}\u{1F512}\u{1F513}\u{1F3E0}\u{1F3E1} \u{1F333} \u{1F6AA}\u{1F6B2} \u{1F697} \u{1F31E}\u{1F327}",
        ),
        ("a@example.com", "%40+%2B&=?#/\\\"'<>{}"),
        ("long", &"nine lamps under a green roof, ".repeat(40)),
    ] {
        user(&server, &["add", name, "--role", ROLE], &format!("{password}\n"));
        until(&api, name, password, 404).await;
        assert_eq!(status(&api, name, &format!("{password}x")).await, 401, "{name}");
    }
}

/// All of an answer but the time it was made at.
fn comparable(reply: &Reply) -> (u16, Vec<(String, String)>, &[u8]) {
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    (reply.status, headers.collect(), &reply.body)
}

#[tokio::test]
async fn an_unknown_user_a_wrong_password_and_a_disabled_user_look_the_same() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "gone", "--role", ROLE], "password of a visitor\n");
    user(&server, &["disable", "gone"], "");
    user(&server, &["add", "visitor", "--role", "visitor"], "password of a visitor\n");
    until(&api, "gone", PASSWORD, 401).await;
    for accept in ["application/json", "application/xml"] {
        for (method, path) in ENDPOINTS {
            let ask = async |name: &str, password: &str| {
                let api = api.with_user(name, password);
                api.call(method.clone(), path).header("Accept", accept).send().await
            };
            let unknown = ask("nobody", PASSWORD).await;
            assert_not_authenticated(&unknown);
            for (name, password) in [
                ("username", "wrong"),
                ("gone", PASSWORD),
                ("gone", "wrong"),
                // Without the role it is the password that counts first.
                ("visitor", "wrong"),
                ("", ""),
            ] {
                let reply = ask(name, password).await;
                assert_eq!(comparable(&reply), comparable(&unknown), "{name} {password} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_user_without_the_role_is_known_but_may_do_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (name, roles) in [
        ("visitor", &["visitor"][..]),
        ("almost", &["interaction_integration_use", "interaction_integration_user_2", "INTERACTION_INTEGRATION_USER"]),
        ("administrator", &["admin", "itil"]),
    ] {
        let mut arguments = vec!["add", name];
        roles.iter().for_each(|role| arguments.extend(["--role", role]));
        user(&server, &arguments, "password of a visitor\n");
        for (method, path) in ENDPOINTS {
            for accept in ["application/json", "application/xml"] {
                let call = api.with_user(name, PASSWORD).call(method.clone(), path).header("Accept", accept);
                let reply = call.json(&json!({ "codes": [{ "code": "Forbidden" }] })).send().await;
                assert_eq!(reply.media_type(), accept);
                let (message, _) = reply.platform_error(403);
                assert_eq!(message, "User Not Authorized");
            }
        }
    }
    assert!(!server.code_labels(BINARY).contains(&"Forbidden".to_owned()));
}

#[tokio::test]
async fn the_role_may_be_one_of_several() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "both", "--role", "itil", "--role", ROLE, "--role", "visitor"], "password of a visitor\n");
    let api = api.with_user("both", PASSWORD);
    let body = api.post("code", &json!({ "codes": [{ "code": "Allowed" }] })).await.expect(200);
    assert_eq!(body["result"]["success"], true);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_for_good() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "leaver", "--role", ROLE], "password of a visitor\n");
    user(&server, &["add", "stayer", "--role", ROLE], "password of a visitor\n");
    assert_eq!(status(&api, "leaver", PASSWORD).await, 404);
    user(&server, &["disable", "leaver"], "");
    until(&api, "leaver", PASSWORD, 401).await;
    for _ in 0..5 {
        assert_eq!(status(&api, "leaver", PASSWORD).await, 401);
    }
    // A new password does not bring the user back, and others are not affected.
    user(&server, &["passwd", "leaver"], "another of a visitor\n");
    for password in [PASSWORD, "another of a visitor"] {
        assert_eq!(status(&api, "leaver", password).await, 401);
    }
    assert_eq!(status(&api, "stayer", PASSWORD).await, 404);
    assert_eq!(status(&api, "username", "password").await, 404);
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "changer", "--role", ROLE], "first of a visitor\n");
    assert_eq!(status(&api, "changer", "first of a visitor").await, 404);
    for (old, new) in [("first of a visitor", "second of a visitor"), ("second of a visitor", "first of a visitor")] {
        user(&server, &["passwd", "changer"], &format!("{new}\n"));
        until(&api, "changer", new, 404).await;
        for _ in 0..5 {
            assert_eq!(status(&api, "changer", old).await, 401);
            assert_eq!(status(&api, "changer", new).await, 404);
        }
    }
}

#[tokio::test]
async fn a_user_who_was_unknown_is_known_soon_after_being_added() {
    let server = Server::start(BINARY);
    let api = server.api();
    assert_eq!(status(&api, "joiner", PASSWORD).await, 401);
    user(&server, &["add", "joiner", "--role", ROLE], "password of a visitor\n");
    until(&api, "joiner", PASSWORD, 404).await;
}

/// A code in three languages, German stored first; answers its path.
async fn translated_code(api: &Api) -> String {
    let translations = [("de", "Deutsch"), ("fr", "Fran\u{e7}ais"), ("es", "Espa\u{f1}ol")]
        .map(|(language, code)| json!({ "language": language, "code": code }));
    let body =
        api.post("code", &json!({ "codes": [{ "code": "Language", "translations": translations }] })).await.expect(200);
    format!("code/{}", body["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().unwrap_or_default())
}

/// The translated label that a caller sees.
async fn translated(api: &Api, path: &str, accept_language: Option<&str>) -> Value {
    let call = api.call(Method::GET, path);
    let call = if let Some(value) = accept_language { call.header("Accept-Language", value) } else { call };
    call.send().await.expect(200)["result"]["result_map"]["wrap_up_code"]["translated_code"].take()
}

#[tokio::test]
async fn a_users_language_decides_where_the_request_names_none() {
    let server = Server::start(BINARY);
    let api = server.api();
    let path = translated_code(&api).await;
    for (name, language) in [("french", "fr"), ("spanish", "ES"), ("italian", "it")] {
        user(&server, &["add", name, "--role", ROLE, "--language", language], "password of a visitor\n");
    }
    for (name, accept_language, shown) in [
        // Nobody wishes for a language: the one stored first.
        ("username", None, "Deutsch"),
        ("username", Some("fr"), "Fran\u{e7}ais"),
        ("french", None, "Fran\u{e7}ais"),
        ("spanish", None, "Espa\u{f1}ol"),
        // Wished for and not stored: the label itself.
        ("italian", None, "Language"),
        // The request goes before the user, even where its wish cannot be met.
        ("french", Some("de-AT"), "Deutsch"),
        ("french", Some("it"), "Language"),
        ("italian", Some("de;q=0.1, es;q=0.2"), "Espa\u{f1}ol"),
        // A header that names no language leaves it to the user.
        ("french", Some("*"), "Fran\u{e7}ais"),
        ("french", Some(""), "Fran\u{e7}ais"),
    ] {
        let password = if name == "username" { "password" } else { PASSWORD };
        let seen = translated(&api.with_user(name, password), &path, accept_language).await;
        assert_eq!(seen, shown, "{name}, Accept-Language: {accept_language:?}");
    }
}

#[tokio::test]
async fn a_segment_speaks_its_readers_language() {
    let server = Server::start(BINARY);
    let api = server.api();
    translated_code(&api).await;
    user(&server, &["add", "french", "--role", ROLE, "--language", "fr"], "password of a visitor\n");
    let request = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true, "external_segment_id": "language",
        "configuration": { "enable_codes": true, "allowed_codes": [{ "code": "Language" }], "default_code": "Language" }
    });
    let french = api.with_user("french", PASSWORD);
    for (api, shown) in [(&api, "Deutsch"), (&french, "Fran\u{e7}ais")] {
        let opened = api.post("segment/create", &request).await.expect(200);
        let found = api.get("segment/language").await.expect(200);
        for answer in [opened, found] {
            let configuration = &answer["segment"]["wrap_up_configuration"];
            assert_eq!(configuration["default_code"]["translated_code"], shown);
            assert_eq!(configuration["allowed_codes"][0]["translated_code"], shown);
        }
    }
}

#[tokio::test]
async fn the_deployments_language_is_the_last_to_be_asked() {
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_LANGUAGE", "fr")]);
    let api = server.api();
    let path = translated_code(&api).await;
    user(&server, &["add", "spanish", "--role", ROLE, "--language", "es"], "password of a visitor\n");
    assert_eq!(translated(&api, &path, None).await, "Fran\u{e7}ais");
    assert_eq!(translated(&api, &path, Some("*")).await, "Fran\u{e7}ais");
    assert_eq!(translated(&api, &path, Some("de")).await, "Deutsch");
    assert_eq!(translated(&api.with_user("spanish", PASSWORD), &path, None).await, "Espa\u{f1}ol");
}

/// The memory of a process that is in use, in MiB.
#[cfg(target_os = "linux")]
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_passwords_keeps_nobody_out_and_is_answered_at_once() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "honest", "--role", ROLE], "password of a visitor\n");
    #[cfg(target_os = "linux")]
    let before = resident(server.pid());
    let ended = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..256)
        .map(|attacker| {
            let (api, ended) = (api.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut replies = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    // Another password each time: one that is tried again costs nobody anything.
                    let password = format!("wrong {attacker} {}", replies.len());
                    replies.push(api.with_user("username", &password).get("code/x").await);
                    // What was put off says when to come back; this one does not mind, but for a moment.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                replies
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The first sign-in, for which nothing is remembered, and one that is.
    for _ in 0..20 {
        assert_eq!(status(&api, "honest", PASSWORD).await, 404);
    }
    #[cfg(target_os = "linux")]
    assert!(resident(server.pid()) < before + 200, "from {before} to {} MiB", resident(server.pid()));
    ended.store(true, Ordering::Relaxed);
    let (mut refused, mut put_off) = (0, 0);
    for attacker in flood {
        for reply in attacker.await.unwrap_or_default() {
            if reply.status == 401 {
                assert_not_authenticated(&reply);
                refused += 1;
            } else {
                let (message, _) = reply.platform_error(429);
                assert_eq!((message.as_str(), reply.header("retry-after")), ("Too Many Requests", "1"));
                put_off += 1;
            }
        }
    }
    assert!(refused > 0 && put_off > refused, "{refused} refused, {put_off} put off");
    // All is as before.
    assert_eq!(status(&api, "username", "wrong").await, 401);
    assert_eq!(status(&api, "username", "password").await, 404);
}

/// Linux has all of 127.0.0.0/8 on its loopback.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_many_names_from_one_address_keeps_no_other_address_out() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "honest", "--role", ROLE], "password of a visitor\n");
    let ended = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..128)
        .map(|attacker| {
            let (api, ended) = (api.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut put_off = 0;
                for call in 0.. {
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                    let status = status(&api, &format!("name {attacker} {call}"), "wrong").await;
                    put_off += usize::from(status == 429);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                put_off
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let elsewhere = api.from_address(std::net::IpAddr::from([127, 0, 0, 2]));
    for attempt in 0..5 {
        // Each is a first one: nothing is remembered of it.
        assert_eq!(status(&elsewhere, "honest", &format!("wrong {attempt}")).await, 401);
    }
    assert_eq!(status(&elsewhere, "honest", PASSWORD).await, 404);
    ended.store(true, Ordering::Relaxed);
    let mut put_off = 0;
    for attacker in flood {
        put_off += attacker.await.unwrap_or_default();
    }
    assert!(put_off > 0);
}

#[tokio::test]
async fn a_client_with_many_connections_signs_in_on_all_of_them() {
    let server = Server::start(BINARY);
    let api = server.api();
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { status(&api, "username", "password").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap_or_default(), 404);
    }
}

#[tokio::test]
async fn two_authorization_headers_are_none() {
    let server = Server::start(BINARY);
    let api = server.api();
    let right = format!("Basic {}", base64(b"username:password"));
    assert_eq!(call_with(&api, Some(&right)).await.status, 404);
    for (one, other) in
        [(&*right, &*right), (&right, "Basic eDp5"), ("Basic eDp5", &right), (&right, ""), ("Bearer x", &right)]
    {
        let call = api.raw(Method::GET, "/api/now/v1/wrapup/code/x");
        assert_not_authenticated(&call.header("Authorization", one).header("Authorization", other).send().await);
    }
}

#[tokio::test]
async fn credentials_are_read_in_the_form_that_a_client_sends() {
    let server = Server::start(BINARY);
    let api = server.api();
    user(&server, &["add", "J\u{fc}rgen", "--role", ROLE], "Stra\u{df}e nach S\u{fc}den\n");
    // Typed where keyboards write an u with two dots behind it.
    user(&server, &["add", "Bj\u{f6}rn", "--role", ROLE], "Stra\u{df}e nach Su\u{308}den\n");
    for name in ["J\u{fc}rgen", "Bj\u{f6}rn"] {
        let password = "Stra\u{df}e nach S\u{fc}den";
        let composed = format!("{name}:{password}");
        let apart = composed.replace('\u{fc}', "u\u{308}").replace('\u{f6}', "o\u{308}");
        let latin: Vec<u8> = composed.chars().map(|character| character as u8).collect();
        for bytes in [composed.as_bytes(), apart.as_bytes(), &latin] {
            let header = format!("Basic {}", base64(bytes));
            assert_eq!(call_with(&api, Some(&header)).await.status, 404, "{bytes:?}");
            let wrong = format!("Basic {}", base64(&[bytes, b"!"].concat()));
            assert_not_authenticated(&call_with(&api, Some(&wrong)).await);
        }
    }
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_is_a_401_and_an_error_in_the_log() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("a folder: {error}"));
    let (binary, log) = logging_to(&folder.path().join("log"));
    let server = Server::start(&binary);
    let api = server.api();
    user(&server, &["add", "victim", "--role", ROLE], "password of a visitor\n");
    let items = server.stored("sys_user").await;
    let of_victim = items
        .into_iter()
        .find(|item| item.get("user_name").is_some_and(|name| name.as_s().is_ok_and(|name| name == "victim")));
    let mut item = of_victim.unwrap_or_default();
    let key = item.get("sys_id").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
    item.insert("user_password".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("hunter2-in-clear".to_owned()));
    let put = server.dynamodb().put_item().table_name("sys_user").set_item(Some(item)).send().await;
    assert!(put.is_ok(), "{put:?}");
    for password in [PASSWORD, "hunter2-in-clear", "wu_", ""] {
        assert_not_authenticated(&api.with_user("victim", password).get("code/x").await);
    }
    let logged = std::fs::read_to_string(&log).unwrap_or_default();
    let line = logged.lines().find(|line| line.contains(" ERROR ")).unwrap_or_default();
    assert!(line.contains("sys_user") && line.contains(&key), "{logged}");
    assert!(!logged.contains("hunter2"), "{logged}");
}

/// The binary, with its log in a file.
fn logging_to(log: &std::path::Path) -> (String, std::path::PathBuf) {
    let script = log.with_extension("sh");
    let text = format!("#!/bin/sh\nexec '{BINARY}' \"$@\" 2>>'{}'\n", log.display());
    assert!(std::fs::write(&script, text).is_ok());
    assert_done(
        &std::process::Command::new("chmod")
            .arg("+x")
            .arg(&script)
            .output()
            .unwrap_or_else(|error| unreachable!("{error}")),
    );
    (script.to_string_lossy().into_owned(), log.to_owned())
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_without_its_name_or_password() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| unreachable!("a folder: {error}"));
    let (binary, log) = logging_to(&folder.path().join("log"));
    let server = Server::start(&binary);
    let api = server.api();
    for _ in 0..2 {
        // Somebody who types the password where the name belongs; the second time it is remembered, and logged all the same.
        let call = api.with_user("J\u{fc}rgen", "hunter2 in the field").call(Method::GET, "code/x");
        assert_not_authenticated(&call.header("X-Forwarded-For", "203.0.113.7").send().await);
    }
    assert_eq!(status(&api, "username", "password").await, 404);
    let logged = std::fs::read_to_string(&log).unwrap_or_default();
    let failed: Vec<&str> = logged.lines().filter(|line| line.contains("a sign-in failed")).collect();
    assert_eq!(failed.len(), 2, "{logged}");
    for line in failed {
        // printf %s Jürgen | sha256sum
        assert!(line.contains("c58fb672c97fba72a3a3f7f01b564d5602f721bd80ff899c0c7ccc187fa59817"), "{line}");
        assert!(line.contains(" WARN ") && line.contains("request_id"), "{line}");
    }
    for secret in ["J\u{fc}rgen", "hunter2", "username", "Basic", "203.0.113.7"] {
        assert!(!logged.contains(secret), "{logged}");
    }
}
