//! What does one see of a replay?
//! Dry run, progress, cancel.
