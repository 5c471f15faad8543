//! How are several rows written together or not at all?
//! In one transaction; a condition that does not hold is an answer, not an error.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::batch::pause;
use crate::table::item::{Attributes, key_attributes};
use crate::table::update::Condition;

const OPERATION: &str = "TransactWriteItems";
/// Transactions of the same row refuse each other: thirty requests at once need some tries.
const TRIES: u32 = 8;
/// Why DynamoDB cancels a transaction that may be written a moment later. The SDK repeats none of them: it sees only that
/// the transaction was cancelled.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

impl Store {
    /// Puts a whole row; with `condition` only if that holds of the row that is there.
    pub(crate) fn part_put(
        &self,
        item: Attributes,
        condition: Option<&str>,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&*self.table).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::aws(OPERATION))?).build())
    }

    /// Puts a whole row if `condition` holds of the row that is there.
    pub(crate) fn part_put_if(
        &self,
        item: Attributes,
        condition: Condition,
    ) -> Result<TransactWriteItem, StoreError> {
        let (condition, names, values) = condition.parts();
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::aws(OPERATION))?).build())
    }

    /// Deletes a row if `condition` holds of it.
    pub(crate) fn part_delete_if(
        &self,
        key: &Key,
        condition: Condition,
    ) -> Result<TransactWriteItem, StoreError> {
        let (condition, names, values) = condition.parts();
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(StoreError::aws(OPERATION))?).build())
    }

    /// Deletes a row.
    pub(crate) fn part_delete(&self, key: &Key) -> Result<TransactWriteItem, StoreError> {
        self.part_delete_if(key, Condition::default())
    }

    /// Writes all parts. When a condition does not hold nothing is written, and the answer is the place of the first
    /// part whose condition it was.
    pub(crate) async fn transact(&self, parts: Vec<TransactWriteItem>) -> Result<Option<usize>, StoreError> {
        for attempt in 0..TRIES {
            let request = self.client.transact_write_items().set_transact_items(Some(parts.clone()));
            let Err(error) = Box::pin(request.send()).await else { return Ok(None) };
            let Some(TransactWriteItemsError::TransactionCanceledException(refusal)) =
                error.as_service_error()
            else {
                return Err(StoreError::aws(OPERATION)(error));
            };
            let codes: Vec<_> = refusal.cancellation_reasons().iter().map(|reason| reason.code()).collect();
            let refused = codes.iter().position(|code| *code == Some("ConditionalCheckFailed"));
            if refused.is_some() {
                return Ok(refused);
            }
            if !codes.iter().flatten().any(|code| PASSING.contains(code)) {
                return Err(StoreError::aws(OPERATION)(error));
            }
            pause(attempt).await;
        }
        Err(StoreError::Unprocessed(parts.len()))
    }
}
