use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wrapup::dynamodb::Connection;
use wrapup_local_lambda::{Invoke, InvokeError, function_name, invoke_api};

/// A Lambda Invoke API with one function, which keeps interaction segments in memory by the JSON
/// contract, and misbehaves on demand: the API is the one that `wrapup local` has, but Lambda behind it is no more than
/// what a test makes it do, since a real one cannot be told to fail.
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
pub struct Exchange {
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
    exchanges: Vec<Exchange>,
    misbehaviour: Option<Misbehaviour>,
}

impl InvokeApi {
    /// Starts it with this function. Every other one is absent.
    pub async fn start(function: &'static str) -> Self {
        let function = Arc::new(Function { name: function, seen: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = invoke_api(Arc::clone(&function));
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
    pub fn invocations(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.function.lock().exchanges)
    }
}

impl Function {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Invoke for Function {
    async fn invoke(&self, function: String, payload: Bytes) -> Result<Bytes, InvokeError> {
        let request: Value = serde_json::from_slice(&payload).expect("a JSON request");
        let answered = answer(self, &function, &request);
        let response = match &answered {
            Some(Ok((_, response))) => response.clone(),
            _ => Value::Null,
        };
        self.lock().exchanges.push(Exchange { function, request, response });
        match answered {
            Some(answered) => answered.map(|(said, _)| said.into()),
            None => pending().await,
        }
    }
}

/// What the function says, and that again where it is a response of the contract, else null; or why it says nothing.
/// `None` for silence.
fn answer(function: &Function, name: &str, request: &Value) -> Option<Result<(String, Value), InvokeError>> {
    let mut seen = function.lock();
    if function_name(name) != function.name {
        return Some(Err(InvokeError::no_such_function(name)));
    }
    let said = match &mut seen.misbehaviour {
        Some(Misbehaviour::Silence) => return None,
        Some(Misbehaviour::Throttles(left)) if *left > 0 => {
            *left -= 1;
            let body = json!({"Reason": "ConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."});
            return Some(Err(refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", &body)));
        }
        Some(Misbehaviour::Updates(left)) if *left > 0 => {
            *left -= 1;
            let body = json!({"Type": "User", "Message": "The operation cannot be performed at this time."});
            return Some(Err(refused(StatusCode::CONFLICT, "ResourceConflictException", &body)));
        }
        Some(Misbehaviour::ServiceError) => {
            let body = json!({"Type": "Service", "Message": "so the test wants"});
            return Some(Err(refused(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &body)));
        }
        Some(Misbehaviour::FunctionError) => {
            let body = json!({"errorType": "KeyError", "errorMessage": "a caller's secret"}).to_string();
            return Some(Err(InvokeError::Function(body.into())));
        }
        Some(Misbehaviour::Answers(text)) => return Some(Ok((text.clone(), Value::Null))),
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
    Some(Ok((said.to_string(), said)))
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

fn refused(status: StatusCode, error_type: &'static str, body: &Value) -> InvokeError {
    InvokeError::Refused { status, error_type, body: body.to_string() }
}
