//! When is a signing secret seen?
//! Shown once, rotated with an overlap.
