//! What does Posthorn do from one end to the other?
//! End-to-end tests (stories), told through the API and customers' receivers.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod accept;
mod act;
mod agents;
mod catalogue;
mod console;
mod deliver;
mod limit;
mod manage;
mod operate;
mod receive;
mod recover;
mod replay;
mod rules;
