use std::time::Duration;

use domain::id::{ClaimId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use store::rows::idempotency::{
    AnswerHead, CLAIM_LEASE, EventClaim, IdempotencyKey, KEPT_FOR, KeptAnswer, RequestClaim, Standing,
};

use crate::{now, table, workspace};

fn event(randomness: u128) -> EventId {
    EventId::new(now(), randomness)
}

fn claim_id(randomness: u128) -> ClaimId {
    ClaimId::new(now(), randomness)
}

fn key_of(workspace: Option<WorkspaceId>) -> IdempotencyKey {
    IdempotencyKey { workspace, digest: "key".to_owned() }
}

fn key() -> IdempotencyKey {
    key_of(Some(workspace(1)))
}

fn over(leased_until: Timestamp) -> Standing {
    Standing::Over { leased_until }
}

#[tokio::test]
async fn a_key_is_claimed_held_completed_and_forgotten_after_a_day() {
    let table = table().await;
    let claim = async |id, at| table.store.claim_events(&key(), "request", id, (at, KEPT_FOR)).await.unwrap();
    let found = |standing| EventClaim::Found(event(1), standing);
    assert_eq!(claim(event(1), now()).await, EventClaim::Claimed);
    assert_eq!(claim(event(2), now()).await, found(Standing::Leased));
    let later = now().plus(CLAIM_LEASE);
    assert_eq!(claim(event(2), later).await, found(over(later)), "nobody said what came of it");
    table.store.complete_claim(&key()).await.unwrap();
    assert_eq!(claim(event(2), now()).await, found(Standing::Completed));
    let just_before = now().plus(KEPT_FOR - Duration::from_secs(1));
    assert_eq!(claim(event(2), just_before).await, found(Standing::Completed));
    assert_eq!(claim(event(2), now().plus(KEPT_FOR)).await, EventClaim::Claimed);
}

#[tokio::test]
async fn the_id_of_a_claim_is_known_as_long_as_it_is_kept_and_only_that_of_events() {
    let table = table().await;
    let claimed = async |workspace, at| table.store.claimed_id(&key_of(workspace), at).await.unwrap();
    assert_eq!(claimed(None, now()).await, None);
    table.store.claim_events(&key(), "request", event(1), (now(), KEPT_FOR)).await.unwrap();
    assert_eq!(claimed(Some(workspace(1)), now()).await, Some(event(1)));
    assert_eq!(claimed(Some(workspace(2)), now()).await, None);
    assert_eq!(claimed(Some(workspace(1)), now().plus(KEPT_FOR)).await, None);
    table.store.claim_request(&key_of(None), "request", claim_id(1), now()).await.unwrap();
    assert_eq!(claimed(None, now()).await, None);
}

#[tokio::test]
async fn another_request_under_the_same_key_is_told_apart_and_other_workspaces_have_their_own_keys() {
    let table = table().await;
    let claim = async |workspace, request| {
        table.store.claim_events(&key_of(workspace), request, event(1), (now(), KEPT_FOR)).await.unwrap()
    };
    assert_eq!(claim(Some(workspace(1)), "one").await, EventClaim::Claimed);
    assert_eq!(claim(Some(workspace(1)), "two").await, EventClaim::Reused);
    assert_eq!(claim(Some(workspace(2)), "two").await, EventClaim::Claimed);
    assert_eq!(claim(None, "three").await, EventClaim::Claimed);
    let claimed = async |workspace| table.store.is_claimed(&key_of(workspace), now()).await.unwrap();
    assert!(claimed(None).await && claimed(Some(workspace(1))).await && !claimed(Some(workspace(3))).await);
    assert!(!table.store.is_claimed(&key(), now().plus(KEPT_FOR)).await.unwrap());
}

#[tokio::test]
async fn a_claim_whose_lease_is_over_or_that_was_completed_is_taken_over_by_one_request_only() {
    let table = table().await;
    let take_over = async |until, at| table.store.take_over(&key(), until, at).await.unwrap();
    table.store.claim_events(&key(), "request", event(1), (now(), KEPT_FOR)).await.unwrap();
    let later = now().plus(CLAIM_LEASE);
    let (one, two) = tokio::join!(take_over(Some(later), later), take_over(Some(later), later));
    assert!(one != two);
    assert!(!take_over(None, later).await, "it is not completed");
    table.store.complete_claim(&key()).await.unwrap();
    assert!(take_over(None, later).await && !take_over(None, later).await);
    table.store.release_claim(&key()).await.unwrap();
    let standing = over(Timestamp::from_millis(0));
    let found = table.store.claim_events(&key(), "request", event(2), (now(), KEPT_FOR)).await.unwrap();
    assert_eq!(found, EventClaim::Found(event(1), standing));
    assert!(standing.is_released() && !over(later).is_released());
}

#[tokio::test]
async fn of_many_first_requests_at_once_one_claims() {
    let table = table().await;
    let claims = (1..=20).map(|n| {
        let store = table.store.clone();
        tokio::spawn(async move {
            store.claim_events(&key(), "request", event(n), (now(), KEPT_FOR)).await.unwrap()
        })
    });
    let mut claimed = 0;
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            EventClaim::Claimed => claimed += 1,
            other => assert!(matches!(other, EventClaim::Found(_, Standing::Leased)), "{other:?}"),
        }
    }
    assert_eq!(claimed, 1);
}

#[tokio::test]
async fn a_refused_requests_claim_is_forgotten_and_nobody_elses() {
    let table = table().await;
    let claim = async |id| table.store.claim_events(&key(), "request", id, (now(), KEPT_FOR)).await.unwrap();
    let forget = async |id: EventId| table.store.forget_claim(&key(), id, now()).await.unwrap();
    assert_eq!(claim(event(1)).await, EventClaim::Claimed);
    forget(event(2)).await;
    assert_eq!(claim(event(2)).await, EventClaim::Found(event(1), Standing::Leased));
    forget(event(1)).await;
    assert_eq!(claim(event(2)).await, EventClaim::Claimed);
    table.store.complete_claim(&key()).await.unwrap();
    forget(event(2)).await;
    let kept = EventClaim::Found(event(2), Standing::Completed);
    assert_eq!(claim(event(3)).await, kept, "what was accepted is remembered");
}

#[tokio::test]
async fn an_answer_is_kept_sealed_and_found_by_the_same_request_only() {
    let table = table().await;
    let claim =
        async |request, id, at| table.store.claim_request(&key_of(None), request, id, at).await.unwrap();
    assert_eq!(claim("one", claim_id(1), now()).await, RequestClaim::Claimed);
    assert_eq!(claim("one", claim_id(2), now()).await, RequestClaim::InProgress);
    assert_eq!(claim("two", claim_id(2), now()).await, RequestClaim::Reused);
    let later = now().plus(CLAIM_LEASE);
    let (one, two) = tokio::join!(claim("one", claim_id(2), later), claim("one", claim_id(3), later));
    assert!([one, two].contains(&RequestClaim::Resumed(claim_id(1))), "it goes on under the first id");

    let head = AnswerHead { status: 201, headers: vec![("location".to_owned(), "/a".to_owned())] };
    let answer = KeptAnswer { head, body: b"{\"secret\":\n\"whsec_1\"}".to_vec() };
    assert!(!format!("{answer:?}").contains("whsec"));
    table.store.keep_answer(&key_of(None), &answer).await.unwrap();
    assert_eq!(claim("one", claim_id(4), later).await, RequestClaim::Answered(answer));
    assert_eq!(claim("two", claim_id(4), later).await, RequestClaim::Reused);
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    assert!(!rows.items().is_empty() && !format!("{:?}", rows.items()).contains("whsec"), "it is sealed");
    assert_eq!(claim("two", claim_id(5), now().plus(KEPT_FOR)).await, RequestClaim::Claimed);
}
