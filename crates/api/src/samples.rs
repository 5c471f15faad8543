//! What came of a sample? The shape of `…/sample`.

use domain::id::ReceivedRequestId;
use domain::policy::outcome::ErrorClass;
use serde::{Deserialize, Serialize};

/// A sample that was sent to a source's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SampleSent {
    /// The request, as the provider would make it.
    pub request: SampleRequest,
    /// The status of the answer; `null` when there was none.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<ErrorClass>,
    /// How long the answer took, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(examples(41)))]
    pub duration_ms: u64,
    /// The received request that it became, in which the verdict stands.
    pub received_request_id: Option<ReceivedRequestId>,
}

/// The request of a sample.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SampleRequest {
    /// The HTTP method.
    #[cfg_attr(feature = "openapi", schema(examples("POST")))]
    pub method: String,
    /// The address of the source, with the query.
    #[cfg_attr(feature = "openapi", schema(examples("https://hooks.example.com/in/3q2-7w…")))]
    pub url: String,
    /// Name and value of each header. A value that is the source's secret itself is hidden.
    #[cfg_attr(feature = "openapi", schema(examples(json!([["content-type", "application/json"]]))))]
    pub headers: Vec<(String, String)>,
    /// The body as text; bytes that are not UTF-8 are replaced.
    #[cfg_attr(feature = "openapi", schema(examples("{\"type\":\"invoice.paid\"}")))]
    pub body: String,
}

/// Without headers and body, which hold signatures and data.
impl std::fmt::Debug for SampleRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SampleRequest({})", self.method)
    }
}
