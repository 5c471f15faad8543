//! What happens when an endpoint, AWS or Posthorn itself fails?
//! Stories of the circuit breaker, of injected faults and of restarts.

mod circuit;
mod faults;
mod notifications;
mod restart;
mod switched_off;
mod waking;
