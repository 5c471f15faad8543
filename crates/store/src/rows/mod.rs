//! Which rows does the table hold?
//! One file per noun, one method per access pattern.

pub mod actions;
pub mod api_keys;
pub(crate) mod attempts;
pub mod audit;
pub(crate) mod concurrent_attempts;
pub(crate) mod deleted_endpoints;
pub mod deliveries;
pub mod drains;
pub mod endpoint_count;
pub mod endpoints;
pub mod erasure;
pub mod event_lists;
pub mod event_types;
pub mod events;
pub mod health;
pub mod idempotency;
pub mod invocations;
pub mod ledgers;
pub mod limits;
pub mod misfits;
pub(crate) mod notified;
pub(crate) mod one_time_tokens;
pub(crate) mod parked_counts;
pub mod payload;
pub mod queue_load;
pub mod received_requests;
pub mod replays;
pub mod rules;
pub mod sources;
pub mod statistics;
pub mod sweeps;
pub mod uids;
pub(crate) mod undelivered;
pub mod workspace_deletions;
pub mod workspaces;
