//! Who may do what?
//! Tenancy and authorisation: workspaces, API keys, their scopes and roles, and the logins made with them.

pub mod actor;
pub mod api_key;
pub mod login;
pub mod portal;
pub mod role;
pub mod workspace;
