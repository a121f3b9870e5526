//! The operator's command line, against a running local server.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};
use serde_json::{Value, json};
use wrapup_test_support::{AGENT, Answer, Api, INTERACTION, Receiver, Said, Server, external, run_cli};

use crate::BINARY;
use crate::desk::Desk;

const ROLE: &str = "interaction_integration_user";

impl Desk {
    fn put_configuration(&self, configuration: &Value) -> Said {
        let path = self.file("configuration.json", configuration.to_string());
        self.run_with("configuration put", &[&path], "")
    }

    /// The code with this label, as the API shows it in a language.
    async fn translated(&self, label: &str, language: &str) -> Value {
        self.shown(self.code(label)["sys_id"].as_str().expect("a sys_id"), language).await
    }
}

/// The status of a call as this user, once it is the wanted one. The server goes on for a second
/// with what it has read of a user.
async fn status_becomes(api: &Api, status: u16) -> u16 {
    for _ in 0..100 {
        let reply = api.get("code/nothing").await;
        if reply.status == status {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    api.get("code/nothing").await.status
}

#[tokio::test]
async fn an_added_user_can_call_the_api_in_the_users_language() {
    let desk = Desk::open();
    let password = "pass: wörd of anna 🙂";
    let input = format!("{password}\n");
    let said = desk.run_with("user add anna --role", &[ROLE, "--language", "DE"], &input);
    assert!(said.fine().contains("anna"));
    let code = desk.code("Order Status");
    let path = format!("code/{}", code["sys_id"].as_str().expect("a sys_id"));
    let shown = desk.api().with_user("anna", password).get(&path).await.expect(200);
    assert_eq!(shown["result"]["result_map"]["wrap_up_code"]["translated_code"], "Bestellstatus");
    desk.api().with_user("anna", "pass").get(&path).await.expect(401);
}

#[tokio::test]
async fn a_password_line_ends_where_the_line_ends() {
    let desk = Desk::open();
    for (name, input, password) in [
        ("unix", "a secret of the desk\nmore\n", "a secret of the desk"),
        ("windows", "a secret of the desk\r\n", "a secret of the desk"),
        ("bare", "a secret of the desk", "a secret of the desk"),
        ("spaced", " a secret of the desk \n", " a secret of the desk "),
    ] {
        desk.run_with(&format!("user add {name} --role {ROLE}"), &[], input).fine();
        desk.api().with_user(name, password).get("code/nothing").await.expect(404);
    }
}

#[tokio::test]
async fn a_password_is_never_an_argument_and_never_shown() {
    let desk = Desk::open();
    desk.run_with(&format!("user add anna --role {ROLE}"), &["a secret of the desk"], "a secret of the desk\n")
        .misused();
    desk.run_with(
        &format!("user add anna --role {ROLE} --password"),
        &["a secret of the desk"],
        "a secret of the desk\n",
    )
    .misused();
    desk.run_with("user passwd username", &["a secret of the desk"], "a secret of the desk\n").misused();
    assert_eq!(desk.list("user").len(), 1);
    let added = desk.run_with(&format!("user add anna --role {ROLE}"), &[], "S3cret-word of the desk\n").fine();
    let listed = desk.run("user list --output json").fine() + &desk.run("user list").fine();
    let changed = desk.run_with("user passwd anna", &[], "S3cret-word of the desk\n").fine();
    for printed in [added, listed, changed] {
        assert!(!printed.contains("S3cret-word of the desk") && !printed.contains("$argon2"), "{printed}");
    }
}

#[tokio::test]
async fn an_empty_password_adds_nobody_and_changes_nothing() {
    let desk = Desk::open();
    for input in ["", "\n", "  \n"] {
        desk.run_with(&format!("user add anna --role {ROLE}"), &[], input).failed(&["password"]);
        desk.run_with("user passwd username", &[], input).failed(&["password"]);
    }
    assert_eq!(desk.list("user").len(), 1);
    desk.api().get("code/nothing").await.expect(404);
}

#[tokio::test]
async fn a_user_that_exists_is_not_added_again() {
    let desk = Desk::open();
    desk.run_with(&format!("user add anna --role {ROLE}"), &[], "the first of them\n").fine();
    let said = desk.run_with("user add anna --role other --language fr", &[], "the second of them\n");
    let said = said.failed(&["anna", "exists", "wrapup user passwd"]);
    assert_eq!(said.out, "");
    let users = desk.list("user");
    let anna = users.iter().find(|user| user["user_name"] == "anna").expect("anna");
    assert_eq!((&anna["roles"], anna.get("preferred_language")), (&json!([ROLE]), None));
    desk.api().with_user("anna", "the second of them").get("code/nothing").await.expect(401);
    desk.api().with_user("anna", "the first of them").get("code/nothing").await.expect(404);
}

#[tokio::test]
async fn a_name_that_basic_authentication_cannot_carry_is_refused() {
    let desk = Desk::open();
    desk.run_with("user add", &["an:na", "--role", ROLE], "a secret of the desk\n").failed(&["colon"]);
    desk.run_with("user add", &["", "--role", ROLE], "a secret of the desk\n").failed(&["empty"]);
    assert_eq!(desk.list("user").len(), 1);
}

#[tokio::test]
async fn a_user_needs_a_role_and_is_warned_of_a_useless_one() {
    let desk = Desk::open();
    desk.run_with("user add anna", &[], "a secret of the desk\n").misused();
    desk.run_with(&format!("user add anna --role {ROLE} --language"), &["german"], "a secret of the desk\n").misused();
    let said = desk.run_with("user add guest --role agent", &[], "a secret of the desk\n");
    assert_eq!(said.status, Some(0));
    assert!(said.err.contains(ROLE), "{}", said.err);
    desk.api().with_user("guest", "a secret of the desk").get("code/nothing").await.expect(403);
    desk.run_with(&format!("user add both --role agent --role {ROLE}"), &[], "a secret of the desk\n").fine();
    desk.api().with_user("both", "a secret of the desk").get("code/nothing").await.expect(404);
}

#[tokio::test]
async fn a_disabled_user_is_out_and_listed_as_such() {
    let desk = Desk::open();
    desk.run_with(&format!("user add anna --role {ROLE}"), &[], "a secret of the desk\n").fine();
    let anna = desk.api().with_user("anna", "a secret of the desk");
    anna.get("code/nothing").await.expect(404);
    assert!(desk.run("user disable anna").fine().contains("anna"));
    assert_eq!(status_becomes(&anna, 401).await, 401);
    let users = desk.list("user");
    let listed: Vec<_> = users.iter().map(|user| (user["user_name"].as_str(), user["active"].as_bool())).collect();
    assert_eq!(listed, [(Some("anna"), Some(false)), (Some("username"), Some(true))]);
    desk.run("user disable nobody").failed(&["nobody", "wrapup user list"]);
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let desk = Desk::open();
    desk.run_with(&format!("user add anna --role {ROLE}"), &[], "the first of them\n").fine();
    let (old, new) =
        (desk.api().with_user("anna", "the first of them"), desk.api().with_user("anna", "the second of them"));
    old.get("code/nothing").await.expect(404);
    desk.run_with("user passwd anna", &[], "the second of them\n").fine();
    assert_eq!(status_becomes(&new, 404).await, 404);
    old.get("code/nothing").await.expect(401);
    desk.run_with("user passwd nobody", &[], "the second of them\n").failed(&["nobody", "wrapup user list"]);
    assert_eq!(desk.list("user").len(), 2);
}

#[tokio::test]
async fn users_are_listed_for_programs_and_for_people() {
    let desk = Desk::open();
    desk.run_with(&format!("user add anna --role {ROLE} --role agent --language de"), &[], "a secret of the desk\n")
        .fine();
    let users = desk.list("user");
    assert_eq!(users.len(), 2);
    let anna = users[0].as_object().expect("an object");
    assert_eq!(anna["user_name"], "anna");
    assert_eq!(anna["roles"], json!([ROLE, "agent"]));
    assert_eq!(anna["preferred_language"], "de");
    assert_eq!(anna["active"], true);
    assert!(!anna.contains_key("user_password"));
    let table = desk.run("user list --output table").fine();
    assert_eq!(desk.run("user list").fine(), table);
    let line = table.lines().find(|line| line.contains("anna")).expect("a line");
    for cell in ["true", ROLE, "agent", "de"] {
        assert!(line.contains(cell), "no {cell} in {line}");
    }
    assert!(table.contains("user_name") && table.contains("roles"), "{table}");
    desk.run("user list --output yaml").misused();
}

#[tokio::test]
async fn names_that_look_like_others_are_refused_by_the_rule_that_they_break() {
    let desk = Desk::open();
    for (name, word) in [
        ("username ", "white space"),
        (" username", "white space"),
        ("user\u{a0}name", "white space"),
        ("user\u{200b}name", "U+200B"),
        ("user\u{202e}name", "U+202E"),
        ("user\u{1b}[2Jname", "U+001B"),
        ("user\nname", "U+000A"),
        (&"n".repeat(65), "64 characters"),
    ] {
        let said = desk.run_with("user add", &[name, "--role", ROLE], "a secret of the desk\n").failed(&[word]);
        assert_eq!(said.out, "");
    }
    assert_eq!(desk.list("user").len(), 1);
    // One name in two forms is one user, by whichever form.
    desk.run_with("user add", &["Ju\u{308}rgen", "--role", ROLE], "a secret of the desk\n").fine();
    desk.run_with("user add", &["J\u{fc}rgen", "--role", ROLE], "a secret of the desk\n").failed(&["exists"]);
    desk.run_with("user disable", &["Ju\u{308}rgen"], "").fine();
    desk.run_with("user enable", &["J\u{fc}rgen"], "").fine();
    let api = desk.api();
    for name in ["J\u{fc}rgen", "Ju\u{308}rgen"] {
        assert_eq!(status_becomes(&api.with_user(name, "a secret of the desk"), 404).await, 404);
    }
}

#[tokio::test]
async fn passwords_that_are_guessed_first_are_refused_by_the_rule_that_they_break() {
    let desk = Desk::open();
    for (password, word) in [
        ("Xk4#nine-lamps", "15 characters"),
        ("passwordpassword", "common words"),
        ("123456789012345", "common words"),
        ("integrator-of-calls", "the user's name"),
        ("Integrator-of-Calls1", "the user's name"),
        ("nine lamps\tunder a roof", "control characters"),
    ] {
        let input = format!("{password}\n");
        let add = format!("user add integrator-of-calls --role {ROLE}");
        desk.run_with(&add, &[], &input).failed(&[word, "nothing was changed"]);
    }
    assert_eq!(desk.list("user").len(), 1);
    // The demo user's password is the one exception, and no other can be given to it.
    desk.run_with("user passwd username", &[], "password\n").failed(&["15 characters"]);
    desk.api().get("code/nothing").await.expect(404);
}

#[tokio::test]
async fn a_generated_secret_is_shown_once_and_alone() {
    let desk = Desk::open();
    let said = desk.run(&format!("user add machine --role {ROLE} --generate"));
    assert_eq!(said.status, Some(0), "{}", said.err);
    assert!(said.err.contains("added machine") && !said.err.contains("wu_"), "{}", said.err);
    let secret = said.out.strip_suffix('\n').expect("a line").to_owned();
    assert!(secret.starts_with("wu_") && secret.len() == 52, "{secret}");
    desk.api().with_user("machine", &secret).get("code/nothing").await.expect(404);
    let users = desk.run("user list --output json").fine() + &desk.run("user list").fine();
    assert!(users.contains("generated") && !users.contains(&secret[..20]) && !users.contains("sha256"), "{users}");
    // It cannot be given to another user, and is no argument.
    desk.run_with("user passwd username", &[], &format!("{secret}\n")).failed(&["generated"]);
    desk.run_with("user add other --role", &[ROLE, "--generate", &secret], "").misused();
}

#[tokio::test]
async fn a_secret_is_rotated_without_a_gap() {
    let desk = Desk::open();
    desk.run_with(&format!("user add machine --role {ROLE}"), &[], "the first of them\n").fine();
    let first = desk.api().with_user("machine", "the first of them");
    first.get("code/nothing").await.expect(404);
    let secret = desk.run("user passwd machine --generate --old-expires 7d").out.trim().to_owned();
    let second = desk.api().with_user("machine", &secret);
    assert_eq!(status_becomes(&second, 404).await, 404);
    first.get("code/nothing").await.expect(404);
    let users = desk.list("user");
    let secrets = &users[0]["secrets"];
    assert_eq!((&secrets[0]["kind"], secrets[0].get("expires_on")), (&json!("generated"), None));
    assert_eq!(secrets[1]["kind"], "argon2id m=19456,t=2,p=1");
    assert_eq!((&secrets[1]["outdated"], &secrets[1]["expired"]), (&json!(false), &json!(false)));
    assert!(secrets[1]["expires_on"].is_string(), "{secrets}");
    let table = desk.run("user list").fine();
    assert!(table.contains("generated; argon2id m=19456,t=2,p=1 until 20"), "{table}");

    desk.run("user passwd machine --end-old").fine();
    assert_eq!(status_becomes(&first, 401).await, 401);
    second.get("code/nothing").await.expect(404);
    // Two at most, the newest.
    for password in ["the second of them", "the third of them"] {
        desk.run_with("user passwd machine --old-expires 1h --expires 90d", &[], &format!("{password}\n")).fine();
    }
    assert_eq!(status_becomes(&second, 401).await, 401);
    for password in ["the second of them", "the third of them"] {
        desk.api().with_user("machine", password).get("code/nothing").await.expect(404);
    }
    for when in ["0d", "7", "d", "1w", "yesterday", "-1d", "99999999999d"] {
        desk.run_with("user passwd machine", &[&format!("--expires={when}")], "the fourth of them\n").misused();
    }
    desk.run_with("user passwd machine --expires", &["2020-01-01 00:00:00"], "the fourth of them\n")
        .failed(&["to come"]);
    desk.run_with("user passwd machine --end-old --generate", &[], "").misused();
}

#[tokio::test]
async fn users_are_let_in_again_and_have_other_roles() {
    let desk = Desk::open();
    desk.run_with("user add anna --role agent", &[], "a secret of the desk\n");
    let anna = desk.api().with_user("anna", "a secret of the desk");
    anna.get("code/nothing").await.expect(403);
    let said = desk.run(&format!("user role anna --add {ROLE} --add {ROLE} --remove agent --remove other")).fine();
    assert_eq!(said, format!("anna has {ROLE}\n"));
    assert_eq!(status_becomes(&anna, 404).await, 404);
    desk.run("user disable anna").fine();
    assert_eq!(status_becomes(&anna, 401).await, 401);
    // A new password lets nobody in who is disabled, and the command says so.
    let said = desk.run_with("user passwd anna", &[], "another secret of the desk\n");
    assert_eq!(said.status, Some(0));
    assert!(said.err.contains("anna is disabled") && said.err.contains("wrapup user enable"), "{}", said.err);
    desk.run("user enable anna").fine();
    let anna = desk.api().with_user("anna", "another secret of the desk");
    assert_eq!(status_becomes(&anna, 404).await, 404);
    let said = desk.run(&format!("user role anna --remove {ROLE}"));
    assert!(said.out.contains("no roles") && said.err.contains("403"), "{said:?}");
    desk.run("user role anna").misused();
    for command in ["enable nobody", "role nobody --add agent", "passwd nobody --generate", "passwd nobody --end-old"] {
        desk.run(&format!("user {command}")).failed(&["nobody", "wrapup user list"]);
    }
}

/// What a terminal obeys: the screen is cleared, the window renamed, colours set by an ESC and by its C1 form, the
/// direction of writing turned, a line begun anew.
const ORDERS: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}\u{202e}drow\u{2066}\u{200b}\u{2028}\r";

/// Nothing of what was printed is an order to the terminal.
#[track_caller]
fn assert_inert(said: &Said) {
    let obeyed = |character: char| {
        (character.is_control() && character != '\n') || "\u{202e}\u{2066}\u{200b}\u{2028}".contains(character)
    };
    let printed = format!("{}{}", said.out, said.err);
    assert!(printed.contains("owned"), "{printed:?}");
    assert!(!printed.contains(obeyed), "{printed:?}");
}

#[tokio::test]
async fn what_was_stored_gives_no_orders_to_the_terminal() {
    let desk = Desk::open();
    let api = desk.api();
    api.post("code", &json!({"codes": [{"code": ORDERS, "description": ORDERS}]})).await.expect(200);
    let codes = desk.list("code");
    let label =
        codes.iter().filter_map(|code| code["code"].as_str()).find(|label| label.contains("owned")).expect("it");
    desk.put_configuration(
        &json!({"name": ORDERS, "enable_codes": true, "allowed_codes": [label], "default_code": label}),
    )
    .did(&["created"]);
    // As somebody with access to the table may write it.
    let name = format!("{ORDERS}\n│ admin │");
    let user = [("sys_id", "0".repeat(32)), ("user_name", name.clone())];
    let mut put = desk.server.dynamodb().put_item().table_name("sys_user");
    for (column, value) in user {
        put = put.item(column, aws_sdk_dynamodb::types::AttributeValue::S(value));
    }
    let roles = vec![aws_sdk_dynamodb::types::AttributeValue::S(ORDERS.to_owned())];
    put.item("roles", aws_sdk_dynamodb::types::AttributeValue::L(roles)).send().await.expect("a put");
    for command in ["user list", "code list", "configuration list"] {
        for output in ["table", "json"] {
            let said = desk.run(&format!("{command} --output {output}"));
            assert_eq!(said.status, Some(0), "{said:?}");
            assert_inert(&said);
        }
        // Programs get what is stored.
        let listed = desk.run(&format!("{command} --output json")).fine();
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        assert!(listed.to_string().contains(json!(label).to_string().trim_matches('"')), "{listed}");
    }
    let table = desk.run("user list").fine();
    assert!(table.contains("\\u{1b}[2J") && !table.lines().any(|line| line.starts_with("│ admin")), "{table}");
    // Complaints say what is wrong with a text, too.
    for said in [
        desk.run_with("user disable", &[&name], ""),
        desk.run_with("phone-log show", &[ORDERS], ""),
        desk.import(&desk.file("codes.csv", format!("code,{ORDERS}\nOne,x\n"))),
    ] {
        assert_eq!(said.status, Some(1), "{said:?}");
        assert_inert(&said);
    }
}

/// Adds the codes `One` and `Two`, and `Off`, which is inactive.
async fn three_codes(desk: &Desk) {
    let codes = json!({"codes": [{"code": "One"}, {"code": "Two"}, {"code": "Off", "active": false}]});
    desk.api().post("code", &codes).await.expect(200);
}

#[tokio::test]
async fn putting_a_configuration_prints_the_sys_id_that_internal_wrap_ups_name() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let said = desk.put_configuration(&json!({
        "name": "Calls", "active": true, "enable_codes": true, "allowed_codes": ["One", "Two"], "default_code": "Two",
        "duration": "90", "show_timer": true, "enable_ai_code": true, "enable_ai_notes": "true",
        "use_third_party_ai": true, "use_ai_as_default": false,
    }));
    let printed = said.did(&["created"]);
    let sys_id = printed.trim_end_matches('\n');
    assert!(sys_id.len() == 32 && sys_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{printed:?}");
    assert_eq!(printed, format!("{sys_id}\n"));

    let body = json!({"agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": sys_id});
    let segment = desk.api().post("segment/create", &body).await.expect(200)["segment"].clone();
    let configuration = &segment["wrap_up_configuration"];
    let labels: Vec<_> =
        configuration["allowed_codes"].as_array().expect("codes").iter().map(|code| &code["code"]).collect();
    assert_eq!(labels, ["One", "Two"]);
    assert_eq!(configuration["default_code"]["code"], "Two");
    assert_eq!(configuration["duration"], "90");
    for (flag, value) in [
        ("enable_codes", true),
        ("show_timer", true),
        ("enable_ai_code", true),
        ("enable_ai_notes", true),
        ("use_third_party_ai", true),
        ("use_ai_as_default", false),
    ] {
        assert_eq!(configuration[flag], value, "{flag}");
    }
    assert_eq!(segment["external"], false);
}

#[tokio::test]
async fn a_configurations_codes_are_labels_or_objects_with_nothing_else() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let file =
        |codes: Value| json!({"name": "Calls", "enable_codes": true, "allowed_codes": codes, "default_code": "Two"});
    let labels = desk.put_configuration(&file(json!(["One", "Two"]))).did(&["created"]);
    let objects = desk.put_configuration(&file(json!([{"code": "One"}, "Two"]))).did(&["unchanged"]);
    assert_eq!(labels, objects);
    let body =
        json!({"agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": objects.trim_end()});
    let segment = desk.api().post("segment/create", &body).await.expect(200)["segment"].clone();
    let codes = segment["wrap_up_configuration"]["allowed_codes"].as_array().expect("codes").clone();
    assert_eq!(codes.iter().map(|code| &code["code"]).collect::<Vec<_>>(), ["One", "Two"]);
    // What a configuration does not keep would be left out unseen.
    let translated = json!([{"code": "One", "translation": {"language": "de", "code": "Eins"}}, {"code": "Two"}]);
    desk.put_configuration(&file(translated)).failed(&["allowed_codes[0].translation"]);
}

#[tokio::test]
async fn putting_a_configuration_again_updates_it() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let mut file = json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One"], "default_code": "One"});
    let first = desk.put_configuration(&file).did(&["created"]);
    file["active"] = json!(false);
    assert_eq!(desk.put_configuration(&file).did(&["updated"]), first);
    let body = json!({"agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": first.trim()});
    let refused = desk.api().post("segment/create", &body).await.expect(400);
    assert!(refused["message"].to_string().contains("wrap_up_configuration_sys_id"), "{refused}");
    // Beside the demo's there is one, and it is switched off.
    let listed = desk.list("configuration");
    assert_eq!(listed.len(), 2);
    let calls = listed.iter().find(|configuration| configuration["name"] == "Calls").expect("Calls");
    assert_eq!((&calls["sys_id"], &calls["active"]), (&json!(first.trim()), &json!(false)));
}

#[tokio::test]
async fn a_configuration_may_bring_its_own_sys_id() {
    let desk = Desk::open();
    let own = "0123456789abcdef0123456789abcdef";
    let printed = desk.put_configuration(&json!({"name": "Calls", "sys_id": own})).did(&["wrapup: "]);
    assert_eq!(printed.trim(), own);
    let renamed = desk.put_configuration(&json!({"name": "Phone calls", "sys_id": own})).did(&["wrapup: "]);
    assert_eq!(renamed.trim(), own);
    let shown: Value = serde_json::from_str(&desk.run(&format!("configuration show {own}")).fine()).expect("JSON");
    assert_eq!(shown["name"], "Phone calls");
    desk.put_configuration(&json!({"name": "Chats", "sys_id": "chats"})).failed(&["sys_id"]);
}

#[tokio::test]
async fn all_wrong_fields_of_a_configuration_are_named_and_nothing_is_stored() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let said = desk.put_configuration(&json!({
        "active": "yes", "enable_codes": true, "allowed_codes": ["One", "One", 7], "default_code": "Three",
        "duration": 0, "enable_ai_code": 1,
    }));
    let said = said.failed(&[
        "name",
        "active",
        "allowed_codes[1]",
        "allowed_codes[2]",
        "duration",
        "enable_ai_code",
        "configuration.json",
    ]);
    assert_eq!(said.out, "");
    for (file, field) in [
        (json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One"]}), "default_code"),
        (json!({"name": "Calls", "enable_codes": true, "default_code": "One"}), "allowed_codes"),
        (
            json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One"], "default_code": "Two"}),
            "default_code",
        ),
        (json!({"name": "Calls", "enable_codes": true, "allowed_codes": [], "default_code": "One"}), "allowed_codes"),
        (json!({"name": " ", "allowed_codes": ["One"]}), "name"),
        (json!({"name": "Calls", "duration": 60}), "duration"),
        (json!({"name": "Calls", "enable_code": true}), "enable_code"),
        (json!({"name": "Calls", "Active": false}), "Active"),
    ] {
        assert_eq!(desk.put_configuration(&file).failed(&[field]).out, "", "{file}");
    }
    assert_eq!(desk.list("configuration").len(), 1);
}

#[tokio::test]
async fn codes_that_agents_could_not_use_are_named() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let file =
        json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One", "Three", "Off"], "default_code": "One"});
    let said = desk.put_configuration(&file).failed(&["'Three'", "'Off'", "wrapup code import"]);
    assert!(!said.err.contains("'One'"), "{}", said.err);
    assert_eq!(said.out, "");
    assert_eq!(desk.list("configuration").len(), 1);
    assert!(!desk.list("code").iter().any(|code| code["code"] == "Three"));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_with_the_place() {
    let desk = Desk::open();
    let path = desk.file("broken.json", "{\n  \"name\": \"Calls\",\n}");
    desk.run_with("configuration put", &[&path], "").failed(&["broken.json", "line 3", "column 1"]);
    desk.run_with("code import", &[&path], "").failed(&["broken.json", "line 3", "column 1"]);
    let path = desk.file("list.json", "[1, 2]");
    desk.run_with("configuration put", &[&path], "").failed(&["list.json"]);
    for command in ["configuration put", "code import"] {
        for name in ["missing.json", "missing.csv"] {
            let path = desk.folder.path().join(name);
            desk.run_with(command, &[&*path.to_string_lossy()], "").failed(&[name]);
        }
    }
}

#[tokio::test]
async fn a_shown_configuration_can_be_put_again_as_it_is() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let file = json!({
        "name": "Calls", "enable_codes": true, "allowed_codes": ["Two", "One"], "default_code": "One",
        "duration": 90, "show_timer": true, "enable_ai_notes": true,
    });
    let sys_id = desk.put_configuration(&file).did(&["created"]);
    let shown = desk.run(&format!("configuration show {}", sys_id.trim())).fine();
    let read: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(read["name"], "Calls");
    assert_eq!(read["allowed_codes"], json!(["Two", "One"]));
    assert_eq!((&read["default_code"], &read["show_timer"]), (&json!("One"), &json!(true)));
    let path = desk.file("shown.json", &shown);
    assert_eq!(desk.run_with("configuration put", &[&path], "").did(&["unchanged"]), sys_id);
    assert_eq!(desk.run(&format!("configuration show {}", sys_id.trim())).fine(), shown);
    desk.run("configuration show 0123456789abcdef0123456789abcdef").failed(&["0123456789abcdef0123456789abcdef"]);
    desk.run("configuration show nothing").failed(&["nothing", "wrapup configuration list"]);
}

#[tokio::test]
async fn configurations_are_listed_for_programs_and_for_people() {
    let desk = Desk::open();
    three_codes(&desk).await;
    let file = json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One", "Two"], "default_code": "One"});
    let sys_id = desk.put_configuration(&file).did(&["created"]);
    // A segment leaves its configuration's snapshot in the same table.
    let body = json!({"agent_sys_id": "a", "interaction_sys_id": "i", "wrap_up_configuration_sys_id": sys_id.trim()});
    desk.api().post("segment/create", &body).await.expect(200);
    let listed = desk.list("configuration");
    let names: Vec<_> = listed.iter().map(|configuration| &configuration["name"]).collect();
    assert_eq!(names, ["Calls", "Demo"]);
    assert_eq!(listed[0]["allowed_codes"], json!(["One", "Two"]));
    let table = desk.run("configuration list").fine();
    let line = table.lines().find(|line| line.contains("Calls")).expect("a line");
    assert!(line.contains(sys_id.trim()) && line.contains("One"), "{line}");
}

#[tokio::test]
async fn codes_are_imported_from_csv_with_their_translations() {
    let desk = Desk::open();
    let path = desk.file(
        "codes.csv",
        "\u{feff}code, description ,active,code_de,description_de,code_fr,description_fr\n\
         Billing Issue,A code for billing issues,true,Abrechnungsproblem,Ein Code für Abrechnungsprobleme,Facturation,Un code\n\
         \"Store, Issue\",\"Two\nlines\",FALSE,,,,\n\
         Plan Update,,,Tarifwechsel,,,\n",
    );
    let printed = desk.import(&path).fine();
    assert!(printed.contains("3 of 3"), "{printed}");
    let in_german = desk.translated("Billing Issue", "de").await;
    assert_eq!(in_german["description"], "A code for billing issues");
    assert_eq!(in_german["translated_code"], "Abrechnungsproblem");
    assert_eq!(in_german["translated_description"], "Ein Code für Abrechnungsprobleme");
    // An operator's code is none that came through the API.
    assert_eq!((&in_german["active"], &in_german["external"]), (&json!(true), &json!(false)));
    assert_eq!(desk.translated("Billing Issue", "fr").await["translated_code"], "Facturation");
    let store = desk.translated("Store, Issue", "de").await;
    assert_eq!((&store["description"], &store["active"]), (&json!("Two\nlines"), &json!(false)));
    assert_eq!(store["translated_code"], "Store, Issue");
    let plan = desk.translated("Plan Update", "de").await;
    assert_eq!((&plan["translated_code"], &plan["active"]), (&json!("Tarifwechsel"), &json!(true)));
}

#[tokio::test]
async fn csv_rows_that_are_wrong_are_named_by_line_and_the_others_stored() {
    let desk = Desk::open();
    let long = "x".repeat(256);
    let path = desk.file(
        "codes.csv",
        format!(
            "code,description,active,code_de,description_de\n\
             Good One,\"over\ntwo lines\",true,Gut,Gut beschrieben\n\
             ,No label,true,,\n\
             Bad Flag,,maybe,,\n\
             {long},,,,\n\
             Half Translated,,,,Nur beschrieben\n\
             Good Two,,,,\n"
        ),
    );
    let said = desk.import(&path);
    assert_eq!(said.status, Some(1), "{said:?}");
    // The first row takes two lines of the file.
    for (line, field) in
        [("line 4", "code"), ("line 5", "active"), ("line 6", "code"), ("line 7", "code_de is required")]
    {
        let complaint = said.err.lines().find(|complaint| complaint.contains(line));
        assert!(complaint.is_some_and(|complaint| complaint.contains(field)), "{line}: {}", said.err);
    }
    assert!(!said.err.contains("line 2:") && !said.err.contains("line 8:"), "{}", said.err);
    assert!(!said.err.contains("translations"), "{}", said.err);
    assert!(said.err.contains("4 of 6"), "{}", said.err);
    let labels = desk.server.code_labels(BINARY);
    for label in ["Good One", "Good Two"] {
        assert!(labels.contains(&label.to_owned()), "{labels:?}");
    }
    for label in ["Bad Flag", "Half Translated", &long] {
        assert!(!labels.contains(&label.to_owned()), "{labels:?}");
    }
}

#[tokio::test]
async fn csv_rows_that_do_not_fit_the_columns_are_named_by_line_and_the_others_stored() {
    let desk = Desk::open();
    let path = desk.file(
        "codes.csv",
        "code,description,active\n\
         Store Issue,Stores, also online,true\n\
         Billing Issue,About bills\n\
         Plan Update,,\n",
    );
    let said = desk.import(&path).failed(&["2 of 3"]);
    for (line, cells) in [("line 2", "4 cells"), ("line 3", "2 cells")] {
        let complaint = said.err.lines().find(|complaint| complaint.contains(line));
        assert!(complaint.is_some_and(|complaint| complaint.contains(cells)), "{line}: {}", said.err);
    }
    let labels = desk.server.code_labels(BINARY);
    assert!(labels.contains(&"Plan Update".to_owned()), "{labels:?}");
    assert!(!labels.contains(&"Store Issue".to_owned()) && !labels.contains(&"Billing Issue".to_owned()), "{labels:?}");
}

#[tokio::test]
async fn a_csv_file_whose_columns_are_not_understood_is_refused_whole() {
    let desk = Desk::open();
    let before = desk.list("code").len();
    for (content, word) in [
        ("label,description\nOne,First\n", "code"),
        ("code,descripton\nOne,First\n", "descripton"),
        ("code,code_deu\nOne,Eins\n", "code_deu"),
        ("code,code_1x\nOne,Eins\n", "code_1x"),
        ("code,code_de,code_DE\nOne,Eins,Zwei\n", "'code_DE'"),
        ("code,description,code\nOne,First,Two\n", "'code'"),
        ("code,code_de, code_de\nOne,Eins,Zwei\n", "'code_de'"),
        ("", "code"),
    ] {
        let path = desk.file("codes.csv", content);
        desk.import(&path).failed(&["codes.csv", word]);
    }
    assert_eq!(desk.list("code").len(), before);
}

#[tokio::test]
async fn codes_are_imported_from_json_as_post_code_takes_them() {
    let desk = Desk::open();
    let codes: Vec<Value> = (0..130).map(|index| json!({"code": format!("Code {index:03}")})).collect();
    let mut codes = json!({"codes": codes});
    codes["codes"][7] = json!({
        "code": "Billing Issue", "description": "A code for billing issues", "active": "false",
        "translations": [{"language": "DE", "code": "Abrechnungsproblem", "description": "Ein Code"}],
    });
    let path = desk.file("codes.json", codes.to_string());
    let printed = desk.import(&path).fine();
    assert!(printed.contains("130 of 130"), "{printed}");
    let shown = desk.translated("Billing Issue", "de").await;
    assert_eq!((&shown["translated_code"], &shown["active"]), (&json!("Abrechnungsproblem"), &json!(false)));
    let labels = desk.server.code_labels(BINARY);
    assert_eq!(labels.iter().filter(|label| label.starts_with("Code ")).count(), 129);
}

#[tokio::test]
async fn json_entries_that_are_wrong_are_named_by_index_and_the_others_stored() {
    let desk = Desk::open();
    let path = desk.file(
        "codes.json",
        json!({"codes": [
            {"code": "Good One"},
            {"description": "No label"},
            "no object",
            {"code": "Bad", "active": 1, "translations": [{"language": "german", "code": "Schlecht"}]},
            {"code": "Good Two"},
        ]})
        .to_string(),
    );
    let said = desk.import(&path);
    assert_eq!(said.status, Some(1), "{said:?}");
    for (place, field) in [("codes[1]", "code"), ("codes[2]", ""), ("codes[3]", "active"), ("codes[3]", "language")] {
        let complaint = said.err.lines().find(|complaint| complaint.contains(place));
        assert!(complaint.is_some_and(|complaint| complaint.contains(field)), "{place}: {}", said.err);
    }
    assert!(said.err.contains("3 of 5"), "{}", said.err);
    // Its place is said once.
    assert!(said.err.lines().any(|line| line == "wrapup: codes[1].code is required"), "{}", said.err);
    let labels = desk.server.code_labels(BINARY);
    assert!(labels.contains(&"Good One".to_owned()) && labels.contains(&"Good Two".to_owned()), "{labels:?}");
    assert!(!labels.contains(&"Bad".to_owned()), "{labels:?}");
}

#[tokio::test]
async fn translations_that_are_wrong_are_named_by_their_columns() {
    let desk = Desk::open();
    let long = "x".repeat(256);
    let file = format!(
        "code,description,code_fr,description_fr,code_de,description_de\n\
         One,First,Un,,Eins,Erstens\n\
         Two,,,,{long},\n"
    );
    let said = desk.import(&desk.file("codes.csv", file)).failed(&["2 of 2 codes were not imported"]);
    for line in [
        "wrapup: line 2: description_fr is required when the code has a description",
        "wrapup: line 3: code_de has more than 255 characters",
    ] {
        assert!(said.err.lines().any(|complaint| complaint == line), "no '{line}' in {}", said.err);
    }
    let said = desk.import(&desk.file("codes.csv", "code,code_de,description_de\nOne,,Erstens\n"));
    said.failed(&["line 2: code_de is required", "1 of 1 code was not imported; mend it"]);
}

#[tokio::test]
async fn spreadsheets_say_in_their_own_language_whether_a_code_is_active() {
    let desk = Desk::open();
    let file = "code,active\nOne,WAHR\nTwo,Falsch\nThree,VRAI\nFour, FAUX \nFive,FALSO\nSix,YANLIŞ\nSeven,ИСТИНА\n";
    desk.import(&desk.file("codes.csv", file)).fine();
    for (label, active) in [
        ("One", true),
        ("Two", false),
        ("Three", true),
        ("Four", false),
        ("Five", false),
        ("Six", false),
        ("Seven", true),
    ] {
        assert_eq!(desk.code(label)["active"], active, "{label}");
    }
    desk.import(&desk.file("codes.csv", "code,active\nOne,peut-être\n"))
        .failed(&["line 2: active has to be true or false"]);
}

#[tokio::test]
async fn a_file_may_come_by_standard_input() {
    let desk = Desk::open();
    let import = |content: &str| desk.run_with("code import -", &[], content);
    import("\u{feff}code,code_de\nOne,Eins\nTwo,Zwei\n").fine();
    import("\n {\"codes\": [{\"code\": \"Three\"}]}").fine();
    let labels = desk.server.code_labels(BINARY);
    assert!(["One", "Two", "Three"].iter().all(|label| labels.contains(&(*label).to_owned())), "{labels:?}");
    assert_eq!(desk.translated("Two", "de").await["translated_code"], "Zwei");
    import("{\"codes\": ").failed(&["standard input: line 1"]);
    import("label\nOne\n").failed(&["standard input: the first line", "'code'"]);
    let configuration = json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["One"], "default_code": "One"});
    desk.run_with("configuration put -", &[], &configuration.to_string()).did(&["created"]);
    assert!(desk.list("configuration").iter().any(|listed| listed["name"] == "Calls"));
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_named_beside_the_others() {
    let desk = Desk::open();
    let before = desk.list("code").len();
    let newer = desk.code("Order Status")["sys_id"].as_str().expect("a sys_id").to_owned();
    let update = desk.server.dynamodb().update_item().table_name("interaction_wrap_up_code");
    let update = update.key("sys_id", aws_sdk_dynamodb::types::AttributeValue::S(newer.clone()));
    let update = update.update_expression("SET sys_schema = :newer");
    let version = aws_sdk_dynamodb::types::AttributeValue::N("2".to_owned());
    update.expression_attribute_values(":newer", version).send().await.expect("an update");
    let said = desk.run("code list");
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(said.err.contains("not listed") && said.err.contains(&newer) && said.err.contains("newer"), "{}", said.err);
    assert!(said.out.contains("Password Reset") && !said.out.contains("Order Status"), "{}", said.out);
    let listed = desk.run("code list --output json");
    let listed: Vec<Value> = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed.len(), before - 1);
}

#[tokio::test]
async fn a_json_file_without_codes_is_refused() {
    let desk = Desk::open();
    for content in ["{}", r#"{"codes": null}"#, r#"{"codes": "One"}"#] {
        let path = desk.file("codes.json", content);
        let said = desk.import(&path);
        assert_eq!(said.status, Some(1), "{content}: {said:?}");
        assert!(said.err.contains("codes"), "{content}: {}", said.err);
    }
}

#[tokio::test]
async fn importing_again_changes_only_what_the_file_says() {
    let desk = Desk::open();
    let full =
        "code,description,active,code_de,description_de\nBilling Issue,About bills,false,Abrechnung,Rechnungen\n";
    desk.import(&desk.file("codes.csv", full)).fine();
    let before = desk.code("Billing Issue");
    desk.import(&desk.file("codes.csv", full)).fine();
    assert_eq!(desk.code("Billing Issue"), before);
    desk.import(&desk.file("codes.csv", "code,description,active,code_fr\nBilling Issue,,,Facturation\n")).fine();
    let after = desk.translated("Billing Issue", "de").await;
    assert_eq!((&after["description"], &after["active"]), (&json!("About bills"), &json!(false)));
    assert_eq!(
        (&after["translated_code"], &after["translated_description"]),
        (&json!("Abrechnung"), &json!("Rechnungen"))
    );
    assert_eq!(after["sys_id"], before["sys_id"]);
    assert_eq!(desk.translated("Billing Issue", "fr").await["translated_code"], "Facturation");
}

#[tokio::test]
async fn codes_are_listed_for_programs_and_for_people() {
    let desk = Desk::open();
    let code = json!({"codes": [{
        "code": "Billing Issue", "description": "About bills", "active": false,
        "translations": [{"language": "de", "code": "Abrechnung", "description": "Über Rechnungen"}],
    }]});
    desk.api().post("code", &code).await.expect(200);
    let listed = desk.code("Billing Issue");
    assert_eq!((&listed["description"], &listed["active"]), (&json!("About bills"), &json!(false)));
    assert_eq!(listed["external"], true);
    assert_eq!(listed["translations"][0]["language"], "de");
    let labels = desk.server.code_labels(BINARY);
    assert!(labels.is_sorted(), "{labels:?}");
    let table = desk.run("code list").fine();
    let line = table.lines().find(|line| line.contains("Billing Issue")).expect("a line");
    for cell in ["false", "true", "About bills", "de"] {
        assert!(line.contains(cell), "no {cell} in {line}");
    }
}

#[tokio::test]
async fn codes_that_are_listed_as_csv_can_be_imported_as_they_are() {
    let desk = Desk::open();
    let codes = json!({"codes": [
        {"code": "=1+1", "description": "a, \"b\"", "translations": [{"language": "de", "code": "-1", "description": "x"}]},
        {"code": "Refund", "active": false, "translations": [{"language": "fr", "code": "Remboursement"}]},
    ]});
    desk.api().post("code", &codes).await.expect(200);
    let csv = desk.run("code list --output csv").fine();
    assert!(
        csv.starts_with("code,description,active,sys_id,external,code_de,description_de,code_fr,description_fr\r\n"),
        "{csv}"
    );
    assert!(csv.contains("\r\n'=1+1,\"a, \"\"b\"\"\",true,") && csv.contains(",true,'-1,x,,\r\n"), "{csv}");
    let file = desk.file("codes.csv", &csv);
    let said = desk.run_with("code import --dry-run", &[&file], "");
    assert!(said.out.contains("0 new") && said.out.contains("0 changed"), "{}", said.out);
    // And what is looked for is found by whichever text.
    for (options, labels) in
        [("--q remb", vec!["Refund"]), ("--q 1 --active true", vec!["=1+1"]), ("--q nothing", vec![])]
    {
        let listed: Value =
            serde_json::from_str(&desk.run(&format!("code list --output json {options}")).fine()).expect("JSON");
        let found: Vec<_> =
            listed.as_array().expect("a list").iter().filter_map(|code| code["code"].as_str()).collect();
        assert_eq!(found, labels, "{options}");
    }
}

#[tokio::test]
async fn segments_are_listed_and_counted_as_the_api_does() {
    let desk = Desk::open();
    for number in 0..105 {
        desk.api().post("segment/create", &external(&format!("CALL-{number:03}"))).await.expect(200);
    }
    let close = json!({"wrap_up_code": "Store Issue", "notes": "=cmd"});
    desk.api().put("segment/update?external_segment_id=CALL-000", &close).await.expect(200);
    let listed = |options: &str| -> Vec<Value> {
        let said = desk.run(&format!("segment list --output json {options}")).fine();
        serde_json::from_str(&said).expect("JSON")
    };
    let open = listed("--state open");
    assert_eq!(open.len(), 104, "more than a page");
    let by_api = desk.api().get("segment?state=open&limit=100").await.expect(200);
    assert_eq!(Some(&open[..100]), by_api["segments"].as_array().map(Vec::as_slice));
    assert_eq!(listed("--state open --limit 3").len(), 3);
    assert_eq!(listed("--state overdue"), [] as [Value; 0]);
    assert_eq!(listed(&format!("--agent {AGENT} --from 2024-09-17")), [] as [Value; 0]);
    let [closed] = &listed("--state awaiting_confirmation --notes")[..] else { panic!("one is closed") };
    assert_eq!((&closed["notes"], &closed["code"]["code"]), (&json!("=cmd"), &json!("Store Issue")));
    assert!(listed("--state awaiting_confirmation")[0].get("notes").is_none());
    let table = desk.run("segment list --state awaiting_confirmation").fine();
    assert!(table.contains("CALL-000") && table.contains("Store Issue") && !table.contains("CALL-001"), "{table}");
    let csv = desk.run(&format!("segment list --interaction {INTERACTION} --output csv")).fine();
    assert_eq!((csv.lines().count(), csv.lines().next().map(|head| head.split(',').count())), (106, Some(11)));
    // A range without its end goes up to now.
    assert_eq!(listed("--from 1h"), listed("--state awaiting_confirmation"));
    desk.run("segment list --from 32d").failed(&["to has to be at most 31 days later than from"]);
    desk.run("segment list").failed(&["exactly one of agent, interaction, state, or from and to"]);
    desk.run("segment list --state closed").failed(&["state has to be one of open, awaiting_confirmation, overdue"]);
    desk.run("segment list --agent a --from yesterday").misused();

    // Counted is what was closed up to now.
    let report: Value = serde_json::from_str(&desk.run("report codes --output json").fine()).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let counts: Vec<_> = rows.iter().map(|row| (row["code"].as_str(), row["count"].as_u64())).collect();
    assert_eq!(counts, [(Some("Store Issue"), Some(1)), (Some("Billing Issue"), Some(0))]);
    let csv = desk.run("report codes --from 1h --by day --output csv").fine();
    assert!(csv.starts_with("day,code,count,share") && csv.contains(",Store Issue,1,1,"), "{csv}");
    let table = desk.run("report confirmations --minutes 5").fine();
    assert!(table.contains("awaiting") && table.contains(", as of "), "{table}");
    desk.run("report sales").failed(&["name has to be one of codes, handle_time, ai, confirmations or agents"]);
    desk.run("report codes --from 93d").failed(&["to has to be at most 92 days after from"]);
}

#[tokio::test]
async fn tables_are_created_under_a_prefix_and_are_a_deployment_of_their_own() {
    let desk = Desk::open();
    let created = desk.run("tables create --table-prefix test-").fine();
    let names = [
        "interaction_wrap_up_code",
        "interaction_wrap_up_configuration",
        "interaction_wrap_up_segment",
        "sn_openframe_phone_log",
        "sys_user",
    ];
    for name in names {
        assert!(created.contains(&format!("test-{name}")), "{created}");
    }
    let tables = desk.server.dynamodb().list_tables().send().await.expect("a list").table_names.unwrap_or_default();
    for name in names {
        assert!(tables.contains(&format!("test-{name}")) && tables.contains(&name.to_owned()), "{tables:?}");
    }
    let again = desk.run("tables create --table-prefix test-").fine();
    assert!(!again.contains("test-"), "{again}");
    desk.run_with(&format!("user add anna --role {ROLE} --table-prefix test-"), &[], "a secret of the desk\n").fine();
    desk.api().with_user("anna", "a secret of the desk").get("code/nothing").await.expect(401);
    let listed = desk.run("user list --table-prefix test- --output json").fine();
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["user_name"]), (Some(1), &json!("anna")));
}

/// What a first deployment leaves that has failed, and beside it what nobody wants to lose.
#[tokio::test]
async fn of_tables_those_that_are_empty_can_be_removed_and_no_others() {
    let desk = Desk::open();
    desk.run("tables create --table-prefix test-").fine();
    desk.run("interaction demo --table-prefix test-").fine();
    let dynamodb = desk.server.dynamodb();
    let protect = async |table: &str| {
        let update = dynamodb.update_table().table_name(table).deletion_protection_enabled(true);
        update.send().await.expect("protection");
    };
    for table in ["test-interaction", "test-interaction_wrap_up_segment", "test-sys_user"] {
        protect(table).await;
    }
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let segments = dynamodb.update_table().table_name("test-interaction_wrap_up_segment");
    segments.stream_specification(stream.build().expect("a stream")).send().await.expect("an update");
    dynamodb.delete_table().table_name("test-oauth_client").send().await.expect("a removal");
    dynamodb.delete_table().table_name("test-sn_openframe_phone_log").send().await.expect("a removal");
    create_table_of_another_system(&dynamodb, "test-sn_openframe_phone_log").await;
    let tables = async || {
        let tables = dynamodb.list_tables().send().await.expect("a list").table_names.unwrap_or_default();
        tables.into_iter().filter(|name| name.starts_with("test-")).collect::<Vec<_>>()
    };

    let before = tables().await;
    let refused = desk.run("tables remove --table-prefix test-").failed(&["--empty", "no record"]);
    assert_eq!((refused.out.as_str(), tables().await), ("", before));

    let said = desk.run("tables remove --empty --table-prefix test-").fine();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "removed test-interaction_wrap_up_code",
            "removed test-interaction_wrap_up_configuration",
            "removed test-interaction_wrap_up_segment",
            "kept test-sn_openframe_phone_log: it is none of this system's, whose key is sys_id",
            "kept test-interaction: it has records",
            "removed test-sys_user",
            "there is no test-oauth_client",
            "removed test-ai_learned",
        ]
    );
    assert_eq!(tables().await, ["test-interaction", "test-sn_openframe_phone_log"]);
    let kept = dynamodb.describe_table().table_name("test-interaction").send().await.expect("a description");
    assert_eq!(kept.table.and_then(|table| table.deletion_protection_enabled), Some(true));
    let shown = desk.run("interaction show demo-call --table-prefix test-").fine();
    assert!(shown.contains("Where is the desk lamp?"), "{shown}");
    // Those of the local system, beside it, have nothing to do with it.
    desk.api().get("code/nothing").await.expect(404);
    // The next try finds room.
    let created = desk.run("tables create --table-prefix test-").fine();
    assert!(created.contains("created test-sys_user") && !created.contains("created test-interaction\n"), "{created}");
}

async fn create_table_of_another_system(dynamodb: &Client, name: &str) {
    let column = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let table = dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(column.build().expect("a column"));
    table.key_schema(key.build().expect("a key")).send().await.expect("a table");
}

/// A DynamoDB that does not let this operator remove tables, and answers a look in pages, the first of them empty: all is as
/// it was, and a script hears of it.
#[test]
fn an_empty_table_that_cannot_be_removed_is_protected_again_and_is_a_failure() {
    let dynamodb = Receiver::start(|asked| {
        let operation = asked.headers.iter().find(|(name, _)| name == "x-amz-target").map(|(_, target)| target);
        let ours =
            ["test-sys_user", "test-interaction"].contains(&asked.event["TableName"].as_str().unwrap_or_default());
        let table = json!({"Table": {
            "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true,
            "KeySchema": [{"AttributeName": "sys_id", "KeyType": "HASH"}],
        }});
        match operation.and_then(|target| target.rsplit('.').next()) {
            Some("DescribeTable") if ours => Answer::Body(200, table.to_string()),
            Some("Scan") if asked.event.get("ExclusiveStartKey").is_none() => {
                Answer::Body(200, json!({"Items": [], "LastEvaluatedKey": {"sys_id": {"S": "a"}}}).to_string())
            }
            Some("Scan") if asked.event["TableName"] == "test-interaction" => {
                Answer::Body(200, json!({"Items": [{"sys_id": {"S": "b"}}]}).to_string())
            }
            Some("Scan") => Answer::Body(200, json!({"Items": []}).to_string()),
            Some("UpdateTable") => Answer::Body(200, "{}".to_owned()),
            Some("DeleteTable") => {
                Answer::Body(400, r#"{"__type":"AccessDeniedException","message":"not you"}"#.into())
            }
            _ => Answer::Body(400, r#"{"__type":"ResourceNotFoundException"}"#.to_owned()),
        }
    });
    let mut command = Command::new(BINARY);
    command.args(["tables", "remove", "--empty", "--table-prefix", "test-", "--region", "eu-central-1"]);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url("/"));
    command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
    let said = Said::from(command.output().expect("the binary runs")).failed(&["1 of 8 tables could not be removed"]);
    assert_eq!(said.out.lines().count(), 8, "{}", said.out);
    let line = said.out.lines().find(|line| line.starts_with("not removed test-sys_user: ")).expect(&said.out);
    assert!(line.contains("AccessDenied") && !line.contains("protection from deletion is off"), "{line}");
    assert!(said.out.contains("kept test-interaction: it has records"), "{}", said.out);
    let received = dynamodb.received();
    let scans = || received.iter().filter(|asked| asked.event.get("Limit").is_some());
    assert!(scans().all(|scan| scan.event["Limit"] == 1 && scan.event["ConsistentRead"] == true));
    assert_eq!(scans().count(), 6, "two pages of each, and again before one is removed");
    let protected: Vec<_> = received.iter().filter_map(|asked| asked.event.get("DeletionProtectionEnabled")).collect();
    assert_eq!(protected, [&json!(false), &json!(true)]);
}

/// The tour of a deployment is the tour of the local system: it has the same conversation to read.
#[tokio::test]
async fn a_deployment_can_be_given_the_conversation_that_a_local_system_starts_with() {
    let desk = Desk::open();
    let stored = async |table: &str| {
        let items = desk.server.stored(table).await;
        let mut item = items.into_iter().find(|item| item["sys_id"].as_s().is_ok_and(|id| id == "demo-call"));
        if let Some(record) = &mut item {
            // Who wrote it when, and by which write, is the one thing that may differ.
            let is_of_a_write =
                |column: &str| ["sys_created_", "sys_updated_", "attempt_"].iter().any(|of| column.starts_with(of));
            record.retain(|column, _| !is_of_a_write(column));
        }
        item
    };
    let local = stored("interaction").await.expect("the local system's");
    desk.run("tables create --table-prefix test-").fine();
    assert_eq!(desk.run("interaction demo --table-prefix test-").fine(), "demo-call\n");
    assert_eq!(desk.server.stored("test-interaction").await.len(), 1);
    assert_eq!(stored("test-interaction").await.as_ref(), Some(&local));

    // A deployment with a filler that lacks the conversation: from then on the tour ends as it is printed.
    let dynamodb = desk.server.dynamodb();
    let key = AttributeValue::S("demo-call".to_owned());
    dynamodb.delete_item().table_name("interaction").key("sys_id", key).send().await.expect("a removal");
    desk.run("interaction demo").fine();
    let request = json!({
        "agent_sys_id": "agent-7", "interaction_sys_id": "demo-call", "external": true,
        "external_segment_id": "CALL-0002", "configuration": {
            "enable_codes": true, "default_code": "General Enquiry",
            "allowed_codes": [{"code": "General Enquiry"}, {"code": "Refund"}, {"code": "Delivery Delayed"}],
            "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true,
        },
    });
    desk.api().post("segment/create", &request).await.expect(200);
    let mut segment = Value::Null;
    for _ in 0..600 {
        segment = desk.api().get("segment/CALL-0002").await.expect(200)["segment"].clone();
        if segment.get("ai_source").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = (&segment["ai_wrap_up_code"], &segment["ai_source"]);
    assert_eq!(said, (&json!("Delivery Delayed"), &json!("extractive")), "{segment}");
}

#[tokio::test]
async fn missing_tables_are_named_as_the_cause() {
    let desk = Desk::open();
    for command in ["user list", "code list", "configuration list"] {
        let said = desk.run(&format!("{command} --table-prefix nowhere-"));
        assert_eq!(said.failed(&["--table-prefix", "wrapup tables create"]).out, "", "{command}");
    }
}

/// Without `--local`, as somebody with an AWS of his own has it.
#[test]
fn a_deployment_is_where_the_environment_says_that_aws_is() {
    let server = Server::start(BINARY);
    let url = format!("http://127.0.0.1:{}", server.dynamodb_port);
    for endpoints in [
        &[("AWS_ENDPOINT_URL", url.as_str())][..],
        &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL_DYNAMODB", &url)],
    ] {
        let mut command = Command::new(BINARY);
        command.args(["user", "list", "--region", "eu-central-1"]).envs(endpoints.iter().copied());
        command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
        let said = Said::from(command.output().expect("the binary runs")).fine();
        assert!(said.contains("username"), "{endpoints:?}: {said}");
    }
}

#[test]
fn where_nothing_listens_the_message_says_what_to_start() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    drop(listener);
    let said: Said = run_cli(BINARY, &["code", "list", "--local", "--dynamodb-port", &port]).into();
    assert_eq!(said.failed(&["wrapup local"]).out, "");
}

#[test]
fn a_command_is_for_one_deployment() {
    for arguments in [
        ["user", "list", "--local", "--region", "us-east-1"],
        ["user", "list", "--local", "--profile", "test"],
        ["user", "list", "--dynamodb-port", "8000", "--output=json"],
    ] {
        Said::from(run_cli(BINARY, &arguments)).misused();
    }
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "",
        "local",
        "user",
        "user add",
        "user list",
        "user disable",
        "user passwd",
        "configuration",
        "configuration put",
        "configuration list",
        "configuration show",
        "code",
        "code import",
        "code list",
        "migrate",
        "migrate servicenow",
        "migrate genesys",
        "tables",
        "tables create",
        "tables remove",
        "interaction demo",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = Said::from(run_cli(BINARY, &arguments)).fine();
        assert!(help.contains("Usage: wrapup"), "{command}: {help}");
    }
}

#[tokio::test]
async fn records_keep_whose_command_has_changed_them() {
    let desk = Desk::open();
    let file = desk.file("interaction.json", json!({"sys_id": "i", "short_description": "?"}).to_string());
    let unset = ["-u", "WRAPUP_OPERATOR", "-u", "LOGNAME", "-u", "USER", "-u", "USERNAME"];
    for (round, (environment, flag, name)) in [
        (&[][..], &[][..], "operator"),
        (&["USERNAME=win"], &[], "win"),
        (&["USERNAME=win", "USER=user"], &[], "user"),
        (&["USER=user", "LOGNAME=login"], &[], "login"),
        (&["LOGNAME=login", "WRAPUP_OPERATOR= Jane Doe "], &[], "Jane Doe"),
        (&["LOGNAME=login", "WRAPUP_OPERATOR="], &[], "login"),
        (&["WRAPUP_OPERATOR=named"], &["--operator", "flagged"], "flagged"),
        // A login name that cannot be one is passed over.
        (&["USER=user", "LOGNAME=lo\ngin"], &[], "user"),
        (&["USER=user", "LOGNAME=System"], &[], "user"),
    ]
    .into_iter()
    .enumerate()
    {
        let content = json!({"sys_id": "i", "short_description": round.to_string()}).to_string();
        desk.file("interaction.json", content);
        let command = ["interaction", "put", &file];
        let arguments = [&unset[..], environment, &[BINARY], &command, flag].concat();
        Said::from(desk.server.cli("env", &arguments, "")).fine();
        let stored = desk.server.stored("interaction").await;
        let item = stored.iter().find(|item| item["sys_id"].as_s().is_ok_and(|id| id == "i")).expect("a record");
        let by = |column: &str| item[column].as_s().expect("a text").clone();
        assert_eq!(
            (by("sys_created_by").as_str(), by("sys_updated_by").as_str()),
            ("operator", name),
            "{environment:?}"
        );
    }
    for operator in ["bell\u{7}", &"x".repeat(65)] {
        desk.run_with("interaction put", &[&file, "--operator", operator], "").misused();
    }
}

#[tokio::test]
async fn codes_that_are_imported_again_stay_as_they_are() {
    let desk = Desk::open();
    let path = desk.file(
        "codes.csv",
        "code,description,code_de,description_de\nRefund,Money back,Erstattung,Geld zurück\nCallback,,,\n",
    );
    desk.import(&path).fine();
    let before = desk.server.stored("interaction_wrap_up_code").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(desk.import(&path).fine().contains("imported 2 of 2 codes"));
    let sorted = |mut items: Vec<std::collections::HashMap<_, _>>| {
        items.sort_by_key(|item: &std::collections::HashMap<String, _>| format!("{:?}", item.get("sys_id")));
        items
    };
    assert_eq!(sorted(desk.server.stored("interaction_wrap_up_code").await), sorted(before));
}

#[tokio::test]
async fn the_demos_records_are_the_systems_and_a_segment_shows_its_users_name() {
    let desk = Desk::open();
    for table in ["interaction_wrap_up_code", "interaction_wrap_up_configuration", "interaction"] {
        for item in desk.server.stored(table).await {
            assert_eq!(item["sys_created_by"].as_s().map(String::as_str), Ok("system"), "{table}");
        }
    }
    let opened = desk.api().post("segment/create", &wrapup_test_support::external("CALL-1")).await.expect(200);
    let segment = &opened["segment"];
    for (by, on) in [("sys_created_by", "sys_created_on"), ("sys_updated_by", "sys_updated_on")] {
        assert_eq!(segment[by], "username");
        assert!(wrapup_test_support::is_date_time(&segment[on]), "{segment}");
    }
}
