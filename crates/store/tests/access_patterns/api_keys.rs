use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::Workspace;
use domain::id::{ApiKeyId, WorkspaceId};

use crate::{every_page, now, table, workspace};

fn key(number: u128, workspace_id: Option<WorkspaceId>) -> ApiKey {
    ApiKey {
        id: ApiKeyId::new(now(), number),
        name: format!("key {number}"),
        workspace_id,
        scopes: vec![Scope::Events, Scope::DeliveriesRead],
        created_at: now(),
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_digest_listed_under_its_workspace_and_deleted_from_both() {
    let table = table().await;
    let (own, all) = (key(1, Some(workspace(1))), key(2, None));
    table.store.save_api_key(&own, "digest-1").await.unwrap();
    table.store.save_api_key(&all, "digest-2").await.unwrap();
    assert_eq!(table.store.find_api_key("digest-1").await.unwrap(), Some(own.clone()));
    assert_eq!(table.store.load_api_key(own.id).await.unwrap(), Some(own.clone()));
    let listed = async |ws| table.store.list_api_keys(ws, None, 10).await.unwrap().rows;
    assert_eq!(listed(Some(workspace(1))).await, std::slice::from_ref(&own));
    assert_eq!(listed(None).await, [all]);

    assert!(table.store.delete_api_key(own.id).await.unwrap());
    assert!(!table.store.delete_api_key(own.id).await.unwrap());
    assert_eq!(table.store.find_api_key("digest-1").await.unwrap(), None);
    assert!(listed(Some(workspace(1))).await.is_empty());
}

#[tokio::test]
async fn workspaces_are_listed_newest_first() {
    let table = table().await;
    for number in 0..9 {
        let settings = serde_json::json!({ "name": format!("workspace {number}") });
        let settings = serde_json::from_value(settings).unwrap();
        let workspace = Workspace::new(workspace(number), settings, now());
        table.store.save_workspace(&workspace).await.unwrap();
    }
    let listed = every_page(async |before| table.store.list_workspaces(before, 4).await.unwrap());
    let ids: Vec<_> = listed.await.into_iter().map(|workspace| workspace.id).collect();
    assert_eq!(ids, (0..9).rev().map(workspace).collect::<Vec<_>>());
}
