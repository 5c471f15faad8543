//! How is one row read, written or refused? A condition that does not hold is an answer, not an error.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::Store;
use crate::error::StoreError;
use crate::items::{Attributes, key_attributes};
use crate::keys::Key;

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

    pub(crate) async fn load(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(key)))
            .consistent_read(true)
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
