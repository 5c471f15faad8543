//! The whole platform on one machine, in one process: an embedded DynamoDB and SQS, every function's handler, and
//! the event source mapping between queue and sender. `cargo local` and the end-to-end stories both run it.

pub mod data_dir;
pub mod demo;
pub mod emulated_aws;
pub mod event_source_mapping;
pub mod first_run;
pub mod observe;
pub mod options;
pub mod platform;
pub mod receive;
pub mod serve;
