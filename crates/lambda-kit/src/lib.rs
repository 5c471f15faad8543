//! What does every function's `main` need?
//! Lambda set-up without webhooks and HTTP: configuration, AWS clients, logging, metrics and traces.

pub mod aws;
pub mod config;
pub mod context;
pub mod data_key;
pub mod logging;
pub mod metrics;
pub mod otlp;
pub mod runtime;
