//! What does the API show and change?

mod logs;
mod previews;
mod statistics;
mod tenants;
