//! How are many rows written, deleted or read at once?
//! In batches (`BatchWriteItem`, `BatchGetItem`), whose unprocessed rest is sent again; all of them or an error.

use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::item::{Attributes, key_attributes};

/// DynamoDB takes at most 25 writes in one BatchWriteItem.
pub const BATCH_WRITES: usize = 25;
/// DynamoDB gives at most 100 rows in one BatchGetItem.
const BATCH_READS: usize = 100;
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

    /// Deletes many rows of different keys, whether or not they exist, all of them or an error.
    pub(crate) async fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        for chunk in keys.chunks(BATCH_WRITES) {
            let mut writes = Vec::with_capacity(chunk.len());
            for key in chunk {
                let delete = DeleteRequest::builder().set_key(Some(key_attributes(key))).build();
                let delete = delete.map_err(StoreError::aws("BatchWriteItem"))?;
                writes.push(WriteRequest::builder().delete_request(delete).build());
            }
            self.write_batch(writes).await?;
        }
        Ok(())
    }

    /// Reads many rows of different keys, in no order; those that do not exist are left out.
    pub(crate) async fn load_all(&self, keys: &[Key]) -> Result<Vec<Attributes>, StoreError> {
        let mut rows = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_READS) {
            self.read_batch(chunk.iter().map(key_attributes).collect(), &mut rows).await?;
        }
        Ok(rows)
    }

    async fn read_batch(
        &self,
        mut keys: Vec<Attributes>,
        rows: &mut Vec<Attributes>,
    ) -> Result<(), StoreError> {
        for attempt in 0..BATCH_TRIES {
            let request = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut keys)));
            let request = request.build().map_err(StoreError::aws("BatchGetItem"))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, request)
                .send()
                .await
                .map_err(StoreError::aws("BatchGetItem"))?;
            rows.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let unprocessed = answer.unprocessed_keys.unwrap_or_default();
            keys = unprocessed.into_values().flat_map(|rest| rest.keys).collect();
            if keys.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(StoreError::Unprocessed(keys.len()))
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
