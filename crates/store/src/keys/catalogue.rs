//! Where do the rows of the catalogue live?
//! The part of the key design that concerns event types; the table of all keys is in [`crate::keys`].

use domain::catalogue::EventTypeDescription;
use domain::event::event_type::EventType;
use domain::id::WorkspaceId;

use super::Key;

/// The partition of the descriptions of all event types.
pub const CATALOGUE: &str = "CATALOGUE";
/// What the sort keys of descriptions start with; the name follows, so that a list is in the order of names.
pub const EVENT_TYPE_PREFIX: &str = "TYPE#";

/// The row of an event type's description.
pub fn event_type(name: &EventType) -> Key {
    Key::new(CATALOGUE.to_owned(), format!("{EVENT_TYPE_PREFIX}{name}"))
}

/// The row of a version of an event type's schema.
pub fn schema_version(described: &EventTypeDescription, version: u32) -> Key {
    let prefix = version_prefix(described);
    Key::new(schema_partition(&described.name), format!("{prefix}{version:04}"))
}

/// What the sort keys of the versions of a schema start with. The instant of the description is in it, so a name that is
/// deleted and described again shares no row with what it was, however late the old rows are deleted or read.
pub fn version_prefix(described: &EventTypeDescription) -> String {
    format!("VERSION#{:015}#", described.created_at.as_millis())
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
    use domain::catalogue::EventTypeSettings;
    use domain::timestamp::Timestamp;

    #[test]
    fn keys_are_written_as_the_table_says() {
        let name = EventType::parse("order/created:v2").unwrap();
        let ws = WorkspaceId::new(Timestamp::from_millis(0), 1);
        assert_eq!(event_type(&name), Key::new("CATALOGUE".to_owned(), "TYPE#order/created:v2"));
        let (settings, at) = (EventTypeSettings::default(), Timestamp::from_millis(1_767_605_400_000));
        let (described, _) = EventTypeDescription::new(name.clone(), settings, None, at);
        assert_eq!(
            schema_version(&described, 12),
            Key::new("SCHEMA#order/created:v2".to_owned(), "VERSION#001767605400000#0012")
        );
        assert_eq!(misfits(ws, &name), Key::new(format!("MISFITS#{ws}"), "order/created:v2"));
    }
}
