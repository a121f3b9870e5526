//! Tokens: who gets them, what they are good for, and what ends them.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_http::{Context, LambdaEvent};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::dynamodb::Table;
use wrapup::users::oauth::{KeyRing, Rotation};
use wrapup::users::{Generated, Lives, NewSecret, Password};
use wrapup_functions::JobFunction;
use wrapup_functions::authorizer::Authorizer;
use wrapup_functions::rotate_keys::RotateKeys;
use wrapup_lambda_tests::{Event, Fault, Instance, Log, Parts, Reply, Reports, Rule, World};

const INTEGRATION: &str = "interaction_integration_user";
const SUPERVISOR: &str = "wrapup_supervisor";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A deployment with the user `integrator`, whose password is `secret`, and a client of the user's.
struct Deployment {
    world: World,
    id: String,
    secret: String,
}

/// What a client was given.
#[derive(Clone)]
struct Given {
    access: String,
    refresh: String,
}

impl Deployment {
    async fn start() -> Self {
        let world = World::start().await;
        world.add_user("integrator", &[INTEGRATION], None).await;
        let (id, secret) = world.add_client("integrator").await;
        Self { world, id, secret }
    }

    /// A form with the client's id and secret in it.
    fn form(&self, fields: &[(&str, &str)]) -> Event {
        Event::token(&[fields, &[("client_id", &self.id), ("client_secret", &self.secret)]].concat())
    }

    fn password(&self, user: &str, password: &str) -> Event {
        self.form(&[("grant_type", "password"), ("username", user), ("password", password)])
    }

    fn client_credentials(&self) -> Event {
        self.form(&[("grant_type", "client_credentials")])
    }

    fn refresh(&self, token: &str) -> Event {
        self.form(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Tokens of each grant: by password, by refreshing those, and by the client itself.
    async fn all_given(&self, instance: &Instance) -> [(&'static str, Given); 3] {
        let by_password = given(&instance.ask_for_token(&self.password("integrator", "secret")).await);
        let refreshed = given(&instance.ask_for_token(&self.refresh(&by_password.refresh)).await);
        let own = given(&instance.ask_for_token(&self.client_credentials()).await);
        [("password", by_password), ("refresh_token", refreshed), ("client_credentials", own)]
    }

    /// Which of these tokens let a caller in; at a function, whose authorizer has to think the same.
    async fn good(&self, instance: &Instance, all: &[(&'static str, Given); 3]) -> Vec<&'static str> {
        let mut good = Vec::new();
        for (grant, Given { access, .. }) in all {
            let status = call(instance, access).await;
            assert_eq!(allowed(instance, access).await.is_some(), status == 404, "{grant}");
            if status == 404 {
                good.push(*grant);
            } else {
                assert_eq!(status, 401, "{grant}");
            }
        }
        good
    }

    /// The error that an answer has, and whether it names no more than that.
    async fn refused(&self, instance: &Instance, event: &Event) -> (u16, String) {
        error(&instance.ask_for_token(event).await)
    }
}

fn given(reply: &Reply) -> Given {
    let body = reply.expect(200);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Given { access: text("access_token"), refresh: text("refresh_token") }
}

#[track_caller]
fn error(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    let fields: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["error", "error_description"], "{body}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json; charset=UTF-8");
    (reply.status(), body["error"].as_str().expect("a text").to_owned())
}

/// The status that a call with this token gets of a function without an authorizer; 404 is what it is after.
async fn call(instance: &Instance, token: &str) -> u16 {
    instance.call(&Event::get("segment/none").unvouched().bearer(token)).await.status()
}

/// What the authorizer hands on for a caller with this token; `None` where it answers 401.
async fn allowed(instance: &Instance, token: &str) -> Option<Value> {
    let request = json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/x",
        "headers": {"Authorization": format!("Bearer {token}")},
        "multiValueHeaders": {"Authorization": [format!("Bearer {token}")]},
    });
    match Authorizer::new(&instance.system).handle(LambdaEvent::new(request, Context::default())).await {
        Ok(answer) => Some(serde_json::to_value(answer).expect("JSON")["context"].clone()),
        Err(failure) => {
            assert_eq!(failure.error_message, "Unauthorized");
            None
        }
    }
}

#[tokio::test]
async fn each_grant_gets_tokens_that_are_as_good_as_the_password() {
    let deployment = Deployment::start().await;
    let instance = deployment.world.instance();
    for (event, has_refresh) in
        [(deployment.password("integrator", "secret"), true), (deployment.client_credentials(), false)]
    {
        let reply = instance.ask_for_token(&event).await;
        let body = reply.expect(200);
        assert_eq!(
            (&body["scope"], &body["token_type"], &body["expires_in"]),
            (&json!("useraccount"), &json!("Bearer"), &json!(1799))
        );
        assert_eq!(body.get("refresh_token").is_some(), has_refresh, "{body}");
        assert_eq!(body.as_object().expect("an object").len(), if has_refresh { 5 } else { 4 });
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("content-type"), "application/json; charset=UTF-8");
        assert_eq!(call(&instance, &given(&reply).access).await, 404);
        // As a function URL hands it over, and in Base64.
        for event in [event.function_url(), event.clone().in_base64().rest()] {
            instance.ask_for_token_by(event).await.expect(200);
        }
    }
    let first = given(&instance.ask_for_token(&deployment.password("integrator", "secret")).await);
    let refreshed = instance.ask_for_token(&deployment.refresh(&first.refresh)).await;
    assert_eq!(refreshed.expect(200)["refresh_token"], json!(first.refresh));
    assert_eq!(call(&instance, &given(&refreshed).access).await, 404);
    // The records name the user, whoever the client is.
    let code = Event::post("code").json(&json!({"codes": [{"code": "By token"}]}));
    instance.call(&code.unvouched().bearer(&first.access)).await.expect(200);
    assert_eq!(deployment.world.records(Table::Codes).await[0]["sys_created_by"].as_s(), Ok(&"integrator".to_owned()));
}

#[tokio::test]
async fn a_client_may_prove_itself_by_http_basic() {
    let deployment = Deployment::start().await;
    let instance = deployment.world.instance();
    let grant = [("grant_type", "client_credentials")];
    let basic = |event: Event, secret: &str| event.basic_auth(&deployment.id, secret);
    let event = basic(Event::token(&grant), &deployment.secret);
    given(&instance.ask_for_token(&event).await);
    // Libraries send the id beside it.
    let beside = Event::token(&[grant[0], ("client_id", &deployment.id)]);
    given(&instance.ask_for_token(&basic(beside, &deployment.secret)).await);
    let wrong = instance.ask_for_token(&basic(Event::token(&grant), "wrong")).await;
    assert_eq!(error(&wrong), (401, "invalid_client".to_owned()));
    assert!(wrong.header("www-authenticate").starts_with("Basic realm=\""));
    for event in [
        basic(deployment.client_credentials(), &deployment.secret),
        basic(Event::token(&[grant[0], ("client_id", "another")]), &deployment.secret),
    ] {
        assert_eq!(deployment.refused(&instance, &event).await, (400, "invalid_request".to_owned()));
    }
    for header in ["Bearer x", "Basic %", ""] {
        let event = Event::token(&grant).header("Authorization", header);
        assert_eq!(deployment.refused(&instance, &event).await, (401, "invalid_client".to_owned()), "{header}");
    }
}

#[tokio::test]
async fn what_is_no_request_for_tokens_is_named() {
    let deployment = Deployment::start().await;
    let instance = deployment.world.instance();
    let user = [("grant_type", "password"), ("username", "integrator"), ("password", "secret")];
    let large = "x".repeat(70_000);
    let body = |content_type, body| deployment.client_credentials().body(content_type, body);
    for (event, status, expected, words) in [
        (deployment.form(&[]), 400, "invalid_request", "grant_type is required"),
        (deployment.form(&[("grant_type", "")]), 400, "invalid_request", "grant_type is required"),
        (deployment.form(&user[..2]), 400, "invalid_request", "password is required"),
        (deployment.form(&[user[0], user[2]]), 400, "invalid_request", "username is required"),
        (deployment.form(&[("grant_type", "refresh_token")]), 400, "invalid_request", "refresh_token is required"),
        (deployment.form(&[user[0], user[1], user[1], user[2]]), 400, "invalid_request", "username is given more"),
        (deployment.form(&[("grant_type", "authorization_code")]), 400, "unsupported_grant_type", "client_credentials"),
        (deployment.form(&[("grant_type", "PASSWORD")]), 400, "unsupported_grant_type", "password"),
        (body("application/json", r#"{"grant_type": "client_credentials"}"#), 400, "invalid_request", "x-www-form"),
        (body("application/x-www-form-urlencoded", "grant_type=%FF"), 400, "invalid_request", "grant_type is not"),
        (deployment.form(&[user[0], user[1], ("password", &large)]), 413, "invalid_request", "at most"),
        (Event::token(&user), 401, "invalid_client", "client_id"),
        (Event::token(&[user[0], user[1], user[2], ("client_id", &deployment.id)]), 401, "invalid_client", "secret"),
    ] {
        let reply = instance.ask_for_token(&event).await;
        assert_eq!(error(&reply), (status, expected.to_owned()), "{}", reply.text());
        assert!(reply.text().contains(words), "{}", reply.text());
        assert_eq!(reply.header("www-authenticate"), "");
        // Nothing of what was sent is said again.
        assert!(!reply.text().contains("\"secret\"") && !reply.text().contains(&deployment.secret));
    }
    // Whatever else a form holds, and whatever its type's parameters.
    let more =
        deployment.form(&[("grant_type", "client_credentials"), ("scope", "useraccount"), ("x", "1"), ("x", "2")]);
    given(
        &instance.ask_for_token(&more.header("Content-Type", "Application/X-WWW-Form-urlencoded; charset=UTF-8")).await,
    );
}

#[tokio::test]
async fn other_methods_and_paths_are_none_of_its_business() {
    let deployment = Deployment::start().await;
    let instance = deployment.world.instance();
    let event = Event::get("").at("/oauth_token.do").unvouched();
    let reply = instance.ask_for_token(&event).await;
    assert_eq!((reply.status(), reply.header("allow")), (405, "POST"));
    let elsewhere = deployment.client_credentials().at("/oauth_auth.do");
    assert_eq!(instance.ask_for_token(&elsewhere).await.status(), 404);
    // A deployment without keys has no tokens.
    let without = deployment.world.instance_with(Parts { without_oauth: true, ..Parts::default() });
    assert_eq!(without.ask_for_token(&deployment.client_credentials()).await.status(), 404);
    let token = given(&instance.ask_for_token(&deployment.client_credentials()).await).access;
    assert_eq!(call(&without, &token).await, 401);
    assert_eq!(allowed(&without, &token).await, None);
    given(&instance.ask_for_token(&deployment.client_credentials().below("/base")).await);
}

#[tokio::test]
async fn nobody_learns_which_clients_and_users_there_are() {
    let deployment = Deployment::start().await;
    let Deployment { world, id, .. } = &deployment;
    let (disabled, its_secret) = world.add_client("integrator").await;
    world.stores().clients().set_active(&disabled, false, &world.stamp()).await.expect("a client");
    let other = Generated::make().expect("randomness");
    let nobody = "0".repeat(32);
    let instance = world.instance();
    let mut answers = Vec::new();
    for (id, secret) in [
        (nobody.as_str(), other.reveal()),
        (id, other.reveal()),
        (&disabled, &its_secret),
        (id, "secret"),
        ("integrator", "secret"),
        ("../", "x"),
    ] {
        let event = Event::token(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
        let reply = instance.ask_for_token(&event).await;
        assert_eq!(error(&reply), (401, "invalid_client".to_owned()));
        answers.push(reply.text().to_owned());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Nor does a client's secret ever cost Argon2, whoever it is said to be.
    assert_eq!(instance.system.users().argon2_cost().runs, 0);
    world.add_user("former", &[INTEGRATION], None).await;
    world.stores().users().set_active("former", false, &world.stamp()).await.expect("a user");
    let mut answers = Vec::new();
    for user in ["integrator", "nobody", "former"] {
        let before = instance.system.users().argon2_cost().runs;
        let password = if user == "former" { "secret" } else { "wrong" };
        let reply = instance.ask_for_token(&deployment.password(user, password)).await;
        assert_eq!(error(&reply), (400, "invalid_grant".to_owned()));
        assert_eq!(instance.system.users().argon2_cost().runs, before + 1, "{user}");
        answers.push(reply.text().to_owned());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_client_whose_user_is_disabled_gets_nothing() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    world.stores().users().set_active("integrator", false, &world.stamp()).await.expect("a user");
    let refused = deployment.refused(&world.instance(), &deployment.client_credentials()).await;
    assert_eq!(refused, (400, "unauthorized_client".to_owned()));
}

#[tokio::test]
async fn a_client_whose_owner_is_disabled_signs_nobody_in_and_refreshes_nothing() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    world.add_user("another", &[INTEGRATION], None).await;
    let instance = world.instance();
    let given_first = given(&instance.ask_for_token(&deployment.password("another", "secret")).await);
    world.stores().users().set_active("integrator", false, &world.stamp()).await.expect("a user");
    let instance = world.instance();
    for asked in [deployment.password("another", "secret"), deployment.refresh(&given_first.refresh)] {
        assert_eq!(deployment.refused(&instance, &asked).await, (400, "unauthorized_client".to_owned()));
    }
}

#[tokio::test]
async fn an_access_token_ends_and_the_refresh_token_gets_another_for_100_days() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let instance = world.instance();
    let given_first = given(&instance.ask_for_token(&deployment.password("integrator", "secret")).await);
    world.pass(Duration::from_secs(1_799));
    assert_eq!(call(&instance, &given_first.access).await, 404);
    world.pass(Duration::from_secs(1));
    assert_eq!(call(&instance, &given_first.access).await, 401);
    assert_eq!(allowed(&instance, &given_first.access).await, None);
    world.pass(99 * DAY);
    let later = given(&instance.ask_for_token(&deployment.refresh(&given_first.refresh)).await);
    assert_eq!(call(&instance, &later.access).await, 404);
    world.pass(DAY);
    let ended = deployment.refused(&instance, &deployment.refresh(&later.refresh)).await;
    assert_eq!(ended, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_alone_and_no_access_token() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let instance = world.instance();
    let tokens = given(&instance.ask_for_token(&deployment.password("integrator", "secret")).await);
    let (id, secret) = world.add_client("integrator").await;
    let another = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let another = Event::token(&[&another[..], &[("client_id", &id), ("client_secret", &secret)]].concat());
    let wrong = (400, "invalid_grant".to_owned());
    assert_eq!(deployment.refused(&instance, &another).await, wrong);
    for token in [tokens.access.as_str(), "x", "a.b.c", &tokens.refresh[1..], &tokens.refresh.replace('.', "")] {
        assert_eq!(deployment.refused(&instance, &deployment.refresh(token)).await, wrong, "{token}");
    }
    assert_eq!(call(&instance, &tokens.refresh).await, 401);
    assert_eq!(allowed(&instance, &tokens.refresh).await, None);
}

#[tokio::test]
async fn forged_tokens_let_nobody_in() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    world.add_user("another", &[INTEGRATION], None).await;
    let instance = world.instance();
    let token = given(&instance.ask_for_token(&deployment.client_credentials()).await).access;
    let [key, content, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let content = URL_SAFE_NO_PAD.decode(content).expect("base64url");
    let mut claims: Value = serde_json::from_slice(&content).expect("JSON");
    // It says no name, and nothing of what anybody signs in with.
    let said = String::from_utf8(content).expect("UTF-8");
    assert!(!said.contains("integrator") && !said.contains("argon2"), "{said}");
    claims["e"] = json!(99_999_999_999_u64);
    let longer = URL_SAFE_NO_PAD.encode(claims.to_string());
    let forged = [
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        format!("{key}.{longer}.{signature}"),
        format!("{key}.{longer}."),
        format!("{}.{}.{}", "0".repeat(12), token.split('.').nth(1).expect("a part"), signature),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token} {token}"),
        format!("{token},"),
        token.to_uppercase(),
        "a".repeat(10_000),
    ];
    world.keys_of_tokens().asked();
    world.traffic();
    for token in &forged {
        assert_eq!(call(&instance, token).await, 401, "{token}");
        assert_eq!(allowed(&instance, token).await, None, "{token}");
    }
    // None of them costs a request, nor is the keeper of keys asked for each that is made up.
    assert!(world.traffic().requests.is_empty());
    assert_eq!(world.keys_of_tokens().asked(), 0);
    assert_eq!(call(&instance, &token).await, 404);
    let twice = Event::get("segment/none").unvouched().bearer(&token);
    let mut event = twice.rest_json();
    event["multiValueHeaders"]["Authorization"] = json!([format!("Bearer {token}"), format!("Bearer {token}")]);
    assert_eq!(instance.invoke(&event).await["statusCode"], 401);
}

#[tokio::test]
async fn a_secret_that_is_replaced_removed_or_has_ended_ends_the_tokens_that_it_got() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let (instance, users) = (world.instance(), world.stores());
    let all = deployment.all_given(&instance).await;
    assert_eq!(deployment.good(&instance, &all).await, ["password", "refresh_token", "client_credentials"]);
    let stamp = world.stamp();
    let chosen = |password: &str| NewSecret::known_to_everybody(Password::new(password));
    let until = (world.clock().now() + Duration::from_secs(600)).into();
    // Kept beside a new one it works on, and so do its tokens; those of the new one are others.
    let lives = Lives { expires_on: None, keep_old_until: Some(until) };
    users.users().change_secret("integrator", chosen("second"), lives, &stamp).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert_eq!(deployment.good(&instance, &all).await.len(), 3);
    let second = given(&instance.ask_for_token(&deployment.password("integrator", "second")).await);
    // A password that is remembered gets tokens of its own too.
    let remembered = given(&instance.ask_for_token(&deployment.password("integrator", "secret")).await);
    users.users().end_old_secret("integrator", &stamp).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert_eq!(deployment.good(&instance, &all).await, ["client_credentials"]);
    assert_eq!((call(&instance, &remembered.access).await, call(&instance, &second.access).await), (401, 404));
    let refused = deployment.refused(&instance, &deployment.refresh(&all[0].1.refresh)).await;
    assert_eq!(refused, (400, "invalid_grant".to_owned()));

    // One that ends by itself, and is a generated one.
    let generated = Generated::make().expect("randomness");
    let ends = (world.clock().now() + Duration::from_secs(60)).into();
    let lives = Lives { expires_on: Some(ends), keep_old_until: None };
    users.users().change_secret("integrator", NewSecret::generated(&generated), lives, &stamp).await.expect("a user");
    world.pass(Duration::from_secs(2));
    let third = given(&instance.ask_for_token(&deployment.password("integrator", generated.reveal())).await);
    assert_eq!((call(&instance, &second.access).await, call(&instance, &third.access).await), (401, 404));
    world.pass(Duration::from_secs(60));
    assert_eq!((call(&instance, &third.access).await, allowed(&instance, &third.access).await), (401, None));
}

#[tokio::test]
async fn whoever_is_disabled_has_no_tokens_any_more_not_even_when_enabled_again() {
    for who in ["user", "client"] {
        let deployment = Deployment::start().await;
        let Deployment { world, id, .. } = &deployment;
        let (instance, stores) = (world.instance(), world.stores());
        let all = deployment.all_given(&instance).await;
        let switch = async |active| match who {
            "user" => drop(stores.users().set_active("integrator", active, &world.stamp()).await.expect("a user")),
            _ => drop(stores.clients().set_active(id, active, &world.stamp()).await.expect("a client")),
        };
        switch(false).await;
        world.pass(Duration::from_secs(2));
        assert!(deployment.good(&instance, &all).await.is_empty(), "{who}");
        assert_eq!(
            instance.ask_for_token(&deployment.refresh(&all[0].1.refresh)).await.json().get("access_token"),
            None
        );
        switch(true).await;
        world.pass(Duration::from_secs(2));
        assert!(deployment.good(&instance, &all).await.is_empty(), "{who}");
        let refused = deployment.refused(&instance, &deployment.refresh(&all[0].1.refresh)).await;
        assert_eq!(refused, (400, "invalid_grant".to_owned()), "{who}");
        let all = deployment.all_given(&instance).await;
        assert_eq!(deployment.good(&instance, &all).await.len(), 3, "{who}");
    }
}

#[tokio::test]
async fn roles_that_are_taken_are_gone_at_once_and_language_and_roles_are_the_users() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let (instance, stores) = (world.instance(), world.stores());
    let token = given(&instance.ask_for_token(&deployment.client_credentials()).await).access;
    let context = allowed(&instance, &token).await.expect("a verdict");
    assert_eq!(context["wrapup_roles"], INTEGRATION);
    assert_eq!(context["wrapup_until"], json!(world.clock().since_epoch().as_secs() + 1_800));
    let (add, remove) = ([SUPERVISOR.to_owned()], [INTEGRATION.to_owned()]);
    stores.users().change_roles("integrator", &add, &remove, &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert_eq!(call(&instance, &token).await, 403);
    assert_eq!(allowed(&instance, &token).await.expect("a verdict")["wrapup_roles"], SUPERVISOR);
    stores.users().change_roles("integrator", &[], &add, &world.stamp()).await.expect("a user");
    world.pass(Duration::from_secs(2));
    assert_eq!(allowed(&instance, &token).await, Some(Value::Null), "a deny, without a context");
}

#[tokio::test]
async fn a_function_refuses_beyond_the_tokens_end_what_the_authorizer_has_vouched_for() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let instance = world.instance();
    let token = given(&instance.ask_for_token(&deployment.client_credentials()).await).access;
    world.pass(Duration::from_secs(1_700));
    let mut context = allowed(&instance, &token).await.expect("a verdict");
    // API Gateway keeps the verdict for 300 s, and hands numbers on as texts.
    context["wrapup_until"] = json!(context["wrapup_until"].to_string());
    let event = Event::get("segment/none").bearer(&token).authorizer(context.clone());
    assert_eq!(instance.call(&event).await.status(), 404);
    world.pass(Duration::from_secs(100));
    let reply = instance.call(&event).await;
    assert_eq!(reply.expect(401)["error"]["message"], "User Not Authenticated");
    context["wrapup_until"] = json!("whenever");
    assert_eq!(instance.call(&event.authorizer(context)).await.status(), 401);
}

#[tokio::test]
async fn each_operation_asks_for_its_role_and_names_it() {
    let world = World::start().await;
    let instance = world.instance();
    let as_one =
        |roles: Value| Event::get("segment/none").authorizer(json!({"wrapup_user": "u", "wrapup_roles": roles}));
    for roles in [json!(SUPERVISOR), json!(""), json!("admin,agent"), json!(null), json!(7)] {
        let body = instance.call(&as_one(roles)).await.expect(403);
        assert_eq!(body["error"]["message"], "User Not Authorized");
        assert_eq!(body["error"]["detail"], "The user lacks the role interaction_integration_user");
    }
    for roles in [INTEGRATION.to_owned(), format!("{SUPERVISOR},{INTEGRATION}")] {
        assert_eq!(instance.call(&as_one(json!(roles))).await.status(), 404);
    }
    // The verdict of an authorizer from before there were two roles.
    let old = Event::get("segment/none").authorizer(json!({"wrapup_user": "u"}));
    assert_eq!(instance.call(&old).await.status(), 404);
}

#[tokio::test]
async fn two_keys_verify_one_signs_and_no_key_is_replaced_before_100_days() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let instance = world.instance();
    let rotate = async || {
        let job = RotateKeys::new(&world.instance().system);
        let reports = Reports::default();
        let function = JobFunction::new(Box::new(job), world.clock()).with_reporter(reports.reporter(world.clock()));
        let event = serde_json::from_str("{}").expect("any JSON");
        function.handle(LambdaEvent::new(event, Context::default())).await.expect("a run");
        reports.one()["outcome"].as_str().expect("a word").to_owned()
    };
    assert_eq!(rotate().await, "not now");
    world.pass(100 * DAY - Duration::from_secs(1));
    assert_eq!(rotate().await, "not now");
    let given_first = given(&instance.ask_for_token(&deployment.password("integrator", "secret")).await);
    world.pass(Duration::from_secs(1));
    assert_eq!(rotate().await, "rotated");
    assert_eq!(rotate().await, "not now");
    // An instance that has not looked since, and one that has.
    for instance in [&instance, &world.instance()] {
        assert_eq!(call(instance, &given_first.access).await, 404);
    }
    // A token of the new key is good at an instance that knows the old one alone.
    world.pass(Duration::from_secs(10));
    let newer = given(&world.instance().ask_for_token(&deployment.client_credentials()).await).access;
    assert_ne!(newer.split('.').next(), given_first.access.split('.').next());
    assert_eq!(call(&instance, &newer).await, 404);
    // The refresh token is good to its end, for all that the key that has signed it signs no more.
    world.pass(99 * DAY);
    assert_eq!(rotate().await, "not now");
    given(&world.instance().ask_for_token(&deployment.refresh(&given_first.refresh)).await);
    world.pass(DAY);
    assert_eq!(rotate().await, "rotated");
    assert_eq!(deployment.refused(&instance, &deployment.refresh(&given_first.refresh)).await.0, 400);
}

#[tokio::test]
async fn two_rotations_at_once_make_one_key() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    world.pass(100 * DAY);
    let ring = || -> KeyRing { world.instance().system.oauth().expect("keys").ring().clone() };
    let (one, other) = (ring(), ring());
    let (one, other) = tokio::join!(one.rotate(), other.rotate());
    let mut done = [one.expect("a run"), other.expect("a run")];
    done.sort_by_key(|rotation| *rotation == Rotation::NotNow);
    assert_eq!(done, [Rotation::Rotated, Rotation::NotNow]);
}

#[tokio::test]
async fn keys_that_are_put_in_place_of_all_end_every_token() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let instance = world.instance();
    let all = deployment.all_given(&instance).await;
    world.keys_of_tokens().put_new();
    world.pass(Duration::from_secs(301));
    assert!(deployment.good(&instance, &all).await.is_empty());
    let refused = deployment.refused(&instance, &deployment.refresh(&all[0].1.refresh)).await;
    assert_eq!(refused, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn keys_are_read_now_and_then_and_for_ids_that_are_made_up_no_oftener() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let (instance, keys) = (world.instance(), world.keys_of_tokens());
    let token = given(&instance.ask_for_token(&deployment.client_credentials()).await).access;
    for _ in 0..20 {
        assert_eq!(call(&instance, &token).await, 404);
        world.pass(Duration::from_secs(10));
    }
    assert_eq!(keys.asked(), 1);
    let made_up = format!("{}.e30.e30", "0".repeat(12));
    for _ in 0..20 {
        assert_eq!(call(&instance, &made_up).await, 401);
    }
    assert_eq!(keys.asked(), 1);
    world.pass(Duration::from_secs(10));
    assert_eq!(call(&instance, &made_up).await, 401);
    assert_eq!(keys.asked(), 1);
    // Out of reach, those of before are good on; an instance that knows none says that it is not its caller's fault.
    keys.fail(true);
    world.pass(Duration::from_secs(301));
    keys.asked();
    for _ in 0..20 {
        assert_eq!(call(&instance, &token).await, 404);
        assert_eq!(call(&instance, &made_up).await, 401);
    }
    assert_eq!(keys.asked(), 1);
    let fresh = world.instance();
    let reply = fresh.call(&Event::get("segment/none").unvouched().bearer(&token)).await;
    assert_eq!((reply.status(), reply.header("retry-after")), (503, "1"));
    let reply = fresh.ask_for_token(&deployment.client_credentials()).await;
    assert_eq!(error(&reply), (503, "temporarily_unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), "1");
    keys.fail(false);
    assert_eq!(call(&fresh, &token).await, 404);
    // What is no keys is a mistake of the deployment's, which the log names.
    keys.put("something else");
    let log = Log::of_a_function(LevelFilter::INFO);
    let reply = world.instance().ask_for_token(&deployment.client_credentials()).await;
    assert_eq!(error(&reply), (500, "server_error".to_owned()));
    assert!(reply.text().contains(Event::REQUEST_ID), "{}", reply.text());
    assert!(log.text().contains("the OAuth keys cannot be read") && !log.text().contains("something else"));
}

#[tokio::test]
async fn a_token_costs_one_batched_read_and_no_argon2() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let all = deployment.all_given(&world.instance()).await;
    for (grant, Given { access, .. }) in &all {
        let instance = world.instance();
        world.traffic();
        allowed(&instance, access).await.expect("a verdict");
        assert_eq!(world.traffic().requests, ["BatchGetItem"], "{grant}");
        // A moment later it is known still.
        allowed(&instance, access).await.expect("a verdict");
        assert!(world.traffic().requests.is_empty(), "{grant}");
        world.pass(Duration::from_secs(1));
        assert_eq!(call(&instance, access).await, 404);
        assert_eq!(world.traffic().requests, ["BatchGetItem", "GetItem"], "{grant}");
        assert_eq!(instance.system.users().argon2_cost().runs, 0);
    }
    // A grant reads its client and its user.
    for (event, runs) in [
        (deployment.client_credentials(), 0),
        (deployment.refresh(&all[0].1.refresh), 0),
        (deployment.password("integrator", "secret"), 1),
    ] {
        let instance = world.instance();
        world.traffic();
        given(&instance.ask_for_token(&event).await);
        assert_eq!(world.traffic().requests, ["GetItem", "GetItem"]);
        assert_eq!(instance.system.users().argon2_cost().runs, runs);
    }
}

#[tokio::test]
async fn a_dynamodb_that_is_throttled_is_no_refusal() {
    let deployment = Deployment::start().await;
    let Deployment { world, .. } = &deployment;
    let token = given(&world.instance().ask_for_token(&deployment.client_credentials()).await).access;
    world.fail(Rule::always(Fault::Throttled));
    let instance = world.instance();
    let reply = instance.ask_for_token(&deployment.client_credentials()).await;
    assert_eq!(error(&reply), (503, "temporarily_unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), "1");
    let reply = instance.call(&Event::get("segment/none").unvouched().bearer(&token)).await;
    assert_eq!((reply.status(), reply.header("retry-after")), (503, "1"));
}

#[tokio::test]
async fn nothing_secret_is_logged_and_who_failed_is() {
    let deployment = Deployment::start().await;
    let Deployment { world, id, secret } = &deployment;
    let log = Log::of_a_function(LevelFilter::TRACE);
    let reports = Reports::default();
    let instance = world.instance();
    let endpoint =
        wrapup_functions::oauth_token::endpoint(&instance.system).with_reporter(reports.reporter(world.clock()));
    let ask = async |event: &Event| {
        let event = serde_json::from_str(&event.rest_json().to_string()).expect("an event");
        let reply = endpoint.invoke(LambdaEvent::new(event, Context::default())).await;
        serde_json::to_value(reply).expect("JSON")
    };
    let good = ask(&deployment.password("integrator", "secret")).await;
    let body: Value = serde_json::from_str(good["body"].as_str().expect("a text")).expect("JSON");
    let (access, refresh) =
        (body["access_token"].as_str().expect("a token"), body["refresh_token"].as_str().expect("one"));
    let line = reports.one();
    assert_eq!(
        (&line["endpoint"], &line["outcome"], &line["user"]),
        (&json!("oauth_token.do"), &json!("200"), &json!("integrator"))
    );
    ask(&deployment.password("in-the-wrong-field", "another-secret-text")).await;
    assert_eq!(reports.one()["failed_sign_ins"], 1);
    ask(&Event::token(&[("grant_type", "client_credentials"), ("client_id", "its-secret"), ("client_secret", "x")]))
        .await;
    assert_eq!(reports.one()["failed_sign_ins"], 1);
    ask(&deployment.refresh(refresh)).await;
    assert_eq!(reports.one().get("failed_sign_ins"), None);
    call(&instance, access).await;
    call(&instance, "a-made-up-token").await;
    let text = log.text();
    for hidden in
        [access, refresh, secret, "in-the-wrong-field", "another-secret-text", "its-secret", "a-made-up-token"]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert!(text.contains("a sign-in failed") && text.contains("an OAuth client was refused"), "{text}");
    assert!(text.contains("192.0.2.1"), "{text}");
    assert!(!text.contains(id.as_str()) || !text.contains(secret.as_str()));
}
