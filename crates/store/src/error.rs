//! What can go wrong between Posthorn and its table?
//! Always a fault of ours, never the caller's mistake.

use std::error::Error;

/// The table could not do what was asked, or holds something it should not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused or could not be reached.
    #[error("DynamoDB {operation} failed")]
    Aws {
        /// The operation's name in DynamoDB's API.
        operation: &'static str,
        /// What the SDK said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A row is not what its entity says it is.
    #[error("stored {entity} is damaged: {detail}")]
    Damaged {
        /// The row's entity.
        entity: &'static str,
        /// What is wrong with it; never holds a stored value.
        detail: String,
    },
    /// DynamoDB left writes undone after several tries.
    #[error("DynamoDB left {0} writes undone after several tries")]
    Unprocessed(usize),
    /// A secret could not be sealed or opened.
    #[error("{0}")]
    Sealing(&'static str),
    /// The keeper of the key that wraps the data key refused or could not be reached.
    #[error("the data key could not be had")]
    Key(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn aws<E: Error + Send + Sync + 'static>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Aws { operation, source: Box::new(source) }
    }

    pub(crate) fn damaged(entity: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Damaged { entity, detail: detail.to_string() }
    }
}
