//! How is one row read, written or deleted?
//! By its primary key; a condition that does not hold is an answer, not an error.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ReturnValue;

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::item::{Attributes, key_attributes};
use crate::table::update::Condition;

impl Store {
    pub(crate) async fn put(&self, item: Attributes) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        request.send().await.map_err(StoreError::aws("PutItem"))?;
        Ok(())
    }

    /// Writes a row unless there is one with its key; whether it was written.
    pub(crate) async fn put_new(&self, item: Attributes) -> Result<bool, StoreError> {
        self.put_if(item, Condition::new("attribute_not_exists(PK)")).await
    }

    pub(crate) async fn load(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        self.load_as_of(key, true).await
    }

    /// An eventually consistent read, at half the price: for rows that are cached for seconds anyway.
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
        Ok(self.delete_old(key).await?.is_some())
    }

    /// Deletes a row, and gives it as it was; `None` if there was none.
    pub(crate) async fn delete_old(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(key)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(StoreError::aws("DeleteItem"))?;
        Ok(answer.attributes.filter(|row| !row.is_empty()))
    }
}

/// What a conditional write answered; `None` if its condition did not hold.
pub(crate) fn if_held<T, E, R>(
    operation: &'static str,
    answer: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(StoreError::aws(operation)(error)),
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
    Ok(if_held(operation, answer)?.is_some())
}
