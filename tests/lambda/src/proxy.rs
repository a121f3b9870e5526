//! A proxy in front of the embedded DynamoDB. It shows what the engine cannot: how many requests a
//! call costs, and what the handlers do when DynamoDB throttles, fails or falls silent.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Notify};
use wrapup_test_support::Http;

use crate::engine::ACCESS_KEY;

/// What a call has cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// The operations that were requested, by name.
    pub requests: Vec<String>,
    /// The permissions that they took: pairs of a table and an action of IAM.
    #[serde(skip)]
    pub permissions: BTreeSet<(String, String)>,
    /// The read capacity units that they consumed.
    pub read_units: f64,
    /// The write capacity units that they consumed of tables.
    pub write_units: f64,
    /// The write capacity units that they consumed of indexes, beside.
    pub index_write_units: f64,
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Refused as too many: the SDK tries again.
    Throttled,
    /// Refused because the table is short of throughput: the SDK tries again.
    ThroughputExceeded,
    /// DynamoDB's own failure: the SDK tries again.
    ServerError,
    /// Refused for good. Refusing all that comes after a request is also what a crash between two
    /// requests looks like to the table.
    Denied,
    /// The connection ends before DynamoDB has seen the request.
    LostRequest,
    /// DynamoDB does what it is asked, and the connection ends before the answer.
    LostAnswer,
    /// The same, but a refusal does arrive.
    LostSuccess,
    /// The transaction is canceled; its first write is to blame, for this reason.
    Canceled(&'static str),
    /// A transaction is writing the same item.
    Conflict,
    /// A batch is answered with its first key alone, the others are left unprocessed.
    PartlyUnprocessed,
    /// A batch is answered with no key at all.
    Unprocessed,
    /// Nothing: but the request waits until as many are there as the barrier is for.
    Together(Arc<Barrier>),
    /// DynamoDB does what it is asked, and the answer gets lost once the test wants it to.
    Held(Arc<Held>),
    /// DynamoDB does what it is asked, and its answer is spoiled on the way.
    Spoiled(Spoiling),
}

/// A request that DynamoDB has carried out, and of whose answer nobody knows yet.
#[derive(Debug, Default)]
pub struct Held {
    carried_out: Notify,
    lost: Notify,
}

impl Held {
    /// Waits until the request is carried out.
    pub async fn carried_out(&self) {
        self.carried_out.notified().await;
    }

    /// Has nobody wait for it any more.
    pub fn give_up(&self) {
        self.carried_out.notify_one();
    }

    /// Has the answer get lost.
    pub fn lose(&self) {
        self.lost.notify_one();
    }
}

/// What becomes of an answer on its way. Its status says that all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoiling {
    /// It ends in the middle.
    Cut,
    /// It has no body.
    Emptied,
    /// It is no JSON.
    Garbage,
    /// It is JSON, and no answer of DynamoDB.
    OtherShape,
    /// A letter of it is another one.
    Flipped,
}

impl Spoiling {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Cut, Self::Emptied, Self::Garbage, Self::OtherShape, Self::Flipped];

    fn of(self, body: &Bytes) -> Bytes {
        match self {
            Self::Cut => body.slice(..body.len() / 2),
            Self::Emptied => Bytes::new(),
            Self::Garbage => Bytes::from_static(b"<html>502</html>"),
            Self::OtherShape => Bytes::from_static(br#"{"Item": [1], "Responses": 2, "Attributes": "x", "Items": {}}"#),
            Self::Flipped => {
                let mut flipped = body.to_vec();
                // Within a text of most answers; a brace in the shortest.
                let middle = flipped.len() / 2;
                flipped[middle] = if flipped[middle] == b'0' { b'1' } else { b'0' };
                flipped.into()
            }
        }
    }
}

impl Fault {
    /// Holds requests back until so many of them are under way at once.
    pub fn together(requests: usize) -> Self {
        Self::Together(Arc::new(Barrier::new(requests)))
    }
}

/// Which requests a fault meets; without further words, every one.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    operation: Option<&'static str>,
    table: Option<&'static str>,
    skip: usize,
    times: usize,
}

impl Rule {
    /// Every request, from now on.
    pub fn always(fault: Fault) -> Self {
        Self { fault, operation: None, table: None, skip: 0, times: usize::MAX }
    }

    /// The next request.
    pub fn once(fault: Fault) -> Self {
        Self { times: 1, ..Self::always(fault) }
    }

    /// Only this operation.
    #[must_use]
    pub fn on(self, operation: &'static str) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Only requests that name this table.
    #[must_use]
    pub fn of(self, table: &'static str) -> Self {
        Self { table: Some(table), ..self }
    }

    /// Lets so many requests pass before.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        Self { skip: requests, ..self }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }
}

#[derive(Default)]
struct Seen {
    operations: Vec<String>,
    permissions: BTreeSet<(String, String)>,
    read_units: f64,
    write_units: f64,
    index_write_units: f64,
    faults: usize,
    rules: Vec<Rule>,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    client: Http,
    engine: String,
    access_key: String,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// Starts a proxy in front of the engine at this URL, and answers its own URL. Whoever asks it is there under this
    /// access key.
    pub async fn start(engine: String, access_key: String) -> (Self, String) {
        let proxy = Self { client: Http::new(), engine, access_key, seen: Arc::default() };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(handle).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, url)
    }

    pub fn add(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    pub fn clear_rules(&self) {
        self.lock().rules.clear();
    }

    /// How many requests a rule has met.
    pub fn faults(&self) -> usize {
        self.lock().faults
    }

    /// What has come since the last time this was asked.
    pub fn traffic(&self) -> Traffic {
        let mut seen = self.lock();
        let mut requests = std::mem::take(&mut seen.operations);
        requests.sort();
        let permissions = std::mem::take(&mut seen.permissions);
        let (read_units, write_units) = (std::mem::take(&mut seen.read_units), std::mem::take(&mut seen.write_units));
        let index_write_units = std::mem::take(&mut seen.index_write_units);
        Traffic { requests, permissions, read_units, write_units, index_write_units }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and says what has to go wrong with it.
    fn judge(&self, operation: &str, body: &Value) -> Option<Fault> {
        let mut seen = self.lock();
        seen.operations.push(operation.to_owned());
        seen.permissions.extend(permissions(operation, body));
        let text = body.to_string();
        let met = seen.rules.iter_mut().find_map(|rule| {
            let named = rule.operation.is_none_or(|wanted| wanted == operation)
                && rule.table.is_none_or(|table| text.contains(&format!("\"{table}\"")));
            if !named || rule.times == 0 {
                return None;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            rule.times -= 1;
            Some(rule.fault.clone())
        });
        seen.faults += usize::from(met.is_some());
        met
    }

    async fn forward(&self, headers: &HeaderMap, body: &Value) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::post(&self.engine);
        for (name, value) in headers {
            if name == "authorization" {
                // No engine here looks at signatures.
                let signed = value.to_str().unwrap_or_default();
                let credential = format!("Credential={}/", self.access_key);
                request = request.header(name, signed.replace(&format!("Credential={ACCESS_KEY}/"), &credential));
            } else if name != "host" && name != "content-length" {
                request = request.header(name, value);
            }
        }
        let request = request.body(body.to_string().into()).expect("a request");
        let (answer, body) = self.client.send(request).await.into_parts();
        let (all, of_indexes) =
            units(serde_json::from_slice::<Value>(&body).unwrap_or_default().get("ConsumedCapacity"));
        let mut seen = self.lock();
        match operation(headers) {
            "GetItem" | "BatchGetItem" | "Query" => seen.read_units += all,
            _ => {
                seen.write_units += all - of_indexes;
                seen.index_write_units += of_indexes;
            }
        }
        drop(seen);
        (answer.status, answer.headers, body)
    }
}

/// The permissions that a request takes: a transaction those of its writes, a query by an index one on that alone.
fn permissions(operation: &str, body: &Value) -> Vec<(String, String)> {
    let named = |table: &Value, action: &str| (table.as_str().unwrap_or_default().to_owned(), action.to_owned());
    match operation {
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flat_map(Map::keys);
            tables.map(|table| (table.clone(), operation.to_owned())).collect()
        }
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
            writes.map(|(write, of)| named(&of["TableName"], &format!("{write}Item"))).collect()
        }
        _ => {
            let (table, action) = named(&body["TableName"], operation);
            let index = body["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
            vec![(table + &index, action)]
        }
    }
}

async fn handle(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let operation = operation(&parts.headers);
    let body = to_bytes(body, usize::MAX).await.expect("a whole request");
    let mut body: Value = serde_json::from_slice(&body).expect("a JSON request");
    let counted = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems"];
    if counted.contains(&operation) {
        body["ReturnConsumedCapacity"] = json!("INDEXES");
    }
    match proxy.judge(operation, &body) {
        None => pass_on(proxy.forward(&parts.headers, &body).await),
        Some(Fault::Throttled) => refusal(StatusCode::BAD_REQUEST, "ThrottlingException", json!({})),
        Some(Fault::ThroughputExceeded) => {
            refusal(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", json!({}))
        }
        Some(Fault::ServerError) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", json!({})),
        Some(Fault::Denied) => refusal(StatusCode::BAD_REQUEST, "AccessDeniedException", json!({})),
        Some(Fault::Conflict) => refusal(StatusCode::BAD_REQUEST, "TransactionConflictException", json!({})),
        Some(Fault::LostRequest) => hang_up(),
        Some(Fault::Together(barrier)) => {
            barrier.wait().await;
            pass_on(proxy.forward(&parts.headers, &body).await)
        }
        Some(Fault::LostAnswer) => {
            proxy.forward(&parts.headers, &body).await;
            hang_up()
        }
        Some(Fault::Held(held)) => {
            proxy.forward(&parts.headers, &body).await;
            held.carried_out.notify_one();
            held.lost.notified().await;
            hang_up()
        }
        Some(Fault::Spoiled(spoiling)) => {
            let (status, headers, body) = proxy.forward(&parts.headers, &body).await;
            pass_on((status, headers, spoiling.of(&body)))
        }
        Some(Fault::LostSuccess) => {
            let answer = proxy.forward(&parts.headers, &body).await;
            if answer.0.is_success() { hang_up() } else { pass_on(answer) }
        }
        Some(Fault::Canceled(reason)) => {
            let writes = body["TransactItems"].as_array().map_or(0, Vec::len);
            let mut reasons = vec![json!({"Code": "None"}); writes];
            reasons[0] = json!({"Code": reason, "Message": "so the test wants"});
            refusal(
                StatusCode::BAD_REQUEST,
                "TransactionCanceledException",
                json!({"Message": "Transaction cancelled", "CancellationReasons": reasons}),
            )
        }
        Some(Fault::Unprocessed) => {
            let answer = json!({"Responses": {}, "UnprocessedKeys": body["RequestItems"]});
            json_response(StatusCode::OK, &answer)
        }
        Some(Fault::PartlyUnprocessed) => {
            let unprocessed = leave_one_key(&mut body);
            let (status, _, answer) = proxy.forward(&parts.headers, &body).await;
            let mut answer: Value = serde_json::from_slice(&answer).expect("a JSON answer");
            answer["UnprocessedKeys"] = unprocessed;
            json_response(status, &answer)
        }
    }
}

/// Takes all but the first key out of a batch, and answers the rest as a batch of its own.
fn leave_one_key(body: &mut Value) -> Value {
    let mut unprocessed = Map::new();
    let tables = body["RequestItems"].as_object_mut().expect("a batch");
    let mut first = true;
    for (table, wanted) in tables.iter_mut() {
        let keys = wanted["Keys"].as_array_mut().expect("keys");
        let left = keys.split_off(usize::from(first));
        first = false;
        if !left.is_empty() {
            let mut rest = wanted.clone();
            rest["Keys"] = Value::Array(left);
            unprocessed.insert(table.clone(), rest);
        }
    }
    tables.retain(|_, wanted| wanted["Keys"].as_array().is_some_and(|keys| !keys.is_empty()));
    Value::Object(unprocessed)
}

/// The operation that a request asks for, such as `GetItem`.
fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

/// The units of an answer, and those of them that are an index's.
fn units(consumed: Option<&Value>) -> (f64, f64) {
    match consumed {
        Some(Value::Array(tables)) => tables
            .iter()
            .map(|table| units(Some(table)))
            .fold((0.0, 0.0), |(all, of_indexes), (more, more_of_indexes)| (all + more, of_indexes + more_of_indexes)),
        Some(table) => {
            let indexes = table["GlobalSecondaryIndexes"].as_object().into_iter().flat_map(Map::values);
            let of_indexes = indexes.filter_map(|index| index["CapacityUnits"].as_f64()).sum();
            (table["CapacityUnits"].as_f64().unwrap_or_default(), of_indexes)
        }
        None => (0.0, 0.0),
    }
}

fn pass_on((status, headers, body): (StatusCode, HeaderMap, Bytes)) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for name in ["content-type", "x-amzn-requestid", "x-amz-crc32"] {
        if let Some(value) = headers.get(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn refusal(status: StatusCode, error: &str, more: Value) -> Response {
    let mut body =
        json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{error}"), "message": "so the test wants"});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    json_response(status, &body)
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

/// A body that fails at once: the server ends the connection in the middle of the response.
fn hang_up() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Response::new(Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(broken)])))
}
