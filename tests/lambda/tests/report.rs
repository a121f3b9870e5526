//! Reports, held against a plain count of the same wrap-ups.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::cast_precision_loss, reason = "a few thousand wrap-ups")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::{Value, json};
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Item, Table, string};
use wrapup::reports::{Name, ReportRequest};
use wrapup_lambda_tests::{Event, Instance, World, opening};
use wrapup_test_support::merged;

/// Numbers that look like chance, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn of<T: Clone>(&mut self, some: &[T]) -> T {
        some[usize::try_from(self.below(some.len() as u64)).expect("a few")].clone()
    }
}

/// A wrap-up as a plain count sees it.
#[derive(Clone, Debug)]
struct Plain {
    agent: String,
    submitted_on: String,
    seconds: u64,
    timed_out: bool,
    awaits: bool,
    code: Option<String>,
    code_from: Option<&'static str>,
    place: Option<u32>,
    suggested: Option<String>,
    outcome: Option<&'static str>,
    confidence: Option<u64>,
    configuration: usize,
}

/// What all of them are counted from: three configurations, of which the third has a code that nobody ever uses.
struct Shop {
    hashes: Vec<String>,
}

impl Shop {
    async fn open(world: &World) -> Self {
        let instance = world.instance();
        let mut hashes = Vec::new();
        for (id, codes) in [("K-1", vec!["A", "B"]), ("K-2", vec!["B", "C", "D"]), ("K-3", vec!["D", "A", "Never"])] {
            let codes: Vec<_> = codes.into_iter().map(|code| json!({"code": code})).collect();
            let own = json!({"configuration": {"allowed_codes": codes, "default_code": codes[0]["code"]}});
            instance.open(&merged(opening(id), &own)).await;
            let records = world.records(Table::Segments).await;
            let record = records.into_iter().find(|item| item.get("external_segment_id") == Some(&string(id)));
            let hash = record.expect("a segment")["wrap_up_configuration"].as_s().expect("a hash").clone();
            hashes.push(hash);
        }
        Self { hashes }
    }

    fn allowed(configuration: usize) -> &'static [&'static str] {
        [&["A", "B"][..], &["B", "C", "D"], &["D", "A", "Never"]][configuration]
    }

    /// A wrap-up by chance, within ten days from 2024-09-01 on.
    fn any(random: &mut Random) -> Plain {
        let configuration = usize::try_from(random.below(3)).expect("three");
        let allowed: Vec<&str> = Self::allowed(configuration).iter().copied().filter(|code| *code != "Never").collect();
        let code = (!random.one_in(12)).then(|| random.of(&allowed).to_owned());
        let from = if code.is_none() || random.one_in(15) {
            None
        } else {
            Some(random.of(&["agent", "draft", "ai", "default"]))
        };
        let suggested = (!random.one_in(3)).then(|| random.of(&["A", "B", "C", "D"]).to_owned());
        let outcomes = ["ai_code", "another_code", "ai_code_as_default", "default_code", "no_code"];
        let (day, second) = (1 + random.below(10), random.below(86_400));
        Plain {
            agent: format!("agent-{}", random.below(9)),
            submitted_on: format!("2024-09-{day:02} {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60),
            seconds: random.below(40) * random.below(40),
            timed_out: random.one_in(8),
            awaits: random.one_in(20),
            place: code.as_ref().and_then(|code| {
                let place = Self::allowed(configuration).iter().position(|allowed| allowed == code)?;
                u32::try_from(place).ok()
            }),
            code,
            code_from: from,
            outcome: suggested.is_some().then(|| random.of(&outcomes)),
            confidence: (suggested.is_some() && !random.one_in(3)).then(|| random.below(101)),
            suggested,
            configuration,
        }
    }

    /// The record of a wrap-up, as far as the index shows it.
    fn record(&self, number: usize, plain: &Plain) -> Item {
        let sys_id = format!("{:032x}", (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834));
        let digit = &sys_id[..1];
        let submitted_on = DateTime::parse(&plain.submitted_on).expect("a time");
        let opened_on = submitted_on.minus_seconds(plain.seconds).expect("a time");
        let shelf = match plain.awaits {
            true => format!("awaiting#{digit}"),
            false => format!("closed#{}#{digit}", &plain.submitted_on[..10]),
        };
        let mut item: Item = HashMap::new();
        let mut put = |column: &str, value: AttributeValue| drop(item.insert(column.to_owned(), value));
        for (column, text) in [
            ("sys_id", Some(sys_id.clone())),
            ("agent", Some(plain.agent.clone())),
            ("by_time_shelf", Some(shelf)),
            ("by_time_place", Some(format!("{}#{sys_id}", plain.submitted_on))),
            ("opened_on", Some(opened_on.to_string())),
            ("submitted_on", Some(plain.submitted_on.clone())),
            ("wrap_up_configuration", Some(self.hashes[plain.configuration].clone())),
            ("code", plain.code.clone()),
            ("code_from", plain.code_from.map(str::to_owned)),
            ("ai_wrap_up_code", plain.suggested.clone()),
            ("ai_outcome", plain.outcome.map(str::to_owned)),
        ] {
            if let Some(text) = text {
                put(column, string(text));
            }
        }
        put("awaiting_confirmation", AttributeValue::Bool(plain.awaits));
        if plain.timed_out {
            put("timed_out", AttributeValue::Bool(true));
        }
        if let Some(place) = plain.place {
            put("code_place", AttributeValue::N(place.to_string()));
        }
        if let Some(confidence) = plain.confidence {
            put("ai_confidence", AttributeValue::N(format!("{}", confidence as f64 / 100.0)));
        }
        item
    }
}

/// Writes so many wrap-ups by chance, and answers them.
async fn fill(world: &World, many: usize) -> Vec<Plain> {
    let shop = Shop::open(world).await;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let plain: Vec<Plain> = (0..many).map(|_| Shop::any(&mut random)).collect();
    let records: Vec<Item> = plain.iter().enumerate().map(|(number, plain)| shop.record(number, plain)).collect();
    for chunk in records.chunks(25) {
        let put = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().expect("a put");
            WriteRequest::builder().put_request(put).build()
        };
        let write = world.client().batch_write_item();
        let write = write.request_items(Table::Segments.platform_name(), chunk.iter().map(put).collect());
        write.send().await.expect("a write");
    }
    plain
}

async fn report(instance: &Instance, query: &str) -> Value {
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    instance.call(&Event::get(&format!("report/{query}")).authorizer(supervisor)).await.expect(200)["report"].take()
}

const RANGE: &str = "from=2024-09-02%2000:00:00&to=2024-09-08%2012:00:00";

fn in_range(plain: &[Plain]) -> Vec<Plain> {
    let range = "2024-09-02 00:00:00".."2024-09-08 12:00:00";
    plain.iter().filter(|one| range.contains(&one.submitted_on.as_str())).cloned().collect()
}

fn share(part: usize, whole: usize) -> Value {
    if whole == 0 { Value::Null } else { json!((part as f64 / whole as f64 * 10_000.0).round() / 10_000.0) }
}

/// The rows without fields of nothing, which a plain count has as null.
fn by_key(report: &Value, keys: &[&str]) -> BTreeMap<Vec<String>, Value> {
    let rows = report["rows"].as_array().expect("rows").iter();
    let key = |row: &Value| keys.iter().map(|key| row[*key].as_str().unwrap_or("-").to_owned()).collect();
    let rows: Vec<_> = rows.map(|row| (key(row), row.clone())).collect();
    let many = rows.len();
    let rows: BTreeMap<_, _> = rows.into_iter().collect();
    assert_eq!(rows.len(), many, "each key is a row once");
    rows
}

#[tokio::test]
async fn five_thousand_wrap_ups_are_counted_to_the_unit() {
    let world = World::start().await;
    let plain = in_range(&fill(&world, 5_000).await);
    let instance = world.instance();
    assert!(plain.len() > 2_500, "{}", plain.len());

    // Codes, of all and of each day.
    for by_day in [false, true] {
        let query = if by_day { "codes?by=day&" } else { "codes?" };
        let rows = by_key(&report(&instance, &format!("{query}{RANGE}")).await, &["day", "code"]);
        let day = |one: &Plain| if by_day { one.submitted_on[..10].to_owned() } else { "-".to_owned() };
        let mut expected: BTreeMap<Vec<String>, Vec<&Plain>> = BTreeMap::new();
        for one in &plain {
            let code = one.code.clone().unwrap_or_else(|| "-".to_owned());
            expected.entry(vec![day(one), code]).or_default().push(one);
            expected.entry(vec![day(one), "Never".to_owned()]).or_default();
        }
        assert_eq!(rows.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (key, ones) in expected {
            let all = plain.iter().filter(|one| day(one) == key[0]).count();
            let unknown = ones.iter().filter(|one| one.code.is_some() && one.code_from.is_none()).count();
            let known = ones.len() - unknown;
            let default = ones.iter().filter(|one| one.code_from == Some("default")).count();
            let first = ones.iter().filter(|one| one.code_from.is_some() && one.place == Some(0)).count();
            let row = &rows[&key];
            assert_eq!(row["count"], json!(ones.len()), "{key:?}");
            assert_eq!(row["share"], share(ones.len(), all), "{key:?}");
            assert_eq!(row["code_from_unknown"], json!(unknown), "{key:?}");
            assert_eq!(
                (&row["default_share"], &row["first_in_list_share"]),
                (&share(default, known), &share(first, known)),
                "{key:?}"
            );
        }
    }

    // How long they took, by the hour: percentiles within 1%.
    let rows = by_key(&report(&instance, &format!("handle_time?by=hour&{RANGE}")).await, &["hour"]);
    assert_eq!(rows.len(), 24);
    for (key, row) in rows {
        let ones: Vec<_> = plain.iter().filter(|one| one.submitted_on[11..13] == key[0]).collect();
        let mut seconds: Vec<u64> = ones.iter().map(|one| one.seconds).collect();
        seconds.sort_unstable();
        assert_eq!(row["count"], json!(ones.len()));
        let mean = seconds.iter().sum::<u64>() as f64 / seconds.len() as f64;
        assert_eq!(row["mean"], json!((mean * 10.0).round() / 10.0));
        assert_eq!(row["timed_out_share"], share(ones.iter().filter(|one| one.timed_out).count(), ones.len()));
        for (name, of) in [("p50", 50), ("p90", 90), ("p95", 95)] {
            let exact = seconds[(seconds.len() * of).div_ceil(100) - 1] as f64;
            let told = row[name].as_f64().expect("a number");
            assert!((told - exact).abs() <= exact * 0.01, "{key:?} {name}: {told} and not {exact}");
        }
    }

    // What the AI was worth, of all and by configuration.
    let ai = report(&instance, &format!("ai?{RANGE}")).await;
    let row = &ai["rows"][0];
    let suggested: Vec<_> = plain.iter().filter(|one| one.suggested.is_some()).collect();
    let (unknown, known): (Vec<&Plain>, Vec<&Plain>) =
        suggested.iter().partition(|one| one.code.is_some() && one.code_from.is_none());
    let of = |outcome: &[&str]| known.iter().filter(|one| outcome.contains(&one.outcome.expect("one"))).count();
    for (field, count) in [
        ("suggested", known.len()),
        ("accepted", of(&["ai_code"])),
        ("overridden", of(&["another_code"])),
        ("taken_as_default", of(&["ai_code_as_default"])),
        ("not_used", of(&["default_code", "no_code"])),
        ("code_from_unknown", unknown.len()),
    ] {
        assert_eq!(row[field], json!(count), "{field}");
    }
    let mut matrix: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    let mut tenths: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for one in &known {
        *matrix.entry((one.suggested.clone().expect("one"), one.code.clone())).or_default() += 1;
        if let Some(confidence) = one.confidence {
            let (all, accepted) = tenths.entry((confidence / 10).min(9)).or_default();
            *all += 1;
            *accepted += usize::from(one.outcome == Some("ai_code"));
        }
    }
    let told: BTreeMap<_, _> = row["matrix"]
        .as_array()
        .expect("a matrix")
        .iter()
        .map(|cell| {
            let text = |name: &str| cell[name].as_str().map(str::to_owned);
            (
                (text("suggested").expect("a code"), text("chosen")),
                usize::try_from(cell["count"].as_u64().expect("a count")).expect("few"),
            )
        })
        .collect();
    assert_eq!(told, matrix);
    let told: Vec<_> = row["confidence"]
        .as_array()
        .expect("tenths")
        .iter()
        .map(|tenth| (tenth["from"].as_f64(), tenth["suggested"].as_u64(), tenth["accepted"].as_u64()))
        .collect();
    let expected: Vec<_> = tenths
        .iter()
        .map(|(tenth, (all, accepted))| (Some(*tenth as f64 / 10.0), Some(*all as u64), Some(*accepted as u64)))
        .collect();
    assert_eq!(told, expected);

    // Confirmations, and agents.
    let row = report(&instance, &format!("confirmations?{RANGE}")).await["rows"][0].take();
    let waiting: BTreeSet<_> = plain.iter().filter(|one| one.awaits).map(|one| one.submitted_on.clone()).collect();
    assert_eq!(row["awaiting"], json!(plain.iter().filter(|one| one.awaits).count()));
    assert_eq!(row["oldest"].as_str(), waiting.first().map(String::as_str));
    assert_eq!(row["overdue"], row["awaiting"], "the clock is days later");
    // Eleven days and six hours before the clock's time.
    let row = report(&instance, &format!("confirmations?minutes=16200&{RANGE}")).await["rows"][0].take();
    let late = plain.iter().filter(|one| one.awaits && one.submitted_on.as_str() < "2024-09-05 12:00:00").count();
    assert_eq!(row["overdue"], json!(late));
    assert!(late > 0 && row["overdue"] != row["awaiting"]);
    let rows = by_key(&report(&instance, &format!("agents?{RANGE}")).await, &["agent"]);
    assert_eq!(rows.len(), 9);
    for (key, row) in rows {
        let ones: Vec<_> = plain.iter().filter(|one| one.agent == key[0]).collect();
        assert_eq!(row["count"], json!(ones.len()));
        let known = ones.iter().filter(|one| one.code.is_none() || one.code_from.is_some()).count();
        let default = ones.iter().filter(|one| one.code_from == Some("default")).count();
        assert_eq!(row["default_share"], share(default, known));
        assert_eq!(row["timed_out_share"], share(ones.iter().filter(|one| one.timed_out).count(), ones.len()));
        let mut seconds: Vec<u64> = ones.iter().map(|one| one.seconds).collect();
        seconds.sort_unstable();
        let mean = (seconds.iter().sum::<u64>() as f64 / seconds.len() as f64 * 10.0).round() / 10.0;
        assert_eq!(row["mean"], json!(mean));
        let (half, told) = (seconds[(seconds.len() - 1) / 2] as f64, row["p50"].as_f64().expect("a number"));
        assert!((told - half).abs() <= 1.0 + half / 100.0, "{told} for {half}");
    }

    // Rows that are apart by what the report has no row for itself.
    type Key = fn(&Plain) -> Option<String>;
    let keys: [(&str, Key); 3] = [
        ("code", |one| one.code.clone()),
        ("agent", |one| Some(one.agent.clone())),
        ("configuration", |one| Some(one.configuration.to_string())),
    ];
    for (by, key) in keys {
        let rows = by_key(&report(&instance, &format!("handle_time?by={by}&{RANGE}")).await, &[by]);
        let mut counted: Vec<_> = rows.values().map(|row| row["count"].as_u64().expect("a count")).collect();
        let mut expected: BTreeMap<Option<String>, u64> = BTreeMap::new();
        plain.iter().for_each(|one| *expected.entry(key(one)).or_default() += 1);
        if by != "configuration" {
            for (key, count) in &expected {
                let own = vec![key.clone().unwrap_or_else(|| "-".to_owned())];
                assert_eq!(rows[&own]["count"], json!(count), "{by} {own:?}");
            }
        }
        // Configurations of requests have no names: their hashes tell them apart.
        let mut expected: Vec<_> = expected.into_values().collect();
        counted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(counted, expected, "{by}");
    }
}

#[tokio::test]
async fn a_report_of_too_many_rows_is_refused_with_what_to_ask_for_instead() {
    let world = World::start().await;
    let instance = world.instance();
    let many: Vec<_> = (0..1_000).map(|number| json!({"code": format!("Code of many {number}")})).collect();
    let own = json!({"configuration": {"allowed_codes": many, "default_code": "Code of many 0"}});
    for agent in 0..22 {
        let id = format!("MANY-{agent}");
        let request = merged(merged(opening(&id), &own), &json!({"agent_sys_id": format!("agent-{agent}")}));
        instance.open(&request).await;
        let close = Event::put(&format!("segment/update?external_segment_id={id}"));
        instance.call(&close.json(&json!({}))).await.expect(200);
    }
    let range = "from=2024-09-16%2000:00:00&to=2024-09-17%2000:00:00";
    assert_eq!(report(&instance, &format!("codes?{range}")).await["rows"].as_array().map(Vec::len), Some(1_000));
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    let event = Event::get(&format!("report/codes?by=agent&{range}")).authorizer(supervisor);
    let refused = instance.call(&event).await.expect(400);
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("more than 20000 rows")), "{refused}");
}

#[tokio::test]
async fn a_report_that_takes_too_long_is_refused_with_what_to_ask_for_instead() {
    let world = World::start().await;
    fill(&world, 20).await;
    let reports = world.instance().system.reports();
    let at = |text: &str| DateTime::parse(text).expect("a time");
    let request = ReportRequest::new(Name::Codes, at("2024-09-01 00:00:00"), at("2024-09-10 00:00:00"), None, None);
    let request = request.expect("a request");
    let refused = reports.report(&request, Some(tokio::time::Instant::now())).await.expect_err("no time");
    assert!(refused.to_string().contains("ask for less time"), "{refused}");
    assert!(reports.report(&request, None).await.is_ok());
}

#[tokio::test]
async fn a_report_comes_as_csv_to_whoever_asks_for_it_and_what_is_refused_does_not() {
    let world = World::start().await;
    let instance = world.instance();
    for (id, label) in [("C-1", "=SUM(A1)"), ("C-2", "Refund, \"partial\""), ("C-3", "=SUM(A1)")] {
        let codes = json!({"configuration": {"allowed_codes": [{"code": label}], "default_code": label}});
        instance.open(&merged(opening(id), &codes)).await;
        let close =
            Event::put(&format!("segment/update?external_segment_id={id}")).json(&json!({"wrap_up_code": label}));
        instance.call(&close).await.expect(200);
    }
    let range = "from=2024-09-16%2000:00:00&to=2024-09-17%2000:00:00";
    let ask = |query: String, accept: &str| {
        let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
        Event::get(&query).authorizer(supervisor).header("Accept", accept)
    };
    let answer = instance.call(&ask(format!("report/codes?by=day&{range}"), "text/csv")).await;
    assert_eq!((answer.status(), answer.header("content-type")), (200, "text/csv; charset=UTF-8"));
    assert_eq!(
        answer.text(),
        "day,code,count,share,default_share,first_in_list_share,code_from_unknown\r\n\
         2024-09-16,'=SUM(A1),2,0.6667,0,1,0\r\n\
         2024-09-16,\"Refund, \"\"partial\"\"\",1,0.3333,0,1,0\r\n"
    );
    let answer = instance.call(&ask(format!("report/ai?{range}"), "text/csv, application/json;q=0.5")).await;
    assert_eq!(answer.text().lines().count(), 2, "a head and a total: {}", answer.text());
    // Whoever takes anything gets JSON, and so does who asks for what cannot be.
    for (query, accept, status) in [
        (format!("report/codes?{range}"), "*/*", 200),
        (format!("report/codes?{range}"), "application/json, text/csv", 200),
        ("report/codes".to_owned(), "text/csv", 400),
        (format!("report/codes?{range}"), "image/png", 406),
        ("segment?state=open".to_owned(), "text/csv", 406),
    ] {
        let answer = instance.call(&ask(query.clone(), accept)).await;
        let told = (answer.status(), answer.header("content-type"));
        assert_eq!(told, (status, "application/json; charset=UTF-8"), "{query}, {accept}");
    }
}

#[tokio::test]
async fn what_a_report_costs_depends_on_the_days_and_not_on_what_the_table_holds() {
    let world = World::start().await;
    let instance = world.instance();
    fill(&world, 200).await;
    let quarter = "from=2024-07-01%2000:00:00&to=2024-09-30%2000:00:00";
    for (query, queries) in [
        // Two shelves of those that may end, or await, and one for each day up to now.
        ("handle_time?from=2024-09-02%2000:00:00&to=2024-09-04%2000:00:00".to_owned(), 16 * (2 + 2)),
        (format!("handle_time?{quarter}"), 16 * (2 + 78)),
        (format!("confirmations?{quarter}"), 16 * 2),
    ] {
        world.traffic();
        report(&instance, &query).await;
        let traffic = world.traffic();
        assert_eq!(
            (traffic.requests.len(), traffic.requests.iter().all(|one| one == "Query")),
            (queries, true),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_may_not_be_reported_is_refused_with_what_may() {
    let world = World::start().await;
    let instance = world.instance();
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    for (query, says) in [
        (format!("sales?{RANGE}"), "name has to be one of codes, handle_time, ai, confirmations or agents"),
        ("codes".to_owned(), "from is required"),
        ("codes?from=2024-09-01%2000:00:00&to=2024-12-03%2000:00:00".to_owned(), "to has to be at most 92 days"),
        ("codes?from=2024-09-02%2000:00:00&to=2024-09-02%2000:00:00".to_owned(), "to has to be later than from"),
        (format!("codes?by=moon&{RANGE}"), "by has to be one of day, hour, code, agent or configuration"),
        (format!("confirmations?minutes=-1&{RANGE}"), "minutes has to be a whole number"),
    ] {
        let event = Event::get(&format!("report/{query}")).authorizer(supervisor.clone());
        let answer = instance.call(&event).await.expect(400);
        assert!(answer["message"].as_str().is_some_and(|message| message.contains(says)), "{query}: {answer}");
    }
    let integrator = Event::get(&format!("report/codes?{RANGE}"));
    let refused = instance.call(&integrator).await.expect(403);
    assert!(refused.to_string().contains("wrapup_supervisor"), "{refused}");
}

#[tokio::test]
async fn one_whose_deadline_has_passed_counts_as_ended_though_nobody_has_stored_that() {
    let world = World::start().await;
    let instance = world.instance();
    let timed = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    for id in ["E-1", "E-2"] {
        instance.open(&merged(opening(id), &timed)).await;
    }
    let draft = Event::put("segment/draft?external_segment_id=E-1").json(&json!({"wrap_up_code": "Code 001"}));
    instance.call(&draft).await.expect(200);
    let range = "from=2024-09-16%2018:00:00&to=2024-09-17%2018:00:00";
    assert_eq!(report(&instance, &format!("handle_time?{range}")).await["rows"][0]["count"], 0);
    world.pass(std::time::Duration::from_secs(120));
    for _ in 0..2 {
        let row = report(&world.instance(), &format!("handle_time?{range}")).await["rows"][0].take();
        assert_eq!((&row["count"], &row["p50"], &row["timed_out_share"]), (&json!(2), &json!(60), &json!(1.0)));
        let rows = by_key(&report(&world.instance(), &format!("codes?{range}")).await, &["code"]);
        assert_eq!(rows[&vec!["Code 001".to_owned()]]["count"], 1, "the draft's");
        assert_eq!(rows[&vec!["Code 000".to_owned()]]["default_share"], 1.0);
        // And once it is stored, the same.
        world
            .instance()
            .system
            .segments()
            .close_overdue(tokio::time::Instant::now() + std::time::Duration::from_secs(60))
            .await
            .expect("a sweep");
    }
}
