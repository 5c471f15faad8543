//! How are events routed by rules?
//! Rules are made and changed with the endpoints that they are compiled into; read, with when they fired; tried on events
//! before they are live; and their steps that make no request are carried out.

mod answer;
pub(crate) mod emit;
pub mod firings;
pub(crate) mod invoke;
pub mod manage_rule;
mod plan;
pub mod test_rule;
