//! Wrap-up configurations: what a request or an administrator says of one, and the immutable
//! snapshots that segments keep.

mod listing;
mod request;
mod snapshot;
mod store;
mod written;

pub use listing::{ConfigurationListRequest, ConfigurationPage, ConfigurationQuestion, Place, ShownDefinition};
pub use request::{AllowedCodeRequest, ConfigurationRequest, Definition, NotAnActiveConfiguration, Rules};
pub use snapshot::{Sealed, ShownConfiguration, Snapshot};
pub use store::Configurations;
pub use written::Shown;
