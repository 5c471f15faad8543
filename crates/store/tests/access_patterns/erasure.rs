//! Are the rows of a deleted workspace found and deleted, all of them, in bounded calls, and no others?

use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::event::ledger::Ledger;
use domain::event::{Event, Payload};
use domain::id::{EndpointId, EndpointKey, EventId, WorkspaceId};
use serde_json::json;
use store::rows::erasure::Erased;
use store::rows::workspace_deletions::WorkspaceDeletion;
use store::{Listing, keys};

use crate::{DAY, Table, failure_at, now, table, workspace};

fn event(workspace_id: WorkspaceId, number: u128, endpoints: u128) -> Event {
    let deliveries = (0..endpoints).map(|number| EndpointId::new(now(), number)).collect();
    Event {
        id: EventId::new(now(), number),
        uid: None,
        workspace_id,
        event_type: domain::event::event_type::EventType::parse("invoice.paid").unwrap(),
        occurred_at: now(),
        payload: serde_json::from_str::<Payload>("{}").unwrap(),
        erased_at: None,
        is_test: false,
        caused_by: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        ledger: Ledger { deliveries, skipped: Vec::new() },
    }
}

async fn deletion(table: &Table, number: u128) -> WorkspaceDeletion {
    let settings: WorkspaceSettings = serde_json::from_value(json!({ "name": "acme" })).unwrap();
    let row = Workspace::new(workspace(number), settings, now());
    assert!(table.store.save_workspace(&row, None).await.unwrap());
    WorkspaceDeletion::new(&row, now())
}

async fn rows(table: &Table) -> usize {
    table.client.scan().table_name("posthorn").send().await.unwrap().items().len()
}

#[tokio::test]
async fn the_row_of_the_deletion_takes_the_place_of_the_workspaces_once() {
    let table = table().await;
    let deletion = deletion(&table, 1).await;
    assert!(table.store.delete_workspace(&deletion, now(), None).await.unwrap());
    assert!(!table.store.delete_workspace(&deletion, now(), None).await.unwrap(), "it is deleted");
    assert!(table.store.is_workspace_being_deleted(workspace(1)).await.unwrap());
    assert_eq!(table.store.load_workspace(workspace(1)).await.unwrap(), None);
    assert!(
        table.store.list_workspaces(&Listing::all(|_: &Workspace| true, 9)).await.unwrap().rows.is_empty()
    );
    let (lease, claimed) = table.store.claim_workspace_deletion(workspace(1), now()).await.unwrap().unwrap();
    assert_eq!(claimed, deletion);
    assert!(table.store.claim_workspace_deletion(workspace(1), now()).await.unwrap().is_none());
    let further = WorkspaceDeletion { partitions: 7, ..deletion };
    assert!(table.store.save_workspace_deletion(&lease, &further, now()).await.unwrap());
    assert!(!table.store.end_workspace_deletion(&lease).await.unwrap(), "it was given back");
    let (lease, claimed) = table.store.claim_workspace_deletion(workspace(1), now()).await.unwrap().unwrap();
    assert_eq!(claimed, further);
    assert!(table.store.end_workspace_deletion(&lease).await.unwrap());
    assert!(!table.store.is_workspace_being_deleted(workspace(1)).await.unwrap());
    assert_eq!(rows(&table).await, 0);
}

#[tokio::test]
async fn events_go_with_the_rest_of_their_ledgers_and_those_of_others_stay() {
    let table = table().await;
    let (store, mine, expires_at) = (&table.store, workspace(1), now().plus(DAY * 30));
    let deletion = deletion(&table, 1).await;
    for number in 0..70 {
        store.save_event(&event(mine, number, 1), expires_at).await.unwrap();
    }
    // 256 endpoints in the event's row, 2,048 in each further row.
    store.save_event(&event(mine, 70, 4_000), expires_at).await.unwrap();
    let (uid, of) =
        ("invoice-7".parse().unwrap(), |event: Event| Event { uid: "invoice-7".parse().ok(), ..event });
    store.save_event_and_uid(&of(event(mine, 71, 1)), &uid, now(), expires_at).await.unwrap();
    store.save_event_and_uid(&of(event(workspace(2), 1, 1)), &uid, now(), expires_at).await.unwrap();
    store.delete_workspace(&deletion, now(), None).await.unwrap();
    assert_eq!(rows(&table).await, 70 + 1 + 2 + 2 + 2 + 1);

    let partitions: Vec<_> = keys::partitions_of_workspace(mine, &deletion.days()).collect();
    let (mut erased, mut calls) = (0, 0);
    loop {
        let Erased { rows, is_done } = store.erase_partitions(mine, partitions.clone(), 16).await.unwrap();
        assert!(rows <= 2 * partitions.len() + 3);
        (erased, calls) = (erased + rows, calls + 1);
        if is_done {
            break;
        }
    }
    assert!(erased == 75 && calls > 1, "{erased} {calls}");
    assert_eq!(
        rows(&table).await,
        3,
        "the row of the deletion, and the event of another workspace with its uid"
    );
}

#[tokio::test]
async fn endpoints_are_found_until_neither_row_nor_tombstone_is_left() {
    let table = table().await;
    let (store, key) = (&table.store, EndpointKey::new(workspace(1), EndpointId::new(now(), 1)));
    assert_eq!(store.any_endpoint(key.workspace).await.unwrap(), None);
    let endpoint = crate::endpoints::endpoint(1);
    store.save_endpoint(&endpoint, None).await.unwrap();
    store.record_failures(key, 5, failure_at(now())).await.unwrap();
    assert_eq!(store.any_endpoint(key.workspace).await.unwrap(), Some(key.id));
    assert_eq!(store.erase_endpoint(key).await.unwrap(), 2);
    assert_eq!(store.any_endpoint(key.workspace).await.unwrap(), None);

    store.save_endpoint(&endpoint, None).await.unwrap();
    store.delete_endpoint(&endpoint.deleted(now()), None).await.unwrap();
    assert_eq!(store.any_endpoint(key.workspace).await.unwrap(), Some(key.id));
    assert_eq!(store.erase_endpoint(key).await.unwrap(), 1);
    assert_eq!(store.any_endpoint(key.workspace).await.unwrap(), None);
}
