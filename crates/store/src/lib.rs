//! Everything Posthorn keeps in DynamoDB.
//! One table on demand; [`Store`] has one method for each access pattern.
//!
//! - [`keys`]: where each row lives, the key design.
//! - [`table`]: how rows are read and written, with the words for it: optimistic lock, lease, sharded list.
//!   - [`table::definition`]: the table and its indexes, as they are created.
//!   - `table::item`: typed access to the attributes of one row.
//!   - `table::row`, `table::batch`: one row by its key; many rows at once.
//!   - `table::update`: changes in place, and writes under a condition.
//!   - `table::transaction`: several rows, together or not at all.
//!   - `table::query`, [`table::listing`], `table::sharded_list`: one partition in order, part of a list, a list over many
//!     partitions.
//!   - [`table::lease`]: the lease of stepwise work.
//! - [`rows`]: the access patterns, one file per noun: workspaces, API keys, endpoints and their health, events with their
//!   payloads, deliveries with their attempts, undelivered deliveries, limits, idempotency keys, drains, replays, statistics,
//!   sources with their received requests, the catalogue, the audit log.
//! - [`sealing`]: how secrets are encrypted under the data key.
//! - [`error`]: what can go wrong between Posthorn and its table.

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

use table::lost_answer::LostAnswers;

/// The table, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: Arc<str>,
    sealer: Sealer,
}

/// Some rows of a list in the order in which it was read, and where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, I> {
    /// The rows.
    pub rows: Vec<T>,
    /// The last row that was read, whether or not it is among `rows`; the next page begins after it. `None` at the end of
    /// the list, and only there: a page may be short, even empty, when many rows were skipped.
    pub next: Option<I>,
}

impl Store {
    /// The table named `table`, whose secrets are sealed under the data key that `wrapper` unwraps.
    pub fn new(client: aws_sdk_dynamodb::Client, table: &str, wrapper: KeyWrapper) -> Self {
        let config = client.config().to_builder().interceptor(LostAnswers).build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Self { client, table: table.into(), sealer: Sealer::new(wrapper) }
    }
}
