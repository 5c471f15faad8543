//! Endpoints: make, load, list, change, delete.
//!
//! A change says which revision it was made from; DynamoDB refuses it if the row has moved on since.

use domain::address::AllowedTargets;
use domain::endpoint::{DisabledReason, Endpoint, EndpointSettings};
use domain::endpoint_url::EndpointUrl;
use domain::id::{EndpointId, WorkspaceId};
use domain::secret::ActiveSecret;
use domain::timestamp::Timestamp;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::StoreError;
use crate::items::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::keys::{self, ENDPOINT_PREFIX, LOOKUP, LOOKUP_SORT};
use crate::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "endpoint";

/// The row's document: the parts of [`Endpoint`] that are not derived from it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Document {
    id: EndpointId,
    workspace_id: WorkspaceId,
    settings: EndpointSettings,
    secrets: Vec<ActiveSecret>,
    disabled_reason: Option<DisabledReason>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Store {
    /// Writes an endpoint whose revision is one more than the stored one's (1 for a new one).
    ///
    /// Gives `false`, and writes nothing, when the stored row has another revision: somebody else was faster.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason.
    pub async fn save_endpoint(&self, endpoint: &Endpoint) -> Result<bool, StoreError> {
        let document = Document {
            id: endpoint.id,
            workspace_id: endpoint.workspace_id,
            settings: endpoint.settings.clone(),
            secrets: endpoint.secrets.clone(),
            disabled_reason: endpoint.disabled_reason,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        };
        let item = ItemWriter::new(&keys::endpoint(endpoint.workspace_id, endpoint.id), ENTITY)
            .text(LOOKUP, endpoint.id)
            .text(LOOKUP_SORT, endpoint.id)
            .number("revision", endpoint.revision)
            .json("document", &document)?
            .build();
        let mut request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        request = if endpoint.revision == 1 {
            request.condition_expression("attribute_not_exists(PK)")
        } else {
            let before = endpoint.revision.saturating_sub(1).to_string();
            request
                .condition_expression("revision = :before")
                .expression_attribute_values(":before", AttributeValue::N(before))
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::aws("PutItem")(error)),
        }
    }

    /// The endpoint, if the workspace has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_endpoint(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        self.load(&keys::endpoint(workspace, endpoint)).await?.map(read).transpose()
    }

    /// The endpoint in whichever workspace it is, by the index: a row made a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_endpoint(&self, endpoint: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let range = Range::prefix(endpoint.to_string(), EndpointId::PREFIX).of(Index::Lookup);
        self.query(&range, 1).await?.rows.pop().map(read).transpose()
    }

    /// Endpoints of a workspace, newest first, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_endpoints(
        &self,
        workspace: WorkspaceId,
        before: Option<EndpointId>,
        limit: usize,
    ) -> Result<Page<Endpoint>, StoreError> {
        let mut range =
            Range::prefix(keys::workspace_partition(workspace), ENDPOINT_PREFIX).newest_first().consistent();
        if let Some(before) = before {
            range = range.before(&format!("{ENDPOINT_PREFIX}{before}"));
        }
        let page = self.query(&range, limit).await?;
        Ok(Page { rows: page.rows.into_iter().map(read).collect::<Result<_, _>>()?, more: page.more })
    }

    /// Every endpoint of a workspace, oldest first: what an event is fanned out to.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_endpoints(&self, workspace: WorkspaceId) -> Result<Vec<Endpoint>, StoreError> {
        let range = Range::prefix(keys::workspace_partition(workspace), ENDPOINT_PREFIX);
        self.query(&range, usize::MAX).await?.rows.into_iter().map(read).collect()
    }

    /// Deletes an endpoint; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_endpoint(
        &self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::endpoint(workspace, endpoint))))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld)
            .send()
            .await
            .map_err(StoreError::aws("DeleteItem"))?;
        Ok(answer.attributes.is_some_and(|row| !row.is_empty()))
    }
}

fn read(item: Attributes) -> Result<Endpoint, StoreError> {
    let reader = ItemReader::new(item, ENTITY);
    let document: Document = reader.json("document")?;
    // Whether the URL may be called is decided when it is saved and again when it is called; here it is only parsed.
    let url = EndpointUrl::parse(&document.settings.url, &AllowedTargets::loopback_and_http())
        .map_err(|error| reader.damaged(error))?;
    Ok(Endpoint {
        id: document.id,
        workspace_id: document.workspace_id,
        settings: document.settings,
        url,
        secrets: document.secrets,
        disabled_reason: document.disabled_reason,
        revision: reader.number("revision")?,
        created_at: document.created_at,
        updated_at: document.updated_at,
    })
}
