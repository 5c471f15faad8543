//! How is a row changed in place, or written and deleted only if a condition holds?
//! Builders of DynamoDB's update and condition expressions; a condition that does not hold is an answer, not an error.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    self, AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::Key;
use crate::table::item::{Attributes, ItemReader, key_attributes};
use crate::table::row::{condition_held, if_held};

/// Expression, names and values of a request.
pub(crate) type Parts = (Option<String>, Option<HashMap<String, String>>, Option<Attributes>);

/// A condition for a write, with the names and values of its expression.
///
/// Names that DynamoDB reserves for itself (`status`, `events`) stand behind a placeholder `#name`, values behind
/// `:name`.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    expression: String,
    names: HashMap<String, String>,
    values: Attributes,
}

impl Condition {
    pub(crate) fn new(expression: &str) -> Self {
        Self { expression: expression.to_owned(), ..Self::default() }
    }

    /// The attribute that `placeholder` stands for.
    pub(crate) fn name(mut self, placeholder: &str, attribute: impl Into<String>) -> Self {
        self.names.insert(placeholder.to_owned(), attribute.into());
        self
    }

    pub(crate) fn text(mut self, placeholder: &str, value: impl ToString) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::S(value.to_string()));
        self
    }

    pub(crate) fn number(mut self, placeholder: &str, value: impl ToString) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    pub(crate) fn bytes(mut self, placeholder: &str, value: Vec<u8>) -> Self {
        self.values.insert(placeholder.to_owned(), AttributeValue::B(Blob::new(value)));
        self
    }

    /// As [`crate::table::item::ItemWriter::instant`] writes it: in milliseconds.
    pub(crate) fn instant(self, placeholder: &str, value: Timestamp) -> Self {
        self.number(placeholder, value.as_millis())
    }

    /// As [`crate::table::item::ItemWriter::expires_at`] writes it: in seconds.
    pub(crate) fn expiry(self, placeholder: &str, value: Timestamp) -> Self {
        self.number(placeholder, value.as_seconds())
    }

    fn and(&mut self, expression: &str) {
        if !self.expression.is_empty() {
            self.expression.push_str(" AND ");
        }
        self.expression.push_str(expression);
    }

    /// Expression, names and values as the SDK takes them; empty ones are left out.
    pub(crate) fn parts(self) -> Parts {
        let Self { expression, names, values } = self;
        (
            Some(expression).filter(|expression| !expression.is_empty()),
            Some(names).filter(|names| !names.is_empty()),
            Some(values).filter(|values| !values.is_empty()),
        )
    }
}

/// A change of some attributes of one row. It creates a missing row, unless a condition forbids that.
#[derive(Debug)]
pub(crate) struct Update {
    key: Key,
    entity: &'static str,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    condition: Condition,
}

impl Update {
    /// A change of the row `key`, which is an `entity`.
    pub(crate) fn new(key: Key, entity: &'static str) -> Self {
        let (set, remove, add) = (Vec::new(), Vec::new(), Vec::new());
        Self { key, entity, set, remove, add, condition: Condition::default() }
    }

    /// Assignments, as `next_slot = next_slot + :step`.
    pub(crate) fn set(mut self, assignments: &str) -> Self {
        self.set.push(assignments.to_owned());
        self
    }

    /// Also sets the row's entity: for a change that may create the row.
    pub(crate) fn set_entity(self) -> Self {
        let entity = self.entity;
        self.set("entity = :entity").text(":entity", entity)
    }

    /// Sets an attribute, or removes it if there is no value; `bind` says of which type it is.
    pub(crate) fn set_or_remove<T>(
        self,
        attribute: &str,
        value: Option<T>,
        bind: impl FnOnce(Self, &str, T) -> Self,
    ) -> Self {
        let (name, placeholder) = (format!("#{attribute}"), format!(":{attribute}"));
        let update = self.name(&name, attribute);
        match value {
            Some(value) => bind(update.set(&format!("{name} = {placeholder}")), &placeholder, value),
            None => update.remove(&name),
        }
    }

    /// Removes attributes.
    pub(crate) fn remove(mut self, attributes: &str) -> Self {
        self.remove.push(attributes.to_owned());
        self
    }

    /// Adds a number to an attribute, as `failures :n`; one that is missing counts as 0.
    pub(crate) fn add(mut self, attribute_and_number: &str) -> Self {
        self.add.push(attribute_and_number.to_owned());
        self
    }

    /// Only if this holds; of several calls all must, and one with `OR` then needs parentheses.
    pub(crate) fn when(mut self, condition: &str) -> Self {
        self.condition.and(condition);
        self
    }

    /// The attribute that `placeholder` stands for.
    pub(crate) fn name(self, placeholder: &str, attribute: impl Into<String>) -> Self {
        self.with(|condition| condition.name(placeholder, attribute))
    }

    pub(crate) fn text(self, placeholder: &str, value: impl ToString) -> Self {
        self.with(|condition| condition.text(placeholder, value))
    }

    pub(crate) fn number(self, placeholder: &str, value: impl ToString) -> Self {
        self.with(|condition| condition.number(placeholder, value))
    }

    pub(crate) fn bytes(self, placeholder: &str, value: Vec<u8>) -> Self {
        self.with(|condition| condition.bytes(placeholder, value))
    }

    pub(crate) fn instant(self, placeholder: &str, value: Timestamp) -> Self {
        self.with(|condition| condition.instant(placeholder, value))
    }

    pub(crate) fn expiry(self, placeholder: &str, value: Timestamp) -> Self {
        self.with(|condition| condition.expiry(placeholder, value))
    }

    fn with(mut self, bind: impl FnOnce(Condition) -> Condition) -> Self {
        self.condition = bind(self.condition);
        self
    }

    /// As DynamoDB writes it.
    fn expression(&self) -> String {
        let clauses = [("SET", &self.set), ("REMOVE", &self.remove), ("ADD", &self.add)];
        let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
        clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
    }

    /// Writes the change; whether the condition held.
    pub(crate) async fn apply(self, store: &Store) -> Result<bool, StoreError> {
        Ok(self.send(store, ReturnValue::None).await?.is_some())
    }

    /// Writes the change, and returns the changed attributes as they were before it; `None` if the condition did not hold.
    pub(crate) async fn old(self, store: &Store) -> Result<Option<ItemReader>, StoreError> {
        self.send(store, ReturnValue::UpdatedOld).await
    }

    /// Writes the change, and returns the whole row after it; `None` if the condition did not hold.
    pub(crate) async fn new_row(self, store: &Store) -> Result<Option<ItemReader>, StoreError> {
        self.send(store, ReturnValue::AllNew).await
    }

    /// The change as a part of a transaction.
    pub(crate) fn part(self, store: &Store) -> Result<TransactWriteItem, StoreError> {
        let expression = self.expression();
        let (condition, names, values) = self.condition.parts();
        let update = types::Update::builder()
            .table_name(&*store.table)
            .set_key(Some(key_attributes(&self.key)))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build()
            .map_err(StoreError::aws("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    async fn send(self, store: &Store, answer: ReturnValue) -> Result<Option<ItemReader>, StoreError> {
        let expression = self.expression();
        let (condition, names, values) = self.condition.parts();
        let request = store
            .client
            .update_item()
            .table_name(&*store.table)
            .set_key(Some(key_attributes(&self.key)))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(answer);
        // On the heap, because the SDK's future is large: inline it would make the futures of all callers as large.
        let row = if_held("UpdateItem", Box::pin(request.send()).await)?;
        Ok(row.map(|row| ItemReader::new(row.attributes.unwrap_or_default(), self.entity)))
    }
}

impl Store {
    /// Writes a whole row if `condition` holds of the one that is there; whether it did.
    pub(crate) async fn put_if(&self, item: Attributes, condition: Condition) -> Result<bool, StoreError> {
        let (condition, names, values) = condition.parts();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            // By that row `LostAnswers` recognises a put that was made, and whose answer was lost.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        condition_held("PutItem", Box::pin(request.send()).await)
    }

    /// The same; when the condition does not hold, gives the row that is there.
    pub(crate) async fn put_or_find(
        &self,
        key: &Key,
        item: Attributes,
        condition: Condition,
    ) -> Result<Option<Attributes>, StoreError> {
        let (condition, names, values) = condition.parts();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = Box::pin(request.send()).await else { return Ok(None) };
        let Some(PutItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error() else {
            return Err(StoreError::aws("PutItem")(error));
        };
        match refusal.item() {
            Some(row) => Ok(Some(row.clone())),
            None => self.load(key).await?.ok_or_else(|| StoreError::damaged("row", "it vanished")).map(Some),
        }
    }

    /// Puts a row under its optimistic lock, the counter `revision`: only over the revision before, and the first only
    /// where there is no row.
    pub(crate) fn part_revision(
        &self,
        item: Attributes,
        revision: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let condition = match revision {
            1 => Condition::new("attribute_not_exists(PK)"),
            revision => Condition::new("revision = :before").number(":before", revision.saturating_sub(1)),
        };
        self.part_put_if(item, condition)
    }

    /// Deletes a row if `condition` holds of it; whether it did.
    pub(crate) async fn delete_if(&self, key: &Key, condition: Condition) -> Result<bool, StoreError> {
        let (condition, names, values) = condition.parts();
        let request = self.client.delete_item().table_name(&*self.table).set_key(Some(key_attributes(key)));
        let request = request
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        condition_held("DeleteItem", Box::pin(request.send()).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update() -> Update {
        Update::new(Key { pk: "A".to_owned(), sk: "B".to_owned() }, "example")
    }

    #[test]
    fn clauses_are_put_together_in_the_order_of_dynamodbs_grammar() {
        let update = update().add("n :n").remove("a").set("b = :b").set("c = :c").remove("#d");
        assert_eq!(update.expression(), "SET b = :b, c = :c REMOVE a, #d ADD n :n");
    }

    #[test]
    fn what_has_no_value_is_removed() {
        let update = update().set_or_remove("cursor", Some("a"), Update::text);
        let update = update.set_or_remove("rate", None::<u32>, Update::number);
        assert_eq!(update.expression(), "SET #cursor = :cursor REMOVE #rate");
    }

    #[test]
    fn every_condition_must_hold_and_what_is_empty_is_left_out() {
        let (condition, names, values) =
            update().set("a = b").when("a > :x").when("#s = :y").condition.parts();
        assert_eq!(condition.as_deref(), Some("a > :x AND #s = :y"));
        assert_eq!((names, values), (None, None));
        assert_eq!(update().condition.parts().0, None);
    }

    #[test]
    fn instants_are_milliseconds_and_expiries_seconds() {
        let at = Timestamp::from_millis(1_767_605_400_123);
        let (_, _, values) = update().instant(":at", at).expiry(":until", at).condition.parts();
        let number = |digits: &str| AttributeValue::N(digits.to_owned());
        let expected =
            [(":at".to_owned(), number("1767605400123")), (":until".to_owned(), number("1767605400"))];
        assert_eq!(values, Some(expected.into()));
    }
}
