//! Why did an endpoint not get an event?
//! The ledger of an event, and the condition of a filter that did not hold.
