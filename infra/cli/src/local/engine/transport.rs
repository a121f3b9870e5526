//! What the API's own SDK clients talk to the database by: what they send is answered in this process, and no connection
//! of theirs can be taken by others.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::operations::Operations;

/// The HTTP client of an SDK client.
pub fn http_client(operations: Arc<Operations>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Transport(operations));
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Clone)]
struct Transport(Arc<Operations>);

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move {
            // Nothing else here waits for anything: without this a call that makes thousands of requests would let no
            // other one in between, and no time limit could end it.
            tokio::task::yield_now().await;
            transport.answer(request).map_err(|error| ConnectorError::other(error, None))
        })
    }
}

impl Transport {
    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, axum::BoxError> {
        let (head, body) = request.try_into_http1x()?.into_parts();
        let body = body.bytes().ok_or("a request to DynamoDB is not sent in parts")?;
        Ok(self.0.answer(&head, body).map(SdkBody::from).try_into()?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use wrapup::dynamodb::Tables;

    use super::super::Engine;
    use crate::connect::on_this_machine;

    #[tokio::test]
    async fn whoever_asks_much_lets_others_in_between() -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        let dynamo = Engine::open(Some(data.path()))?.dynamo(on_this_machine(1), Tables::default());
        let turns = Arc::new(AtomicUsize::new(0));
        let other = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move {
                loop {
                    turns.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            }
        });
        for _ in 0..20 {
            dynamo.client.list_tables().send().await?;
        }
        other.abort();
        assert!(turns.load(Ordering::Relaxed) >= 20);
        Ok(())
    }
}
