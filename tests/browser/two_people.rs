//! What happens when two people change the same thing?
//! Optimistic concurrency: a 409 or 412 shows both versions.
