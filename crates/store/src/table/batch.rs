//! How is one row read, written or refused? A condition that does not hold is an answer, not an error.

use std::fmt::Debug;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::item::{Attributes, key_attributes};

/// DynamoDB takes at most 25 writes in one BatchWriteItem.
pub const BATCH_WRITES: usize = 25;
/// How often what DynamoDB leaves unprocessed of a batch is sent again.
pub(crate) const BATCH_TRIES: u32 = 5;

impl Store {
    pub(crate) async fn put(&self, item: Attributes) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        request.send().await.map_err(StoreError::aws("PutItem"))?;
        Ok(())
    }

    /// Writes a row unless there is one with its key; whether it was written.
    pub(crate) async fn put_new(&self, item: Attributes) -> Result<bool, StoreError> {
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        condition_held("PutItem", request.condition_expression("attribute_not_exists(PK)").send().await)
    }

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

    pub(crate) async fn load(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        self.load_as_of(key, true).await
    }

    /// A row as it was a moment ago, at half the price: for what is remembered for seconds anyway.
    pub(crate) async fn load_recent(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        self.load_as_of(key, false).await
    }

    async fn load_as_of(&self, key: &Key, right_now: bool) -> Result<Option<Attributes>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(key)))
            .consistent_read(right_now)
            .send()
            .await
            .map_err(StoreError::aws("GetItem"))?;
        Ok(answer.item)
    }

    /// Deletes a row; whether there was one.
    pub(crate) async fn delete(&self, key: &Key) -> Result<bool, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(key)))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(StoreError::aws("DeleteItem"))?;
        Ok(answer.attributes.is_some_and(|row| !row.is_empty()))
    }
}

/// DynamoDB throttled part of a batch: the next try waits twice as long as the last.
pub(crate) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
}

/// Whether a conditional write was made.
pub(crate) fn condition_held<T, E, R>(
    operation: &'static str,
    answer: Result<T, SdkError<E, R>>,
) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(StoreError::aws(operation)(error)),
    }
}
