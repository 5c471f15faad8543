//! Who may do what?
//! Tenancy and authorisation: workspaces, API keys and their scopes.

pub mod api_key;
pub mod workspace;
