use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::actor::Actor;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::purpose::Purpose;
use domain::endpoint::subscription::Switch;
use domain::endpoint::{Disabled, DisabledReason, Endpoint, EndpointSettings};
use domain::event::operational::OperationalEvent;
use domain::id::{EndpointId, EndpointKey};
use domain::policy::circuit::Failure;
use domain::policy::limits::RateLimit;
use domain::policy::outcome::ErrorClass;
use domain::signing::secret::{ActiveSecret, Secret};
use store::Listing;
use store::rows::drains::DrainReason;
use store::rows::endpoint_count::Created;

use crate::{DAY, every_page, failure_at, now, table, workspace};

pub(crate) fn endpoint(number: u128) -> Endpoint {
    let settings: EndpointSettings =
        serde_json::from_value(serde_json::json!({ "url": "https://example.com/hook" })).unwrap();
    Endpoint {
        id: EndpointId::new(now(), number),
        workspace_id: workspace(1),
        purpose: Purpose::Subscriber,
        url: settings.check(&AllowedTargets::public_only()).unwrap(),
        settings,
        secrets: vec![ActiveSecret { secret: Secret::new(&[7; 32]), expires_at: None }],
        disabled: None,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    }
}

#[tokio::test]
async fn an_endpoint_is_found_by_workspace_and_by_id_alone() {
    let table = table().await;
    let endpoint = endpoint(1);
    assert!(table.store.save_endpoint(&endpoint, None).await.unwrap());
    assert_eq!(table.store.load_endpoint(endpoint.key()).await.unwrap(), Some(endpoint.clone()));
    assert_eq!(table.store.find_endpoint(endpoint.id).await.unwrap(), Some(endpoint.clone()));
    assert_eq!(table.store.load_endpoint(EndpointKey::new(workspace(2), endpoint.id)).await.unwrap(), None);
    assert_eq!(table.store.find_endpoint(EndpointId::new(now(), 9)).await.unwrap(), None);
}

/// Everything the table holds, as one text.
async fn everything(table: &crate::Table) -> String {
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    format!("{rows:?}")
}

#[tokio::test]
async fn the_address_of_a_notification_is_sealed_and_read_back() {
    let table = table().await;
    let settings =
        serde_json::json!({ "url": "https://hooks.slack.com/services/T0/B0/hush", "body": "slack" });
    let settings: EndpointSettings = serde_json::from_value(settings).unwrap();
    let url = settings.check(&AllowedTargets::public_only()).unwrap();
    let notification = Endpoint { settings, url, ..endpoint(1) };
    assert!(table.store.save_endpoint(&notification, None).await.unwrap());
    assert_eq!(table.store.load_endpoint(notification.key()).await.unwrap(), Some(notification.clone()));
    let is_sealed = async || {
        let everything = everything(&table).await;
        everything.contains("https://hooks.slack.com/[redacted]") && !everything.contains("hush")
    };
    assert!(is_sealed().await);
    assert!(table.store.delete_endpoint(&notification.deleted(now()), None).await.unwrap());
    assert!(is_sealed().await, "nor is it in the tombstone");
}

#[tokio::test]
async fn of_one_kind_about_one_endpoint_a_notification_is_claimed_once_in_a_while() {
    let table = table().await;
    let (first, second) = (endpoint(1).key(), endpoint(2).key());
    let (failing, recovered) = (OperationalEvent::EndpointFailing, OperationalEvent::EndpointRecovered);
    let pause = Duration::from_secs(3_600);
    let claim = async |endpoint, event, seconds| {
        let at = now().plus(Duration::from_secs(seconds));
        table.store.claim_notification(endpoint, event, at, pause).await.unwrap()
    };
    assert!(claim(first, failing, 0).await);
    assert!(claim(first, failing, 0).await, "a request that the SDK repeats, because its answer was lost");
    assert!(claim(first, recovered, 1).await && claim(second, failing, 1).await);
    assert!(!claim(first, failing, 3_599).await);
    assert!(claim(first, failing, 3_600).await);
    assert!(!claim(first, failing, 3_601).await && !claim(first, recovered, 3_600).await);
    assert!(table.store.save_endpoint(&endpoint(1), None).await.unwrap());
    assert!(table.store.delete_endpoint(&endpoint(1).deleted(now()), None).await.unwrap());
    assert!(claim(first, failing, 3_602).await, "it is deleted with its endpoint");
}

#[tokio::test]
async fn of_two_writers_of_one_revision_the_second_is_refused() {
    let table = table().await;
    let mut endpoint = endpoint(1);
    assert!(table.store.save_endpoint(&endpoint, None).await.unwrap());
    assert!(!table.store.save_endpoint(&endpoint, None).await.unwrap(), "it exists already");
    endpoint.revision = 2;
    let (mut mine, mut theirs) = (endpoint.clone(), endpoint.clone());
    mine.settings.description = "mine".to_owned();
    theirs.settings.description = "theirs".to_owned();
    assert!(table.store.save_endpoint(&mine, None).await.unwrap());
    assert!(!table.store.save_endpoint(&theirs, None).await.unwrap());
    let stored = table.store.load_endpoint(endpoint.key()).await.unwrap().unwrap();
    assert_eq!(stored.settings.description, "mine");
}

#[tokio::test]
async fn a_deleted_endpoint_is_gone_and_is_not_brought_back_by_a_late_writer() {
    let table = table().await;
    let mut endpoint = endpoint(1);
    table.store.save_endpoint(&endpoint, None).await.unwrap();
    let deleted = endpoint.deleted(now());
    assert!(table.store.delete_endpoint(&deleted, None).await.unwrap());
    assert!(!table.store.delete_endpoint(&deleted, None).await.unwrap());
    endpoint.revision = 2;
    assert!(!table.store.save_endpoint(&endpoint, None).await.unwrap());
    assert_eq!(table.store.find_endpoint(endpoint.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_endpoint_leaves_a_tombstone_that_outlives_its_deliveries_and_gets_no_event() {
    let table = table().await;
    let (store, endpoint) = (&table.store, endpoint(1));
    store.save_endpoint(&endpoint, None).await.unwrap();
    assert_eq!(store.load_deleted_endpoint(endpoint.key(), now()).await.unwrap(), None);
    let deleted = endpoint.deleted(now());
    store.delete_endpoint(&deleted, None).await.unwrap();
    let last = now().plus(DAY * 90);
    let expired = last.plus(DAY);
    for (at, expected) in [(now(), Some(&deleted)), (last, Some(&deleted)), (expired, None)] {
        assert_eq!(store.load_deleted_endpoint(endpoint.key(), at).await.unwrap().as_ref(), expected);
        assert_eq!(store.find_deleted_endpoint(endpoint.id, at).await.unwrap().as_ref(), expected);
        let listed = store.list_deleted_endpoints(workspace(1), &Listing::all((), 9), at).await.unwrap();
        assert_eq!((listed.rows.first(), listed.next), (expected, None));
    }
    let foreign = EndpointKey::new(workspace(2), endpoint.id);
    assert_eq!(store.load_deleted_endpoint(foreign, now()).await.unwrap(), None);
    assert!(store.all_subscriptions(workspace(1)).await.unwrap().is_empty());
    assert_eq!(store.find_endpoint(endpoint.id).await.unwrap(), None);
}

#[tokio::test]
async fn endpoints_from_before_they_were_counted_are_counted_when_the_next_is_made_or_deleted() {
    let table = table().await;
    let (store, create) = (&table.store, async |number, most| {
        table.store.create_endpoint(&endpoint(number), most, None).await.unwrap()
    });
    store.save_endpoint(&endpoint(1), None).await.unwrap();
    store.save_endpoint(&endpoint(2), None).await.unwrap();
    assert!(store.delete_endpoint(&endpoint(1).deleted(now()), None).await.unwrap());
    assert!(!store.delete_endpoint(&endpoint(1).deleted(now()), None).await.unwrap());
    assert_eq!([create(3, 2).await, create(4, 2).await], [Created::Done, Created::TooMany]);
    assert_eq!(create(3, 9).await, Created::Exists);
    assert!(store.delete_endpoint(&endpoint(2).deleted(now()), None).await.unwrap());
    assert_eq!([create(4, 2).await, create(5, 2).await], [Created::Done, Created::TooMany]);
    assert_eq!(store.all_subscriptions(workspace(1)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_of_a_deleted_endpoint_stays_but_its_tombstone() {
    let table = table().await;
    let (store, key) = (&table.store, endpoint(1).key());
    store.save_endpoint(&endpoint(1), None).await.unwrap();
    store.record_failures(key, 5, failure_at(now())).await.unwrap();
    store.open_circuit(key, now()).await.unwrap();
    let minute = Duration::from_secs(60);
    store.reserve_slots(key, RateLimit::PerSecond(1), 1, now()).await.unwrap();
    store.claim_lease(key, 0, now(), now().plus(minute)).await.unwrap();
    store.start_drain(key, DrainReason::Recovery, 20, now()).await.unwrap();
    let rows = async || {
        let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
        let sort_key = |row: &HashMap<String, AttributeValue>| row["SK"].as_s().unwrap().clone();
        rows.items()
            .iter()
            .map(sort_key)
            .filter(|sort_key| sort_key.ends_with(&key.id.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows().await.len(), 5);
    assert!(store.delete_endpoint(&endpoint(1).deleted(now()), None).await.unwrap());
    assert_eq!(rows().await, [format!("DELETED#{}", key.id)]);
}

#[tokio::test]
async fn health_keeps_what_was_wrong_with_the_last_failure() {
    let table = table().await;
    let (store, key) = (&table.store, endpoint(1).key());
    let answered = store.record_failures(key, 2, failure_at(now())).await.unwrap();
    assert_eq!((answered.last_error, answered.response_status), (Some(ErrorClass::HttpStatus), Some(500)));
    let timeout = Failure { at: now(), error: ErrorClass::Timeout, response_status: None };
    store.record_failures(key, 1, timeout).await.unwrap();
    let health = store.load_health(key).await.unwrap().unwrap();
    assert_eq!((health.failures, health.last_error), (3, Some(ErrorClass::Timeout)));
    assert_eq!(health.response_status, None, "the last one was not answered");
}

#[tokio::test]
async fn all_are_read_for_a_fan_out_and_pages_are_newest_first() {
    let table = table().await;
    for number in 0..23 {
        table.store.save_endpoint(&endpoint(number), None).await.unwrap();
    }
    let all: Vec<_> = table.store.all_subscriptions(workspace(1)).await.unwrap();
    let ids: Vec<_> = all.iter().map(|endpoint| endpoint.id).collect();
    assert!(ids.len() == 23 && ids.is_sorted());
    let listed = every_page(async |before| {
        table
            .store
            .list_endpoints(
                workspace(1),
                &Listing::all(|_, _: &Purpose, _: &EndpointSettings| true, 5).beyond(before),
            )
            .await
            .unwrap()
    });
    let listed: Vec<_> = listed.await.into_iter().map(|endpoint| endpoint.id).collect();
    assert_eq!(listed, ids.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn how_an_endpoint_was_switched_off_is_kept_and_means_the_same_to_an_earlier_version() {
    let table = table().await;
    let by = Some(Actor::Posthorn);
    for (number, reason, switch, read_by_earlier) in [
        (1, DisabledReason::Manual, Switch::Off, None),
        (2, DisabledReason::Gone, Switch::Off, Some("gone")),
        (3, DisabledReason::Failing, Switch::OffForFailing { parked: 0 }, Some("failing")),
    ] {
        let mut endpoint = endpoint(number);
        endpoint.settings.active = false;
        endpoint.disabled = Some(Disabled { reason, at: Some(now()), by: by.clone() });
        table.store.save_endpoint(&endpoint, None).await.unwrap();
        assert_eq!(table.store.load_endpoint(endpoint.key()).await.unwrap().as_ref(), Some(&endpoint));
        let all = table.store.all_subscriptions(workspace(1)).await.unwrap();
        assert_eq!(all.last().unwrap().switch, switch);
        // An earlier version reads this member, and knows no `manual`.
        let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
        let sort_key = format!("ENDPOINT#{}", endpoint.id);
        let row = rows.items().iter().find(|row| row["SK"].as_s().unwrap() == &sort_key).unwrap();
        let document: serde_json::Value = serde_json::from_str(row["document"].as_s().unwrap()).unwrap();
        assert_eq!(document["disabled_reason"].as_str(), read_by_earlier);
    }
}

#[tokio::test]
async fn no_secret_and_no_header_value_stands_in_the_table_as_it_is() {
    let table = table().await;
    let mut endpoint = endpoint(1);
    endpoint.settings.headers.insert("Authorization".to_owned(), "Bearer of-bad-news".to_owned());
    table.store.save_endpoint(&endpoint, None).await.unwrap();
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    let rows = format!("{:?}", rows.items());
    assert!(rows.contains("example.com/hook"), "the row itself can be read");
    assert!(!rows.contains("of-bad-news") && !rows.contains("whsec_") && !rows.contains("BwcHBwcH"));
    assert_eq!(table.store.load_endpoint(endpoint.key()).await.unwrap(), Some(endpoint));
}

#[tokio::test]
async fn another_process_opens_what_this_one_sealed_and_another_key_does_not() {
    let table = table().await;
    let endpoint = endpoint(1);
    table.store.save_endpoint(&endpoint, None).await.unwrap();
    let load = async |key| {
        let store = store::Store::new(table.client.clone(), "posthorn", store::KeyWrapper::local(key));
        store.load_endpoint(endpoint.key()).await
    };
    assert_eq!(load([1; 32]).await.unwrap(), Some(endpoint.clone()));
    assert!(load([2; 32]).await.is_err());
}
