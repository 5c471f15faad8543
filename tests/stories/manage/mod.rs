//! What does the API show and change?

mod answers;
mod logs;
mod previews;
mod statistics;
mod tenants;
