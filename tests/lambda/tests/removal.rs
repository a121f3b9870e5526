//! Tables that are removed if they are empty: what counts as a record, and what happens to a table in between.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use wrapup::dynamodb::{Dynamo, NotRemoved, Removal, Table, key, remove_if_empty, set_expiry};
use wrapup_lambda_tests::{Fault, Rule, World};

const USERS: &str = "sys_user";

/// A deployment whose table of users is protected, as the templates have it.
async fn deployment() -> World {
    let world = World::start().await;
    let update = world.client().update_table().table_name(USERS).deletion_protection_enabled(true);
    update.send().await.expect("protection");
    world
}

fn dynamo(world: &World) -> Dynamo {
    world.instance().system.dynamo().clone()
}

async fn remove(world: &World) -> Result<Removal, NotRemoved> {
    remove_if_empty(&dynamo(world), Table::Users).await
}

/// Whether the table of users is protected; none where there is none.
async fn protected(world: &World) -> Option<bool> {
    let described = world.client().describe_table().table_name(USERS).send().await.ok()?;
    described.table.and_then(|table| table.deletion_protection_enabled)
}

async fn put(world: &World, expires_at: Option<u64>) {
    let mut item = key("anna");
    set_expiry(&mut item, expires_at);
    world.client().put_item().table_name(USERS).set_item(Some(item)).send().await.expect("a put");
}

#[tokio::test]
async fn an_empty_table_goes_though_it_is_protected() {
    let world = deployment().await;
    assert!(matches!(remove(&world).await, Ok(Removal::Removed)));
    assert_eq!(protected(&world).await, None);
    assert!(matches!(remove(&world).await, Ok(Removal::NotThere)));
}

/// DynamoDB removes it some time within days.
#[tokio::test]
async fn a_record_whose_time_is_over_is_a_record() {
    let world = deployment().await;
    put(&world, Some(1_000_000_000)).await;
    world.traffic();
    assert!(matches!(remove(&world).await, Ok(Removal::HasRecords)));
    assert_eq!(world.traffic().requests, ["DescribeTable", "Scan"], "and nothing is changed for a look");
    assert_eq!((protected(&world).await, world.keys(Table::Users).await.len()), (Some(true), 1));
}

#[tokio::test]
async fn what_is_written_while_protection_goes_is_kept_and_protected() {
    let world = deployment().await;
    let dynamo = dynamo(&world);
    // The second look is held back until somebody else looks.
    world.fail(Rule::always(Fault::together(2)).on("Scan").after(1));
    let removing = tokio::spawn({
        let dynamo = dynamo.clone();
        async move { remove_if_empty(&dynamo, Table::Users).await }
    });
    while world.faults() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(protected(&world).await, Some(false));
    put(&world, None).await;
    dynamo.client.scan().table_name(USERS).send().await.expect("a scan");
    assert!(matches!(removing.await.expect("an end"), Ok(Removal::HasRecords)));
    assert_eq!((protected(&world).await, world.keys(Table::Users).await.len()), (Some(true), 1));
}

#[tokio::test]
async fn a_table_that_cannot_be_removed_is_protected_again() {
    let world = deployment().await;
    world.fail(Rule::always(Fault::Denied).on("DeleteTable"));
    let error = remove(&world).await.expect_err("a refusal");
    assert!(!error.unprotected && error.to_string().contains("AccessDenied"), "{error}");
    assert_eq!(protected(&world).await, Some(true));
    world.recover();

    // Where even that is refused, it is said.
    world.fail(Rule::always(Fault::Denied).on("DeleteTable"));
    world.fail(Rule::always(Fault::Denied).on("UpdateTable").after(1));
    let error = remove(&world).await.expect_err("a refusal");
    assert!(error.unprotected && error.to_string().contains("could not be put back"), "{error}");
    assert_eq!(protected(&world).await, Some(false));
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_nobody_in_doubt() {
    let world = deployment().await;
    world.fail(Rule::once(Fault::LostAnswer).on("DeleteTable"));
    assert!(matches!(remove(&world).await, Ok(Removal::Removed)));
    assert_eq!((world.faults(), protected(&world).await), (1, None));
}

/// A table that was never protected is not touched before it goes.
#[tokio::test]
async fn what_is_not_protected_goes_at_once() {
    let world = World::start().await;
    world.traffic();
    assert!(matches!(remove(&world).await, Ok(Removal::Removed)));
    assert_eq!(world.traffic().requests, ["DeleteTable", "DescribeTable", "DescribeTable", "Scan"]);
}
