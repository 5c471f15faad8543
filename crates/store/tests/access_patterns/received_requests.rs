//! Are received requests kept whole, whatever their length, and found by source, day and verdict?

use std::time::Duration;

use domain::id::{ReceivedRequestId, SourceKey};
use domain::source::MAX_BODY_BYTES;
use domain::source::received::{RawRequest, Reason, ReceivedRequest, Verdict};
use domain::timestamp::Timestamp;
use store::rows::received_requests::CHUNK_BYTES;
use store::{Listing, Window, keys};

use crate::{DAY, ago, every_page, now, table, workspace};

fn of(number: u8) -> SourceKey {
    crate::sources::source(number).key()
}

pub(crate) fn received(at: Timestamp, number: u128, verdict: Verdict) -> ReceivedRequest {
    ReceivedRequest {
        id: ReceivedRequestId::new(at, number),
        received_at: at,
        method: "POST".to_owned(),
        body_bytes: 11,
        verdict,
        reason: (verdict != Verdict::Valid).then_some(Reason::SignatureMismatch),
        detail: None,
        status: 202,
        events: Vec::new(),
        accepted: 1,
        duplicates: 0,
        replayed_at: None,
        duration_ms: 7,
    }
}

pub(crate) fn raw(body: Vec<u8>) -> RawRequest {
    RawRequest {
        method: "POST".to_owned(),
        target: "/in/token?a=%20b".to_owned(),
        headers: vec![
            ("authorization".to_owned(), b"Basic hush".to_vec()),
            ("x-latin".to_owned(), vec![0xe9, 0x20]),
            ("x-twice".to_owned(), b"1".to_vec()),
            ("x-twice".to_owned(), b"2".to_vec()),
        ],
        body,
    }
}

/// Bytes that cannot be compressed: a linear congruence.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[tokio::test]
async fn a_request_is_kept_whole_and_sealed() {
    let table = table().await;
    let (request, raw) = (received(now(), 1, Verdict::Valid), raw(b"hush {\"a\":\n1}".to_vec()));
    table.store.save_received_request(of(1), &request, &raw, now().plus(DAY)).await.unwrap();
    let load = async |source, at| table.store.load_received_request(source, request.id, at).await.unwrap();
    assert!(load(of(1), now()).await == Some((request.clone(), raw)));
    assert!(load(of(2), now()).await.is_none(), "it is of another source");
    assert!(load(of(1), now().plus(DAY)).await.is_none(), "it has expired");
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    assert!(!format!("{rows:?}").contains("hush"));
}

#[tokio::test]
async fn a_long_request_is_in_several_rows_and_is_erased_with_them() {
    let table = table().await;
    for (number, length, chunks) in
        [(1, CHUNK_BYTES - 1_000, 0), (2, CHUNK_BYTES + 1, 2), (3, MAX_BODY_BYTES, 15)]
    {
        let (request, raw) = (received(now(), number, Verdict::Valid), raw(noise(length)));
        table.store.save_received_request(of(1), &request, &raw, now().plus(DAY)).await.unwrap();
        let count = async || table.client.scan().table_name("posthorn").send().await.unwrap().items().len();
        // A scan gives 1 MB, so the rows of the longest are counted by its erasure.
        if number < 3 {
            assert_eq!(count().await, 1 + 1 + chunks, "the data key, and the rows of the request");
        }
        let loaded = table.store.load_received_request(of(1), request.id, now()).await.unwrap();
        assert!(loaded == Some((request.clone(), raw)), "{length}");
        let days = [keys::Day::of(now())];
        let partitions: Vec<_> = keys::partitions_of_source(of(1).id, &days).collect();
        let erased = table.store.erase_partitions(workspace(1), partitions, 100).await.unwrap();
        assert_eq!(erased.rows, 1 + chunks);
        assert_eq!(count().await, 1, "the data key");
    }
}

#[tokio::test]
async fn what_was_found_changes_with_a_replay_while_the_row_is_there() {
    let table = table().await;
    let (request, raw) = (received(now(), 1, Verdict::Invalid), raw(noise(50)));
    let replayed = ReceivedRequest {
        verdict: Verdict::Valid,
        reason: None,
        replayed_at: Some(now()),
        ..request.clone()
    };
    assert!(!table.store.update_received_request(of(1), &replayed).await.unwrap(), "there is none");
    table.store.save_received_request(of(1), &request, &raw, now().plus(DAY)).await.unwrap();
    assert!(table.store.update_received_request(of(1), &replayed).await.unwrap());
    let loaded = table.store.load_received_request(of(1), request.id, now()).await.unwrap();
    assert!(loaded == Some((replayed, raw)));
}

#[tokio::test]
async fn requests_are_listed_newest_first_over_days_and_by_verdict() {
    let table = table().await;
    let mut ids = Vec::new();
    for number in 0..40_u32 {
        let at = ago(Duration::from_secs(3_600) * number);
        let verdict = [Verdict::Valid, Verdict::Invalid, Verdict::Error][number as usize % 3];
        let request = received(at, u128::from(number) * 37, verdict);
        table.store.save_received_request(of(1), &request, &raw(noise(20)), now().plus(DAY)).await.unwrap();
        ids.push(request.id);
    }
    let window = Window { since: ago(DAY * 7), until: now().plus(DAY) };
    let list = async |verdict: Option<Verdict>, at| {
        every_page(async |before| {
            let listing = Listing::newest_first(window, verdict, 7).beyond(before);
            table.store.list_received_requests(of(1), &listing, at).await.unwrap()
        })
        .await
    };
    let listed: Vec<_> = list(None, now()).await.into_iter().map(|request| request.id).collect();
    assert_eq!(listed, ids);
    let refused = list(Some(Verdict::Invalid), now()).await;
    assert!(refused.iter().all(|request| request.verdict == Verdict::Invalid) && refused.len() == 13);
    assert!(list(None, now().plus(DAY)).await.is_empty(), "they have expired");
}
