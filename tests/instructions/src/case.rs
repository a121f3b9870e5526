//! The calls whose instructions are counted: from the event's text over routing, parsing and validation to
//! the written answer. What DynamoDB would answer is there already.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Context, LambdaEvent};
use wrapup::api::{Answer, Api, Call, Endpoint, Event, Route};
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Connection, Dynamo, Tables, connect};
use wrapup::segment_tables::{Registry, built_in};
use wrapup::segments::{Address, AdviseRequest, CloseRequest, Found, Include, OpenRequest};
use wrapup::{Error, System};

use crate::error::CountError;
use crate::sample;

/// A call that can be made again and again.
pub struct Case {
    name: &'static str,
    event: String,
    api: Api,
}

/// Every case by name: a read and each write of segments, in JSON and in XML.
pub const NAMES: [&str; 8] = [
    "get_segment_json",
    "get_segment_xml",
    "create_segment_json",
    "create_segment_xml",
    "update_segment_json",
    "update_segment_xml",
    "update_segment_ai_json",
    "update_segment_ai_xml",
];

impl Case {
    /// The case with this name.
    pub fn find(name: &str) -> Result<Self, CountError> {
        let known = NAMES.into_iter().find(|known| *known == name).ok_or(CountError::Usage)?;
        let (endpoint, format) = known.rsplit_once('_').ok_or(CountError::Usage)?;
        let failed = |problem: String| CountError::Case { case: known.to_owned(), problem };
        let dynamo = nowhere();
        let system = System::new(dynamo.clone(), built_in(&dynamo), Clock::system(), None);
        let pure = Pure {
            kind: Kind::of(endpoint).ok_or(CountError::Usage)?,
            found: sample::found().ok_or_else(|| failed("the sample is malformed".to_owned()))?,
            tables: system.segment_tables().clone(),
            now: system.segments().now(),
        };
        let event = sample::event(pure.kind, format == "xml").to_string();
        let api = Api::new(&system, vec![Box::new(pure)]).map_err(|error| failed(error.to_string()))?;
        Ok(Self { name: known, event, api })
    }

    /// Makes the call.
    pub async fn call(&self) -> Result<(), CountError> {
        let failed = |problem: String| CountError::Case { case: self.name.to_owned(), problem };
        let event: Event = serde_json::from_str(&self.event).map_err(|error| failed(error.to_string()))?;
        let reply = self.api.invoke(LambdaEvent::new(event, Context::default())).await;
        let response = reply.into_response().ok_or_else(|| failed("the sample is no HTTP request".to_owned()))?;
        match response.status() {
            StatusCode::OK => Ok(()),
            status => Err(failed(format!("answered {status}: {:?}", response.body()))),
        }
    }
}

/// Which endpoint's call it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Get,
    Create,
    Update,
    UpdateAi,
}

impl Kind {
    fn of(endpoint: &str) -> Option<Self> {
        match endpoint {
            "get_segment" => Some(Self::Get),
            "create_segment" => Some(Self::Create),
            "update_segment" => Some(Self::Update),
            "update_segment_ai" => Some(Self::UpdateAi),
            _ => None,
        }
    }
}

/// What the functions' endpoints do, with the segment at hand instead of in DynamoDB.
struct Pure {
    kind: Kind,
    found: Found,
    tables: Registry,
    now: DateTime,
}

#[async_trait]
impl Endpoint for Pure {
    fn route(&self) -> Route {
        match self.kind {
            Kind::Get => Route { method: Method::GET, paths: &["wrapup/segment/{segment_id}"] },
            Kind::Create => Route { method: Method::POST, paths: &["wrapup/segment/create"] },
            Kind::Update => Route { method: Method::PUT, paths: &["wrapup/segment/update"] },
            Kind::UpdateAi => Route { method: Method::PUT, paths: &["wrapup/segment/update/ai"] },
        }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let answer = match self.kind {
            Kind::Get => {
                call.read(|request| {
                    let include = Include::read(request.query);
                    Some((Address::Either(request.path.required("segment_id")?), include?))
                })?;
                self.found.retrieved(&call.wish)
            }
            Kind::Create => {
                call.read(|request| OpenRequest::read(request.body, &self.tables, self.now))?;
                self.found.created(&call.wish)
            }
            Kind::Update => {
                call.read(|request| {
                    Address::in_query(request.query, request.body).zip(CloseRequest::read(request.body))
                })?;
                self.found.updated(&call.wish)
            }
            Kind::UpdateAi => {
                call.read(|request| {
                    Address::in_body(request.body, request.query).zip(AdviseRequest::read(request.body))
                })?;
                self.found.advised(&call.wish)
            }
        };
        Ok(call.answer(StatusCode::OK, &answer))
    }
}

/// A client that is never used.
fn nowhere() -> Dynamo {
    let connection = Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some("http://127.0.0.1:9".to_owned()),
        credentials: Credentials::new("none", "none", None, None, "none"),
    };
    Dynamo::new(connect(connection), Tables::default())
}
