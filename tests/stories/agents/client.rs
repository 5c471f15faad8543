//! How does a story speak as an agent?
//! The client of the crate `rmcp`, over the stories' own HTTP client.

use std::collections::HashMap;
use std::sync::Arc;

use api::client::{ApiClient, ClientError};
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue};
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, ClientConfig, ClientJsonRpcMessage, Implementation, ProtocolVersion, Tool,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig, StreamableHttpError,
    StreamableHttpPostResponse,
};
use serde_json::Value;
use sse_stream::{Error as SseError, Sse};
use stories::Stage;

/// Every revision that Posthorn speaks.
pub(super) const REVISIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// An agent that is connected.
pub(super) struct Agent(RunningService<RoleClient, ClientConfig>);

/// What a tool said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) is_error: bool,
    pub(super) text: String,
    pub(super) structured: Value,
}

impl Agent {
    /// An agent of the newest revision.
    pub(super) async fn connect(stage: &Stage, key: &str) -> Self {
        Self::connect_in(stage, key, ProtocolVersion::LATEST).await
    }

    pub(super) async fn connect_in(stage: &Stage, key: &str, revision: ProtocolVersion) -> Self {
        let http = Http(Arc::new(ApiClient::new(&stage.platform.url(), key)));
        let config =
            StreamableHttpClientTransportConfig::with_uri(format!("{}/v1/mcp", stage.platform.url()));
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let lifecycle = match revision.has_initialize() {
            true => ClientLifecycleMode::Initialize,
            false => ClientLifecycleMode::Discover { preferred_versions: vec![revision.clone()] },
        };
        let mut client = ClientConfig::default();
        client.client_info = Implementation::new("story-agent", "1.0");
        if revision.has_initialize() {
            client.protocol_version = revision;
        }
        Self(client.serve_with_lifecycle(transport, lifecycle).await.unwrap())
    }

    /// The revision that was agreed on.
    pub(super) fn revision(&self) -> String {
        self.0.peer_info().unwrap().protocol_version.to_string()
    }

    pub(super) async fn tools(&self) -> Vec<Tool> {
        self.0.list_all_tools().await.unwrap()
    }

    pub(super) async fn tool_names(&self) -> Vec<String> {
        self.tools().await.into_iter().map(|tool| tool.name.into_owned()).collect()
    }

    pub(super) async fn try_call(&self, tool: &str, arguments: Value) -> Result<Said, ServiceError> {
        let arguments = arguments.as_object().unwrap().clone();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let result = self.0.call_tool(call).await?;
        let shown = serde_json::to_value(&result).unwrap();
        let texts = shown["content"].as_array().unwrap().iter();
        let texts: Vec<_> = texts.map(|content| content["text"].as_str().unwrap()).collect();
        Ok(Said {
            is_error: shown["isError"] == true,
            text: texts.join("\n"),
            structured: shown["structuredContent"].clone(),
        })
    }

    pub(super) async fn call(&self, tool: &str, arguments: Value) -> Said {
        self.try_call(tool, arguments).await.unwrap()
    }
}

/// The client of the API as the transport of the protocol's.
#[derive(Clone, Debug)]
struct Http(Arc<ApiClient>);

type Headers = HashMap<HeaderName, HeaderValue>;
type Answered<T> = Result<T, StreamableHttpError<ClientError>>;

impl StreamableHttpClient for Http {
    type Error = ClientError;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        _: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
    ) -> Answered<StreamableHttpPostResponse> {
        let mut all = vec![("accept", "application/json, text/event-stream")];
        all.extend(headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())));
        let body = serde_json::to_vec(&message)?;
        let answer =
            self.0.exchange("POST", "/v1/mcp", body, &all).await.map_err(StreamableHttpError::Client)?;
        if answer.status() == 202 {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        assert_eq!(answer.headers()["content-type"], "application/json", "{answer:?}");
        assert!(!answer.headers().contains_key("mcp-session-id"));
        Ok(StreamableHttpPostResponse::Json(serde_json::from_slice(answer.body())?, None))
    }

    async fn delete_session(&self, _: Arc<str>, _: Arc<str>, _: Option<String>, _: Headers) -> Answered<()> {
        Err(StreamableHttpError::ServerDoesNotSupportDeleteSession)
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        _: Option<Arc<str>>,
        _: Option<String>,
        _: Option<String>,
        _: Headers,
    ) -> Answered<BoxStream<'static, Result<Sse, SseError>>> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}
