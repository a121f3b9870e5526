//! Webhooks: whoever gets events by HTTP, and what is kept of events until a webhook has taken them.

mod event;
mod outbox;
mod poster;
mod url;

pub use event::{KeptEvent, Narrator};
pub use outbox::{Due, Outbox, OutboxError, PutAside};
pub use poster::{NotTaken, Poster};
pub use url::{WebhookUrl, WebhookUrlError};
