//! DynamoDB's HTTP API over the embedded database. The engine has a server too, and keeps to itself what that is made of;
//! but that one invites the pages of every site (`Access-Control-Allow-Origin: *`), waits for slow callers for ever, and
//! slows down with each transaction. Whatever an SDK can send is answered here as it is there.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use dynoxide::actions::execute_transaction::ExecuteTransactionRequest;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::auth_material::{self, AuthMaterial};
use dynoxide::{Database, DynoxideError};
use rusqlite::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wrapup::api::BodyError;

use super::super::server;
use super::tokens::Tokens;
use super::trimming::Readers;

/// Bytes that DynamoDB takes as a request.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The longest token that DynamoDB takes; longer ones the engine refuses in DynamoDB's words.
const LONGEST_TOKEN: usize = 36;

const JSON: &str = "application/json";
const AMZ_JSON: &str = "application/x-amz-json-1.0";

/// What DynamoDB says to a value without a type.
const EMPTY_VALUE: &str = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";

/// What DynamoDB says to what is no request of its API.
const NOT_FOUND: &str = "<UnknownOperationException/>\n";

/// What can be done about a damaged database.
pub const MEND: &str = "put a copy of the whole folder back in its place; or move it aside, and the next start makes a new one, \
                        without what is in it";

/// The database, and what is remembered of its transactions.
pub struct Operations {
    pub database: Database,
    transactions: Mutex<Tokens>,
    statements: Mutex<Tokens>,
    /// How far whoever reads streams has come.
    pub readers: Readers,
    gate: RwLock<()>,
    damage: OnceLock<()>,
}

impl Operations {
    pub fn new(database: Database) -> Self {
        Self {
            database,
            transactions: Mutex::default(),
            statements: Mutex::default(),
            readers: Readers::default(),
            gate: RwLock::default(),
            damage: OnceLock::new(),
        }
    }

    /// Whether something was found in the database that does not fit the rest of it.
    pub fn is_damaged(&self) -> bool {
        self.damage.get().is_some()
    }

    /// Tells the operator what to do, once, where an error shows that the database is damaged.
    pub fn look_for_damage(&self, error: &DynoxideError) {
        if is_damage(error) && self.damage.set(()).is_ok() {
            tracing::error!(%error, "the database in the data folder is damaged: {MEND}");
        }
    }

    /// Keeps off the database whatever works on it by another connection than the engine's.
    pub fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps off the database whatever asks the engine.
    pub fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.gate.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the engine, together with others who do.
    pub fn asked<T>(&self, ask: impl FnOnce() -> Result<T, DynoxideError>) -> Result<T, DynoxideError> {
        let _together = self.together();
        ask()
    }

    /// The HTTP API.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new().route("/", any(handle)).fallback(async || not_found().map(Body::from)).with_state(self)
    }

    /// Answers a request.
    pub fn answer(&self, head: &Parts, body: &[u8]) -> Response<Bytes> {
        let content_type = text(&head.headers, &CONTENT_TYPE);
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let media_type = match () {
            () if media_type.eq_ignore_ascii_case(AMZ_JSON) => AMZ_JSON,
            () if media_type.eq_ignore_ascii_case(JSON) || (content_type.is_empty() && body.is_empty()) => JSON,
            () => return not_found(),
        };
        let refused = |error: String| answered(StatusCode::BAD_REQUEST, media_type, error);
        let unreadable = || refused(r#"{"__type":"com.amazon.coral.service#SerializationException"}"#.to_owned());
        let Ok(body) = std::str::from_utf8(body) else { return unreadable() };
        let json = serde_json::from_str::<Value>(body);
        if json.is_err() && !body.is_empty() {
            return unreadable();
        }
        let target = text(&head.headers, &HeaderName::from_static("x-amz-target"));
        let operation =
            ["DynamoDB_20120810.", "DynamoDBStreams_20120810."].iter().find_map(|api| target.strip_prefix(api));
        let Some(operation) = operation.and_then(Operation::named) else {
            return refused(r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned());
        };
        let credentials = AuthMaterial {
            authorization: head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()),
            query: head.uri.query().unwrap_or_default(),
            has_date_header: head.headers.contains_key("x-amz-date") || head.headers.contains_key(DATE),
        };
        if let Some(error) = auth_material::validate(credentials) {
            return refused(error);
        }
        if json.is_err() {
            return unreadable();
        }
        let (status, answer) = self.perform(operation, body);
        answered(status, media_type, answer)
    }

    /// Answers a request of this process's own, which nobody has to prove: its `X-Amz-Target` and body. `None` where it is
    /// none of DynamoDB's.
    pub fn answer_own(&self, target: &str, body: &[u8]) -> Option<(StatusCode, String)> {
        let operation = Operation::named(target.strip_prefix("DynamoDB_20120810.")?)?;
        Some(self.perform(operation, std::str::from_utf8(body).ok()?))
    }

    fn perform(&self, operation: &Operation, body: &str) -> (StatusCode, String) {
        let _together = self.together();
        match (operation.perform)(self, body) {
            Ok(answer) => (StatusCode::OK, answer),
            Err(error) => {
                self.look_for_damage(&error);
                let error = operation.word(error);
                let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
                (status, error.to_json())
            }
        }
    }

    fn transact_write_items(&self, body: &str) -> Result<String, DynoxideError> {
        let mut request: TransactWriteItemsRequest = read(body)?;
        let token = taken(&mut request.client_request_token);
        let carry_out = || write(&self.database.transact_write_items(request)?);
        once(&self.transactions, token.as_deref(), body, "TransactItems", carry_out)
    }

    fn execute_transaction(&self, body: &str) -> Result<String, DynoxideError> {
        let mut request: ExecuteTransactionRequest = read(body)?;
        let token = taken(&mut request.client_request_token);
        let carry_out = || write(&self.database.execute_transaction(request)?);
        once(&self.statements, token.as_deref(), body, "TransactStatements", carry_out)
    }
}

/// An operation of DynamoDB.
struct Operation {
    name: &'static str,
    perform: fn(&Operations, &str) -> Result<String, DynoxideError>,
}

/// An operation that the database does by the method of its name.
macro_rules! by_method {
    ($name:literal, $method:ident) => {
        Operation { name: $name, perform: |operations, body| write(&operations.database.$method(read(body)?)?) }
    };
}

const OPERATIONS: [Operation; 28] = [
    by_method!("GetItem", get_item),
    by_method!("PutItem", put_item),
    by_method!("UpdateItem", update_item),
    by_method!("DeleteItem", delete_item),
    by_method!("Query", query),
    by_method!("Scan", scan),
    by_method!("SearchVectors", search_vectors),
    by_method!("BatchGetItem", batch_get_item),
    by_method!("BatchWriteItem", batch_write_item),
    by_method!("TransactGetItems", transact_get_items),
    Operation { name: "TransactWriteItems", perform: Operations::transact_write_items },
    by_method!("ExecuteStatement", execute_statement),
    by_method!("BatchExecuteStatement", batch_execute_statement),
    Operation { name: "ExecuteTransaction", perform: Operations::execute_transaction },
    by_method!("CreateTable", create_table),
    by_method!("DeleteTable", delete_table),
    by_method!("DescribeTable", describe_table),
    by_method!("UpdateTable", update_table),
    by_method!("ListTables", list_tables),
    by_method!("UpdateTimeToLive", update_time_to_live),
    by_method!("DescribeTimeToLive", describe_time_to_live),
    by_method!("TagResource", tag_resource),
    by_method!("UntagResource", untag_resource),
    by_method!("ListTagsOfResource", list_tags_of_resource),
    by_method!("ListStreams", list_streams),
    by_method!("DescribeStream", describe_stream),
    by_method!("GetShardIterator", get_shard_iterator),
    by_method!("GetRecords", get_records),
];

impl Operation {
    fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// An error as this operation words it.
    fn word(&self, error: DynoxideError) -> DynoxideError {
        match error {
            DynoxideError::EnvelopedValidation(message) => {
                let enveloped = ["PutItem", "UpdateItem", "DeleteItem"].contains(&self.name);
                let envelope = if enveloped { "1 validation error detected: " } else { "" };
                DynoxideError::ValidationException(format!("{envelope}{message}"))
            }
            DynoxideError::ConditionalCheckFailedException(message, Some(item)) if self.name == "ExecuteStatement" => {
                DynoxideError::StatementConditionalCheckFailed(message, item)
            }
            error => error,
        }
    }
}

/// Whether the database's file is none, or a part of it does not fit the rest.
pub fn is_damage(error: &DynoxideError) -> bool {
    match error {
        DynoxideError::SqliteError(error) => error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt),
        // The engine's words: the former, which advises what nobody can switch on here, for a file that begins otherwise than a
        // database; the latter, which are SQLite's, for what it finds while it works.
        DynoxideError::InternalServerError(message) => {
            message.starts_with("Database file is encrypted or not") || message.ends_with("image is malformed")
        }
        _ => false,
    }
}

async fn handle(State(operations): State<Arc<Operations>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    match head.method {
        Method::POST => {}
        Method::GET => return "healthy: dynamodb.us-east-1.amazonaws.com ".into_response(),
        _ => return not_found().map(Body::from),
    }
    let answer = match server::read(body, LARGEST_REQUEST).await {
        // On this thread, as in the engine's own server.
        Ok(body) => operations.answer(&head, &body),
        Err(error) => {
            let status = match error {
                BodyError::Broken => StatusCode::BAD_REQUEST,
                BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            };
            let error = DynoxideError::SerializationException("The request could not be read".to_owned());
            answered(status, AMZ_JSON, error.to_json())
        }
    };
    answer.map(Body::from)
}

/// Carries a transaction out once for each token; `what` is the field of its request that has to be the same.
fn once(
    tokens: &Mutex<Tokens>,
    token: Option<&str>,
    body: &str,
    what: &str,
    carry_out: impl FnOnce() -> Result<String, DynoxideError>,
) -> Result<String, DynoxideError> {
    match token {
        // Whoever comes with the same token meanwhile waits here, and gets the same answer.
        Some(token) => {
            let request: Value = read(body)?;
            let mut tokens = tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.once(Instant::now(), token, &request[what], carry_out)
        }
        None => carry_out(),
    }
}

/// Takes the token out of a request, unless the engine is to refuse it.
fn taken(token: &mut Option<String>) -> Option<String> {
    token.take_if(|token| token.len() <= LONGEST_TOKEN)
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(body).map_err(|error| unreadable(&error.to_string()))
}

fn write<T: Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The error for JSON that is not what the operation takes. The engine's types say by a word in front which error
/// DynamoDB has for it, and serde says behind it where in the body it is.
fn unreadable(problem: &str) -> DynoxideError {
    let marked =
        problem.split_once(':').filter(|(mark, _)| mark.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
    let without_place = |message: &str| match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message.to_owned(),
    };
    match marked {
        Some(("VALIDATION_REQUEST", message)) => DynoxideError::EnvelopedValidation(without_place(message)),
        Some(("VALIDATION", message)) => DynoxideError::ValidationException(without_place(message)),
        Some(("VALIDATION_AS_READ", message)) => DynoxideError::ValidationException(message.to_owned()),
        Some(("SERIALIZATION", message)) => DynoxideError::SerializationException(without_place(message)),
        Some((_, message)) => DynoxideError::SerializationException(message.to_owned()),
        None if problem.contains("empty AttributeValue") => DynoxideError::ValidationException(EMPTY_VALUE.to_owned()),
        None if problem.contains("Supplied AttributeValue") => {
            DynoxideError::ValidationException(without_place(problem))
        }
        None if ["missing field", "unknown variant", "invalid type: null"]
            .iter()
            .any(|words| problem.contains(words)) =>
        {
            DynoxideError::ValidationException(problem.to_owned())
        }
        None => DynoxideError::SerializationException(without_place(problem)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn not_found() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(NOT_FOUND.as_bytes()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn answered(status: StatusCode, media_type: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(request_id) = HeaderValue::try_from(uuid::Uuid::new_v4().simple().to_string().to_uppercase()) {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    response
}

#[cfg(test)]
mod tests {
    use dynoxide::types::AttributeValue;
    use serde_json::json;
    use tokio::net::TcpListener;
    use wrapup_test_support::Http;

    use super::*;

    type Tested<T = ()> = Result<T, Box<dyn std::error::Error>>;

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=00";

    /// A request's headers and body.
    type Asked = (Vec<(&'static str, String)>, String);

    /// A request as an SDK sends it.
    fn asked(operation: &str, body: &Value) -> Asked {
        let headers = vec![
            ("x-amz-target", operation.to_owned()),
            ("content-type", AMZ_JSON.to_owned()),
            ("x-amz-date", "20260101T000000Z".to_owned()),
            ("authorization", SIGNED.to_owned()),
        ];
        (headers, body.to_string())
    }

    /// What is answered here: status, media type, body.
    fn here(operations: &Operations, (headers, body): &Asked) -> Tested<(u16, String, String)> {
        let mut request = Request::builder().method(Method::POST).uri("/");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let (head, ()) = request.body(())?.into_parts();
        let answer = operations.answer(&head, body.as_bytes());
        let media_type = text(answer.headers(), &CONTENT_TYPE).to_owned();
        Ok((answer.status().as_u16(), media_type, String::from_utf8(answer.into_body().into())?))
    }

    /// What the engine's own server answers.
    async fn there(url: &str, (headers, body): &Asked) -> Tested<(u16, String, String)> {
        let mut request = Request::post(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = Http::new().send(request.body(body.clone().into())?).await;
        let media_type = text(answer.headers(), &CONTENT_TYPE).to_owned();
        Ok((answer.status().as_u16(), media_type, String::from_utf8(answer.into_body().into())?))
    }

    /// Bodies that are equal as JSON are equal; times and names made of them are those of the table's making.
    fn comparable((status, media_type, body): (u16, String, String)) -> (u16, String, Value) {
        let mut body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        forget_what_differs(&mut body);
        // Only what is JSON has a media type there.
        (status, if body.is_string() { String::new() } else { media_type }, body)
    }

    fn forget_what_differs(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let differs = name.contains("DateTime")
                        || name.contains("Label")
                        || name.ends_with("Id")
                        || name.contains("StreamArn")
                        || name == "ShardIterator"
                        || name == "NextShardIterator"
                        || name.contains("SequenceNumber");
                    if differs { *value = Value::Null } else { forget_what_differs(value) }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(forget_what_differs),
            _ => {}
        }
    }

    #[tokio::test]
    async fn what_is_asked_is_answered_as_by_the_engines_own_server() -> Tested {
        let operations = Operations::new(Database::memory()?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, Database::memory()?, std::future::pending()));
        let table = json!({
            "TableName": "notes", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        let item = json!({
            "id": {"S": "a"}, "n": {"N": "-1.50"}, "set": {"NS": ["10", "9", "-1"]}, "texts": {"SS": ["b", "a"]},
            "map": {"M": {"\u{fc} \"": {"L": [{"BOOL": true}, {"NULL": true}, {"B": "AP8H"}]}}},
        });
        let put = json!({"TableName": "notes", "Item": item, "ReturnConsumedCapacity": "TOTAL"});
        let key = json!({"id": {"S": "a"}});
        let update = |expression: &str, condition: &str| {
            json!({
                "TableName": "notes", "Key": key, "UpdateExpression": expression, "ConditionExpression": condition,
                "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "ALL_NEW",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            })
        };
        let absent = json!({
            "Put": {"TableName": "notes", "Item": {"id": {"S": "b"}}, "ConditionExpression": "attribute_not_exists(id)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        });
        let transaction = |token: &str| json!({"TransactItems": [absent], "ClientRequestToken": token});
        let statement = |text: &str| json!({"Statement": text, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
        let statements = |text: &str| json!({"TransactStatements": [{"Statement": text}], "ClientRequestToken": "s"});
        let mut differences = Vec::new();
        for (operation, body) in [
            ("CreateTable", table.clone()),
            ("CreateTable", table),
            ("DescribeTable", json!({"TableName": "notes"})),
            ("DescribeTable", json!({"TableName": "nothing"})),
            ("ListTables", json!({})),
            ("PutItem", put),
            ("PutItem", json!({"TableName": "notes", "Item": {"id": {"S": ""}}})),
            ("PutItem", json!({"TableName": "notes", "Item": {"id": {"N": "1"}}})),
            ("PutItem", json!({"TableName": "notes", "Item": {"id": {"S": "x"}, "y": {"NULL": false}}})),
            ("PutItem", json!({"TableName": "notes", "Item": {"id": {}}})),
            ("PutItem", json!({"TableName": "no table!", "Item": {"id": {"S": "a"}}})),
            ("PutItem", json!({"TableName": "notes"})),
            ("PutItem", json!([])),
            ("GetItem", json!({"TableName": "notes", "Key": key, "ConsistentRead": true})),
            ("GetItem", json!({"TableName": "notes", "Key": {"id": {"S": "z"}}})),
            ("UpdateItem", update("SET n = n + :one", "n < :one")),
            ("UpdateItem", update("SET n = n + :one", "n > :one")),
            ("UpdateItem", update("SET n = ", "n > :one")),
            ("DeleteItem", json!({"TableName": "notes", "Key": {"id": {"S": "z"}}})),
            (
                "Query",
                json!({"TableName": "notes", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}}),
            ),
            ("Scan", json!({"TableName": "notes"})),
            ("BatchGetItem", json!({"RequestItems": {"notes": {"Keys": [key]}}})),
            ("BatchWriteItem", json!({"RequestItems": {"notes": [{"PutRequest": {"Item": {"id": {"S": "c"}}}}]}})),
            ("TransactWriteItems", transaction("t")),
            ("TransactWriteItems", transaction("t")),
            ("TransactWriteItems", transaction("u")),
            ("TransactWriteItems", json!({"TransactItems": []})),
            ("TransactWriteItems", transaction(&"t".repeat(37))),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Delete": {"TableName": "notes", "Key": key}}], "ClientRequestToken": "t"}),
            ),
            ("TransactGetItems", json!({"TransactItems": [{"Get": {"TableName": "notes", "Key": key}}]})),
            ("ExecuteStatement", statement("SELECT * FROM \"notes\" WHERE id = 'a'")),
            ("ExecuteStatement", statement("UPDATE \"notes\" SET n = 1 WHERE id = 'a' AND n = 7")),
            ("ExecuteStatement", statement("SELECT")),
            ("BatchExecuteStatement", json!({"Statements": [{"Statement": "SELECT * FROM \"notes\" WHERE id = 'b'"}]})),
            ("ExecuteTransaction", statements("INSERT INTO \"notes\" VALUE {'id': 'd'}")),
            ("ExecuteTransaction", statements("INSERT INTO \"notes\" VALUE {'id': 'd'}")),
            ("ExecuteTransaction", statements("INSERT INTO \"notes\" VALUE {'id': 'e'}")),
            ("DescribeTimeToLive", json!({"TableName": "notes"})),
            (
                "UpdateTimeToLive",
                json!({"TableName": "notes", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "ttl"}}),
            ),
            ("ListTagsOfResource", json!({"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/notes"})),
            ("UpdateTable", json!({"TableName": "notes", "DeletionProtectionEnabled": false})),
            ("DeleteTable", json!({"TableName": "notes"})),
            ("Nonsense", json!({})),
        ] {
            let asked = asked(&format!("DynamoDB_20120810.{operation}"), &body);
            let (here, there) = (comparable(here(&operations, &asked)?), comparable(there(&url, &asked).await?));
            if here != there {
                differences.push(format!("{operation} {body}\nhere  {here:?}\nthere {there:?}"));
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        let streams = asked("DynamoDBStreams_20120810.ListStreams", &json!({}));
        assert_eq!(comparable(here(&operations, &streams)?), comparable(there(&url, &streams).await?));
        let (whole, body) = asked("DynamoDB_20120810.ListTables", &json!({}));
        for absent in ["x-amz-target", "content-type", "x-amz-date", "authorization"] {
            for body in [&*body, "", "no JSON"] {
                let headers = whole.iter().filter(|(name, _)| *name != absent).cloned().collect();
                let asked = (headers, body.to_owned());
                let (here, there) = (here(&operations, &asked)?, there(&url, &asked).await?);
                assert_eq!(comparable(here), comparable(there), "without {absent}: {body}");
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_engine_is_handed_no_token_to_go_through() -> Tested {
        let operations = Operations::new(Database::memory()?);
        let table = json!({
            "TableName": "notes", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        });
        let created = here(&operations, &asked("DynamoDB_20120810.CreateTable", &table))?;
        assert_eq!(created.0, 200, "{}", created.2);
        let write = |id: &str| json!({"TransactItems": [{"Put": {"TableName": "notes", "Item": {"id": {"S": id}}}}], "ClientRequestToken": "t"});
        let write_a = asked("DynamoDB_20120810.TransactWriteItems", &write("a"));
        assert_eq!(here(&operations, &write_a)?.0, 200);
        // By the engine's own memory this would be a token that comes again with another transaction.
        operations.database.transact_write_items(serde_json::from_value(write("b"))?)?;
        let items = operations.database.scan(serde_json::from_value(json!({"TableName": "notes"}))?)?.items;
        let ids: Vec<_> = items.unwrap_or_default().into_iter().filter_map(|mut item| item.remove("id")).collect();
        assert!(ids.contains(&AttributeValue::S("a".to_owned())) && ids.contains(&AttributeValue::S("b".to_owned())));
        Ok(())
    }
}
