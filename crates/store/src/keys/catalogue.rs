//! Where do the rows of the catalogue live?
//! The part of the key design that concerns event types; the table of all keys is in [`crate::keys`].

use domain::event::event_type::EventType;
use domain::id::WorkspaceId;

use super::Key;

/// The partition of the descriptions of all event types.
pub const CATALOGUE: &str = "CATALOGUE";
/// What the sort keys of descriptions start with; the name follows, so that a list is in the order of names.
pub const EVENT_TYPE_PREFIX: &str = "TYPE#";
/// What the sort keys of the versions of a schema start with.
pub const VERSION_PREFIX: &str = "VERSION#";

/// The row of an event type's description.
pub fn event_type(name: &EventType) -> Key {
    Key::new(CATALOGUE.to_owned(), format!("{EVENT_TYPE_PREFIX}{name}"))
}

/// The row of a version of an event type's schema.
pub fn schema_version(name: &EventType, version: u32) -> Key {
    Key::new(schema_partition(name), format!("{VERSION_PREFIX}{version:04}"))
}

/// The partition of the versions of an event type's schema.
pub fn schema_partition(name: &EventType) -> String {
    format!("SCHEMA#{name}")
}

/// The row that counts the events of one type that did not fit the catalogue.
pub fn misfits(workspace: WorkspaceId, name: &EventType) -> Key {
    Key::new(misfits_partition(workspace), name.to_string())
}

/// The partition of these rows of a workspace.
pub fn misfits_partition(workspace: WorkspaceId) -> String {
    format!("MISFITS#{workspace}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    #[test]
    fn keys_are_written_as_the_table_says() {
        let name = EventType::parse("order/created:v2").unwrap();
        let ws = WorkspaceId::new(Timestamp::from_millis(0), 1);
        assert_eq!(event_type(&name), Key::new("CATALOGUE".to_owned(), "TYPE#order/created:v2"));
        assert_eq!(schema_version(&name, 12), Key::new("SCHEMA#order/created:v2".to_owned(), "VERSION#0012"));
        assert_eq!(misfits(ws, &name), Key::new(format!("MISFITS#{ws}"), "order/created:v2"));
    }
}
