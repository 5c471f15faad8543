//! How are events counted that do not fit the catalogue?
//! One row a workspace and event type, which many processes add to; it expires when nothing was added for a while.

use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::MisfitKind;
use domain::event::event_type::EventType;
use domain::id::WorkspaceId;
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, SK};
use crate::table::item::{Attributes, ItemReader};
use crate::table::query::Range;
use crate::table::update::Update;

const ENTITY: &str = "misfits";

impl Store {
    /// Adds counts of one event type; `first_at` stays as it was if there is a row.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn add_misfits(
        &self,
        workspace: WorkspaceId,
        name: &EventType,
        tally: &MisfitTally,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let errors =
            serde_json::to_string(&tally.errors).map_err(|error| StoreError::damaged(ENTITY, error))?;
        let mut update = Update::new(keys::misfits(workspace, name), ENTITY)
            .set_entity()
            .set("expires_at = :expires, last_at = :last, first_at = if_not_exists(first_at, :first)")
            .expiry(":expires", expires_at)
            .instant(":last", tally.last_at)
            .instant(":first", tally.first_at);
        if !tally.errors.is_empty() {
            update = update.set("errors = :errors").text(":errors", errors);
        }
        for (kind, count) in tally.counts() {
            let (attribute, value) = (attribute(kind), format!(":{}", attribute(kind)));
            update = update.add(&format!("{attribute} {value}")).number(&value, count);
        }
        update.apply(self).await?;
        Ok(())
    }

    /// The counts of a workspace by event type, in the order of names.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_misfits(
        &self,
        workspace: WorkspaceId,
        most: usize,
    ) -> Result<Vec<(EventType, MisfitTally)>, StoreError> {
        let range = Range::whole(keys::misfits_partition(workspace));
        self.query(&range, most).await?.rows.into_iter().map(read).collect()
    }
}

fn attribute(kind: MisfitKind) -> &'static str {
    match kind {
        MisfitKind::Undescribed => "undescribed",
        MisfitKind::Archived => "archived",
        MisfitKind::Mismatch => "mismatched",
    }
}

fn read(row: Attributes) -> Result<(EventType, MisfitTally), StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let count = |kind| Ok::<u64, StoreError>(reader.maybe_number(attribute(kind))?.unwrap_or(0));
    let name = EventType::parse(reader.text(SK)?).map_err(|error| reader.damaged(error))?;
    let tally = MisfitTally {
        undescribed: count(MisfitKind::Undescribed)?,
        archived: count(MisfitKind::Archived)?,
        mismatched: count(MisfitKind::Mismatch)?,
        errors: reader.maybe_text("errors")?.map_or(Ok(Vec::new()), |_| reader.json("errors"))?,
        first_at: reader.instant("first_at")?,
        last_at: reader.instant("last_at")?,
    };
    Ok((name, tally))
}
