//! Does the deployment give the code what it needs?
//! Stories that compare template, roles, sample events and traces with the code.

mod old_data;
mod roles;
mod sample_events;
mod template;
mod traces;
