//! Who is let in behind API Gateway, and how requests arrive from there.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Context;
use lambda_runtime::{Diagnostic, LambdaEvent};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Item, Table, to_item};
use wrapup::users::{Generated, Lives, NewSecret, NewUser, Password, UserName};
use wrapup_functions::authorizer::Authorizer;
use wrapup_lambda_tests::{Event, Fault, Instance, Log, Parts, Rule, World, opening};

const ROLE: &str = "interaction_integration_user";
const METHOD_ARN: &str =
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/api/now/v1/wrapup/code/49c27b67";
const WHOLE_STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/*/*";

/// A deployment with users, one of each kind.
async fn world() -> World {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    world.add_user("Grüße", &["agent", ROLE], Some("de")).await;
    world.add_user("guest", &["agent"], None).await;
    world.add_user("former", &[ROLE], None).await;
    world.stores().users().set_active("former", false, &world.stamp()).await.expect("a user to disable");
    world
}

/// What API Gateway sends to an authorizer of type REQUEST.
fn request(authorization: Option<&str>) -> Value {
    let mut headers = json!({"Accept": "application/json", "Host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"});
    let mut multi_value_headers = json!({"Accept": ["application/json"]});
    if let Some(value) = authorization {
        headers["Authorization"] = json!(value);
        multi_value_headers["Authorization"] = json!([value]);
    }
    json!({
        "type": "REQUEST",
        "methodArn": METHOD_ARN,
        "resource": "/{proxy+}",
        "path": "/api/now/v1/wrapup/code/49c27b67",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": multi_value_headers,
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "pathParameters": {"proxy": "api/now/v1/wrapup/code/49c27b67"},
        "stageVariables": {},
        "requestContext": {
            "resourceId": "1f2g3h",
            "resourcePath": "/{proxy+}",
            "httpMethod": "GET",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": "16/Sep/2024:18:00:00 +0000",
            "path": "/prod/api/now/v1/wrapup/code/49c27b67",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainPrefix": "a1b2c3d4e5",
            "requestTimeEpoch": 1_726_509_600_000_u64,
            "requestId": "7c1f7b2e-0000-4000-8000-000000000001",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8.5.0", "accountId": null, "caller": null},
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "apiId": "a1b2c3d4e5",
        },
    })
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

/// The authorizer's answer as JSON, which is all that API Gateway sees of it.
async fn ask(instance: &Instance, request: Value) -> Result<Value, Diagnostic> {
    let mut context = Context::default();
    Event::REQUEST_ID.clone_into(&mut context.request_id);
    let answer = Authorizer::new(&instance.system).handle(LambdaEvent::new(request, context)).await?;
    Ok(serde_json::to_value(answer).expect("JSON"))
}

/// A password that no rule is asked about.
fn chosen(password: &str) -> NewSecret {
    NewSecret::known_to_everybody(Password::new(password))
}

/// A secret as `wrapup user` makes it, and itself.
fn generated() -> (NewSecret, String) {
    let secret = Generated::make().expect("randomness");
    (NewSecret::generated(&secret), secret.reveal().to_owned())
}

/// The runs of Argon2 that an instance has made.
fn runs(instance: &Instance) -> u64 {
    instance.system.users().argon2_cost().runs
}

/// Whether the caller is let in, and the runs of Argon2 that it took.
async fn costs(instance: &Instance, credentials: &str) -> (bool, u64) {
    let before = runs(instance);
    let allowed = allowed(instance, credentials).await;
    (allowed, runs(instance) - before)
}

/// Whether the caller is let in.
async fn allowed(instance: &Instance, credentials: &str) -> bool {
    let answer = ask(instance, request(Some(&basic(credentials)))).await;
    answer.is_ok_and(|answer| answer["policyDocument"]["Statement"][0]["Effect"] == "Allow")
}

/// The context that API Gateway makes of an authorizer's answer for the function behind.
fn handed_on(answer: &Value) -> Value {
    let mut context = answer["context"].clone();
    context["principalId"] = answer["principalId"].clone();
    context["integrationLatency"] = json!(87);
    context
}

/// Stores a code with a German and a French translation, and answers the path of its GET.
async fn translated_code(instance: &Instance) -> String {
    let post = Event::post("code").json(&json!({"codes": [{"code": "Refund", "translations": [
        {"language": "fr", "code": "Remboursement"}, {"language": "de", "code": "Erstattung"},
    ]}]}));
    let created = instance.call(&post).await.expect(200);
    let sys_id = &created["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"];
    format!("code/{}", sys_id.as_str().expect("a sys_id"))
}

fn translated(body: &Value) -> &Value {
    &body["result"]["result_map"]["wrap_up_code"]["translated_code"]
}

#[tokio::test]
async fn the_right_password_and_role_are_allowed_on_the_whole_stage() {
    let world = world().await;
    let instance = world.instance();
    let answer = ask(&instance, request(Some(&basic("integrator:secret")))).await.expect("a verdict");
    assert_eq!(answer["principalId"], "integrator");
    let policy = &answer["policyDocument"];
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().expect("statements");
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Effect"], "Allow");
    // The verdict is cached under the header alone, so it has to hold for every path.
    let one_or_list = |value: &Value| value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    assert_eq!(one_or_list(&statements[0]["Resource"]), [WHOLE_STAGE]);
    assert_eq!(one_or_list(&statements[0]["Action"]), ["execute-api:Invoke"]);
    // API Gateway refuses contexts with nested values.
    let context = answer["context"].as_object().expect("a context");
    assert!(context.values().all(|value| value.is_string() || value.is_number() || value.is_boolean()), "{context:?}");
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[tokio::test]
async fn without_the_role_the_answer_is_a_deny() {
    let world = world().await;
    let answer = ask(&world.instance(), request(Some(&basic("guest:secret")))).await.expect("a verdict");
    let statements = answer["policyDocument"]["Statement"].as_array().expect("statements");
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Effect"], "Deny");
    assert_eq!(answer["context"].get("wrapup_user"), None, "{answer}");
}

#[tokio::test]
async fn everybody_else_is_unauthorized_in_the_same_words() {
    let world = world().await;
    let instance = world.instance();
    let cases = [
        None,
        Some(String::new()),
        Some("Basic".to_owned()),
        Some("Basic ".to_owned()),
        Some("Basic %%%".to_owned()),
        Some(format!("Bearer {}", STANDARD.encode("integrator:secret"))),
        Some(basic("integrator")),
        Some(basic("integrator:wrong")),
        Some(basic("integrator:secret ")),
        Some(basic("integrator:")),
        Some(basic("Integrator:secret")),
        Some(basic(":secret")),
        Some(basic("nobody:secret")),
        Some(basic("former:secret")),
        Some(format!("Basic {}", STANDARD.encode([0xff, b':', 0xfe]))),
    ];
    for authorization in cases {
        let error = ask(&instance, request(authorization.as_deref())).await.err();
        let error = error.expect("no verdict");
        // This very text makes API Gateway answer 401.
        assert_eq!(error.error_message, "Unauthorized", "{authorization:?}");
    }
    let mut without_headers = request(None);
    without_headers["headers"] = Value::Null;
    without_headers["multiValueHeaders"] = Value::Null;
    let error = ask(&instance, without_headers).await.expect_err("no verdict");
    assert_eq!(error.error_message, "Unauthorized");
}

#[tokio::test]
async fn scheme_and_header_name_are_read_in_any_case_and_passwords_may_hold_colons() {
    let world = world().await;
    let users = world.stores();
    users.users().change_secret("Grüße", chosen("pass:wörd"), Lives::default(), &world.stamp()).await.expect("a user");
    let instance = world.instance();
    let mut event = request(None);
    event["headers"]["authorization"] = json!(format!("bAsIc {}", STANDARD.encode("Grüße:pass:wörd")));
    let answer = ask(&instance, event).await.expect("a verdict");
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(answer["principalId"], "Grüße");
}

#[tokio::test]
async fn a_user_that_is_disabled_or_changes_the_password_is_out_within_seconds() {
    let world = world().await;
    let instance = world.instance();
    assert!(allowed(&instance, "integrator:secret").await);
    assert!(allowed(&instance, "Grüße:secret").await);
    let users = world.stores();
    users.users().set_active("integrator", false, &world.stamp()).await.expect("a user");
    users.users().change_secret("Grüße", chosen("other"), Lives::default(), &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(5));
    assert!(!allowed(&instance, "integrator:secret").await);
    assert!(!allowed(&instance, "Grüße:secret").await);
    assert!(allowed(&instance, "Grüße:other").await);
}

#[tokio::test]
async fn a_client_that_loops_with_an_old_password_costs_no_argon2() {
    let world = world().await;
    let instance = world.instance();
    // Wrong, unknown and disabled alike.
    for credentials in ["integrator:old", "nobody:old", "former:secret"] {
        assert_eq!(costs(&instance, credentials).await, (false, 1), "{credentials}");
        for _ in 0..5 {
            assert_eq!(costs(&instance, credentials).await, (false, 0), "{credentials}");
        }
    }
    // Other attempts are not mistaken for these.
    for credentials in ["integrator:old2", "nobody:ol", "nobod:yold", "integrator:secret"] {
        assert_eq!(costs(&instance, credentials).await.1, 1, "{credentials}");
    }
    // A password that was wrong works at once when it has become the right one, and a user who is let in again.
    let stores = world.stores();
    stores.users().change_secret("integrator", chosen("old"), Lives::default(), &world.stamp()).await.expect("a user");
    stores.users().set_active("former", true, &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert!(allowed(&instance, "integrator:old").await);
    assert!(allowed(&instance, "former:secret").await);
    assert_eq!(costs(&instance, "nobody:old").await, (false, 0));
    world.pass(Duration::from_secs(60));
    assert_eq!(costs(&instance, "nobody:old").await, (false, 1));
}

#[tokio::test]
async fn a_generated_secret_never_costs_argon2_and_anything_else_always_does() {
    let world = world().await;
    let stores = world.stores();
    let (secret, text) = generated();
    stores.users().change_secret("integrator", secret, Lives::default(), &world.stamp()).await.expect("a user");
    let instance = world.instance();
    let (_, other) = generated();
    for (credentials, expected) in [
        (format!("integrator:{text}"), (true, 0)),
        (format!("integrator:{other}"), (false, 0)),
        (format!("nobody:{text}"), (false, 0)),
        (format!("former:{text}"), (false, 0)),
        // Who has a password only.
        (format!("Grüße:{other}"), (false, 0)),
        // A slip: no checksum fits it, so it is a password.
        (
            format!("integrator:{}", text.replace(&text[40..41], if &text[40..41] == "x" { "y" } else { "x" })),
            (false, 1),
        ),
        (format!("nobody:{}", &text[..51]), (false, 1)),
        ("integrator:secret".to_owned(), (false, 1)),
        ("integrator:".to_owned(), (false, 1)),
    ] {
        assert_eq!(costs(&instance, &credentials).await, expected, "{credentials}");
    }
    // What is stored of it tells nobody what it is.
    let records = format!("{:?}", world.records(Table::Users).await);
    assert!(!records.contains(&text[..20]) && records.contains("sha256:"), "{records}");
}

#[tokio::test]
async fn an_operators_change_whose_answer_gets_lost_is_made_once() {
    let world = world().await;
    let system = world.instance().system;
    let users = system.users();
    let lost = |operation| world.fail(Rule::once(Fault::LostAnswer).on(operation).of("sys_user"));
    let lives =
        Lives { expires_on: None, keep_old_until: Some((world.clock().now() + Duration::from_secs(3600)).into()) };
    lost("PutItem");
    users.change_secret("integrator", chosen("next"), lives, &world.stamp()).await.expect("a user");
    let instance = world.instance();
    assert!(allowed(&instance, "integrator:secret").await && allowed(&instance, "integrator:next").await);
    lost("PutItem");
    let (_, was_there) = users.end_old_secret("integrator", &world.stamp()).await.expect("a user");
    assert!(was_there);
    let (_, was_there) = users.end_old_secret("integrator", &world.stamp()).await.expect("a user");
    assert!(!was_there);
    let new = |secret| NewUser {
        user_name: UserName::new("machine").expect("a name"),
        roles: vec![ROLE.to_owned()],
        language: None,
        secret,
        expires_on: None,
    };
    lost("PutItem");
    let (secret, text) = generated();
    assert!(users.add(new(secret), &world.stamp()).await.expect("an answer"), "it is this one's");
    assert!(!users.add(new(generated().0), &world.stamp()).await.expect("an answer"), "the name is taken");
    assert!(allowed(&world.instance(), &format!("machine:{text}")).await);
    assert_eq!(world.faults(), 3);
}

#[tokio::test]
async fn a_rotation_has_no_gap_and_an_end() {
    let world = world().await;
    let stores = world.stores();
    let users = stores.users();
    let hour = |hours: u64| Some(DateTime::from(world.clock().now() + Duration::from_secs(3600 * hours)));
    // From a password to another one, to a generated secret, to another one: all by the same command.
    let (first, first_text) = generated();
    let (second, second_text) = generated();
    let mut before = "secret".to_owned();
    for (secret, text) in [(chosen("next"), "next".to_owned()), (first, first_text), (second, second_text)] {
        let lives = Lives { expires_on: None, keep_old_until: hour(24) };
        users.change_secret("integrator", secret, lives, &world.stamp()).await.expect("a user");
        let instance = world.instance();
        let argon2 = u64::from(!text.starts_with("wu_"));
        // Two passwords cost no more than one.
        assert_eq!(costs(&instance, &format!("integrator:{text}")).await, (true, argon2));
        assert!(allowed(&instance, &format!("integrator:{before}")).await, "{before}");
        assert_eq!(costs(&instance, "integrator:wrong").await, (false, 1));
        world.pass(Duration::from_secs(3600 * 24));
        assert!(!allowed(&instance, &format!("integrator:{before}")).await, "{before}");
        assert!(allowed(&instance, &format!("integrator:{text}")).await, "{text}");
        before = text;
    }
    // A secret with an end of its own has it too where it is kept; without being kept it ends at once.
    let lives = Lives { expires_on: hour(1), keep_old_until: None };
    users.change_secret("integrator", chosen("short"), lives, &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    let instance = world.instance();
    assert!(allowed(&instance, "integrator:short").await && !allowed(&instance, &format!("integrator:{before}")).await);
    let lives = Lives { expires_on: None, keep_old_until: hour(48) };
    users.change_secret("integrator", chosen("long"), lives, &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert!(allowed(&instance, "integrator:short").await && allowed(&instance, "integrator:long").await);
    world.pass(Duration::from_secs(3600));
    assert!(!allowed(&instance, "integrator:short").await && allowed(&instance, "integrator:long").await);
    // The old one can be ended before its time.
    let lives = Lives { expires_on: None, keep_old_until: hour(48) };
    users.change_secret("integrator", chosen("last"), lives, &world.stamp()).await.expect("a user");
    users.end_old_secret("integrator", &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert!(!allowed(&instance, "integrator:long").await && allowed(&instance, "integrator:last").await);
}

/// Puts columns of a user's record beside or in place of what is stored.
async fn overwrite(world: &World, user_name: &str, columns: Value) {
    let mut item = user_record(world, user_name).await;
    item.extend(to_item(&columns).expect("an item"));
    world.client().put_item().table_name("sys_user").set_item(Some(item)).send().await.expect("a put");
}

async fn user_record(world: &World, user_name: &str) -> Item {
    let records = world.records(Table::Users).await;
    let of =
        |item: &Item| item.get("user_name").and_then(|name| name.as_s().ok()).is_some_and(|name| name == user_name);
    records.into_iter().find(of).expect("a user")
}

#[tokio::test]
async fn what_cannot_be_read_of_a_user_lets_nobody_in_and_is_no_failure() {
    let world = world().await;
    let good = user_record(&world, "integrator").await["user_password"].as_s().expect("a hash").clone();
    for broken in [
        json!({"user_password": ""}),
        json!({"user_password": "hunter2"}),
        json!({"user_password": "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"}),
        json!({"user_password": format!("{good}$more")}),
        json!({"user_password": "sha256:00"}),
        json!({"user_password": "a-form-of-tomorrow:00"}),
        json!({"user_password": 7}),
        json!({"user_password": null}),
        json!({"active": "yes"}),
        json!({"active": null}),
        json!({"user_password_expires_on": "tomorrow"}),
        json!({"user_password_expires_on": "2024-09-16 17:59:59"}),
        json!({"preferred_language": "german"}),
    ] {
        overwrite(&world, "integrator", json!({"user_password": good, "active": true, "preferred_language": null}))
            .await;
        assert!(allowed(&world.instance(), "integrator:secret").await, "{broken}");
        overwrite(&world, "integrator", broken.clone()).await;
        let instance = world.instance();
        let error = ask(&instance, request(Some(&basic("integrator:secret")))).await.expect_err("no verdict");
        assert_eq!((error.error_message.as_str(), runs(&instance)), ("Unauthorized", 1), "{broken}");
        let event = Event::get("code/x").unvouched().basic_auth("integrator", "secret");
        instance.call(&event).await.expect(401);
        overwrite(&world, "integrator", json!({"user_password_expires_on": "2999-01-01 00:00:00"})).await;
    }
    // The other secret works all the same.
    let columns =
        json!({"user_password": "hunter2", "active": true, "preferred_language": null, "old_user_password": good});
    overwrite(&world, "integrator", columns).await;
    assert!(allowed(&world.instance(), "integrator:secret").await);
}

#[tokio::test]
async fn records_of_before_are_read_and_keep_what_nobody_here_knows() {
    let world = world().await;
    let mut record = user_record(&world, "integrator").await;
    record.retain(|column, _| ["sys_id", "user_name", "active", "roles", "user_password"].contains(&column.as_str()));
    record.extend(to_item(&json!({"column_of_tomorrow": {"a": [1, 2]}})).expect("an item"));
    world.client().put_item().table_name("sys_user").set_item(Some(record)).send().await.expect("a put");
    assert!(allowed(&world.instance(), "integrator:secret").await);
    let (stores, lives) = (world.stores(), Lives { expires_on: None, keep_old_until: None });
    stores.users().change_secret("integrator", chosen("other"), lives, &world.stamp()).await.expect("a user");
    stores.users().change_roles("integrator", &["agent".to_owned()], &[], &world.stamp()).await.expect("a user");
    let record = user_record(&world, "integrator").await;
    assert!(record.contains_key("column_of_tomorrow"), "{record:?}");
    assert!(allowed(&world.instance(), "integrator:other").await);
}

#[tokio::test]
async fn names_and_passwords_are_read_in_every_form_that_clients_send() {
    let world = world().await;
    let stores = world.stores();
    stores
        .users()
        .change_secret("Grüße", chosen("Straße nach Süden"), Lives::default(), &world.stamp())
        .await
        .expect("a user");
    let latin =
        |text: &str| text.chars().map(|character| u8::try_from(u32::from(character)).expect("ISO-8859-1")).collect();
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let apart = |text: &str| text.replace('ü', "u\u{308}");
    for (bytes, verdict) in [
        (utf8("Grüße:Straße nach Süden"), true),
        (utf8(&apart("Grüße:Straße nach Süden")), true),
        (utf8(&format!("{}:Straße nach Süden", apart("Grüße"))), true),
        (latin("Grüße:Straße nach Süden"), true),
        (latin("Grüße:Straße nach Suden"), false),
        (utf8("Gruße:Straße nach Süden"), false),
        (utf8("Grüße:Strasse nach Süden"), false),
    ] {
        let instance = world.instance();
        let header = format!("Basic {}", STANDARD.encode(&bytes));
        assert_eq!(ask(&instance, request(Some(&header))).await.is_ok(), verdict, "{bytes:?}");
        let event = Event::get("code/x").unvouched().header("Authorization", &header);
        let status = instance.handle(event.function_url()).await.status();
        assert_eq!(status, if verdict { 404 } else { 401 }, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_with_its_address_and_no_word_of_what_was_sent() {
    let world = world().await;
    let instance = world.instance();
    let log = Log::of_a_function(LevelFilter::TRACE);
    let wrong = basic("Grüße:hunter2");
    let mut event = request(Some(&wrong));
    // Whoever can send a header can write anything into it.
    event["headers"]["X-Forwarded-For"] = json!("203.0.113.7");
    event["multiValueHeaders"]["X-Forwarded-For"] = json!(["203.0.113.7"]);
    ask(&instance, event).await.expect_err("no verdict");
    let event =
        Event::get("code/x").unvouched().header("Authorization", &wrong).header("X-Forwarded-For", "203.0.113.7");
    instance.call(&event).await.expect(401);
    instance.handle(event.function_url()).await.expect(401);
    // Neither a right password nor none at all is a failure.
    assert!(allowed(&instance, "integrator:secret").await);
    instance.call(&Event::get("code/x").unvouched()).await.expect(401);
    let log = log.text();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let failed: Vec<_> = lines.iter().filter(|line| line["message"] == "a sign-in failed").collect();
    assert_eq!(failed.len(), 3, "{log}");
    for line in failed {
        assert_eq!((&line["level"], &line["source"]), (&json!("WARN"), &json!("192.0.2.1")), "{line}");
        assert_eq!(line["request_id"], Event::REQUEST_ID, "{line}");
        // printf %s Grüße | sha256sum
        assert_eq!(line["name_sha256"], "f83e039796c6453a10f5519e39fd113901572316a1a8ea07cb525d2801dfd074", "{line}");
    }
    for word in ["Grüße", "hunter2", "integrator", "secret", "203.0.113.7", &wrong[6..]] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}

#[tokio::test]
async fn two_authorization_headers_prove_nothing() {
    let world = world().await;
    let instance = world.instance();
    let right = basic("integrator:secret");
    let others =
        [right.clone(), basic("Grüße:secret"), basic("integrator:wrong"), String::new(), "Bearer x".to_owned()];
    for other in others {
        for values in [[&right, &other], [&other, &right]] {
            let mut event = request(Some(&right));
            event["multiValueHeaders"]["Authorization"] = json!(values);
            event["headers"]["Authorization"] = json!(values[1]);
            let error = ask(&instance, event).await.expect_err("no verdict");
            assert_eq!(error.error_message, "Unauthorized", "{values:?}");
            let mut event = request(Some(&right));
            event["multiValueHeaders"] = json!({"authorization": [values[0]], "AUTHORIZATION": [values[1]]});
            assert!(ask(&instance, event).await.is_err(), "{values:?}");
            // In the function, where it signs in itself, and where API Gateway has cached a verdict on one of them.
            for event in [Event::get("code/x").unvouched(), Event::get("code/x")] {
                let mut request = event.rest();
                for value in values {
                    request.headers_mut().append("authorization", value.parse().expect("a header"));
                }
                instance.handle(request).await.expect(401);
            }
            let event =
                Event::get("code/x").unvouched().header("Authorization", &format!("{}, {}", values[0], values[1]));
            instance.handle(event.function_url()).await.expect(401);
        }
    }
    assert_eq!(instance.call(&Event::get("code/x").unvouched().header("Authorization", &right)).await.status(), 404);
}

#[tokio::test]
async fn whatever_a_caller_puts_into_the_event_is_a_401() {
    let world = world().await;
    let instance = world.instance();
    let right = basic("integrator:secret");
    let odd = |change: &dyn Fn(&mut Value)| {
        let mut event = request(None);
        change(&mut event);
        event
    };
    for event in [
        odd(&|event| event["headers"]["Authorization"] = Value::Null),
        odd(&|event| event["headers"]["Authorization"] = json!(7)),
        odd(&|event| event["headers"]["Authorization"] = json!([right])),
        odd(&|event| event["headers"]["Authorization"] = json!({"Basic": right})),
        odd(&|event| event["headers"]["Authorization"] = json!("Basic \u{0}\u{7f}\u{1F642}")),
        odd(&|event| event["multiValueHeaders"]["Authorization"] = json!([])),
        odd(&|event| event["multiValueHeaders"]["Authorization"] = json!([null, right])),
        odd(&|event| event["multiValueHeaders"] = json!("Basic")),
        odd(&|event| event["headers"] = json!([["Authorization", right]])),
        odd(&|event| event["headers"]["Authorization"] = json!(format!("Basic {}", "A".repeat(100_000)))),
        odd(&|event| event["requestContext"] = Value::Null),
        json!({}),
        json!(null),
        json!([]),
        json!("Basic"),
    ] {
        let error = ask(&instance, event.clone()).await.expect_err("no verdict");
        assert_eq!(error.error_message, "Unauthorized", "{event:.200}");
    }
    // What stands beside right credentials keeps nobody out.
    for beside in [
        odd(&|event| event["headers"]["X-Name"] = json!("J\u{fc}rgen \u{1F642} \u{0}\r\n")),
        odd(&|event| event["headers"]["b\u{e4}d n\u{e4}me"] = json!("x")),
        odd(&|event| event["headers"]["X-Number"] = json!(7)),
        odd(&|event| event["multiValueHeaders"]["X-None"] = Value::Null),
        odd(&|event| event["requestContext"]["identity"]["sourceIp"] = json!("unknown, 192.0.2.1")),
        odd(&|event| event["requestContext"] = json!([])),
        odd(&|event| event["httpMethod"] = json!("B\u{e4}D METHOD")),
        odd(&|event| event["queryStringParameters"] = json!("a=b")),
    ] {
        let mut event = beside;
        event["headers"]["Authorization"] = json!(right);
        let answer = ask(&instance, event.clone()).await.expect("a verdict");
        assert_eq!(answer["principalId"], "integrator", "{event}");
    }
}

#[tokio::test]
async fn a_verdict_that_cannot_be_reached_is_no_401() {
    let world = world().await;
    let instance = world.instance();
    world.fail(Rule::always(Fault::Denied));
    let error = ask(&instance, request(Some(&basic("integrator:secret")))).await.expect_err("no verdict");
    // API Gateway would send the caller to look for the mistake in its password.
    assert!(!error.error_message.contains("Unauthorized"), "{error:?}");
    assert!(!format!("{error:?}").contains("sys_user"), "{error:?}");
}

#[tokio::test]
async fn the_endpoint_behind_believes_the_authorizer_and_uses_the_users_language() {
    let world = world().await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    let (german, nobodys) = (
        handed_on(&ask(&instance, request(Some(&basic("Grüße:secret")))).await.expect("a verdict")),
        handed_on(&ask(&instance, request(Some(&basic("integrator:secret")))).await.expect("a verdict")),
    );
    world.traffic();
    let event = Event::get(&path).authorizer(german);
    assert_eq!(translated(&instance.call(&event).await.expect(200)), "Erstattung");
    // The users are not looked at a second time.
    assert_eq!(world.traffic().requests, ["GetItem"]);
    // The request's own wish comes first.
    let in_french = event.header("Accept-Language", "fr-CA, de;q=0.5");
    assert_eq!(translated(&instance.call(&in_french).await.expect(200)), "Remboursement");
    // Nobody wishes: the translation stored first, or the deployment's language where it has one.
    let event = Event::get(&path).authorizer(nobodys);
    assert_eq!(translated(&instance.call(&event).await.expect(200)), "Remboursement");
    let deployment = world.instance_with(Parts { language: Some("de"), ..Parts::default() });
    assert_eq!(translated(&deployment.call(&event).await.expect(200)), "Erstattung");
}

#[tokio::test]
async fn an_endpoint_without_an_authorizer_checks_credentials_itself() {
    let world = world().await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    for user in ["integrator", "Grüße"] {
        let event = Event::get(&path).unvouched().basic_auth(user, "secret");
        instance.call(&event).await.expect(200);
        instance.handle(event.function_url()).await.expect(200);
    }
    let german = Event::get(&path).unvouched().basic_auth("Grüße", "secret");
    assert_eq!(translated(&instance.handle(german.function_url()).await.expect(200)), "Erstattung");

    let denied =
        [("guest", "secret", 403), ("integrator", "wrong", 401), ("former", "secret", 401), ("nobody", "x", 401)];
    for (user, password, status) in denied {
        let event = Event::get(&path).unvouched().basic_auth(user, password);
        for reply in [instance.call(&event).await, instance.handle(event.function_url()).await] {
            let body = reply.expect(status);
            let message = if status == 401 { "User Not Authenticated" } else { "User Not Authorized" };
            assert_eq!((&body["error"]["message"], &body["status"]), (&json!(message), &json!("failure")), "{user}");
            assert_eq!(reply.header("www-authenticate").starts_with("Basic realm=\""), status == 401, "{user}");
        }
    }
}

#[tokio::test]
async fn a_forged_context_is_not_believed() {
    let world = world().await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    let context = json!({"authorizer": {"wrapup_user": "integrator", "wrapup_language": "de"}});
    let forged = [
        Event::get(&path).unvouched().header("wrapup_user", "integrator"),
        Event::get(&path).unvouched().header("X-Amzn-Request-Context", &context.to_string()),
        Event::get(&path).unvouched().header("X-Apigateway-Context", &context.to_string()),
        Event::get(&format!("{path}?wrapup_user=integrator&requestContext.authorizer.wrapup_user=integrator"))
            .unvouched(),
        Event::post("code").unvouched().json(&json!({
            "codes": [{"code": "Forged"}], "wrapup_user": "integrator", "requestContext": context,
        })),
        // Another authorizer has vouched, for a user of its own.
        Event::get(&path).authorizer(json!({"principalId": "integrator"})),
        Event::get(&path).authorizer(json!({"claims": {"sub": "integrator", "wrapup_user": "integrator"}})),
        Event::get(&path).authorizer(json!({"wrapup_user": null})),
        Event::get(&path).authorizer(json!({"wrapup_user": ""})),
        Event::get(&path).authorizer(json!({"wrapup_user": "", "wrapup_language": "de"})),
        Event::get(&path).authorizer(json!({"wrapup_user": {"name": "integrator"}})),
        Event::get(&path).authorizer(json!({"wrapup_language": "de"})),
    ];
    for event in &forged {
        let reply = instance.call(event).await;
        assert_eq!(reply.status(), 401, "{event:?}: {}", reply.text());
    }
    assert_eq!(world.keys(wrapup::dynamodb::Table::Codes).await.len(), 1);
}

#[tokio::test]
async fn a_function_url_or_http_api_never_vouches_for_anybody() {
    let world = world().await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    // The event carries a context such as an authorizer of an HTTP API would hand on.
    let vouched = Event::get(&path).authorizer(json!({"wrapup_user": "integrator", "wrapup_language": "de"}));
    instance.handle(vouched.function_url()).await.expect(401);
    let own_credentials = vouched.basic_auth("integrator", "secret");
    let body = instance.handle(own_credentials.function_url()).await.expect(200);
    assert_eq!(translated(&body), "Remboursement");
}

#[tokio::test]
async fn behind_a_rest_api_nobody_is_let_in_but_by_the_authorizer() {
    let world = world().await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    let own_credentials = Event::get(&path).unvouched().basic_auth("integrator", "secret");
    instance.handle(own_credentials.rest()).await.expect(401);
    instance.handle(own_credentials.function_url()).await.expect(200);
}

#[tokio::test]
async fn the_base_path_of_a_custom_domain_may_stand_in_front() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance.open(&opening("EXT-1")).await;
    for base_path in ["/wrapup", "/contact/center", "/api"] {
        let found = instance.call(&Event::get("segment/EXT-1").below(base_path)).await;
        assert_eq!(found.expect(200)["segment_id"], json!(sys_id), "{base_path}");
        let create = Event::post("segment/create").json(&opening("EXT-1")).below(base_path);
        assert_eq!(instance.call(&create).await.expect(200)["sys_id"], json!(sys_id), "{base_path}");
    }
    let without_version = Event::get("").at("/wrapup/api/now/wrapup/segment/EXT-1");
    instance.call(&without_version).await.expect(200);
    for (path, status) in [
        ("/wrapup/api/now/v2/wrapup/segment/EXT-1", 400),
        ("/wrapup/api/now/v1/wrapup/nothing", 404),
        ("/wrapup/segment/EXT-1", 404),
        ("/", 404),
    ] {
        let reply = instance.call(&Event::get("").at(path)).await;
        assert_eq!(reply.expect(status)["status"], "failure", "{path}");
    }
}

#[tokio::test]
async fn ids_in_the_path_are_decoded_exactly_once() {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    let instance = world.instance();
    for external_id in ["a/b c", "100%25", "%2F", "50%", "a+b", "è/日本/🙂", "x?y#z&w=1", "..", "create"] {
        let mut body = opening(external_id);
        body["agent_sys_id"] = json!(format!("agent {external_id}"));
        body["interaction_sys_id"] = json!(format!("{external_id} interaction"));
        let sys_id = instance.open(&body).await;
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let by_id = Event::get(&format!("segment/{}", encode(external_id)));
        let by_interaction = Event::get(&format!(
            "segment/agent/{}/interaction/{}",
            encode(&format!("agent {external_id}")),
            encode(&format!("{external_id} interaction")),
        ));
        for event in [by_id, by_interaction] {
            // A fixed path wins over the id, also over one that spells it.
            if external_id == "create" && !event.clone().rest().uri().path().contains("interaction") {
                continue;
            }
            let with_credentials = event.clone().unvouched().basic_auth("integrator", "secret");
            for reply in [instance.call(&event).await, instance.handle(with_credentials.function_url()).await] {
                assert_eq!(reply.status(), 200, "{external_id}: {}", reply.text());
                assert_eq!(reply.json()["segment"]["sys_id"], json!(sys_id), "{external_id}");
                assert_eq!(reply.json()["segment"]["external_segment_id"], json!(external_id));
            }
        }
    }
    let answer = instance.call(&Event::get("segment/%FF%FE")).await.expect(400);
    assert_eq!(answer["success"], false);
    assert!(answer["message"].as_str().is_some_and(|text| text.contains("segment_id")), "{answer}");
}

#[tokio::test]
async fn query_parameters_are_decoded_exactly_once() {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    let instance = world.instance();
    for external_id in ["100%25 + tax", "a&b=c", "è 🙂"] {
        let sys_id = instance.open(&opening(external_id)).await;
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("external_segment_id", external_id).finish();
        let update = Event::put(&format!("segment/update?{query}")).json(&json!({"notes": "Done."}));
        let with_credentials = update.clone().unvouched().basic_auth("integrator", "secret");
        for reply in [instance.call(&update).await, instance.handle(with_credentials.function_url()).await] {
            assert_eq!(reply.expect(200)["sys_id"], json!(sys_id), "{external_id}");
        }
    }
}

#[tokio::test]
async fn a_query_parameter_given_twice_is_named() {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    let instance = world.instance();
    instance.open(&opening("EXT-1")).await;
    let update = Event::put("segment/update?external_segment_id=EXT-1&external_segment_id=EXT-1").json(&json!({}));
    let with_credentials = update.clone().unvouched().basic_auth("integrator", "secret");
    for reply in [instance.call(&update).await, instance.handle(with_credentials.function_url()).await] {
        let message = reply.expect(400)["message"].to_string();
        assert!(message.contains("external_segment_id"), "{message}");
    }
    assert_eq!(instance.read("EXT-1").await["state"], "open");
}

#[tokio::test]
async fn bodies_in_base64_are_read_as_what_they_stand_for() {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    let instance = world.instance();
    let json_body = json!({"codes": [{"code": "Größe 🙂", "description": "日本"}]});
    let xml = "<request><codes><code>Größe 🙂</code><description>日本</description></codes></request>";
    for event in [Event::post("code").json(&json_body), Event::post("code").body("application/xml", xml)] {
        let event = event.in_base64();
        let with_credentials = event.clone().unvouched().basic_auth("integrator", "secret");
        for reply in [instance.call(&event).await, instance.handle(with_credentials.function_url()).await] {
            let created = reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0].clone();
            assert_eq!((&created["code"], &created["description"]), (&json!("Größe 🙂"), &json!("日本")));
        }
    }
}

#[tokio::test]
async fn the_size_of_a_body_is_that_of_its_decoded_bytes() {
    let world = World::start().await;
    let instance = world.instance();
    let padded = |bytes: usize| {
        let body = json!({"codes": [{"code": "Refund"}]}).to_string();
        let padding = " ".repeat(bytes - body.len());
        Event::post("code").body("application/json", &format!("{body}{padding}"))
    };
    for event in [padded(1024 * 1024), padded(1024 * 1024).in_base64()] {
        instance.call(&event).await.expect(200);
    }
    for event in [padded(1024 * 1024 + 1), padded(1024 * 1024 + 1).in_base64()] {
        assert_eq!(instance.call(&event).await.expect(413)["status"], "failure");
    }
}

#[tokio::test]
async fn every_endpoint_answers_a_function_url() {
    let world = World::start().await;
    world.add_user("integrator", &[ROLE], None).await;
    let instance = world.instance();
    let path = translated_code(&instance).await;
    for event in [
        Event::post("code").json(&json!({"codes": [{"code": "Complaint"}]})),
        Event::get(&path),
        Event::post("segment/create").json(&opening("EXT-1")),
        Event::get("segment/EXT-1"),
        Event::get("segment/agent/agent/interaction/interaction"),
        Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A refund."})),
        Event::put("segment/update/aidetails").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A refund."})),
        Event::put("segment/draft?external_segment_id=EXT-1").json(&json!({"notes": "The customer"})),
        Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": "Done."})),
    ] {
        let event = event.unvouched().basic_auth("integrator", "secret");
        let reply = instance.handle(event.function_url()).await;
        assert_eq!(reply.status(), 200, "{event:?}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/json; charset=UTF-8");
        instance.handle(event.header("Authorization", "").function_url()).await.expect(401);
    }
}
