//! Who may do what? Workspaces (tenants) and API keys.

pub mod api_key;
pub mod workspace;
