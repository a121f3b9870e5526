//! The functions as the Invoke API has them: a queue each.

use std::collections::HashMap;

use axum::body::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wrapup_local_lambda::{Invocation, Invoke, InvokeError, function_name};

use super::TIMEOUT;

/// The functions' queues, by their names.
pub struct Queues(pub HashMap<String, mpsc::Sender<Invocation>>);

impl Invoke for Queues {
    async fn invoke(&self, name: String, payload: Bytes) -> Result<Bytes, InvokeError> {
        let name = function_name(&name);
        let function = self.0.get(name).ok_or_else(|| InvokeError::no_such_function(name))?;
        let (answer, answered) = oneshot::channel();
        let answered = async {
            function.send(Invocation { payload, answer }).await.ok()?;
            answered.await.ok()
        };
        match timeout(TIMEOUT, answered).await {
            Ok(Some(answered)) => answered.result.map_err(InvokeError::Function),
            Ok(None) => Err(InvokeError::unanswered("Runtime.ExitError", name)),
            Err(_) => Err(InvokeError::unanswered("Sandbox.Timedout", name)),
        }
    }
}
