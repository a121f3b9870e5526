//! Whether calls cost more where there is more: each one in turns against few codes and wrap-ups, and against many.

use std::fmt::Write;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde_json::{Value, json};
use wrapup_lambda_tests::{Event, Instance, Traffic, World, opening};

use crate::error::BenchError;
use crate::reports;

/// Wrap-ups, and codes, of the deployment that has few.
const FEW: usize = 100;

/// How many wrap-ups there are for a code in the one that has many.
const WRAP_UPS_PER_CODE: usize = 10;

/// Codes that one request creates.
const CODES_AT_ONCE: usize = 500;

/// How often each call is made of either.
const ROUNDS: usize = 200;

/// Longer than an instance remembers codes and configurations, so that in each round they are read again.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(61);

/// How many wrap-ups the one that has many may have: what fits into the memory of a machine that builds this.
const MOST: usize = 2_000_000;

/// How many wrap-ups a comparison is asked for with.
///
/// # Errors
/// Where that is no number, too few to compare, or too many.
pub fn many(said: &str) -> Result<usize, String> {
    let many = said.parse().ok().filter(|many| (FEW + 1..=MOST).contains(many));
    many.ok_or_else(|| format!("it has to be a number from {} to {MOST}", FEW + 1))
}

/// A deployment, and what its calls have cost so far.
struct Deployment {
    world: World,
    instance: Instance,
    costs: Vec<Cost>,
}

/// What the rounds of a call have cost together.
#[derive(Default)]
struct Cost {
    requests: usize,
    read_units: f64,
    write_units: f64,
    times: Vec<Duration>,
}

/// Measures each call with few and with so many wrap-ups, a code for each ten of them, and writes the figures as a table.
pub async fn measure(wrap_ups: usize) -> Result<String, BenchError> {
    let codes = (wrap_ups / WRAP_UPS_PER_CODE).max(FEW);
    let mut deployments = [Deployment::start(FEW, FEW).await?, Deployment::start(wrap_ups, codes).await?];
    let names: Vec<&str> = calls(0).into_iter().map(|(name, _)| name).collect();
    for round in 0..ROUNDS {
        for (at, (name, event)) in calls(round).iter().enumerate() {
            for deployment in &mut deployments {
                deployment.call(at, name, event).await?;
            }
        }
        deployments.iter().for_each(|deployment| deployment.world.pass(BETWEEN_ROUNDS));
    }
    let [few, many] = deployments;
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["call", "requests", "read units", "write units", "time, many to few"]);
    for ((name, few), many) in names.into_iter().zip(few.costs).zip(many.costs) {
        let each = |count: f64| count / ROUNDS as f64;
        let pair = |few: f64, many: f64| match few == many {
            true => format!("{:.2}", each(few)),
            false => format!("{:.2} and {:.2}", each(few), each(many)),
        };
        let ratio = many.median().as_secs_f64() / few.median().as_secs_f64();
        table.add_row([
            name.to_owned(),
            pair(few.requests as f64, many.requests as f64),
            pair(few.read_units, many.read_units),
            pair(few.write_units, many.write_units),
            format!("{ratio:.2}"),
        ]);
    }
    let mut text = table.to_string();
    let _ = writeln!(text, "\n{FEW} codes and {FEW} wrap-ups against {codes} and {wrap_ups}, {ROUNDS} rounds");
    Ok(text)
}

/// The calls of a round, whose segment is one of its own.
fn calls(round: usize) -> Vec<(&'static str, Event)> {
    let (id, agent) = (format!("SCALE-{round}"), format!("agent-{round}"));
    let with = |mut body: Value, more: Value| {
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    };
    let update = |path: &str, body: Value| Event::put(&format!("{path}?external_segment_id={id}")).json(&body);
    let opened = with(opening(&id), json!({"agent_sys_id": agent, "opened_on": null}));
    let code = json!({"codes": [{"code": "Code 001", "description": format!("Of round {round}")}]});
    vec![
        ("POST code", Event::post("code").json(&code)),
        ("segment/create", Event::post("segment/create").json(&opened)),
        ("segment/{segment_id}", Event::get(&format!("segment/{id}"))),
        ("segment/agent/.../interaction/...", Event::get(&format!("segment/agent/{agent}/interaction/interaction"))),
        ("segment/draft", update("segment/draft", json!({"notes": "The customer was"}))),
        (
            "segment/update/ai",
            Event::put("segment/update/ai").json(&json!({"external_segment_id": id, "ai_notes": "Called twice."})),
        ),
        ("segment?agent=", Event::get(&format!("segment?agent={agent}"))),
        ("segment/update, closing", update("segment/update", json!({"wrap_up_code": "Code 001", "notes": "Done."}))),
        ("segment?state=open", Event::get("segment?state=open&limit=10")),
        ("code?limit=10", Event::get("code?limit=10")),
    ]
}

impl Deployment {
    async fn start(wrap_ups: usize, codes: usize) -> Result<Self, BenchError> {
        let world = World::start().await;
        let instance = world.instance();
        for start in (0..codes).step_by(CODES_AT_ONCE) {
            let labels = start..codes.min(start + CODES_AT_ONCE);
            let codes: Vec<Value> = labels.map(|number| json!({"code": format!("Code {number:03}")})).collect();
            ok("POST code", instance.call(&Event::post("code").json(&json!({"codes": codes}))).await.status())?;
        }
        reports::fill(&world, wrap_ups).await?;
        world.traffic();
        let costs = calls(0).iter().map(|_| Cost::default()).collect();
        Ok(Self { instance: world.instance(), world, costs })
    }

    async fn call(&mut self, at: usize, name: &str, event: &Event) -> Result<(), BenchError> {
        let begun = Instant::now();
        let status = self.instance.call(event).await.status();
        let took = begun.elapsed();
        ok(name, status)?;
        let Traffic { requests, read_units, write_units, index_write_units, .. } = self.world.traffic();
        if let Some(cost) = self.costs.get_mut(at) {
            cost.requests += requests.len();
            cost.read_units += read_units;
            cost.write_units += write_units + index_write_units;
            cost.times.push(took);
        }
        Ok(())
    }
}

impl Cost {
    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

fn ok(name: &str, status: u16) -> Result<(), BenchError> {
    match status {
        200 => Ok(()),
        other => Err(BenchError::Unexpected { name: name.to_owned(), answer: other.to_string() }),
    }
}
