//! Codes that moved in from another system with the sys_id that they had there.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::codes::{CodeImport, Label};
use wrapup::document::{Document, FromText};
use wrapup::dynamodb::{SCHEMA, Table, string};
use wrapup_lambda_tests::{Event, Fault, Log, Rule, World, opening};

const KEPT: &str = "49c27b679f201210c89656effa0a1cd7";

/// The sys_id that a label gives.
fn own(label: &str) -> String {
    Label::from_text(label).expect("a label").sys_id()
}

/// Imports a code with the sys_id that it had elsewhere.
async fn import(world: &World, label: &str, sys_id: &str) -> Result<(), wrapup::Error> {
    let entry = json!({"code": label, "sys_id": sys_id});
    let document = Document::from_json(entry.to_string().as_bytes()).expect("JSON");
    let import = document.read(CodeImport::read).expect("a code");
    let instance = world.instance();
    let mut outcomes =
        instance.system.codes().admit(1).expect("nobody else writes").import(&[&import], "operator").await;
    outcomes.pop().expect("an outcome").map(drop)
}

/// The code as GET shows it, or the status where there is none.
async fn shown(world: &World, sys_id: &str) -> Result<Value, u16> {
    let reply = world.instance().call(&Event::get(&format!("code/{sys_id}"))).await;
    match reply.status() {
        200 => Ok(reply.expect(200)["result"]["result_map"]["wrap_up_code"].clone()),
        status => Err(status),
    }
}

#[tokio::test]
async fn reading_a_code_by_the_sys_id_that_it_had_elsewhere_is_two_requests() {
    let world = World::start().await;
    import(&world, "Billing Issue", KEPT).await.expect("an import");
    for (sys_id, requests) in [(KEPT, 2), (&KEPT.to_uppercase(), 2), (&own("Billing Issue"), 1)] {
        world.traffic();
        let code = shown(&world, sys_id).await.expect("a code");
        assert_eq!(world.traffic().requests, vec!["GetItem"; requests], "{sys_id}");
        assert_eq!((&code["code"], &code["sys_id"]), (&json!("Billing Issue"), &json!(KEPT)), "{sys_id}");
    }
    // Where there is no code, one is enough to say so.
    world.traffic();
    assert_eq!(shown(&world, "59c27b679f201210c89656effa0a1cd7").await, Err(404));
    assert_eq!(world.traffic().requests, ["GetItem"]);
}

#[tokio::test]
async fn an_import_that_brings_a_sys_id_is_two_requests_and_one_that_is_cut_short_leaves_nothing_wrong() {
    let world = World::start().await;
    world.fail(Rule::once(Fault::Denied).on("UpdateItem"));
    assert!(import(&world, "Billing Issue", KEPT).await.is_err());
    assert_eq!(shown(&world, KEPT).await, Err(404));
    assert!(world.stores().codes().list().await.expect("a list").records.is_empty());
    world.recover();
    world.traffic();
    import(&world, "Billing Issue", KEPT).await.expect("an import");
    assert_eq!(world.traffic().requests, ["PutItem", "UpdateItem"]);
    assert_eq!(shown(&world, KEPT).await.expect("a code")["sys_id"], KEPT);
    let listed = world.stores().codes().list().await.expect("a list");
    assert_eq!((listed.records.len(), listed.unreadable.len()), (1, 0));
}

#[tokio::test]
async fn of_two_codes_that_are_imported_at_once_with_one_sys_id_one_gets_it() {
    let world = World::start().await;
    let (one, other) = tokio::join!(import(&world, "One", KEPT), import(&world, "Other", KEPT));
    let refused = match (one, other) {
        (Ok(()), Err(refused)) | (Err(refused), Ok(())) => refused.to_string(),
        both => panic!("{both:?}"),
    };
    assert!(refused.contains("sys_id") && refused.contains(KEPT), "{refused}");
    assert_eq!(world.stores().codes().list().await.expect("a list").records.len(), 1);
}

#[tokio::test]
async fn the_code_of_a_label_comes_before_what_was_called_by_its_sys_id_elsewhere() {
    for posted in [false, true] {
        let world = World::start().await;
        // As of a list of codes in which somebody renamed one.
        import(&world, "Refunds", &own("Refund")).await.expect("an import");
        assert_eq!(shown(&world, &own("Refund")).await.expect("a code")["code"], "Refunds");
        if posted {
            let codes = Event::post("code").json(&json!({"codes": [{"code": "Refund"}]}));
            world.instance().call(&codes).await.expect(200);
        } else {
            let mut body = opening("EXT-1");
            body["configuration"] =
                json!({"enable_codes": true, "allowed_codes": [{"code": "Refund"}], "default_code": "Refund"});
            world.instance().open(&body).await;
        }
        assert_eq!(shown(&world, &own("Refund")).await.expect("a code")["code"], "Refund", "{posted}");
        assert_eq!(shown(&world, &own("Refunds")).await.expect("a code")["code"], "Refunds", "{posted}");
        let refused = import(&world, "Returns", &own("Refund")).await.expect_err("it is another's");
        assert!(refused.to_string().contains("'Refund'"), "{refused}");
    }
}

#[tokio::test]
async fn what_a_newer_version_wrote_of_a_sys_id_is_not_read() {
    let world = World::start().await;
    let mut newer = wrapup::dynamodb::key(KEPT);
    newer.insert("alias_of".to_owned(), string(own("Billing Issue")));
    newer.insert(SCHEMA.to_owned(), AttributeValue::N("2".to_owned()));
    let put = world.client().put_item().table_name(Table::Codes.platform_name()).set_item(Some(newer));
    put.send().await.expect("a put");
    assert_eq!(shown(&world, KEPT).await, Err(500));
    assert_eq!(world.stores().codes().list().await.expect("a list").unreadable.len(), 1);
}

#[tokio::test]
async fn a_sys_id_that_names_nothing_is_a_500_whose_log_says_which() {
    let world = World::start().await;
    let mut broken = wrapup::dynamodb::key(KEPT);
    broken.insert("alias_of".to_owned(), string(""));
    let put = world.client().put_item().table_name(Table::Codes.platform_name()).set_item(Some(broken));
    put.send().await.expect("a put");
    let log = Log::keep(LevelFilter::ERROR);
    assert_eq!(shown(&world, KEPT).await, Err(500));
    assert!(log.text().contains(KEPT), "{}", log.text());
}
