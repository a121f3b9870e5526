use std::future::ready;
use std::time::Duration;

use futures_util::future::join_all;
use lambda_http::{Body, Context, LambdaEvent, Request, Response, http};
use serde_json::Value;
use wrapup::System;
use wrapup::api::{Api, TokenEndpoint};
use wrapup::watch::Reporter;

use crate::Event;

/// A running instance of the functions, all of them behind one edge.
pub struct Instance {
    /// What the functions are built from.
    pub system: System,
    api: Api,
    token: TokenEndpoint,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The response that the function hands to API Gateway.
    pub response: Response<Body>,
}

impl Instance {
    /// An instance with these parts, whose calls are reported where there is a reporter.
    pub fn new(system: System, reporter: Option<Reporter>) -> Self {
        let endpoints = wrapup_functions::endpoints(&system).into_iter().map(|(_, endpoint)| endpoint).collect();
        let api = Api::new(&system, endpoints);
        let mut api = api.expect("routes that do not clash");
        if let Some(reporter) = reporter {
            api = api.with_reporter(reporter);
        }
        let token = wrapup_functions::oauth_token::endpoint(&system);
        Self { system, api, token }
    }

    /// Sends an event to where tokens are fetched.
    pub async fn ask_for_token(&self, event: &Event) -> Reply {
        self.ask_for_token_by(event.rest()).await
    }

    /// The same of a request as the Lambda runtime hands it over.
    pub async fn ask_for_token_by(&self, request: Request) -> Reply {
        let (head, body) = request.into_parts();
        let head = http::Request::from_parts(head, ());
        Reply { response: self.token.handle(head, ready(Ok(body))).await }
    }

    /// The same instance, which gives no call up, however long it takes.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { api: self.api.with_patience(Duration::MAX), ..self }
    }

    /// Sends a REST API's event, or a function URL's where no authorizer is in front.
    pub async fn call(&self, event: &Event) -> Reply {
        self.handle(event.as_it_comes()).await
    }

    /// Sends a request as the Lambda runtime hands it over.
    pub async fn handle(&self, request: Request) -> Reply {
        Reply { response: sent(&self.api, request).await }
    }

    /// Hands an event over as the Lambda runtime does, and answers what it gets back.
    pub async fn invoke(&self, event: &Value) -> Value {
        let event = serde_json::from_str(&event.to_string()).expect("JSON");
        let reply = self.api.invoke(LambdaEvent::new(event, Context::default())).await;
        serde_json::to_value(reply).expect("an answer that can be written")
    }

    /// Opens a segment that has to open, and answers its sys_id.
    pub async fn open(&self, body: &Value) -> String {
        let answer = self.call(&Event::post("segment/create").json(body)).await.expect(200);
        answer["sys_id"].as_str().expect("a sys_id").to_owned()
    }

    /// Reads a segment that has to be there, by any path below `segment/`.
    pub async fn read(&self, path: &str) -> Value {
        self.call(&Event::get(&format!("segment/{path}"))).await.expect(200)["segment"].clone()
    }
}

/// Has an API answer a request whose body is there.
pub async fn sent(api: &Api, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    api.handle(http::Request::from_parts(head, ()), ready(Ok(body))).await
}

/// Sends an event to many instances at once.
pub async fn call_all(instances: &[Instance], event: impl Fn(usize) -> Event) -> Vec<Reply> {
    let calls = instances.iter().enumerate().map(|(index, instance)| {
        let event = event(index);
        async move { instance.call(&event).await }
    });
    join_all(calls).await
}

impl Reply {
    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        match self.response.body() {
            Body::Text(text) => text,
            Body::Empty => "",
            other => panic!("not a text: {other:?}"),
        }
    }

    /// A header's value; `""` where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().expect("a text header"))
    }

    /// The body as JSON, whatever the status.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The JSON body, with the status that it has to have.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status(), status, "{}", self.text());
        self.json()
    }
}
