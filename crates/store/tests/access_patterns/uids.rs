use domain::access::workspace::Workspace;
use domain::endpoint::Endpoint;
use domain::event::Event;
use domain::id::EventId;
use domain::uid::Uid;
use store::rows::endpoint_count::Created;
use store::rows::events::SavedEvent;
use store::rows::uids::Saved;
use store::rows::workspace_deletions::WorkspaceDeletion;

use crate::endpoints::endpoint;
use crate::events::event;
use crate::{DAY, now, table, workspace};

fn uid(text: &str) -> Uid {
    text.parse().unwrap()
}

fn with_uid(endpoint: Endpoint, text: Option<&str>) -> Endpoint {
    let mut endpoint = endpoint;
    endpoint.settings.uid = text.map(uid);
    endpoint
}

#[tokio::test]
async fn an_endpoint_has_its_uid_from_its_creation_to_its_deletion() {
    let table = table().await;
    let store = &table.store;
    let (ws, crm, erp) = (workspace(1), uid("crm"), uid("erp"));
    let mut first = with_uid(endpoint(1), Some("crm"));
    assert_eq!(store.create_endpoint(&first, 9, None).await.unwrap(), Created::Done);
    assert_eq!(store.endpoint_of_uid(ws, &crm).await.unwrap(), Some(first.id));
    assert_eq!(store.endpoint_of_uid(workspace(2), &crm).await.unwrap(), None);

    let second = with_uid(endpoint(2), Some("crm"));
    assert_eq!(store.create_endpoint(&second, 9, None).await.unwrap(), Created::UidTaken);
    assert!(store.load_endpoint(second.key()).await.unwrap().is_none(), "nothing is written");
    assert_eq!(
        store.create_endpoint(&with_uid(second.clone(), None), 1, None).await.unwrap(),
        Created::TooMany
    );

    // Of two writers of one revision the second changes neither the endpoint nor a uid.
    first.revision = 2;
    let renamed = with_uid(first.clone(), Some("erp"));
    assert_eq!(store.save_endpoint_and_uid(&renamed, Some(&crm), None).await.unwrap(), Saved::Done);
    let late = with_uid(first, Some("late"));
    assert_eq!(store.save_endpoint_and_uid(&late, Some(&crm), None).await.unwrap(), Saved::ChangedMeanwhile);
    assert_eq!(store.endpoint_of_uid(ws, &uid("late")).await.unwrap(), None);
    assert_eq!(store.endpoint_of_uid(ws, &crm).await.unwrap(), None);
    assert_eq!(store.create_endpoint(&second, 9, None).await.unwrap(), Created::Done);
    let mut taken = with_uid(renamed.clone(), Some("crm"));
    taken.revision = 3;
    assert_eq!(store.save_endpoint_and_uid(&taken, Some(&erp), None).await.unwrap(), Saved::UidTaken);
    assert_eq!(store.endpoint_of_uid(ws, &erp).await.unwrap(), Some(renamed.id), "it keeps the former");

    assert!(store.delete_endpoint(&renamed.deleted(now()), None).await.unwrap());
    assert_eq!(store.endpoint_of_uid(ws, &erp).await.unwrap(), None);
    assert!(!store.delete_endpoint(&renamed.deleted(now()), None).await.unwrap());
}

#[tokio::test]
async fn the_uid_of_a_workspace_is_unique_among_all() {
    let table = table().await;
    let store = &table.store;
    let named = |number, name: &str| {
        let settings = serde_json::from_value(serde_json::json!({ "name": "a", "uid": name })).unwrap();
        Workspace::new(workspace(number), settings, now())
    };
    let acme = named(1, "acme");
    assert_eq!(store.save_workspace_and_uid(&acme, None, None).await.unwrap(), Saved::Done);
    assert_eq!(store.save_workspace_and_uid(&named(2, "acme"), None, None).await.unwrap(), Saved::UidTaken);
    assert!(store.load_workspace(workspace(2)).await.unwrap().is_none());
    assert_eq!(store.workspace_of_uid(&uid("acme")).await.unwrap(), Some(acme.id));
    assert_eq!(store.recent_workspace_of_uid(&uid("acme")).await.unwrap(), Some(acme.id));
    let without = acme.changed(domain::access::workspace::WorkspaceSettings { uid: None, ..acme.settings() });
    assert_eq!(store.save_workspace_and_uid(&without, acme.uid.as_ref(), None).await.unwrap(), Saved::Done);
    assert_eq!(store.workspace_of_uid(&uid("acme")).await.unwrap(), None);
    assert_eq!(store.save_workspace_and_uid(&named(2, "acme"), None, None).await.unwrap(), Saved::Done);
}

#[tokio::test]
async fn a_workspace_that_is_deleted_frees_its_uid_also_one_that_it_got_a_moment_ago() {
    let table = table().await;
    let store = &table.store;
    let settings = serde_json::from_value(serde_json::json!({ "name": "a", "uid": "acme" })).unwrap();
    let acme = Workspace::new(workspace(1), settings, now());
    store.save_workspace_and_uid(&acme, None, None).await.unwrap();
    let deletion = WorkspaceDeletion::new(&acme, now());
    let settings =
        domain::access::workspace::WorkspaceSettings { uid: Some(uid("acme-2")), ..acme.settings() };
    let renamed = acme.changed(settings);
    store.save_workspace_and_uid(&renamed, acme.uid.as_ref(), None).await.unwrap();
    assert!(store.delete_workspace(&deletion, now(), None).await.unwrap());
    assert_eq!(store.workspace_of_uid(&uid("acme-2")).await.unwrap(), None);
    assert!(!store.delete_workspace(&deletion, now(), None).await.unwrap());
}

#[tokio::test]
async fn the_uid_of_an_event_is_taken_until_it_expires() {
    let table = table().await;
    let (store, ws, name) = (&table.store, workspace(1), uid("invoice-7"));
    let first = Event { uid: Some(name.clone()), ..event(now(), 1) };
    let save =
        async |event: &Event, at| store.save_event_and_uid(event, &name, at, at.plus(DAY)).await.unwrap();
    assert_eq!(save(&first, now()).await, SavedEvent::Done);
    assert_eq!(save(&first, now()).await, SavedEvent::Exists);
    let second = Event { id: EventId::new(now(), 2), ..first.clone() };
    assert_eq!(save(&second, now()).await, SavedEvent::UidTaken);
    assert!(store.load_event(ws, second.id, now()).await.unwrap().is_none());
    assert_eq!(store.event_of_uid(ws, &name, now()).await.unwrap(), Some(first.id));
    assert_eq!(store.load_event(ws, first.id, now()).await.unwrap().unwrap().uid, Some(name.clone()));

    // DynamoDB deletes rows late: an expired one neither is found nor stands in the way.
    let later = now().plus(DAY);
    assert_eq!(store.event_of_uid(ws, &name, later).await.unwrap(), None);
    assert_eq!(save(&second, later).await, SavedEvent::Done);
    assert_eq!(store.event_of_uid(ws, &name, later).await.unwrap(), Some(second.id));
}
