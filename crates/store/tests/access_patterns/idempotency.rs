use std::time::Duration;

use domain::id::{EventId, WorkspaceId};
use store::rows::idempotency::{CLAIM_LEASE, Claim, REMEMBERED_FOR, WantedClaim};

use crate::{now, table, workspace};

fn event(randomness: u128) -> EventId {
    EventId::new(now(), randomness)
}

fn wanted(workspace: WorkspaceId, request: &str, event: EventId) -> WantedClaim<'_> {
    WantedClaim { workspace, digest: "key", request, event }
}

#[tokio::test]
async fn a_key_is_claimed_held_completed_and_forgotten_after_a_day() {
    let table = table().await;
    let claim = async |event, at| {
        table.store.claim_idempotency_key(wanted(workspace(1), "request", event), at).await.unwrap()
    };
    assert_eq!(claim(event(1), now()).await, Claim::Claimed);
    assert_eq!(claim(event(2), now()).await, Claim::InProgress);
    table.store.complete_idempotency_key(workspace(1), "key").await.unwrap();
    assert_eq!(claim(event(2), now()).await, Claim::Completed(event(1)));
    let just_before = now().plus(REMEMBERED_FOR - Duration::from_secs(1));
    assert_eq!(claim(event(2), just_before).await, Claim::Completed(event(1)));
    assert_eq!(claim(event(2), now().plus(REMEMBERED_FOR)).await, Claim::Claimed);
}

#[tokio::test]
async fn another_request_under_the_same_key_is_told_apart_and_other_workspaces_have_their_own_keys() {
    let table = table().await;
    let claim = async |ws, request| {
        table.store.claim_idempotency_key(wanted(ws, request, event(1)), now()).await.unwrap()
    };
    assert_eq!(claim(workspace(1), "one").await, Claim::Claimed);
    assert_eq!(claim(workspace(1), "two").await, Claim::Reused);
    assert_eq!(claim(workspace(2), "two").await, Claim::Claimed);
}

#[tokio::test]
async fn a_request_that_died_is_resumed_under_its_event_by_one_retry_only() {
    let table = table().await;
    let claim = async |event, at| {
        table.store.claim_idempotency_key(wanted(workspace(1), "request", event), at).await.unwrap()
    };
    assert_eq!(claim(event(1), now()).await, Claim::Claimed);
    let later = now().plus(CLAIM_LEASE);
    let (one, two) = tokio::join!(claim(event(2), later), claim(event(3), later));
    let mut claims = [one, two];
    claims.sort_by_key(|claim| matches!(claim, Claim::InProgress));
    assert_eq!(claims, [Claim::Resumed(event(1)), Claim::InProgress]);
}

#[tokio::test]
async fn a_released_key_is_resumed_at_once() {
    let table = table().await;
    let claim = async |event| {
        table.store.claim_idempotency_key(wanted(workspace(1), "request", event), now()).await.unwrap()
    };
    assert_eq!(claim(event(1)).await, Claim::Claimed);
    table.store.release_idempotency_key(workspace(1), "key").await.unwrap();
    assert_eq!(claim(event(2)).await, Claim::Resumed(event(1)));
}

#[tokio::test]
async fn of_many_first_requests_at_once_one_claims() {
    let table = table().await;
    let claims = (1..=20).map(|n| {
        let store = table.store.clone();
        tokio::spawn(async move {
            store.claim_idempotency_key(wanted(workspace(1), "request", event(n)), now()).await.unwrap()
        })
    });
    let mut claimed = 0;
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            Claim::Claimed => claimed += 1,
            other => assert_eq!(other, Claim::InProgress),
        }
    }
    assert_eq!(claimed, 1);
}

#[tokio::test]
async fn a_refused_requests_claim_is_forgotten_and_nobody_elses() {
    let table = table().await;
    let claim = async |event| {
        table.store.claim_idempotency_key(wanted(workspace(1), "request", event), now()).await.unwrap()
    };
    let forget = async |event| {
        table.store.forget_idempotency_key(workspace(1), "key", event, now()).await.unwrap();
    };
    assert_eq!(claim(event(1)).await, Claim::Claimed);
    forget(event(2)).await;
    assert_eq!(claim(event(2)).await, Claim::InProgress);
    forget(event(1)).await;
    assert_eq!(claim(event(2)).await, Claim::Claimed);
    table.store.complete_idempotency_key(workspace(1), "key").await.unwrap();
    forget(event(2)).await;
    assert_eq!(claim(event(3)).await, Claim::Completed(event(2)), "the claim of an accepted event is kept");
}
