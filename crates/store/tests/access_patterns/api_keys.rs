use std::time::Duration;

use domain::access::api_key::{ApiKey, ApiKeySettings, LAST_USE_PRECISION, Scope};
use domain::access::role::Role;
use domain::access::workspace::Workspace;
use domain::id::{ApiKeyId, WorkspaceId};
use store::Listing;

use crate::{every_page, now, table, workspace};

fn key(number: u128, workspace_id: Option<WorkspaceId>) -> ApiKey {
    let settings = ApiKeySettings {
        name: format!("key {number}"),
        workspace_id: None,
        scopes: vec![Scope::Events, Scope::DeliveriesRead],
        roles: vec![Role::parse("support").unwrap()],
        expires_at: None,
    };
    ApiKey::new(ApiKeyId::new(now(), number), workspace_id, settings, now())
}

#[tokio::test]
async fn a_key_is_found_by_its_digest_listed_under_its_workspace_and_deleted_from_both() {
    let table = table().await;
    let (own, all) = (key(1, Some(workspace(1))), key(2, None));
    table.store.save_api_key(&own, "digest-1", None).await.unwrap();
    table.store.save_api_key(&all, "digest-2", None).await.unwrap();
    assert_eq!(table.store.find_api_key("digest-1").await.unwrap(), Some(own.clone()));
    let listed_own = table.store.load_api_key(own.id).await.unwrap().unwrap();
    assert_eq!(listed_own.key, own);
    let listed = async |ws| table.store.list_api_keys(ws, &Listing::all((), 10)).await.unwrap().rows;
    assert_eq!(listed(Some(workspace(1))).await, std::slice::from_ref(&own));
    assert_eq!(listed(None).await, [all]);

    assert!(table.store.delete_api_key(&listed_own, None).await.unwrap());
    assert!(!table.store.delete_api_key(&listed_own, None).await.unwrap());
    assert_eq!(table.store.load_api_key(own.id).await.unwrap(), None);
    assert_eq!(table.store.find_api_key("digest-1").await.unwrap(), None);
    assert!(listed(Some(workspace(1))).await.is_empty());
}

#[tokio::test]
async fn a_rotated_key_is_found_by_both_secrets_until_the_old_one_ends_and_deleted_under_all() {
    let table = table().await;
    let key = key(1, None);
    let ends_at = now().plus(Duration::from_secs(60));
    table.store.save_api_key(&key, "first", None).await.unwrap();
    let listed = async || table.store.load_api_key(key.id).await.unwrap().unwrap();
    let before = listed().await;
    assert!(table.store.rotate_api_key(&before, "second", Some(ends_at), None).await.unwrap());
    assert!(
        !table.store.rotate_api_key(&before, "third", Some(ends_at), None).await.unwrap(),
        "it was rotated meanwhile"
    );
    let found = async |digest| table.store.find_api_key(digest).await.unwrap();
    assert_eq!(found("second").await, Some(key.clone()));
    assert_eq!(found("first").await, Some(key.ending_at(ends_at)));
    assert_eq!(found("third").await, None);
    assert!(!table.store.delete_api_key(&before, None).await.unwrap(), "its second secret would stay");
    assert_eq!(found("second").await, Some(key.clone()));

    assert!(table.store.rotate_api_key(&listed().await, "fourth", None, None).await.unwrap());
    assert_eq!((found("second").await, found("fourth").await), (None, Some(key.clone())));
    assert_eq!(listed().await.old.len(), 1);
    assert_eq!(listed().await.at(ends_at).old.len(), 0);
    assert!(table.store.delete_api_key(&listed().await, None).await.unwrap());
    assert_eq!((found("first").await, found("fourth").await), (None, None));
}

#[tokio::test]
async fn the_last_use_is_written_once_an_hour_and_shown_whichever_secret_was_used() {
    let table = table().await;
    let key = key(1, None);
    table.store.save_api_key(&key, "first", None).await.unwrap();
    let used = async || table.store.load_api_key(key.id).await.unwrap().unwrap().key.last_used_at;
    assert_eq!(used().await, None);
    table.store.save_last_use("first", now()).await.unwrap();
    table.store.save_last_use("first", now().plus(Duration::from_secs(3_599))).await.unwrap();
    assert_eq!(used().await, Some(now()));
    let later = now().plus(LAST_USE_PRECISION);
    table.store.save_last_use("first", later).await.unwrap();
    assert_eq!(
        table.store.list_api_keys(None, &Listing::all((), 9)).await.unwrap().rows[0].last_used_at,
        Some(later)
    );
    let listed = table.store.load_api_key(key.id).await.unwrap().unwrap();
    let ends_at = later.plus(Duration::from_secs(60));
    assert!(table.store.rotate_api_key(&listed, "second", Some(ends_at), None).await.unwrap());
    assert_eq!(used().await, Some(later), "a rotation is no use");
    table.store.save_last_use("unknown", later).await.unwrap();
    assert_eq!(table.store.find_api_key("unknown").await.unwrap(), None);
}

#[tokio::test]
async fn workspaces_are_listed_newest_first() {
    let table = table().await;
    for number in 0..9 {
        let settings = serde_json::json!({ "name": format!("workspace {number}") });
        let settings = serde_json::from_value(settings).unwrap();
        let workspace = Workspace::new(workspace(number), settings, now());
        table.store.save_workspace(&workspace, None).await.unwrap();
    }
    let listed = every_page(async |before| {
        table.store.list_workspaces(&Listing::all(|_: &Workspace| true, 4).beyond(before)).await.unwrap()
    });
    let ids: Vec<_> = listed.await.into_iter().map(|workspace| workspace.id).collect();
    assert_eq!(ids, (0..9).rev().map(workspace).collect::<Vec<_>>());
}
