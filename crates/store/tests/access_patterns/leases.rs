use std::time::Duration;

use domain::delivery::replay::{Replay, ReplayStatus};
use domain::endpoint::deleted::DeletedEndpoint;
use domain::id::{DeliveryId, EndpointId, EndpointKey, ReplayId};
use domain::timestamp::Timestamp;
use serde_json::json;
use store::rows::drains::{Drain, DrainReason};
use store::table::lease::LEASE;

use crate::{now, table, workspace};

fn endpoint() -> EndpointKey {
    EndpointKey::new(workspace(1), EndpointId::new(now(), 1))
}

fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn replay() -> Replay {
    serde_json::from_value(json!({
        "id": ReplayId::new(now(), 1), "workspace_id": workspace(1), "endpoint_id": endpoint().id,
        "settings": { "since": now() }, "status": "running", "examined": 0, "sent": 0,
        "progress": { "phase": "deliveries", "after": null }, "created_at": now(), "updated_at": now(),
    }))
    .unwrap()
}

#[tokio::test]
async fn a_row_belongs_to_one_process_until_it_is_given_back_or_the_lease_is_over() {
    let table = table().await;
    let store = &table.store;
    store.start_drain(endpoint(), DrainReason::Recovery, 20, now()).await.unwrap();
    let (lease, drain) = store.claim_drain(endpoint(), now()).await.unwrap().unwrap();
    assert!(store.claim_drain(endpoint(), later(LEASE.as_secs() - 1)).await.unwrap().is_none());
    let cursor = Some(DeliveryId::new(now(), 7));
    let further = Drain { cursor, rate: 40, sent: 20, last_sent_at: Some(now()), ..drain };
    assert!(store.save_drain(&lease, &further, later(1)).await.unwrap());
    assert!(store.claim_drain(endpoint(), now()).await.unwrap().is_none(), "it rests until then");
    let (lease, found) = store.claim_drain(endpoint(), later(1)).await.unwrap().unwrap();
    assert_eq!(found, further);
    let begun_anew = Drain { cursor: None, last_sent_at: None, ..found };
    assert!(store.save_drain(&lease, &begun_anew, later(2)).await.unwrap());
    assert_eq!(store.claim_drain(endpoint(), later(2)).await.unwrap().unwrap().1, begun_anew);
}

#[tokio::test]
async fn a_step_that_took_too_long_saves_nothing_over_the_next_one() {
    let table = table().await;
    let store = &table.store;
    store.start_drain(endpoint(), DrainReason::Recovery, 20, now()).await.unwrap();
    let (slow, drain) = store.claim_drain(endpoint(), now()).await.unwrap().unwrap();
    let over = now().plus(LEASE);
    let (next, _) = store.claim_drain(endpoint(), over).await.unwrap().unwrap();
    assert!(!store.save_drain(&slow, &Drain { sent: 9, ..drain.clone() }, over).await.unwrap());
    assert!(!store.end_drain(&slow, &drain).await.unwrap());
    assert!(store.save_drain(&next, &Drain { sent: 20, ..drain }, over).await.unwrap());
    assert_eq!(store.claim_drain(endpoint(), over).await.unwrap().unwrap().1.sent, 20);
}

#[tokio::test]
async fn a_drain_that_is_asked_for_during_a_step_goes_on() {
    let table = table().await;
    let store = &table.store;
    store.start_drain(endpoint(), DrainReason::Recovery, 20, now()).await.unwrap();
    let (lease, drain) = store.claim_drain(endpoint(), now()).await.unwrap().unwrap();
    store.start_drain(endpoint(), DrainReason::Recovery, 20, later(5)).await.unwrap();
    assert!(!store.end_drain(&lease, &drain).await.unwrap());
    assert!(store.save_drain(&lease, &drain, later(6)).await.unwrap());
    let (lease, drain) = store.claim_drain(endpoint(), later(6)).await.unwrap().unwrap();
    assert_eq!((drain.started_at, drain.wanted_at), (now(), later(5)));
    assert!(store.end_drain(&lease, &drain).await.unwrap());
    assert!(store.claim_drain(endpoint(), later(600)).await.unwrap().is_none());
}

#[tokio::test]
async fn the_drain_of_a_deleted_endpoint_is_not_written_again() {
    let table = table().await;
    let store = &table.store;
    store.start_drain(endpoint(), DrainReason::Recovery, 20, now()).await.unwrap();
    let (lease, drain) = store.claim_drain(endpoint(), now()).await.unwrap().unwrap();
    let EndpointKey { workspace: workspace_id, id } = endpoint();
    let (url, description) = (String::new(), String::new());
    let (created_at, deleted_at) = (now(), now());
    let (uid, rule_id, is_notification) = (None, None, false);
    let deleted = DeletedEndpoint {
        id,
        workspace_id,
        uid,
        url,
        description,
        rule_id,
        is_notification,
        created_at,
        deleted_at,
    };
    store.delete_endpoint(&deleted, None).await.unwrap();
    assert!(!store.save_drain(&lease, &drain, later(1)).await.unwrap());
    assert_eq!(store.lost_drains(later(600)).await.unwrap(), []);
}

#[tokio::test]
async fn a_replay_that_is_cancelled_during_a_step_stays_cancelled() {
    let table = table().await;
    let store = &table.store;
    store.start_replay(&replay(), later(86_400), None).await.unwrap();
    let (lease, running) = store.claim_replay(workspace(1), replay().id, now()).await.unwrap().unwrap();
    let cancelled = Replay { status: ReplayStatus::Cancelled, ..replay() };
    assert!(store.cancel_replay(&cancelled, None).await.unwrap());
    assert!(!store.save_replay(&lease, &running, later(1)).await.unwrap());
    assert!(!store.cancel_replay(&cancelled, None).await.unwrap());
    assert!(store.claim_replay(workspace(1), replay().id, later(600)).await.unwrap().is_none());
    assert_eq!(store.find_replay(replay().id).await.unwrap(), Some(cancelled));
    assert_eq!(store.lost_replays(later(600)).await.unwrap(), []);
}
