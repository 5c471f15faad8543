//! The stories: what Posthorn does from one end to the other, told through its API and its customers' receivers.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod accept;
mod deliver;
mod limit;
mod manage;
mod operate;
mod recover;
mod replay;
