use std::time::Duration;

use domain::access::actor::Actor;
use domain::access::workspace::Workspace;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, AuditEntry, AuditFilter, Change, KEPT, Target};
use domain::id::{ApiKeyId, AuditEntryId, WorkspaceId};
use domain::timestamp::Timestamp;
use store::{Listing, Window};

use crate::{Table, ago, every_page, now, table, workspace};

const DAY: Duration = Duration::from_secs(86_400);

fn made(id: WorkspaceId) -> Workspace {
    Workspace::new(id, serde_json::from_value(serde_json::json!({ "name": "acme" })).unwrap(), now())
}

/// The entry of a change of workspace 1 at an instant, made with key `key`.
fn entry(action: Action, at: Timestamp, key: u128) -> AuditEntry {
    let changes = Changes::created(Snapshot::of_workspace(&made(workspace(1))));
    let actor = Actor::ApiKey { id: ApiKeyId::new(now(), key), name: "ops".to_owned() };
    let change = Change::of_workspace(action, workspace(1), changes);
    AuditEntry::new(AuditEntryId::new(at, key), actor, change, Some("req_1".to_owned()))
}

async fn listed(
    table: &Table,
    list: Option<WorkspaceId>,
    filter: &AuditFilter,
    limit: usize,
) -> Vec<AuditEntry> {
    let window = Window { since: now().minus(KEPT), until: now().plus(DAY) };
    let page = async |beyond| {
        let listing = Listing::newest_first(window, filter.clone(), limit).beyond(beyond);
        table.store.list_audit_entries(list, &listing).await.unwrap()
    };
    every_page(page).await
}

#[tokio::test]
async fn an_entry_is_written_with_its_change_and_not_without() {
    let table = table().await;
    let (new, first) = (made(workspace(1)), entry(Action::WorkspaceUpdated, now(), 1));
    assert!(table.store.save_workspace(&new, Some(&first)).await.unwrap());
    let late = entry(Action::WorkspaceUpdated, now(), 2);
    assert!(!table.store.save_workspace(&new, Some(&late)).await.unwrap(), "there is one already");
    let all = AuditFilter::default();
    assert_eq!(listed(&table, Some(workspace(1)), &all, 9).await, [first]);
    assert_eq!(listed(&table, Some(workspace(2)), &all, 9).await, []);
    assert_eq!(listed(&table, None, &all, 9).await, []);
}

#[tokio::test]
async fn a_workspace_that_comes_or_goes_stands_in_both_lists() {
    let table = table().await;
    for (action, key) in [(Action::WorkspaceCreated, 1), (Action::WorkspaceDeleted, 2)] {
        table.store.save_audit_entry(&entry(action, now(), key)).await.unwrap();
    }
    let all = AuditFilter::default();
    let own = listed(&table, Some(workspace(1)), &all, 9).await;
    assert_eq!((own.len(), &own), (2, &listed(&table, None, &all, 9).await));
}

#[tokio::test]
async fn entries_are_listed_newest_first_over_days_and_filtered() {
    let table = table().await;
    let mut entries = Vec::new();
    for (days, key) in [(0, 1), (0, 2), (1, 1), (40, 2), (89, 1)] {
        let entry = entry(Action::WorkspaceUpdated, ago(DAY * days), key);
        // Written twice, as by a repeated request: it stays one entry.
        for _ in 0..2 {
            table.store.save_audit_entry(&entry).await.unwrap();
        }
        entries.push(entry);
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    table.store.save_audit_entry(&entry(Action::WorkspaceUpdated, ago(DAY * 91), 1)).await.unwrap();
    let ws = Some(workspace(1));
    let all = AuditFilter::default();
    for limit in [1, 2, 9] {
        assert_eq!(listed(&table, ws, &all, limit).await, entries);
    }
    let of_key = AuditFilter { actor: Some(ApiKeyId::new(now(), 2)), ..all.clone() };
    assert_eq!(listed(&table, ws, &of_key, 1).await.len(), 2);
    let of_other = AuditFilter { target: Some(Target::Workspace(workspace(2))), ..all.clone() };
    assert_eq!(listed(&table, ws, &of_other, 1).await, []);
}

#[tokio::test]
async fn an_entry_expires_after_ninety_days() {
    let table = table().await;
    table.store.save_audit_entry(&entry(Action::WorkspaceUpdated, now(), 1)).await.unwrap();
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    let expires_at = rows.items()[0]["expires_at"].as_n().unwrap().parse::<i64>().unwrap();
    assert_eq!(expires_at, now().plus(DAY * 90).as_seconds());
}
