use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wrapup::dynamodb::Connection;

/// A Lambda Invoke API with one function, which keeps interaction segments in memory by the JSON
/// contract, and misbehaves on demand.
pub struct InvokeApi {
    url: String,
    function: Arc<Function>,
}

/// What goes wrong with an invocation.
#[derive(Clone, Debug)]
pub enum Misbehaviour {
    /// There is never an answer.
    Silence,
    /// Lambda refuses so many invocations as too many.
    Throttles(usize),
    /// Lambda refuses so many invocations because the function is being updated.
    Updates(usize),
    /// Lambda itself fails.
    ServiceError,
    /// The function fails, and says why.
    FunctionError,
    /// The function answers this text, whatever it is asked.
    Answers(String),
    /// The function answers the right record of another table.
    AnotherTable,
    /// The function answers another record of the table.
    AnotherRecord,
}

/// What a function was sent, and what it said to that.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function, as the request names it.
    pub function: String,
    /// The request.
    pub request: Value,
    /// The response; null where there was none.
    pub response: Value,
}

struct Function {
    name: &'static str,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    records: HashMap<String, Value>,
    invocations: Vec<Invocation>,
    misbehaviour: Option<Misbehaviour>,
}

impl InvokeApi {
    /// Starts it with this function. Every other one is absent.
    pub async fn start(function: &'static str) -> Self {
        let function = Arc::new(Function { name: function, seen: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .with_state(Arc::clone(&function));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, function }
    }

    /// How to reach it.
    pub fn connection(&self) -> Connection {
        Connection {
            region: "us-east-1".to_owned(),
            endpoint: Some(self.url.clone()),
            credentials: Credentials::new("test", "test", None, None, "test"),
        }
    }

    /// Makes invocations go wrong from now on.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.function.lock().misbehaviour = Some(misbehaviour);
    }

    /// Makes all well again.
    pub fn behave(&self) {
        self.function.lock().misbehaviour = None;
    }

    /// Puts a record in place of the one with its id.
    pub fn put(&self, record: Value) {
        let id = record["id"].as_str().expect("an id").to_owned();
        self.function.lock().records.insert(id, record);
    }

    /// Deletes all records.
    pub fn clear(&self) {
        self.function.lock().records.clear();
    }

    /// The ids of all records.
    pub fn ids(&self) -> Vec<String> {
        self.function.lock().records.keys().cloned().collect()
    }

    /// What has been invoked since the last time this was called.
    pub fn invocations(&self) -> Vec<Invocation> {
        std::mem::take(&mut self.function.lock().invocations)
    }
}

impl Function {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn invoke(State(function): State<Arc<Function>>, Path(name): Path<String>, payload: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&payload).expect("a JSON request");
    let answered = answer(&function, &name, &request);
    let (response, said) = match answered {
        Some((response, said)) => (response, said),
        None => {
            record_invocation(&function, name, request, Value::Null);
            return std::future::pending().await;
        }
    };
    record_invocation(&function, name, request, said);
    response
}

fn record_invocation(function: &Function, name: String, request: Value, response: Value) {
    function.lock().invocations.push(Invocation { function: name, request, response });
}

/// The HTTP response and, where the function has said something, its response; `None` for silence.
fn answer(function: &Function, name: &str, request: &Value) -> Option<(Response, Value)> {
    let mut seen = function.lock();
    if name.rsplit(':').next() != Some(function.name) {
        let body = json!({"Type": "User", "Message": format!("Function not found: {name}")});
        return Some((lambda_error(StatusCode::NOT_FOUND, "ResourceNotFoundException", &body), Value::Null));
    }
    let said = match &mut seen.misbehaviour {
        Some(Misbehaviour::Silence) => return None,
        Some(Misbehaviour::Throttles(left)) if *left > 0 => {
            *left -= 1;
            let body = json!({"Reason": "ConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."});
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Some((lambda_error(status, "TooManyRequestsException", &body), Value::Null));
        }
        Some(Misbehaviour::Updates(left)) if *left > 0 => {
            *left -= 1;
            let body = json!({"Type": "User", "Message": "The operation cannot be performed at this time."});
            return Some((lambda_error(StatusCode::CONFLICT, "ResourceConflictException", &body), Value::Null));
        }
        Some(Misbehaviour::ServiceError) => {
            let body = json!({"Type": "Service", "Message": "so the test wants"});
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Some((lambda_error(status, "ServiceException", &body), Value::Null));
        }
        Some(Misbehaviour::FunctionError) => {
            let body = json!({"errorType": "KeyError", "errorMessage": "a caller's secret"}).to_string();
            return Some((([("x-amz-function-error", "Unhandled")], body).into_response(), Value::Null));
        }
        Some(Misbehaviour::Answers(text)) => return Some((text.clone().into_response(), Value::Null)),
        Some(Misbehaviour::AnotherTable) => {
            let mut said = seen.serve(request, true);
            said["record"]["table"] = json!("someone_elses");
            said
        }
        Some(Misbehaviour::AnotherRecord) => {
            let mut said = seen.serve(request, true);
            said["record"]["id"] = json!("another-call");
            said
        }
        Some(Misbehaviour::Throttles(_) | Misbehaviour::Updates(_)) | None => seen.serve(request, false),
    };
    Some((said.to_string().into_response(), said))
}

impl Seen {
    /// What a function says that keeps the contract. One that makes records up keeps none.
    fn serve(&mut self, request: &Value, makes_up: bool) -> Value {
        let (id, record) = match request["operation"].as_str().expect("an operation") {
            "create" => {
                let segment = &request["segment"];
                let record = json!({
                    "id": segment["segment_id"],
                    "table": request["segment_table"],
                    "interaction": segment["interaction"],
                    "agent": segment["agent"],
                    "start": segment["opened_on"],
                    "end": null,
                    "fields": {"caller": segment["caller"]},
                });
                (&segment["segment_id"], Some(record))
            }
            "retrieve" if makes_up => {
                (&request["segment_id"], Some(json!({"id": request["segment_id"], "table": request["segment_table"]})))
            }
            "retrieve" => (&request["segment_id"], None),
            other => panic!("no operation of the contract: {other}"),
        };
        let id = id.as_str().expect("an id").to_owned();
        let record = match record {
            Some(record) if makes_up => Some(record),
            Some(record) => Some(self.records.entry(id).or_insert(record).clone()),
            None => self.records.get(&id).cloned(),
        };
        match record {
            Some(record) => json!({"version": 1, "record": record}),
            None => json!({"version": 1, "error": {"code": "no_such_record"}}),
        }
    }
}

fn lambda_error(status: StatusCode, error: &'static str, body: &Value) -> Response {
    (status, [("x-amzn-errortype", error)], body.to_string()).into_response()
}
