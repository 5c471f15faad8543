//! How do the demo, the benchmarks and the stories call the API?
//! An HTTP client with one API key, like any producer's.

use std::string::FromUtf8Error;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Why a call of the API failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Method, path or headers do not make a valid request.
    #[error("the request is not valid HTTP")]
    Request(#[from] http::Error),
    /// The API cannot be reached.
    #[error("the API cannot be reached")]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The connection was closed before the end of the answer.
    #[error("the answer is incomplete")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not JSON.
    #[error("the answer is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// The answer is not text.
    #[error("the answer is not text")]
    NotText(#[from] FromUtf8Error),
    /// The answer's status is not 2xx.
    #[error("{request} was answered {status}: {body}")]
    Refused {
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// The body of the answer.
        body: String,
    },
}

/// A client of the API with one key.
#[derive(Debug)]
pub struct ApiClient {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    key: String,
}

impl ApiClient {
    /// A client of the API at `base`.
    pub fn new(base: &str, key: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "it calls Posthorn's own API, on loopback")]
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: base.to_owned(), key: key.to_owned() }
    }

    /// The client's API key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Gets the JSON document at a path.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.expect_success("GET", path, String::new()).await
    }

    /// Posts a JSON document.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.post_text(path, body.to_string()).await
    }

    /// Posts a JSON text byte for byte.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn post_text(&self, path: &str, body: String) -> Result<Value, ClientError> {
        self.expect_success("POST", path, body).await
    }

    /// Gets an answer that is not JSON, as text.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let (status, bytes) = self.send("GET", path, Bytes::new(), &[]).await?;
        let text = String::from_utf8(bytes.to_vec())?;
        if !(200..300).contains(&status) {
            return Err(ClientError::Refused { request: format!("GET {path}"), status, body: text });
        }
        Ok(text)
    }

    /// Sends any request, and gives the answer's status and document also for errors (`null` for an empty body).
    ///
    /// # Errors
    /// When the API cannot be reached or its answer is not JSON.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Result<(u16, Value), ClientError> {
        let (status, bytes) = self.send(method, path, body.into(), headers).await?;
        let document = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((status, document))
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> Result<(u16, Bytes), ClientError> {
        let answer = self.exchange(method, path, body, headers).await?;
        Ok((answer.status().as_u16(), answer.into_body()))
    }

    /// Sends any request, and gives the whole answer with its headers. The body is JSON, unless `headers` say otherwise.
    ///
    /// # Errors
    /// When the API cannot be reached.
    pub async fn exchange(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Result<http::Response<Bytes>, ClientError> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("x-api-key", &self.key);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.into()))?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = body.collect().await.map_err(|error| ClientError::Answer(error.into()))?;
        Ok(http::Response::from_parts(parts, body.to_bytes()))
    }

    async fn expect_success(&self, method: &str, path: &str, body: String) -> Result<Value, ClientError> {
        let (status, document) = self.call(method, path, body, &[]).await?;
        if !(200..300).contains(&status) {
            let (request, body) = (format!("{method} {path}"), document.to_string());
            return Err(ClientError::Refused { request, status, body });
        }
        Ok(document)
    }
}
