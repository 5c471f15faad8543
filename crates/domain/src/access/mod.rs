//! Who may do what?
//! Tenancy and authorisation: workspaces, API keys, their scopes and roles.

pub mod actor;
pub mod api_key;
pub mod role;
pub mod workspace;
