//! The way from the SDK to DynamoDB's engine, on which requests and answers are late or lost: as the seed says, and
//! without a socket, so that it takes no time.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wrapup::dynamodb::Item;

use super::timeline::{CALL, Call, Happening, Timeline, Wait};

/// The segment table.
const SEGMENTS: &str = "interaction_wrap_up_segment";

/// The code table.
const CODES: &str = "interaction_wrap_up_code";

/// How many requests of a thousand meet what.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// Late by up to 1.4 s on the way there or back: no sender gives up for that.
    pub slow: u32,
    /// What only reads: answered up to 4.5 s late. What has been read is that old then.
    pub late_answer: u32,
    /// Late by 2 to 9 s on the way there: whoever sent it may have given it up when it is carried out.
    pub held: u32,
    /// Refused as too many.
    pub throttled: u32,
    /// Lost on the way there.
    pub lost_request: u32,
    /// What writes: carried out, and the answer lost, which the sender knows up to 2.5 s later.
    pub lost_answer: u32,
    /// Carried out, and the answer cut on its way.
    pub spoiled: u32,
    /// Refused as too many while DynamoDB is short of throughput: for 1.2 seconds of every five.
    pub outage: u32,
    /// Milliseconds that a run of a job has.
    pub longest_run: u64,
}

/// A segment as it was stored before and after a write that DynamoDB has carried out.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The number of the call that has written it.
    pub call: usize,
    /// When it was carried out, in milliseconds since the world began.
    pub at: u64,
    /// When the request was sent, and when it was carried out: milliseconds by the clock of the instance.
    pub sent: i64,
    /// See there.
    pub carried_out: i64,
    /// Whether nobody waited for it any more.
    pub given_up: bool,
    /// The segment before; none where it is new.
    pub before: Option<Item>,
    /// The segment after.
    pub after: Item,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    Throttled,
    LostRequest,
    LostAnswer,
    Spoiled,
}

/// A request under way.
#[derive(Debug)]
pub struct Exchange {
    call: Arc<Call>,
    operation: String,
    body: String,
    sent: u64,
    fate: Fate,
    back: u64,
    way: Mutex<Way>,
}

#[derive(Debug, Default)]
struct Way {
    /// None in an answer is a connection that ends without one.
    answer: Option<Option<(u16, String)>>,
    has_arrived: bool,
    given_up: bool,
    waker: Option<Waker>,
}

/// The way to the engine of one world.
#[derive(Clone)]
pub struct Network(Arc<Inside>);

struct Inside {
    engine: Database,
    timeline: Timeline,
    trouble: Trouble,
    is_calm: AtomicBool,
    random: Mutex<fastrand::Rng>,
    stored: Mutex<Vec<Stored>>,
    late_codes: Mutex<Vec<usize>>,
}

impl Network {
    /// The way to an empty DynamoDB.
    pub fn new(timeline: Timeline, trouble: Trouble, seed: u64) -> Self {
        Self(Arc::new(Inside {
            engine: Database::memory().expect("a database"),
            timeline,
            trouble,
            is_calm: AtomicBool::new(false),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            stored: Mutex::default(),
            late_codes: Mutex::default(),
        }))
    }

    /// From now on all goes well.
    pub fn calm(&self) {
        self.0.is_calm.store(true, Ordering::SeqCst);
    }

    /// What has been stored of segments so far, in order.
    pub fn stored(&self) -> MutexGuard<'_, Vec<Stored>> {
        self.0.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of the calls of which a write of a code was carried out that nobody waited for any more, once for each.
    pub fn late_codes(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.late_codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request reaches DynamoDB.
    pub fn arrive(&self, exchange: Arc<Exchange>) {
        let answer = match exchange.fate {
            Fate::Throttled => {
                let throttled = json!({
                    "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "so the test wants",
                });
                Some((400, throttled.to_string()))
            }
            Fate::LostRequest => None,
            Fate::Fine | Fate::LostAnswer => {
                let answer = self.carry_out(&exchange.operation, &exchange.body, Some(&exchange));
                Some(answer).filter(|_| exchange.fate == Fate::Fine)
            }
            Fate::Spoiled => {
                let (status, mut answer) = self.carry_out(&exchange.operation, &exchange.body, Some(&exchange));
                let half = (0..=answer.len() / 2).rev().find(|half| answer.is_char_boundary(*half));
                answer.truncate(half.unwrap_or_default());
                Some((status, answer))
            }
        };
        exchange.way().answer = Some(answer);
        self.0.timeline.after(exchange.back, Happening::Answer(exchange));
    }

    /// An answer reaches its call.
    pub fn answer(&self, exchange: &Exchange) {
        let mut way = exchange.way();
        way.has_arrived = true;
        if let Some(waker) = way.waker.take().filter(|_| !way.given_up) {
            waker.wake();
        }
    }

    fn send(&self, call: Arc<Call>, operation: String, body: String) -> Arc<Exchange> {
        let mut random = self.0.random.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut there, mut back) = (random.u64(1..15), random.u64(1..15));
        let Trouble { slow, late_answer, held, throttled, lost_request, lost_answer, spoiled, outage, .. } =
            self.0.trouble;
        let throttled = if self.0.timeline.now() % 5_000 < 1_200 { outage } else { throttled };
        let writes = matches!(operation.as_str(), "PutItem" | "UpdateItem" | "TransactWriteItems");
        let (late_answer, lost_answer) = if writes { (0, lost_answer) } else { (late_answer, 0) };
        let mut fate = Fate::Fine;
        if !self.0.is_calm.load(Ordering::SeqCst) {
            let drawn = random.u32(0..1_000);
            let mut upper = 0;
            let shares = [slow, late_answer, held, throttled, lost_request, spoiled, lost_answer].map(|share| {
                upper += share;
                upper
            });
            match shares.iter().position(|upper| drawn < *upper) {
                Some(0) if random.bool() => there = random.u64(100..1_400),
                Some(0) => back = random.u64(100..1_400),
                Some(1) => back = random.u64(1_400..4_500),
                Some(2) => there = random.u64(2_000..9_000),
                Some(3) => fate = Fate::Throttled,
                Some(4) => fate = Fate::LostRequest,
                Some(5) => fate = Fate::Spoiled,
                Some(_) => (fate, back) = (Fate::LostAnswer, random.u64(10..2_500)),
                None => {}
            }
        }
        let sent = self.0.timeline.now();
        let exchange = Arc::new(Exchange { call, operation, body, sent, fate, back, way: Mutex::default() });
        self.0.timeline.after(there, Happening::Arrive(Arc::clone(&exchange)));
        exchange
    }

    /// Has the engine do what a request asks for, and keeps what it stores of segments.
    fn carry_out(&self, operation: &str, body: &str, exchange: Option<&Exchange>) -> (u16, String) {
        let engine = &self.0.engine;
        let keys = written(operation, body);
        let before: Vec<_> = keys.iter().map(|key| self.item(key)).collect();
        let answer = match operation {
            "GetItem" => said(engine.get_item(read(body))),
            "BatchGetItem" => said(engine.batch_get_item(read(body))),
            "PutItem" => said(engine.put_item(read(body))),
            "UpdateItem" => said(engine.update_item(read(body))),
            "TransactWriteItems" => said(engine.transact_write_items(read(body))),
            "Query" => said(engine.query(read(body))),
            "Scan" => said(engine.scan(read(body))),
            "CreateTable" => said(engine.create_table(read(body))),
            "DescribeTable" => said(engine.describe_table(read(body))),
            "UpdateTable" => said(engine.update_table(read(body))),
            "UpdateTimeToLive" => said(engine.update_time_to_live(read(body))),
            other => panic!("an operation that nobody has expected: {other}"),
        };
        if let (200, Some(exchange)) = (answer.0, exchange) {
            if exchange.way().given_up && is_of_codes(operation, body) {
                self.late_codes().push(exchange.call.number);
            }
            let by_its_clock = |time: u64| i64::try_from(time).expect("a short time") + exchange.call.skew;
            for (key, before) in keys.iter().zip(before) {
                let after = self.item(key);
                // A transaction that comes again is answered, and does nothing.
                let Some(after) = after.filter(|after| before.as_ref() != Some(after)) else { continue };
                let stored = Stored {
                    call: exchange.call.number,
                    at: self.0.timeline.now(),
                    sent: by_its_clock(exchange.sent),
                    carried_out: by_its_clock(self.0.timeline.now()),
                    given_up: exchange.way().given_up,
                    before,
                    after,
                };
                self.stored().push(stored);
            }
        }
        answer
    }

    fn item(&self, key: &str) -> Option<Item> {
        let request = json!({"TableName": SEGMENTS, "Key": {"sys_id": {"S": key}}, "ConsistentRead": true});
        let found = self.0.engine.get_item(read(&request.to_string())).expect("a read");
        let item: serde_dynamo::Item =
            serde_json::from_value(serde_json::to_value(found.item?).expect("JSON")).expect("an item");
        Some(item.into())
    }
}

/// The keys of the segments that a request writes.
fn written(operation: &str, body: &str) -> Vec<String> {
    if !matches!(operation, "PutItem" | "UpdateItem" | "TransactWriteItems") {
        return Vec::new();
    }
    let body: Value = serde_json::from_str(body).expect("JSON");
    let writes: Vec<&Value> = match &body["TransactItems"] {
        Value::Array(items) => items.iter().filter_map(|item| item.as_object()?.values().next()).collect(),
        _ => vec![&body],
    };
    let writes = writes.into_iter().filter(|write| write["TableName"] == SEGMENTS);
    let keys = writes.filter_map(|write| {
        let key = write["Key"]["sys_id"]["S"].as_str();
        key.or_else(|| write["Item"]["sys_id"]["S"].as_str()).map(str::to_owned)
    });
    keys.filter(|key| !key.contains(':')).collect()
}

/// Whether a request writes a code.
fn is_of_codes(operation: &str, body: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem")
        && serde_json::from_str::<Value>(body).is_ok_and(|body| body["TableName"] == CODES)
}

fn read<T: DeserializeOwned>(body: &str) -> T {
    serde_json::from_str(body).expect("a request that the engine takes")
}

fn said<T: Serialize>(done: Result<T, DynoxideError>) -> (u16, String) {
    match done {
        Ok(answer) => (200, serde_json::to_string(&answer).expect("JSON")),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

impl Exchange {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = String::from_utf8(request.body().bytes().expect("a body in memory").to_vec()).expect("UTF-8");
        match CALL.try_with(Arc::clone) {
            Ok(call) => {
                let wait = Wait::of(&call);
                HttpConnectorFuture::new(Reply { exchange: self.send(call, operation, body), _wait: wait })
            }
            // What prepares a world takes no time.
            Err(_) => HttpConnectorFuture::ready(response(Some(self.carry_out(&operation, &body, None)))),
        }
    }
}

fn response(answer: Option<(u16, String)>) -> Result<HttpResponse, ConnectorError> {
    let (status, body) = answer.ok_or_else(|| ConnectorError::io("the connection has ended".into()))?;
    let mut response = HttpResponse::new(status.try_into().expect("a status"), body.into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// What a call waits for.
struct Reply {
    exchange: Arc<Exchange>,
    _wait: Wait,
}

impl Future for Reply {
    type Output = Result<HttpResponse, ConnectorError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut way = self.exchange.way();
        if way.has_arrived {
            return Poll::Ready(response(way.answer.take().flatten()));
        }
        way.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let mut way = self.exchange.way();
        way.given_up = !way.has_arrived;
        way.waker = None;
    }
}
