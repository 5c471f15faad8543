//! Does what is deployed do what the code needs?

mod old_data;
mod roles;
mod sample_events;
mod template;
mod traces;
