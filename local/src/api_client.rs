//! How do the demo and the stories call the API?
//! An HTTP client with one API key, like any producer's.

use anyhow::bail;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

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
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: base.to_owned(), key: key.to_owned() }
    }

    /// Gets the JSON document at a path.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.expect_success("GET", path, String::new()).await
    }

    /// Posts a JSON document.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.post_text(path, body.to_string()).await
    }

    /// Posts a JSON text byte for byte.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn post_text(&self, path: &str, body: String) -> anyhow::Result<Value> {
        self.expect_success("POST", path, body).await
    }

    /// Gets an answer that is not JSON, as text.
    ///
    /// # Errors
    /// When the API cannot be reached or does not answer with 2xx.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let (status, bytes) = self.send("GET", path, Bytes::new(), &[]).await?;
        let text = String::from_utf8(bytes.to_vec())?;
        if !(200..300).contains(&status) {
            bail!("GET {path} was answered {status}: {text}");
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
    ) -> anyhow::Result<(u16, Value)> {
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
    ) -> anyhow::Result<(u16, Bytes)> {
        let mut request = axum::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("x-api-key", &self.key)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body))?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        Ok((parts.status.as_u16(), body.collect().await?.to_bytes()))
    }

    async fn expect_success(&self, method: &str, path: &str, body: String) -> anyhow::Result<Value> {
        let (status, document) = self.call(method, path, body, &[]).await?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} was answered {status}: {document}");
        }
        Ok(document)
    }
}
