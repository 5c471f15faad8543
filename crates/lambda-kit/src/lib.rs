//! What every function's `main` needs, and nothing about webhooks: configuration, AWS clients, logging,
//! metrics, JSON bodies and problem+json.

pub mod api_key_header;
pub mod aws;
pub mod config;
pub mod data_key;
pub mod http_api;
pub mod json_body;
pub mod logging;
pub mod metrics;
pub mod otlp;
pub mod problem_json;
pub mod request_body;
pub mod runtime;
pub mod trace_header;
