//! Everything Posthorn keeps in DynamoDB.
//!
//! One table. [`keys`] is the key design, [`table`] how items are read and written, and each file of [`rows`] holds the
//! access patterns of one noun, one method each.

use std::sync::Arc;

use sealing::Sealer;

pub mod error;
pub mod keys;
pub mod rows;
pub mod sealing;
pub mod table;

pub use error::StoreError;
pub use sealing::KeyWrapper;
pub use table::batch::BATCH_WRITES;
pub use table::lease::Lease;
pub use table::listing::{Listing, Order, Window};

/// The table, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: Arc<str>,
    sealer: Sealer,
}

/// Some rows of a list, and where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, I> {
    /// The rows.
    pub rows: Vec<T>,
    /// The last row looked at, whether or not it is among `rows`; the next page begins beyond it. `None` at the end of
    /// the list, and only there: a page may be short, even empty, when many rows were passed over.
    pub next: Option<I>,
}

impl<T, I> Page<T, I> {
    /// A page of a list that passes nothing over.
    pub(crate) fn new(rows: Vec<T>, more: bool, id: impl FnOnce(&T) -> I) -> Self {
        let next = rows.last().filter(|_| more).map(id);
        Self { rows, next }
    }
}

impl Store {
    /// The table named `table`, whose secrets are sealed under the data key that `wrapper` unwraps.
    pub fn new(client: aws_sdk_dynamodb::Client, table: &str, wrapper: KeyWrapper) -> Self {
        Self { client, table: table.into(), sealer: Sealer::new(wrapper) }
    }
}
