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

struct Transport(Arc<Operations>);

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(request).map_err(|error| ConnectorError::other(error, None)))
    }
}

impl Transport {
    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, axum::BoxError> {
        let (head, body) = request.try_into_http1x()?.into_parts();
        let body = body.bytes().ok_or("a request to DynamoDB is not sent in parts")?;
        Ok(self.0.answer(&head, body).map(SdkBody::from).try_into()?)
    }
}
