//! What becomes of what providers post?

mod outcomes;
mod providers;
mod repeats;
