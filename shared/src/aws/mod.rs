//! Amazon's services, whichever it is: how one is reached and by whom it is believed, calls that are signed without an
//! SDK client of the service's own, and what a failure means. What is DynamoDB's alone is in the room above.

mod connection;
mod endpoint;
mod event_bus;
mod failure;
mod roots;
mod secrets;
mod service;

pub use connection::{Connection, https_client, own_endpoint};
pub use event_bus::{BusEntry, EVENTBRIDGE_ENDPOINT, EventBus, NotPut, PutOutcome};
pub use failure::{AwsFailure, is_throttled};
pub use roots::Roots;
pub use secrets::{Put, SECRETS_MANAGER_ENDPOINT, Secret, Secrets};
pub use service::{Service, ServiceAnswer, ServiceCall, ServiceName};
