//! What does the API show and change?
//! Stories of the management API.

mod answers;
mod examples;
mod logs;
mod openapi;
mod previews;
mod statistics;
mod tenants;
