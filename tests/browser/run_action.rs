//! What does one do with an action?
//! A form made from its schema, its roles, and what an agent sees.
