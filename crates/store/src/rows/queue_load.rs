//! How is it kept whether the jobs queue holds many messages in flight?
//! One row, written by the schedule when the load changes; without it the load is normal.

use domain::policy::backoff::QueueLoad;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::{ItemReader, ItemWriter};

const ENTITY: &str = "queue load";

impl Store {
    /// The load as it was a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_queue_load(&self) -> Result<QueueLoad, StoreError> {
        match self.load_recent(&keys::queue_load()).await? {
            Some(row) => ItemReader::new(row, ENTITY).word("load"),
            None => Ok(QueueLoad::default()),
        }
    }

    /// Writes the load, as it is since `now` with `in_flight` messages in flight.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_queue_load(
        &self,
        load: QueueLoad,
        in_flight: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = ItemWriter::new(&keys::queue_load(), ENTITY)
            .word("load", &load)?
            .number("in_flight", in_flight)
            .instant("since", now)
            .build();
        self.put(item).await
    }
}
