//! The HTTP edge that all functions share. It knows formats, credentials and statuses; what a
//! segment or a code is, it does not know.
//!
//! A function is an [`Endpoint`] behind an [`Api`]. The order of an API's checks is the contract's:
//! path, version, method; credentials; role, and the page that calls; `Accept`; size, inflated too; `Content-Encoding`
//! and `Content-Type`; body and query; then the endpoint's own.

mod answer;
mod authenticate;
mod authorizer;
mod body;
mod call;
mod compression;
mod decode;
#[cfg(feature = "openapi")]
pub(crate) mod describe;
mod event;
mod method;
mod negotiate;
mod origins;
mod pages;
mod render;
mod route;
mod serve;
mod size;
mod token;

#[cfg(feature = "openapi")]
pub(crate) use answer::{BusinessError, PlatformError, UnderResult};
pub use answer::{Envelope, refusal};
pub use authenticate::{Caller, Credentials, Denied, Source, authenticate};
pub use authorizer::AuthorizerRequest;
pub use body::BodyError;
pub use call::{Answer, Call};
pub use decode::MOST_BYTES;
pub use event::{Event, Reply, Unreadable};
pub use method::meant as method_meant;
pub use origins::Origins;
pub use pages::{Page, PageFile};
pub use route::{PREFIXES, Route};
pub use serve::{Api, Callers, RouteConflict};
pub use size::MOST_ANSWER_BYTES;
pub use token::{TOKEN_PATH, TokenEndpoint};

use async_trait::async_trait;
use lambda_http::http::Method;

use crate::Error;
use crate::users::Role;

/// One endpoint of the API: what a Lambda function serves. Its own documentation says which tables it
/// touches; where no authorizer stands in front of it, the edge reads the user table too.
#[async_trait]
pub trait Endpoint: Send + Sync {
    /// Its method and path.
    fn route(&self) -> Route;

    /// Methods of its paths that other functions serve, and that this one has to name to whoever sends a method that nobody
    /// serves there: API Gateway hands those to the first function of a path.
    fn served_beside(&self) -> &'static [Method] {
        &[]
    }

    /// The roles of which a caller has to have one.
    fn roles(&self) -> &'static [Role] {
        &[Role::Integration]
    }

    /// What its business errors look like.
    fn envelope(&self) -> Envelope {
        Envelope::Plain
    }

    /// Whether it also answers in CSV. Its errors are JSON then.
    fn has_csv(&self) -> bool {
        false
    }

    /// Does what the call asks for.
    async fn answer(&self, call: &Call) -> Result<Answer, Error>;
}
