//! The AI filler on records of the segment table's stream, late, doubled, out of order, and beside others.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::ai::ProviderError;
use wrapup::dynamodb::Table;
use wrapup::interactions::{Interaction, Interactions};
use wrapup::segment_tables::{PhoneLog, PhoneLogRecord};
use wrapup_functions::StreamFunction;
use wrapup_lambda_tests::{
    Event, Fault, Instance, Log, Question, Rule, ScriptedProvider, StreamRecord, World, opening, segmented, undelivered,
};
use wrapup_test_support::merged;

const SEGMENTS: &str = "interaction_wrap_up_segment";

const TRANSCRIPT: &str = "Agent: Hello.\nCustomer: I was charged twice.";

/// A deployment with one instance of the HTTP functions and one of the filler, and an interaction to read.
struct Desk {
    world: World,
    instance: Instance,
    provider: ScriptedProvider,
    filler: StreamFunction,
}

impl Desk {
    async fn new(provider: ScriptedProvider) -> Self {
        let world = World::start().await;
        let instance = world.instance();
        let filler = filler(&world, &provider);
        let desk = Self { world, instance, provider, filler };
        desk.put_interaction(Some(TRANSCRIPT), None).await;
        desk
    }

    /// With a provider that suggests the second code and notes.
    async fn usual() -> Self {
        Self::new(ScriptedProvider::new(Some(("Code 001", 0.876)), Some("Charged twice."))).await
    }

    async fn put_interaction(&self, transcript: Option<&str>, short_description: Option<&str>) {
        let interaction = Interaction {
            sys_id: "interaction".to_owned(),
            short_description: short_description.map(str::to_owned),
            transcript: transcript.map(str::to_owned),
            language: "en".to_owned().try_into().ok(),
        };
        let interactions = Interactions::new(self.world.stores().dynamo().clone());
        interactions.put(&interaction, &self.world.stamp()).await.expect("a put");
    }

    /// Opens a segment that wants everything of the filler; `changes` go over its request.
    async fn open(&self, external_segment_id: &str, changes: Value) -> String {
        let wanting = json!({"configuration": {"use_third_party_ai": false, "use_ai_as_default": true}});
        let request = merged(merged(opening(external_segment_id), &wanting), &changes);
        self.instance.open(&request).await
    }

    async fn close(&self, sys_id: &str, body: Value) -> Value {
        let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(&body);
        self.instance.call(&event).await.expect(200)["segment"].clone()
    }

    async fn delete(&self, sys_id: &str) {
        let key = Some(wrapup::dynamodb::key(sys_id));
        self.world.client().delete_item().table_name(SEGMENTS).set_key(key).send().await.expect("a delete");
    }

    /// Delivers the record of the segment's opening, and answers what has to be delivered again.
    async fn deliver(&self, sys_id: &str) -> Vec<String> {
        undelivered(&self.filler, &[StreamRecord::insert(self.world.segment_record(sys_id).await)]).await
    }
}

fn filler(world: &World, provider: &ScriptedProvider) -> StreamFunction {
    wrapup_lambda_tests::filler(world.instance().system, Arc::new(provider.clone()))
}

/// What the filler may have stored of a segment.
fn advice(segment: &Value) -> Value {
    let fields = ["ai_wrap_up_code", "ai_notes", "ai_source", "ai_model", "ai_confidence"];
    fields.into_iter().filter_map(|field| Some((field.to_owned(), segment.get(field)?.clone()))).collect()
}

fn is_untouched(segment: &Value) -> bool {
    advice(segment) == json!({})
}

#[tokio::test]
async fn an_opened_segment_gets_code_and_notes_and_where_they_are_from() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let opened = desk.instance.read("E-1").await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    let filled = desk.instance.read("E-1").await;
    assert!(filled["ai_took_ms"].is_u64(), "{filled}");
    let added = json!({
        "ai_wrap_up_code": "Code 001", "ai_notes": "Charged twice.",
        "ai_code_defined_at": "1726509600000", "ai_notes_defined_at": "1726509600000",
        "ai_source": "scripted", "ai_model": "scripted-1", "ai_confidence": 0.88, "ai_took_ms": filled["ai_took_ms"],
        "sys_updated_by": "system",
    });
    assert_eq!(filled, merged(opened, &added));
    let asked = Question {
        transcript: Some(TRANSCRIPT.to_owned()),
        short_description: None,
        language: Some("en".to_owned()),
        labels: vec!["Code 000".to_owned(), "Code 001".to_owned()],
        notes: true,
    };
    assert_eq!(desk.provider.asked(), [asked]);
    let closed = desk.close(&sys_id, json!({})).await;
    assert_eq!((&closed["code"]["code"], &closed["ai_outcome"]), (&json!("Code 001"), &json!("ai_code_as_default")));
}

#[tokio::test]
async fn what_is_not_sure_enough_to_be_named_is_offered() {
    // One that is not allowed, one twice, and more than three: what is offered is allowed, once, and no more than that.
    let offers = [("Code 001", 0.4), ("Free Money", 0.3), ("Code 001", 0.3), ("Code 000", 0.256)];
    let desk = Desk::new(ScriptedProvider::new(None, None).offering(&offers)).await;
    let sys_id = desk.open("E-1", json!({})).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    let filled = desk.instance.read("E-1").await;
    let offered = json!([
        {"wrap_up_code": "Code 001", "confidence": 0.4},
        {"wrap_up_code": "Code 000", "confidence": 0.26},
    ]);
    assert_eq!((&filled["ai_alternatives"], &filled["ai_source"]), (&offered, &json!("scripted")));
    assert!(filled.get("ai_wrap_up_code").is_none() && filled.get("ai_confidence").is_none(), "{filled}");
    let xml = desk.instance.call(&Event::get("segment/E-1").header("Accept", "text/xml")).await;
    let shown = "<ai_alternatives><wrap_up_code>Code 001</wrap_up_code><confidence>0.4</confidence></ai_alternatives>";
    assert!(xml.text().contains(shown), "{}", xml.text());
    // Nobody has chosen: it stands in for nothing.
    let closed = desk.close(&sys_id, json!({})).await;
    assert_eq!((&closed["code"]["code"], &closed["code_from"]), (&json!("Code 000"), &json!("default")));
    assert_eq!((closed.get("ai_outcome"), &closed["ai_alternatives"]), (None, &offered));
}

#[tokio::test]
async fn what_was_offered_goes_once_a_code_is_named_and_is_shown_only_while_it_may_be_chosen() {
    let desk = Desk::new(ScriptedProvider::new(None, None).offering(&[("Code 001", 0.4)])).await;
    let sys_id = desk.open("E-1", json!({})).await;
    desk.deliver(&sys_id).await;
    assert!(desk.instance.read("E-1").await["ai_alternatives"].is_array());
    let third = json!({"configuration": {
        "enable_codes": true, "enable_ai_code": true, "use_third_party_ai": true, "default_code": "Code 001",
        "allowed_codes": [{"code": "Code 001"}, {"code": "Code 002"}],
    }});
    let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}"));
    desk.instance.call(&event.clone().json(&third)).await.expect(200);
    assert!(desk.instance.read("E-1").await["ai_alternatives"].is_array());
    let without = json!({"configuration": {
        "enable_codes": true, "enable_ai_code": true, "use_third_party_ai": true, "default_code": "Code 002",
        "allowed_codes": [{"code": "Code 002"}],
    }});
    desk.instance.call(&event.json(&without)).await.expect(200);
    assert!(desk.instance.read("E-1").await.get("ai_alternatives").is_none(), "it is not allowed any more");
    let pushed = json!({"segment_sys_id": sys_id, "ai_wrap_up_code": "Code 002"});
    desk.instance.call(&Event::put("segment/update/ai").json(&pushed)).await.expect(200);
    let advised = desk.instance.read("E-1").await;
    assert!(advised.get("ai_alternatives").is_none() && advised["ai_wrap_up_code"] == "Code 002", "{advised}");
}

#[tokio::test]
async fn the_segment_shows_the_filling_in_xml_too() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    desk.deliver(&sys_id).await;
    let reply = desk.instance.call(&Event::get("segment/E-1").header("Accept", "text/xml")).await;
    let shown = "<ai_source>scripted</ai_source><ai_model>scripted-1</ai_model><ai_confidence>0.88</ai_confidence>";
    assert!(reply.text().contains(shown), "{}", reply.text());
}

#[tokio::test]
async fn internal_segments_are_filled_as_well() {
    let desk = Desk::usual().await;
    let flags = json!({"enable_ai_code": true, "enable_ai_notes": true});
    let configuration = desk.world.put_configuration("Support", 2, &flags).await;
    let sys_id = desk.instance.open(&wrapup_lambda_tests::internal(&configuration)).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    assert_eq!(desk.instance.read(&sys_id).await["ai_wrap_up_code"], "Code 001");
}

#[tokio::test]
async fn a_third_partys_ai_is_left_alone() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({"configuration": {"use_third_party_ai": true}})).await;
    assert!(!desk.world.segment_record(&sys_id).await.contains_key("wants_ai"));
    // Even if something delivers it.
    let mut item = desk.world.segment_record(&sys_id).await;
    item.insert("wants_ai".to_owned(), aws_sdk_dynamodb::types::AttributeValue::Bool(true));
    assert!(undelivered(&desk.filler, &[StreamRecord::insert(item)]).await.is_empty());
    assert!(desk.provider.asked().is_empty());
    assert!(is_untouched(&desk.instance.read("E-1").await));
}

#[tokio::test]
async fn only_what_the_flags_enable_is_asked_for_and_stored() {
    for (code, notes) in [(true, false), (false, true), (false, false)] {
        let desk = Desk::usual().await;
        let flags = json!({"configuration": {"enable_ai_code": code, "enable_ai_notes": notes}});
        let sys_id = desk.open("E-1", flags).await;
        assert_eq!(desk.world.segment_record(&sys_id).await.contains_key("wants_ai"), code || notes);
        assert!(desk.deliver(&sys_id).await.is_empty());
        let filled = desk.instance.read("E-1").await;
        assert_eq!(filled.get("ai_wrap_up_code").is_some(), code);
        assert_eq!(filled.get("ai_confidence").is_some(), code);
        assert_eq!(filled.get("ai_notes").is_some(), notes);
        let asked: Vec<_> = desk.provider.asked().into_iter().map(|asked| (asked.labels.len(), asked.notes)).collect();
        let expected = if code || notes { vec![(if code { 2 } else { 0 }, notes)] } else { vec![] };
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn what_the_request_gave_is_kept() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({"ai_wrap_up_code": "Code 000"})).await;
    desk.deliver(&sys_id).await;
    let filled = desk.instance.read("E-1").await;
    assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Code 000"), &json!("Charged twice.")));

    let sys_id = desk.open("E-2", json!({"ai_notes": "Given."})).await;
    desk.deliver(&sys_id).await;
    let filled = desk.instance.read("E-2").await;
    assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Code 001"), &json!("Given.")));
    desk.provider.asked();

    let sys_id = desk.open("E-3", json!({"ai_wrap_up_code": "Code 000", "ai_notes": "Given."})).await;
    let opened = desk.instance.read("E-3").await;
    desk.deliver(&sys_id).await;
    assert_eq!(desk.instance.read("E-3").await, opened);
    assert!(desk.provider.asked().is_empty());
}

#[tokio::test]
async fn a_record_that_comes_after_the_close_changes_nothing() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = StreamRecord::insert(desk.world.segment_record(&sys_id).await);
    let closed = desk.close(&sys_id, json!({"wrap_up_code": "Code 000"})).await;
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    assert_eq!(desk.instance.read("E-1").await, closed);
    assert!(desk.provider.asked().is_empty());
}

#[tokio::test]
async fn an_agent_who_closes_while_the_filler_works_wins() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 1.0)), Some("Notes.")).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let agent = async {
        desk.provider.reading().await;
        let closed = desk.close(&sys_id, json!({"notes": "Mine."})).await;
        desk.provider.go_on();
        closed
    };
    let (failed, closed) = join(desk.deliver(&sys_id), agent).await;
    assert!(failed.is_empty());
    assert_eq!(closed["code"]["code"], "Code 000", "nothing had been suggested when the agent closed");
    assert_eq!(desk.instance.read("E-1").await, closed);
}

#[tokio::test]
async fn a_segment_that_is_deleted_while_the_filler_works_stays_deleted() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 1.0)), None).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let deleter = async {
        desk.provider.reading().await;
        desk.delete(&sys_id).await;
        desk.provider.go_on();
    };
    let (failed, ()) = join(desk.deliver(&sys_id), deleter).await;
    assert!(failed.is_empty(), "there is nothing to try again");
    assert!(desk.world.segment_keys().await.is_empty());
}

#[tokio::test]
async fn of_two_fillers_at_once_one_is_taken_whole() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.9)), Some("One.")).pausing()).await;
    let other_provider = ScriptedProvider::new(Some(("Code 000", 0.4)), Some("Other.")).pausing();
    let other = filler(&desk.world, &other_provider);
    let sys_id = desk.open("E-1", json!({})).await;
    let records = [StreamRecord::insert(desk.world.segment_record(&sys_id).await)];
    // Both have read the segment before either writes.
    let meet = async {
        join(desk.provider.reading(), other_provider.reading()).await;
        desk.world.fail(Rule::once(Fault::together(2)).on("UpdateItem").of(SEGMENTS).times(2));
        desk.provider.go_on();
        other_provider.go_on();
    };
    let (one, two, ()) =
        futures_util::future::join3(undelivered(&desk.filler, &records), undelivered(&other, &records), meet).await;
    assert!(one.is_empty() && two.is_empty());
    let filled = advice(&desk.instance.read("E-1").await);
    let of = |code: &str, notes: &str, confidence: f64| {
        json!({
            "ai_wrap_up_code": code, "ai_notes": notes, "ai_source": "scripted", "ai_model": "scripted-1",
            "ai_confidence": confidence,
        })
    };
    assert!([of("Code 001", "One.", 0.9), of("Code 000", "Other.", 0.4)].contains(&filled), "{filled}");
}

#[tokio::test]
async fn a_record_that_comes_five_times_fills_once() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = StreamRecord::insert(desk.world.segment_record(&sys_id).await);
    assert!(undelivered(&desk.filler, &vec![record.clone(); 5]).await.is_empty());
    let filled = desk.world.segment_record(&sys_id).await;
    assert_eq!(filled["sys_mod_count"].as_n().expect("a number"), "1", "one change");
    desk.provider.asked();
    for _ in 0..5 {
        assert!(undelivered(&desk.filler, std::slice::from_ref(&record)).await.is_empty());
    }
    assert_eq!(desk.world.segment_record(&sys_id).await, filled);
    assert!(desk.provider.asked().is_empty());
}

#[tokio::test]
async fn a_record_that_comes_again_does_not_complete_what_the_first_left_out() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.9)), None)).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = StreamRecord::insert(desk.world.segment_record(&sys_id).await);
    assert!(undelivered(&desk.filler, std::slice::from_ref(&record)).await.is_empty());
    let filled = desk.world.segment_record(&sys_id).await;
    assert!(filled.contains_key("ai_confidence") && !filled.contains_key("ai_notes"));
    let other = filler(&desk.world, &ScriptedProvider::new(None, Some("Notes.")));
    assert!(undelivered(&other, &[record]).await.is_empty());
    assert_eq!(desk.world.segment_record(&sys_id).await, filled);
}

impl Desk {
    /// Gives a segment another configuration: that of `open` with `changes`. Answers the record of the change.
    async fn configure(&self, sys_id: &str, changes: Value) -> StreamRecord {
        let before = self.world.segment_record(sys_id).await;
        let own = json!({"use_third_party_ai": false, "use_ai_as_default": true});
        let configuration = merged(merged(opening("any")["configuration"].clone(), &own), &changes);
        let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}"));
        self.instance.call(&event.json(&json!({"configuration": configuration}))).await.expect(200);
        StreamRecord::modify(before, self.world.segment_record(sys_id).await)
    }
}

#[tokio::test]
async fn what_another_configuration_wants_and_is_absent_is_filled_and_then_no_more() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({"configuration": {"enable_ai_code": false}})).await;
    desk.deliver(&sys_id).await;
    let first = desk.instance.read("E-1").await;
    assert_eq!((first.get("ai_wrap_up_code"), &first["ai_notes"]), (None, &json!("Charged twice.")));
    desk.provider.asked();
    // The notes are there already, so that the code alone is asked for.
    let configured = desk.configure(&sys_id, json!({})).await;
    let before = desk.world.segment_record(&sys_id).await;
    assert!(undelivered(&desk.filler, std::slice::from_ref(&configured)).await.is_empty());
    let asked: Vec<_> = desk.provider.asked().into_iter().map(|asked| (asked.labels.len(), asked.notes)).collect();
    assert_eq!(asked, [(2, false)]);
    let second = desk.instance.read("E-1").await;
    assert_eq!(second["ai_wrap_up_code"], "Code 001");
    assert_eq!((&second["ai_notes"], &second["ai_confidence"]), (&first["ai_notes"], &json!(0.88)));
    // Neither the filling's own record wakes the filler, nor the same one again, nor one of a configuration that wants
    // nothing more, nor what closes.
    let filled = StreamRecord::modify(before, desk.world.segment_record(&sys_id).await);
    let wants_nothing = desk.configure(&sys_id, json!({"show_timer": true})).await;
    let before = desk.world.segment_record(&sys_id).await;
    desk.close(&sys_id, json!({})).await;
    let closed = StreamRecord::modify(before, desk.world.segment_record(&sys_id).await);
    desk.world.traffic();
    for record in [filled, wants_nothing, closed] {
        assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    }
    assert!(desk.world.traffic().requests.is_empty());
    assert!(undelivered(&desk.filler, &[configured]).await.is_empty());
    assert!(desk.provider.asked().is_empty());
}

#[tokio::test]
async fn what_a_third_party_puts_in_place_of_a_filling_is_not_the_fillers() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    desk.deliver(&sys_id).await;
    desk.configure(&sys_id, json!({"use_third_party_ai": true})).await;
    let code = json!({"segment_sys_id": sys_id, "ai_wrap_up_code": "Another"});
    desk.instance.call(&Event::put("segment/update/ai").json(&code)).await.expect(200);
    let segment = desk.instance.read("E-1").await;
    assert_eq!((&segment["ai_wrap_up_code"], &segment["ai_notes"]), (&json!("Another"), &json!("Charged twice.")));
    for field in ["ai_source", "ai_model", "ai_confidence"] {
        assert_eq!(segment.get(field), None, "{field}");
    }
}

#[tokio::test]
async fn a_segment_that_wanted_nothing_is_filled_once_its_configuration_does() {
    let desk = Desk::usual().await;
    for flags in [json!({"use_third_party_ai": true}), json!({"enable_ai_code": false, "enable_ai_notes": false})] {
        let sys_id = desk.open("E-1", json!({"configuration": flags})).await;
        desk.deliver(&sys_id).await;
        assert!(is_untouched(&desk.instance.read(&sys_id).await));
        let configured = desk.configure(&sys_id, json!({})).await;
        assert!(undelivered(&desk.filler, &[configured]).await.is_empty());
        let filled = desk.instance.read(&sys_id).await;
        assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Code 001"), &json!("Charged twice.")));
        desk.delete(&sys_id).await;
    }
}

#[tokio::test]
async fn a_segment_whose_record_found_nothing_is_read_again_for_another_configuration() {
    let desk = Desk::usual().await;
    desk.put_interaction(None, None).await;
    let sys_id = desk.open("E-1", json!({})).await;
    desk.deliver(&sys_id).await;
    assert!(is_untouched(&desk.instance.read("E-1").await));
    desk.put_interaction(Some(TRANSCRIPT), None).await;
    let configured = desk.configure(&sys_id, json!({"show_timer": true})).await;
    assert!(undelivered(&desk.filler, &[configured]).await.is_empty());
    assert_eq!(desk.instance.read("E-1").await["ai_wrap_up_code"], "Code 001");
}

#[tokio::test]
async fn what_was_read_for_one_configuration_is_not_added_to_another() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 1.0)), Some("Notes.")).pausing()).await;
    let sys_id = desk.open("E-1", json!({"configuration": {"enable_ai_code": false}})).await;
    let agent = async {
        desk.provider.reading().await;
        let configured = desk.configure(&sys_id, json!({"allowed_codes": ["Code 000"]})).await;
        desk.provider.go_on();
        configured
    };
    let (again, configured) = join(desk.deliver(&sys_id), agent).await;
    assert!(again.is_empty());
    assert!(is_untouched(&desk.instance.read("E-1").await), "the record of the other one is on its way");
    let other = filler(&desk.world, &ScriptedProvider::new(Some(("Code 000", 0.5)), Some("Others.")));
    assert!(undelivered(&other, &[configured]).await.is_empty());
    let filled = desk.instance.read("E-1").await;
    assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Code 000"), &json!("Others.")));
}

#[tokio::test]
async fn records_that_are_no_opening_of_a_segment_cost_nothing() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let mut records: Vec<_> = desk.world.records(Table::Segments).await.into_iter().map(StreamRecord::insert).collect();
    records.retain(|record| !record.is_of(&sys_id));
    assert!(!records.is_empty(), "the record that finds the latest segment");
    let (before, after) = (desk.world.segment_record(&sys_id).await, desk.world.segment_record(&sys_id).await);
    records.push(StreamRecord::modify(before, after));
    records.push(StreamRecord::remove(desk.world.segment_record(&sys_id).await));
    desk.world.traffic();
    assert!(undelivered(&desk.filler, &records).await.is_empty());
    assert!(desk.world.traffic().requests.is_empty());
}

#[tokio::test]
async fn a_deleted_segments_record_is_done_with() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let record = StreamRecord::insert(desk.world.segment_record(&sys_id).await);
    desk.delete(&sys_id).await;
    assert!(undelivered(&desk.filler, &[record]).await.is_empty());
    assert!(desk.world.segment_keys().await.is_empty());
}

#[tokio::test]
async fn a_label_outside_the_allowed_ones_is_dropped_and_the_notes_kept() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Give a refund", 1.0)), Some("<b>Bold</b> & \"said\""))).await;
    let sys_id = desk.open("E-1", json!({})).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    let expected = json!({"ai_notes": "<b>Bold</b> & \"said\"", "ai_source": "scripted", "ai_model": "scripted-1"});
    assert_eq!(advice(&desk.instance.read("E-1").await), expected);
}

#[tokio::test]
async fn overlong_notes_end_with_a_sentence_and_blank_ones_are_none() {
    let desk = Desk::new(ScriptedProvider::new(None, Some(&"The line is slow. ".repeat(500)))).await;
    let sys_id = desk.open("E-1", json!({})).await;
    desk.deliver(&sys_id).await;
    let filled = desk.instance.read("E-1").await;
    let notes = filled["ai_notes"].as_str().expect("notes");
    assert!(notes.chars().count() <= 4_000 && notes.ends_with("The line is slow."));

    let desk = Desk::new(ScriptedProvider::new(None, Some(" \n "))).await;
    let sys_id = desk.open("E-1", json!({})).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    assert!(is_untouched(&desk.instance.read("E-1").await));
}

#[tokio::test]
async fn the_interaction_segments_transcript_goes_before_the_interactions() {
    let desk = Desk::usual().await;
    let log = PhoneLog::new(desk.world.stores().dynamo().clone());
    let record = json!({"segment_id": "call-1", "transcript": "Customer: Only this call.", "language": "de-AT"});
    let document = wrapup::document::Document::from_json(record.to_string().as_bytes()).expect("JSON");
    log.put(&document.read(PhoneLogRecord::read).expect("a record"), &desk.world.stamp()).await.expect("a put");
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = desk.instance.open(&merged(segmented("E-1", "call-1"), &wanting)).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    let asked = desk.provider.asked().pop().expect("a question");
    assert_eq!(asked.transcript.as_deref(), Some("Customer: Only this call."));
    assert_eq!(asked.language.as_deref(), Some("de"));

    // The same record, once somebody has given it to another interaction: this one's own is read instead.
    let record = json!({"segment_id": "call-1", "transcript": "Customer: A secret.", "interaction": "another"});
    let document = wrapup::document::Document::from_json(record.to_string().as_bytes()).expect("JSON");
    let sys_id = desk.instance.open(&merged(segmented("E-3", "call-1"), &wanting)).await;
    log.put(&document.read(PhoneLogRecord::read).expect("a record"), &desk.world.stamp()).await.expect("a put");
    assert!(desk.deliver(&sys_id).await.is_empty());
    assert_eq!(desk.provider.asked().pop().expect("a question").transcript.as_deref(), Some(TRANSCRIPT));

    // A record without a transcript, as creating a segment makes it.
    let sys_id = desk.instance.open(&merged(segmented("E-2", "call-2"), &wanting)).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    assert_eq!(desk.provider.asked().pop().expect("a question").transcript.as_deref(), Some(TRANSCRIPT));
}

#[tokio::test]
async fn a_segment_whose_table_the_filler_does_not_know_is_filled_from_the_interaction() {
    let desk = Desk::usual().await;
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = desk.instance.open(&merged(segmented("E-1", "call-1"), &wanting)).await;
    // As it stands there where the functions that opened it have another table.
    let mut item = desk.world.segment_record(&sys_id).await;
    item.insert("segment_table".to_owned(), wrapup::dynamodb::string("known_elsewhere"));
    let put = desk.world.client().put_item().table_name(SEGMENTS).set_item(Some(item));
    put.send().await.expect("a put");
    assert!(desk.deliver(&sys_id).await.is_empty(), "nothing to try again");
    assert_eq!(desk.provider.asked().pop().expect("a question").transcript.as_deref(), Some(TRANSCRIPT));
    assert_eq!(desk.instance.read("E-1").await["ai_notes"], "Charged twice.");
}

#[tokio::test]
async fn a_short_description_is_enough_and_silence_is_not() {
    let desk = Desk::usual().await;
    desk.put_interaction(Some("  "), Some("Charged twice")).await;
    let sys_id = desk.open("E-1", json!({})).await;
    assert!(desk.deliver(&sys_id).await.is_empty());
    let asked = desk.provider.asked().pop().expect("a question");
    assert_eq!((asked.transcript, asked.short_description.as_deref()), (None, Some("Charged twice")));

    desk.put_interaction(None, Some(" ")).await;
    let silent = desk.open("E-2", json!({})).await;
    let unknown = desk.open("E-3", json!({"interaction_sys_id": "another"})).await;
    let unkeyable = desk.open("E-4", json!({"interaction_sys_id": "é".repeat(1_024)})).await;
    for sys_id in [silent, unknown, unkeyable] {
        assert!(desk.deliver(&sys_id).await.is_empty(), "nothing to try again");
        assert!(is_untouched(&desk.instance.read(&sys_id).await));
    }
    assert!(desk.provider.asked().is_empty());
}

#[tokio::test]
async fn a_failed_segment_is_delivered_again_and_the_others_are_not_held_up() {
    let desk = Desk::usual().await;
    desk.provider.fail_once(ProviderError::Unavailable("throttled".into()));
    let mut records = Vec::new();
    for (index, external_segment_id) in ["E-1", "E-2", "E-3"].into_iter().enumerate() {
        let sys_id = desk.open(external_segment_id, json!({})).await;
        records.push(StreamRecord::insert(desk.world.segment_record(&sys_id).await).numbered(&index.to_string()));
    }
    let again = undelivered(&desk.filler, &records).await;
    assert_eq!(again.len(), 1);
    let unfilled = async |id: &str| is_untouched(&desk.instance.read(id).await);
    let left = join_all(["E-1", "E-2", "E-3"].map(unfilled)).await;
    let failed_at: usize = again[0].parse().expect("a number");
    assert!((0..3).all(|index| left[index] == (index == failed_at)), "{left:?} {again:?}");
    assert!(undelivered(&desk.filler, &records[failed_at..]).await.is_empty());
    for id in ["E-1", "E-2", "E-3"] {
        assert!(!is_untouched(&desk.instance.read(id).await));
    }
}

#[tokio::test]
async fn what_can_be_tried_again_is_and_a_refusal_is_not() {
    let cases = [
        (ProviderError::Unavailable("busy".into()), true),
        (ProviderError::Malformed { problem: "no JSON".to_owned() }, false),
        (ProviderError::Broken("no such model".into()), true),
        (ProviderError::Declined { reason: "content filter".to_owned() }, false),
    ];
    for (problem, again) in cases {
        let shown = problem.to_string();
        let desk = Desk::usual().await;
        desk.provider.fail_once(problem);
        let sys_id = desk.open("E-1", json!({})).await;
        assert_eq!(!desk.deliver(&sys_id).await.is_empty(), again, "{shown}");
        assert!(is_untouched(&desk.instance.read("E-1").await));
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_in_time() {
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 1.0)), None).pausing()).await;
    let sys_id = desk.open("E-1", json!({})).await;
    let records = [StreamRecord::insert(desk.world.segment_record(&sys_id).await)];
    let event = StreamRecord::event_within(&records, 1_200);
    let response = desk.filler.handle(event).await;
    assert_eq!(response.batch_item_failures.len(), 1);
    assert!(is_untouched(&desk.instance.read("E-1").await));
}

#[tokio::test]
async fn a_dynamodb_that_hangs_leaves_time_to_say_which_record_failed() {
    let desk = Desk::usual().await;
    let sys_id = desk.open("E-1", json!({})).await;
    let records = [StreamRecord::insert(desk.world.segment_record(&sys_id).await)];
    // Waits for a second request, which never comes.
    desk.world.fail(Rule::once(Fault::together(2)).on("GetItem").of(SEGMENTS));
    let response = desk.filler.handle(StreamRecord::event_within(&records, 1_200)).await;
    assert_eq!(response.batch_item_failures.len(), 1);
}

#[tokio::test]
async fn a_dynamodb_that_is_throttled_is_tried_again_later() {
    for operation in ["GetItem", "UpdateItem"] {
        let desk = Desk::usual().await;
        let sys_id = desk.open("E-1", json!({})).await;
        desk.world.fail(Rule::always(Fault::Throttled).on(operation).of(SEGMENTS));
        assert_eq!(desk.deliver(&sys_id).await.len(), 1, "{operation}");
        desk.world.recover();
        assert!(desk.deliver(&sys_id).await.is_empty());
        assert_eq!(desk.instance.read("E-1").await["ai_wrap_up_code"], "Code 001");
    }
}

#[tokio::test]
async fn filling_takes_a_read_of_the_segment_one_of_the_conversation_and_one_update() {
    let desk = Desk::usual().await;
    for (id, wanted, units) in [
        // The snapshot of the configuration is read once an instance.
        ("E-1", &["GetItem", "GetItem", "GetItem", "UpdateItem"][..], (3.0, 1.0)),
        ("E-2", &["GetItem", "GetItem", "UpdateItem"], (2.0, 1.0)),
    ] {
        let sys_id = desk.open(id, json!({})).await;
        let record = StreamRecord::insert(desk.world.segment_record(&sys_id).await);
        desk.world.traffic();
        undelivered(&desk.filler, std::slice::from_ref(&record)).await;
        let traffic = desk.world.traffic();
        assert_eq!(traffic.requests, wanted);
        assert_eq!((traffic.read_units, traffic.write_units), units);
        undelivered(&desk.filler, &[record]).await;
        assert_eq!(desk.world.traffic().requests, ["GetItem"], "delivered again");
    }
}

#[tokio::test]
async fn the_log_says_what_became_of_a_segment_and_nothing_that_was_said() {
    let log = Log::keep(LevelFilter::DEBUG);
    let desk = Desk::new(ScriptedProvider::new(Some(("Code 001", 0.9)), Some("Unspeakable notes."))).await;
    desk.put_interaction(Some("Customer: Unspeakable words."), Some("Unspeakable line")).await;
    let filled = desk.open("E-1", json!({})).await;
    desk.deliver(&filled).await;
    let lines = log.with(&filled);
    let words = ["INFO", "outcome=\"filled\"", "source=\"scripted\"", "model=\"scripted-1\""];
    assert!(words.iter().all(|word| lines.contains(word)), "{lines}");

    desk.provider.fail_once(ProviderError::Declined { reason: "content filter".to_owned() });
    desk.provider.fail_once(ProviderError::Broken("no such model".into()));
    for (id, words) in [
        ("E-2", &["WARN", "it declined: content filter", "no_suggestion"][..]),
        ("E-3", &["ERROR", "segment not filled", "provider scripted", "no such model"]),
    ] {
        let sys_id = desk.open(id, json!({})).await;
        desk.deliver(&sys_id).await;
        let lines = log.with(&sys_id);
        assert!(words.iter().all(|word| lines.contains(word)), "{lines}");
    }
    let silent = desk.open("E-4", json!({"interaction_sys_id": "another"})).await;
    desk.deliver(&silent).await;
    assert!(log.with(&silent).contains("no_conversation"));
    assert_eq!(log.with("Unspeakable"), "");
}
