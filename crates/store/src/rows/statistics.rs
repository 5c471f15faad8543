//! How are deliveries counted?
//! Hourly tallies of an endpoint or a whole workspace: counters that many processes add to.

use domain::delivery::statistics::{Hour, Tally};
use domain::id::{EndpointId, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys;
use crate::table::item::{Attributes, ItemReader};
use crate::table::query::Range;
use crate::table::update::Update;
use crate::{Store, Window};

const ENTITY: &str = "statistics";

/// The subject of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One endpoint.
    Endpoint(EndpointId),
    /// All endpoints of a workspace.
    Workspace(WorkspaceId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Endpoint(id) => id.fmt(f),
            Self::Workspace(id) => id.fmt(f),
        }
    }
}

impl Store {
    /// Adds counts to the tally of an hour.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn add_tally(
        &self,
        subject: Subject,
        hour: Hour,
        tally: &Tally,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::statistics(&subject.to_string(), hour.start());
        let mut update =
            Update::new(key, ENTITY).set_entity().set("expires_at = :expires").expiry(":expires", expires_at);
        let counted: Vec<_> = counters(tally).into_iter().filter(|(_, n)| *n > 0).collect();
        if counted.is_empty() {
            return Ok(());
        }
        for (index, (name, count)) in counted.into_iter().enumerate() {
            let (attribute, value) = (format!("#c{index}"), format!(":c{index}"));
            update = update.add(&format!("{attribute} {value}")).name(&attribute, name).number(&value, count);
        }
        update.apply(self).await?;
        Ok(())
    }

    /// The tally of each hour of `window` that has one, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn tallies(&self, subject: Subject, window: Window) -> Result<Vec<(Hour, Tally)>, StoreError> {
        let partition = keys::statistics_partition(&subject.to_string());
        let range = Range {
            low: Hour::of(window.since).start().to_string(),
            high: window.until.to_string(),
            ..Range::prefix(partition, "")
        };
        self.query(&range, usize::MAX).await?.rows.into_iter().map(read).collect()
    }
}

fn counters(tally: &Tally) -> Vec<(String, u64)> {
    let mut counters = vec![
        ("delivered".to_owned(), tally.delivered),
        ("failed".to_owned(), tally.failed),
        ("attempts".to_owned(), tally.attempts),
        ("failed_attempts".to_owned(), tally.failed_attempts),
    ];
    counters.extend(tally.durations.iter().enumerate().map(|(index, n)| (format!("took{index}"), *n)));
    counters
}

fn read(row: Attributes) -> Result<(Hour, Tally), StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    let count = |name: &str| Ok::<u64, StoreError>(reader.maybe_number(name)?.unwrap_or(0));
    let mut tally = Tally {
        delivered: count("delivered")?,
        failed: count("failed")?,
        attempts: count("attempts")?,
        failed_attempts: count("failed_attempts")?,
        ..Tally::default()
    };
    for (index, duration) in tally.durations.iter_mut().enumerate() {
        *duration = count(&format!("took{index}"))?;
    }
    let at = Timestamp::parse(reader.text(keys::SK)?).map_err(|error| reader.damaged(error))?;
    Ok((Hour::of(at), tally))
}
