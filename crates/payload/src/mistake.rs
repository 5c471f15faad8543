//! What is wrong with a filter or a template?
//! A mistake: where it stands, and what to write instead.

/// A mistake in a filter or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands: a JSON pointer (RFC 6901) into the filter or template; empty for the whole of it.
    pub pointer: String,
    /// What is wrong and what to write instead: a part of a sentence that begins with a verb, such as "must be …".
    pub detail: String,
}
