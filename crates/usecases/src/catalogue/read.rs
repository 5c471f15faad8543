//! Which event types does a caller see?
//! The catalogue by name, filtered and in pages, and one event type with its schema.

use std::collections::BTreeMap;

use domain::access::api_key::ApiKey;
use domain::catalogue::EventTypeDescription;
use domain::event::event_type::EventType;
use domain::search::NamePart;
use store::Order;

use super::{DescribedType, find, schema_of, sees};
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;

/// Which event types are listed: all, or only those with these members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypeFilter {
    /// Only those of this group.
    pub group: Option<String>,
    /// Only those whose name or title contains this.
    pub name: Option<NamePart>,
    /// Only archived ones, or only others.
    pub archived: Option<bool>,
}

impl EventTypeFilter {
    fn selects(&self, described: &EventTypeDescription) -> bool {
        let settings = &described.settings;
        let is_named = |name: &NamePart| name.is_in(described.name.as_str()) || name.is_in(&settings.title);
        self.group.as_ref().is_none_or(|group| settings.group.as_ref() == Some(group))
            && self.name.as_ref().is_none_or(is_named)
            && self.archived.is_none_or(|archived| settings.archived == archived)
    }
}

/// One event type, with its schema.
///
/// # Errors
/// [`domain::problem::Problem::NotFound`] when the caller sees no such event type.
pub async fn read_event_type(
    management: &Management,
    caller: &ApiKey,
    name: &EventType,
) -> Result<DescribedType, UseCaseError> {
    let described = find(&management.context, caller, name).await?;
    let schema = schema_of(&management.context, &described).await?;
    Ok(DescribedType { described, schema })
}

/// A page of the event types, and how many of all pages each group has; those without a group come last.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedCatalogue {
    /// The page.
    pub page: ListPage<EventTypeDescription, EventType>,
    /// The groups, by name.
    pub groups: Vec<(Option<String>, usize)>,
}

/// The event types that the caller sees and the filter selects, by name, without schemas and examples.
///
/// # Errors
/// A fault when the table cannot be read.
pub async fn list_event_types(
    management: &Management,
    caller: &ApiKey,
    filter: &EventTypeFilter,
    rows: Rows<EventType>,
) -> Result<ListedCatalogue, UseCaseError> {
    let mut all = management.context.store.list_event_types().await?;
    all.retain(|described| sees(caller, described) && filter.selects(described));
    let mut counts = BTreeMap::new();
    for described in &all {
        let group = &described.settings.group;
        *counts.entry((group.is_none(), group.clone())).or_insert(0) += 1;
    }
    let groups = counts.into_iter().map(|((_, name), count)| (name, count)).collect();
    let name = |described: &EventTypeDescription| described.name.clone();
    Ok(ListedCatalogue {
        page: rows.page_in_answer(Order::OldestFirst, all, name, |described| described),
        groups,
    })
}
