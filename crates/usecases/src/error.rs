//! How can a use case fail?
//! By a problem (the caller's mistake) or by a fault (ours).

use std::sync::Arc;

use domain::problem::Problem;
use queue::QueueError;
use store::StoreError;

/// We could not do our job. Logged once, at the handler's boundary; the platform retries.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The table failed.
    #[error("the table could not be used")]
    Store(#[source] Arc<StoreError>),
    /// The queue failed.
    #[error("the queue could not be used")]
    Queue(#[source] Arc<QueueError>),
    /// An invariant does not hold.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// Whether a repetition may succeed: the table or the queue was not available.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(**error, StoreError::Damaged { .. } | StoreError::Sealing(_)),
            Self::Queue(_) => true,
            Self::Broken(_) => false,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<Arc<StoreError>> for Fault {
    fn from(error: Arc<StoreError>) -> Self {
        Self::Store(error)
    }
}

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        Self::Queue(Arc::new(error))
    }
}

/// Why a use case of the API failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UseCaseError {
    /// The caller's mistake.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// A fault of ours.
    #[error(transparent)]
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for UseCaseError {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// An error with everything that caused it, in one line: the form in which a fault is logged.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_fault_names_what_caused_it() {
        let fault = Fault::from(StoreError::Unprocessed(3));
        let cause = StoreError::Unprocessed(3).to_string();
        assert_eq!(chain(&fault), format!("the table could not be used: {cause}"));
    }
}
