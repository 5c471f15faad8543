//! How are many rows written at once?
//! In batches, whose unprocessed rest is sent again; all of them or an error.

use std::time::Duration;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use crate::Store;
use crate::error::StoreError;
use crate::table::item::Attributes;

/// DynamoDB takes at most 25 writes in one BatchWriteItem.
pub const BATCH_WRITES: usize = 25;
/// How often the unprocessed items of a batch are sent again.
pub(crate) const BATCH_TRIES: u32 = 5;

impl Store {
    /// Writes many rows of different keys, all of them or an error.
    pub(crate) async fn put_all(&self, items: Vec<Attributes>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(items.len());
        for item in items {
            let put = PutRequest::builder().set_item(Some(item)).build();
            let put = put.map_err(StoreError::aws("BatchWriteItem"))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        while !writes.is_empty() {
            let rest = writes.split_off(writes.len().min(BATCH_WRITES));
            self.write_batch(writes).await?;
            writes = rest;
        }
        Ok(())
    }

    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        for attempt in 0..BATCH_TRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&*self.table, writes)
                .send()
                .await
                .map_err(StoreError::aws("BatchWriteItem"))?;
            writes = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if writes.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(StoreError::Unprocessed(writes.len()))
    }
}

/// DynamoDB throttled part of a batch: the next try waits twice as long as the last.
pub(crate) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
}
