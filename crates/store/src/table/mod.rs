//! How are rows read and written? The table's definition, items, queries, batches and sharded lists.

pub(crate) mod batch;
pub mod definition;
pub mod item;
pub mod lease;
pub mod listing;
pub(crate) mod query;
pub(crate) mod row;
pub(crate) mod sharded_list;
pub(crate) mod update;
