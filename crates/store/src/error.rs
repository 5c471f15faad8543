//! What can go wrong between Posthorn and its table?
//! Always a fault of ours, never the caller's mistake.

use std::error::Error;

/// The table refused an operation, or a row or secret is damaged.
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
    /// A row does not have the form of its entity.
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
    /// A secret could not be encrypted or decrypted.
    #[error("{0}")]
    Sealing(&'static str),
    /// KMS, or the file that stands in for it, could not give the data key.
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
