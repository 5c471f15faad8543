//! What happens when an endpoint, AWS or Posthorn itself fails?

mod circuit;
mod faults;
mod restart;
