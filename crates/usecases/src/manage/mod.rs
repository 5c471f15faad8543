//! What does the management API read and change?
//! Use cases for workspaces, API keys, endpoints, actions, sources, lists and statistics.

pub mod authenticate;
pub(crate) mod check_template;
pub mod delete_workspace;
pub mod deleted_endpoints;
pub mod explain_event;
pub mod find_delivery;
pub mod list_undelivered;
pub mod listing;
pub mod manage_action;
pub mod manage_api_key;
pub mod manage_endpoint;
pub mod manage_source;
pub mod manage_workspace;
pub mod management;
pub mod merge_patch;
pub mod public_keys;
pub mod read_audit;
pub mod read_deliveries;
pub mod read_events;
pub mod read_ledger;
pub mod read_received_requests;
pub mod read_statistics;
pub mod search_events;
pub mod workspace_deliveries;
