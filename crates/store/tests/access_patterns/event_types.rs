//! How is the catalogue read and written?

use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::Misfit;
use domain::catalogue::{EventTypeDescription, EventTypeSettings, SchemaVersion};
use domain::event::event_type::EventType;
use domain::problem::FieldError;
use serde_json::json;

use crate::{DAY, now, table, workspace};

fn name(text: &str) -> EventType {
    EventType::parse(text).unwrap()
}

fn new(text: &str) -> (EventTypeDescription, Option<SchemaVersion>) {
    let settings = EventTypeSettings { example: Some(json!({ "a": 1 })), ..EventTypeSettings::default() };
    EventTypeDescription::new(name(text), settings, Some(json!({ "type": "object" })), now())
}

#[tokio::test]
async fn an_event_type_is_kept_with_its_example_and_its_versions() {
    let table = table().await;
    let (first, version) = new("order/created");
    assert!(table.store.save_event_type(&first, version.as_ref(), None).await.unwrap());
    assert!(!table.store.save_event_type(&first, version.as_ref(), None).await.unwrap(), "there is one");
    assert_eq!(table.store.load_event_type(&first.name).await.unwrap(), Some(first.clone()));

    let schema = Some(json!({ "type": "object", "title": "two" }));
    let (second, version) = first.changed(first.settings.clone(), schema, now()).unwrap();
    assert!(table.store.save_event_type(&second, version.as_ref(), None).await.unwrap());
    assert!(!table.store.save_event_type(&second, version.as_ref(), None).await.unwrap(), "the lock");
    let versions = table.store.schema_versions(&second).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(table.store.schema_versions(&first).await.unwrap().len(), 1);
    assert_eq!(table.store.schema_version(&second, 2).await.unwrap().as_ref(), versions.last());
    let in_force = table.store.schemas_in_force([&second]).await.unwrap();
    assert_eq!(in_force, [(second.name.clone(), json!({ "type": "object", "title": "two" }))]);

    assert!(!table.store.delete_event_type(&first, None).await.unwrap(), "another revision");
    assert!(table.store.delete_event_type(&second, None).await.unwrap());
    assert_eq!(table.store.load_event_type(&second.name).await.unwrap(), None);
    for version in [1, 2] {
        assert_eq!(table.store.schema_version(&second, version).await.unwrap(), None, "{version}");
    }
}

#[tokio::test]
async fn a_name_that_is_described_again_shares_no_version_with_what_it_was() {
    let table = table().await;
    let (old, version) = new("a");
    assert!(table.store.save_event_type(&old, version.as_ref(), None).await.unwrap());
    assert!(table.store.delete_event_type(&old, None).await.unwrap());
    let later = now().plus(std::time::Duration::from_millis(1));
    let schema = Some(json!({ "type": "string" }));
    let (again, version) = EventTypeDescription::new(name("a"), old.settings.clone(), schema, later);
    assert!(table.store.save_event_type(&again, version.as_ref(), None).await.unwrap());

    // Another process still knows the old one, and repeats its deletion.
    assert_eq!(table.store.schema_version(&old, 1).await.unwrap(), None);
    let last_known = EventTypeDescription { version: 3, revision: 3, ..old };
    assert!(!table.store.delete_event_type(&last_known, None).await.unwrap());
    assert_eq!(table.store.schema_version(&again, 1).await.unwrap(), version);
    assert_eq!(table.store.schema_versions(&again).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_is_in_the_order_of_names_and_has_no_examples() {
    let table = table().await;
    for text in ["b", "a.b", "a"] {
        let (described, _) = new(text);
        assert!(table.store.save_event_type(&described, None, None).await.unwrap());
    }
    let listed = table.store.list_event_types().await.unwrap();
    assert_eq!(listed.iter().map(|row| row.name.to_string()).collect::<Vec<_>>(), ["a", "a.b", "b"]);
    assert!(listed.iter().all(|row| row.settings.example.is_none() && row.revision == 1));
    assert!(table.store.all_event_types().await.unwrap()[0].settings.example.is_some());
    assert_eq!(table.store.recent_event_type_names().await.unwrap(), ["a", "a.b", "b"].map(name));
    assert!(table.store.has_event_types(3).await.unwrap() && !table.store.has_event_types(4).await.unwrap());
}

#[tokio::test]
async fn counts_of_events_that_do_not_fit_add_up() {
    let table = table().await;
    let error = FieldError { pointer: "/data/a".to_owned(), detail: "is required".to_owned() };
    for (millis, misfit) in [(1, Misfit::Mismatch(vec![error.clone()])), (2, Misfit::Archived)] {
        let at = now().plus(std::time::Duration::from_millis(millis));
        let mut tally = MisfitTally::new(at);
        tally.count(misfit, at);
        table.store.add_misfits(workspace(1), &name("a"), &tally, at.plus(DAY)).await.unwrap();
    }
    let rows = table.store.list_misfits(workspace(1), 9).await.unwrap();
    let (listed, tally) = &rows[0];
    assert_eq!(
        (rows.len(), listed, tally.archived, tally.mismatched, tally.undescribed),
        (1, &name("a"), 1, 1, 0)
    );
    assert_eq!((&tally.errors, tally.last_at.as_millis() - tally.first_at.as_millis()), (&vec![error], 1));
    assert_eq!(table.store.list_misfits(workspace(2), 9).await.unwrap(), []);
}
