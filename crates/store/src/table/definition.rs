//! What is the table?
//! Its one definition: local mode and tests create it, and a test holds the template to it.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::Store;
use crate::error::StoreError;
use crate::keys::{EXPIRES_AT, LOOKUP, LOOKUP_SORT, PK, SK, UNDELIVERED, UNDELIVERED_SORT};

/// The table's partition and sort key.
pub const PRIMARY_KEY: (&str, &str) = (PK, SK);
/// Each index: name, partition key, sort key. All project every attribute.
pub const INDEXES: [(&str, &str, &str); 2] =
    [(LOOKUP, LOOKUP, LOOKUP_SORT), (UNDELIVERED, UNDELIVERED, UNDELIVERED_SORT)];
/// The attribute of the table's TTL.
pub const TTL_ATTRIBUTE: &str = EXPIRES_AT;

impl Store {
    /// Creates the table if it is not there yet. For local mode and tests; on AWS the template makes it.
    ///
    /// # Errors
    /// [`StoreError::Aws`] when DynamoDB refuses.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        let attributes = [PRIMARY_KEY.0, PRIMARY_KEY.1]
            .into_iter()
            .chain(INDEXES.iter().flat_map(|(_, pk, sk)| [*pk, *sk]));
        let mut request = self
            .client
            .create_table()
            .table_name(&*self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(PRIMARY_KEY.0, PRIMARY_KEY.1)?))
            .set_attribute_definitions(Some(attributes.map(text_attribute).collect::<Result<_, _>>()?));
        for (name, pk, sk) in INDEXES {
            let index = GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(key_schema(pk, sk)?))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
                .map_err(StoreError::aws("CreateTable"))?;
            request = request.global_secondary_indexes(index);
        }
        match request.send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => {
                return Ok(());
            }
            Err(error) => return Err(StoreError::aws("CreateTable")(error)),
        }
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(TTL_ATTRIBUTE)
            .enabled(true)
            .build()
            .map_err(StoreError::aws("UpdateTimeToLive"))?;
        self.client
            .update_time_to_live()
            .table_name(&*self.table)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map_err(StoreError::aws("UpdateTimeToLive"))?;
        Ok(())
    }
}

fn key_schema(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>, StoreError> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .map(|(name, key_type)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type)
                .build()
                .map_err(StoreError::aws("CreateTable"))
        })
        .collect()
}

fn text_attribute(name: &str) -> Result<AttributeDefinition, StoreError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(StoreError::aws("CreateTable"))
}
