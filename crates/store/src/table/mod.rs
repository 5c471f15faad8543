//! How are rows read and written?
//! By mechanisms that know no noun: definition, items, updates, batches, queries, sharded lists and leases.
//!
//! The words, as they are used here and in the field:
//!
//! - *at least once*: every message and every write that was not answered may come twice, so a write says under which
//!   condition it applies, and a second one changes nothing.
//! - *optimistic lock*: a row carries a counter, its `revision`; a writer says which revision it has read, and is refused
//!   if the row has moved on since.
//! - *lease*: a row says until when one process may work on it; when that has passed, another may claim it, so a process
//!   that died blocks nothing for long.
//! - *sharded list*: one list whose rows stand in many partitions, because a single one takes only about 1,000 writes a
//!   second.
//! - *sparse index*: an index that holds only the rows that carry its key attributes, and so costs nothing for the others.

pub(crate) mod batch;
pub mod definition;
pub mod item;
pub mod lease;
pub mod listing;
pub(crate) mod lost_answer;
pub(crate) mod merge;
pub(crate) mod query;
pub(crate) mod row;
pub(crate) mod sharded_list;
pub(crate) mod transaction;
pub(crate) mod update;
