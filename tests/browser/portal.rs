//! What may a customer see and do in the portal?
//! An embedded page with its rights, its end, and its frame.
