//! What does the API show and change?
//! Stories of the management API.

mod answers;
mod api_keys;
mod audit;
mod deletion;
mod examples;
mod explanations;
mod lists;
mod logs;
mod openapi;
mod previews;
mod refusals;
mod repeated_requests;
mod signature_doctor;
mod sources;
mod statistics;
mod tenants;
mod uids;
mod workspace_deliveries;
mod workspace_settings;
