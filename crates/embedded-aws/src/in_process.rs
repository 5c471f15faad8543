//! How do the SDKs' clients in this process reach an emulator?
//! An in-process HTTP connector: the same requests and answers as over HTTP, without a socket.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// The HTTP answer of an emulator.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// The content-type header of an answer in JSON.
pub(crate) fn json() -> (&'static str, String) {
    ("content-type", "application/x-amz-json-1.0".to_owned())
}

/// The HTTP client of an SDK. `answer` answers its requests; it is given the name of the action and the body. As at
/// AWS, a request runs to its end even when its caller no longer waits. A receive is the exception: it would take
/// messages that no caller gets.
pub(crate) fn http_client<F, A>(answer: F) -> SharedHttpClient
where
    F: Fn(String, SdkBody) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let connector = SharedHttpConnector::new(InProcess(answer));
    http_client_fn(move |_, _| connector.clone())
}

struct InProcess<F>(F);

impl<F> fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl<F, A> HttpConnector for InProcess<F>
where
    F: Fn(String, SdkBody) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = target.rsplit('.').next().unwrap_or_default().to_owned();
        let goes_on = action != "ReceiveMessage";
        let answer = (self.0)(action, request.take_body());
        HttpConnectorFuture::new(async move {
            let answer = if goes_on {
                let answer = tokio::spawn(answer).await;
                answer.map_err(|error| ConnectorError::other(error.into(), None))?
            } else {
                answer.await
            };
            let status =
                answer.status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
            for (name, value) in answer.headers {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}
