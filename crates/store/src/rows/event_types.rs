//! How is the catalogue kept?
//! One row an event type in one partition, under an optimistic lock; the versions of its schema in a partition of its own.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::audit::AuditEntry;
use domain::catalogue::{EventTypeDescription, SchemaVersion};
use domain::event::event_type::EventType;
use serde_json::Value;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, CATALOGUE, EVENT_TYPE_PREFIX, SK};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::Range;
use crate::table::update::Condition;

const ENTITY: &str = "event_type";
const VERSION_ENTITY: &str = "schema_version";
/// What a list shows: all but the example.
const LISTED: &[&str] = &["document", "revision"];

impl Store {
    /// Writes a description whose revision is one more than the stored one's (1 for a new one), with the version of its
    /// schema that is new.
    ///
    /// An optimistic lock: gives `false`, and writes nothing, when the stored row has another revision, because another
    /// writer was faster.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason.
    pub async fn save_event_type(
        &self,
        described: &EventTypeDescription,
        version: Option<&SchemaVersion>,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut parts = vec![self.part_revision(item(described)?, described.revision)?];
        if let Some(version) = version {
            parts.push(self.part_version(described, version)?);
        }
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }

    /// The lock of the description holds for its versions, too.
    fn part_version(
        &self,
        described: &EventTypeDescription,
        version: &SchemaVersion,
    ) -> Result<TransactWriteItem, StoreError> {
        let row = ItemWriter::new(&keys::schema_version(described, version.version), VERSION_ENTITY);
        self.part_put(row.json("document", version)?.build(), None)
    }

    /// The description of an event type, with its example.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_event_type(
        &self,
        name: &EventType,
    ) -> Result<Option<EventTypeDescription>, StoreError> {
        self.load(&keys::event_type(name)).await?.map(read).transpose()
    }

    /// The same as it was a moment ago; one that was just made is found.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn recent_event_type(
        &self,
        name: &EventType,
    ) -> Result<Option<EventTypeDescription>, StoreError> {
        match self.load_recent(&keys::event_type(name)).await? {
            Some(row) => read(row).map(Some),
            None => self.load_event_type(name).await,
        }
    }

    /// Every description by name, without its example.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_event_types(&self) -> Result<Vec<EventTypeDescription>, StoreError> {
        let range = Range::prefix(CATALOGUE.to_owned(), EVENT_TYPE_PREFIX).only(LISTED).consistent();
        self.query(&range, usize::MAX).await?.rows.into_iter().map(read).collect()
    }

    /// Every description with its example, by name.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn all_event_types(&self) -> Result<Vec<EventTypeDescription>, StoreError> {
        let range = Range::prefix(CATALOGUE.to_owned(), EVENT_TYPE_PREFIX).consistent();
        self.query(&range, usize::MAX).await?.rows.into_iter().map(read).collect()
    }

    /// The names of all event types, as they were a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn recent_event_type_names(&self) -> Result<Vec<EventType>, StoreError> {
        let range = Range::prefix(CATALOGUE.to_owned(), EVENT_TYPE_PREFIX).only(&[SK]);
        self.query(&range, usize::MAX).await?.rows.into_iter().map(name_of).collect()
    }

    /// Whether there are at least `most` event types.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn has_event_types(&self, most: usize) -> Result<bool, StoreError> {
        let range = Range::prefix(CATALOGUE.to_owned(), EVENT_TYPE_PREFIX).only(&[SK]).consistent();
        Ok(self.query(&range, most).await?.rows.len() >= most)
    }

    /// A version of an event type's schema. It never changes, so a read may be of a moment ago.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn schema_version(
        &self,
        described: &EventTypeDescription,
        version: u32,
    ) -> Result<Option<SchemaVersion>, StoreError> {
        let key = keys::schema_version(described, version);
        let row = match self.load_recent(&key).await? {
            Some(row) => Some(row),
            None => self.load(&key).await?,
        };
        row.map(|row| ItemReader::new(row, VERSION_ENTITY).json("document")).transpose()
    }

    /// The versions of an event type's schema that are in force or were, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn schema_versions(
        &self,
        described: &EventTypeDescription,
    ) -> Result<Vec<SchemaVersion>, StoreError> {
        let (partition, prefix) = (keys::schema_partition(&described.name), keys::version_prefix(described));
        let range = Range::prefix(partition, &prefix).consistent();
        // One that is added at this moment is later than what the caller knows.
        let most = usize::try_from(described.version).unwrap_or(usize::MAX);
        let rows = self.query(&range, most).await?.rows.into_iter();
        rows.map(|row| ItemReader::new(row, VERSION_ENTITY).json("document")).collect()
    }

    /// The schemas in force of these event types, in no order; those without one are left out.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn schemas_in_force(
        &self,
        described: impl IntoIterator<Item = &EventTypeDescription>,
    ) -> Result<Vec<(EventType, Value)>, StoreError> {
        let with_schema = described.into_iter().filter(|described| described.version > 0);
        let keys: Vec<_> =
            with_schema.map(|described| keys::schema_version(described, described.version)).collect();
        let mut schemas = Vec::with_capacity(keys.len());
        for row in self.load_all(&keys).await? {
            let reader = ItemReader::new(row, VERSION_ENTITY);
            let name = reader.text(keys::PK)?.strip_prefix("SCHEMA#").unwrap_or_default();
            let name = EventType::parse(name).map_err(|error| reader.damaged(error))?;
            let SchemaVersion { schema, .. } = reader.json("document")?;
            schemas.push((name, schema));
        }
        Ok(schemas)
    }

    /// Deletes a description of this revision with the versions of its schema. `false`, when the stored row has another
    /// revision; then the description and the version in force stay.
    ///
    /// The versions that are no longer in force go first: a deletion that is cut off is repeated, and leaves no row behind.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn delete_event_type(
        &self,
        described: &EventTypeDescription,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        for version in 1..described.version {
            self.delete(&keys::schema_version(described, version)).await?;
        }
        let unchanged = Condition::new("revision = :revision").number(":revision", described.revision);
        let mut parts = vec![self.part_delete_if(&keys::event_type(&described.name), unchanged)?];
        if described.version > 0 {
            parts.push(self.part_delete(&keys::schema_version(described, described.version))?);
        }
        Ok(self.transact_audited(parts, entry).await?.is_none())
    }
}

fn item(described: &EventTypeDescription) -> Result<Attributes, StoreError> {
    let mut document = described.clone();
    let example = document.settings.example.take();
    Ok(ItemWriter::new(&keys::event_type(&described.name), ENTITY)
        .number("revision", described.revision)
        .json("document", &document)?
        .maybe(example, |item, example| item.text("example", example))
        .build())
}

fn read(row: Attributes) -> Result<EventTypeDescription, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let mut described: EventTypeDescription = reader.json("document")?;
    described.revision = reader.number("revision")?;
    if reader.maybe_text("example")?.is_some() {
        described.settings.example = Some(reader.json("example")?);
    }
    Ok(described)
}

fn name_of(row: Attributes) -> Result<EventType, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let name = reader.text(SK)?.strip_prefix(EVENT_TYPE_PREFIX).unwrap_or_default();
    EventType::parse(name).map_err(|error| reader.damaged(error))
}
