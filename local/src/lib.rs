//! How does Posthorn run on a laptop?
//! Local mode: an embedded DynamoDB and SQS, every function's handler, the event source mappings and the schedule, all
//! in one process.
//!
//! `cargo local` and the end-to-end stories both run it.

pub mod catalogues;
mod console;
pub mod data_dir;
pub mod demo;
pub mod emulated_aws;
pub mod event_source_mapping;
pub mod first_run;
pub mod http;
pub mod observe;
pub mod options;
pub mod platform;
pub mod receive;
pub mod samples;
pub mod serve;
