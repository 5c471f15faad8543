use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::Decision;
use domain::delivery::{CancelReason, Delivery, DeliveryStatus, ParkReason, Parking};
use domain::event::event_type::{EventType, EventTypePattern};
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId};
use domain::policy::outcome::{Answer, ErrorClass, Outcome, OutcomeRules};
use domain::timestamp::Timestamp;
use store::rows::deliveries::{DeliveryFilter, DeliveryRow, Settlement};
use store::{Listing, Window};

use crate::{DAY, Table, ago, every_page, now, table, workspace};

fn endpoint(number: u128) -> EndpointId {
    EndpointId::new(now(), number)
}

fn attempt(number: u32, outcome: Outcome) -> Attempt {
    Attempt {
        number,
        trigger: Trigger::Automatic,
        started_at: now(),
        duration: Duration::from_millis(20),
        sent: SentRequest::default(),
        error: OutcomeRules::default().judge(&outcome).error(),
        outcome,
    }
}

fn answered(status: u16) -> Outcome {
    let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
    Outcome::Answered(Answer { status, headers, body: "é✓".as_bytes().to_vec(), body_truncated: true })
}

fn new_delivery(endpoint: EndpointId, at: Timestamp, randomness: u128) -> Delivery {
    let event_type = EventType::parse("invoice.paid").unwrap();
    Delivery::new(workspace(1), endpoint, EventId::new(at, randomness), event_type, now())
}

/// The settlement of a first attempt.
fn first(delivery: Delivery, outcome: Outcome, decision: Decision) -> Settlement {
    let attempt = attempt(1, outcome);
    let delivery = delivery.settled(&attempt, decision);
    let row = DeliveryRow { delivery, first_attempt: Some(attempt) };
    Settlement { row, later_attempt: None, expires_at: now().plus(DAY * 30) }
}

async fn rows_of_partition(table: &Table, settlement: &Settlement) -> i32 {
    let delivery = &settlement.row.delivery;
    let key = store::keys::delivery(delivery.endpoint_id, delivery.id);
    let query = table.client.query().table_name("posthorn").key_condition_expression("PK = :pk");
    query.expression_attribute_values(":pk", AttributeValue::S(key.pk)).send().await.unwrap().count()
}

#[tokio::test]
async fn a_delivery_that_succeeds_at_once_is_one_row_with_its_attempt_inline() {
    let table = table().await;
    let settlement = first(new_delivery(endpoint(1), now(), 1), answered(200), Decision::Delivered);
    table.store.settle(std::slice::from_ref(&settlement)).await.unwrap();
    assert_eq!(rows_of_partition(&table, &settlement).await, 1);
    let id = settlement.row.delivery.id;
    let loaded = table.store.load_delivery(endpoint(1), id, now()).await.unwrap();
    assert_eq!(loaded, Some(settlement.row));
    assert!(table.store.later_attempts(endpoint(1), id).await.unwrap().is_empty());
}

#[tokio::test]
async fn attempts_made_at_once_get_different_numbers_and_the_latest_says_where_the_delivery_stands() {
    let table = table().await;
    let (store, new) = (&table.store, new_delivery(endpoint(1), now(), 1));
    let settle = async |number, decision| {
        let settlement = match number {
            1 => first(new.clone(), answered(200), decision),
            _ => {
                let attempt = attempt(number, answered(200));
                let row =
                    DeliveryRow { delivery: new.clone().settled(&attempt, decision), first_attempt: None };
                Settlement { row, later_attempt: Some(attempt), expires_at: now().plus(DAY) }
            }
        };
        store.settle_beside_others(settlement).await.unwrap();
    };
    // Three that took themselves for the first, and two for the second.
    settle(1, Decision::Delivered).await;
    settle(1, Decision::Permanent).await;
    settle(1, Decision::Delivered).await;
    let row = store.load_delivery(endpoint(1), new.id, now()).await.unwrap().unwrap();
    assert_eq!((row.delivery.attempts, row.delivery.counted_attempts()), (3, 1));
    assert_eq!(row.first_attempt.as_ref().unwrap().number, 1);
    settle(5, Decision::Permanent).await;
    settle(4, Decision::Delivered).await;
    let row = store.load_delivery(endpoint(1), new.id, now()).await.unwrap().unwrap();
    assert_eq!((row.delivery.attempts, row.delivery.status), (5, DeliveryStatus::Failed));
    let later = store.later_attempts(endpoint(1), new.id).await.unwrap();
    assert_eq!(later.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[tokio::test]
async fn later_attempts_are_rows_of_their_own_in_order() {
    let table = table().await;
    let settlement =
        first(new_delivery(endpoint(1), now(), 1), answered(500), Decision::RetryIn(Duration::from_secs(5)));
    let mut row = settlement.row.clone();
    table.store.settle(&[settlement]).await.unwrap();
    let mut expected = Vec::new();
    for number in 2..=12 {
        let attempt = attempt(number, Outcome::Unreachable(ErrorClass::Timeout));
        row.delivery = row.delivery.settled(&attempt, Decision::RetryIn(Duration::from_secs(5)));
        let later = Settlement {
            row: row.clone(),
            later_attempt: Some(attempt.clone()),
            expires_at: now().plus(DAY * 30),
        };
        table.store.settle(&[later]).await.unwrap();
        expected.push(attempt);
    }
    assert_eq!(table.store.later_attempts(endpoint(1), row.delivery.id).await.unwrap(), expected);
    let loaded = table.store.load_delivery(endpoint(1), row.delivery.id, now()).await.unwrap();
    assert_eq!(loaded, Some(row));
}

#[tokio::test]
async fn a_group_larger_than_a_batch_with_one_row_twice_is_written_whole() {
    let table = table().await;
    let mut group: Vec<_> = (0..60)
        .map(|n| first(new_delivery(endpoint(1), now(), n), answered(200), Decision::Delivered))
        .collect();
    group.push(group[0].clone());
    table.store.settle(&group).await.unwrap();
    let wanted: Vec<_> = group.iter().map(|s| (endpoint(1), s.row.delivery.id)).take(60).collect();
    assert_eq!(table.store.load_deliveries(&wanted, now()).await.unwrap().len(), 60);
}

#[tokio::test]
async fn many_are_loaded_at_once_and_those_without_a_row_are_left_out() {
    let table = table().await;
    let group: Vec<_> = (0..150)
        .map(|n| first(new_delivery(endpoint(n), now(), n), answered(200), Decision::Delivered))
        .collect();
    table.store.settle(&group[..130]).await.unwrap();
    let wanted: Vec<_> = group.iter().map(|s| (s.row.delivery.endpoint_id, s.row.delivery.id)).collect();
    assert_eq!(table.store.load_deliveries(&wanted, now()).await.unwrap().len(), 130);
}

#[tokio::test]
async fn a_delivery_that_is_loaded_among_many_lacks_nothing() {
    let table = table().await;
    let (event, event_type) = (EventId::new(ago(DAY), 1), EventType::parse("invoice.paid").unwrap());
    // Every member has a value, and a new one must be named here.
    let delivery = Delivery {
        id: DeliveryId::of(event, endpoint(1)),
        workspace_id: workspace(1),
        endpoint_id: endpoint(1),
        event_id: event,
        event_type,
        occurred_at: ago(DAY * 2),
        status: DeliveryStatus::Parked,
        attempts: 3,
        response_status: Some(500),
        last_error: Some(ErrorClass::HttpStatus),
        last_duration: Some(Duration::from_millis(17)),
        cancel_reason: Some(CancelReason::EndpointDeleted),
        next_attempt_at: Some(ago(Duration::from_secs(1))),
        delivered_at: Some(ago(Duration::from_secs(2))),
        parked_at: Some(ago(Duration::from_secs(3))),
        parked_reason: Some(ParkReason::RateLimit),
        was_parked: Some(Parking {
            from: ago(Duration::from_secs(8)),
            until: ago(Duration::from_secs(7)),
            reason: ParkReason::EndpointFailing,
        }),
        updated_at: ago(Duration::from_secs(4)),
        slot_at: Some(ago(Duration::from_secs(5))),
        trigger: Trigger::Replay,
        is_test: true,
        run: Some(ReplayId::new(now(), 1)),
        woken_at: Some(ago(Duration::from_secs(6))),
        uncounted_attempts: 2,
    };
    let row = DeliveryRow { delivery: delivery.clone(), first_attempt: Some(attempt(1, answered(500))) };
    let settlement = Settlement { row, later_attempt: None, expires_at: now().plus(DAY) };
    table.store.settle(&[settlement]).await.unwrap();
    let loaded = table.store.load_deliveries(&[(endpoint(1), delivery.id)], now()).await.unwrap();
    assert_eq!(loaded, [delivery]);
}

#[tokio::test]
async fn only_what_waits_for_a_person_or_a_drain_is_in_the_undelivered_index() {
    let table = table().await;
    let soon = Decision::RetryIn(domain::delivery::LONG_WAIT);
    let decisions = [Decision::Delivered, soon, Decision::RetryIn(DAY), Decision::Exhausted, Decision::Gone];
    for (n, decision) in (0..).zip(decisions) {
        let settlement = first(new_delivery(endpoint(1), now(), n), answered(500), decision);
        table.store.settle(&[settlement]).await.unwrap();
    }
    let scan = table.client.scan().table_name("posthorn").index_name("undelivered").send().await.unwrap();
    assert_eq!(scan.count(), 3, "a day's wait, exhausted and gone");

    // A drain finds the long wait if it began before the endpoint recovered, and has not ended.
    let waits = async |began_until, at| {
        let listing = store::Listing::oldest_first(store::Window::everything(), began_until, 10);
        table.store.list_long_waits(endpoint(1), &listing, at).await.unwrap().rows.len()
    };
    let ended = now().plus(DAY);
    assert_eq!((waits(ended, now()).await, waits(now().minus(DAY), now()).await), (1, 0));
    assert_eq!(waits(ended, ended.plus(DAY)).await, 0, "it is due");
    let failed = store::Listing::oldest_first(store::Window::everything(), DeliveryStatus::Failed, 10);
    assert_eq!(table.store.list_undelivered(endpoint(1), &failed, now()).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn a_list_is_newest_first_and_filters_by_status() {
    let table = table().await;
    let mut ids = Vec::new();
    for day in 0..3u32 {
        for n in 0..20u128 {
            let failed = n % 5 == 0;
            let decision = if failed { Decision::Exhausted } else { Decision::Delivered };
            let status = if failed { 500 } else { 200 };
            let delivery = new_delivery(endpoint(1), ago(DAY * day), n * 3 + u128::from(day));
            let settlement = first(delivery, answered(status), decision);
            ids.push((settlement.row.delivery.id, failed));
            table.store.settle(&[settlement]).await.unwrap();
        }
    }
    ids.sort_unstable();
    ids.reverse();
    for (status, wanted) in [
        (None, ids.clone()),
        (Some(DeliveryStatus::Failed), {
            ids.retain(|(_, failed)| *failed);
            ids
        }),
    ] {
        let listed = every_page(async |before| {
            let window = Window { since: ago(DAY * 10), until: now().plus(DAY) };
            let filter = DeliveryFilter { statuses: status.as_slice(), event_types: &[] };
            let listing = Listing::newest_first(window, filter, 7).beyond(before);
            table.store.list_deliveries(endpoint(1), &listing, now()).await.unwrap()
        });
        let listed: Vec<_> = listed.await.into_iter().map(|delivery| delivery.id).collect();
        assert_eq!(listed, wanted.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), "{status:?}");
    }
}

#[tokio::test]
async fn a_damaged_row_is_an_error_that_names_the_attribute_and_not_its_value() {
    let table = table().await;
    let settlement = first(new_delivery(endpoint(1), now(), 1), answered(200), Decision::Delivered);
    table.store.settle(std::slice::from_ref(&settlement)).await.unwrap();
    let id = settlement.row.delivery.id;
    let key = store::keys::delivery(endpoint(1), id);
    let damage = table.client.update_item().table_name("posthorn");
    damage
        .key("PK", AttributeValue::S(key.pk))
        .key("SK", AttributeValue::S(key.sk))
        .update_expression("SET #s = :s")
        .expression_attribute_names("#s", "status")
        .expression_attribute_values(":s", AttributeValue::S("a secret thing".to_owned()))
        .send()
        .await
        .unwrap();
    let error = table.store.load_delivery(endpoint(1), id, now()).await.unwrap_err().to_string();
    assert!(error.contains("status") && !error.contains("secret"), "{error}");
}

fn any_time() -> Window {
    Window { since: ago(DAY * 60), until: now().plus(DAY) }
}

/// Settles failed deliveries of an endpoint, one a second, the newest now; all of `of` are gone by `expires_at`.
async fn fail(table: &Table, of: std::ops::Range<u32>, expires_at: Timestamp) {
    let settlements: Vec<_> = of
        .map(|n| {
            let delivery = new_delivery(endpoint(1), ago(Duration::from_secs(n.into())), n.into());
            Settlement { expires_at, ..first(delivery, answered(500), Decision::Exhausted) }
        })
        .collect();
    table.store.settle(&settlements).await.unwrap();
}

#[tokio::test]
async fn expired_rows_that_are_still_there_never_stop_a_list() {
    let table = table().await;
    fail(&table, 0..5, now().plus(DAY * 30)).await;
    fail(&table, 5..60, now()).await;
    let (we, failed) = (endpoint(1), DeliveryStatus::Failed);
    for limit in [1, 3, 50] {
        let listing = Listing::oldest_first(Window::everything(), failed, limit);
        let listed = every_page(async |after| {
            table.store.list_undelivered(we, &listing.beyond(after), now()).await.unwrap()
        });
        assert_eq!(listed.await.len(), 5, "pages of {limit}");
    }
    let oldest = table.store.oldest_undelivered(we, failed, now()).await.unwrap().unwrap();
    assert_eq!(oldest.id.time(), ago(Duration::from_secs(4)));
}

#[tokio::test]
async fn a_list_that_passes_very_many_rows_over_ends_its_page_and_goes_on_in_the_next() {
    let table = table().await;
    fail(&table, 0..4_100, now().plus(DAY * 30)).await;
    let rare = [EventTypePattern::parse("rare").unwrap()];
    let store = &table.store;
    for status in [None, Some(DeliveryStatus::Failed)] {
        let filter = DeliveryFilter { statuses: status.as_slice(), event_types: &rare };
        let listing = Listing::newest_first(any_time(), filter, 10);
        let list =
            async |before| store.list_deliveries(endpoint(1), &listing.beyond(before), now()).await.unwrap();
        let (mut before, mut pages) = (None, 0);
        loop {
            let page = list(before).await;
            assert!(page.rows.is_empty());
            pages += 1;
            match page.next {
                Some(next) => assert!(before.replace(next).is_none_or(|before| next < before)),
                None => break,
            }
        }
        assert!(pages == 3, "{pages} pages of {status:?}");
    }
}

#[tokio::test]
async fn a_window_is_read_and_nothing_beside_it() {
    let table = table().await;
    fail(&table, 0..300, now().plus(DAY * 30)).await;
    let seconds = |n| ago(Duration::from_secs(n));
    let window = Window { since: seconds(299), until: seconds(289) };
    for status in [None, Some(DeliveryStatus::Failed)] {
        let filter = DeliveryFilter { statuses: status.as_slice(), event_types: &[] };
        let list = async |listing| table.store.list_deliveries(endpoint(1), &listing, now()).await.unwrap();
        let page = list(Listing::newest_first(window, filter, 50)).await;
        assert_eq!((page.rows.len(), page.next), (10, None), "{status:?}");
        let page = list(Listing::oldest_first(window, filter, 50)).await;
        assert_eq!((page.rows.len(), page.next), (10, None), "{status:?}, oldest first");
        let rest = list(Listing::newest_first(window, filter, 50).beyond(Some(page.rows[3].id))).await;
        assert_eq!(rest.rows.len(), 3, "{status:?}");
    }
    let nothing = Window { since: seconds(10), until: seconds(20) };
    let page = table
        .store
        .list_deliveries(endpoint(1), &Listing::newest_first(nothing, DeliveryFilter::default(), 50), now())
        .await
        .unwrap();
    assert_eq!((page.rows.len(), page.next), (0, None));
}

#[tokio::test]
async fn a_parked_delivery_is_claimed_once_also_when_its_row_does_not_say_since_when_and_why_it_is_parked() {
    let table = table().await;
    let expires_at = now().plus(DAY * 30);
    for (number, is_old) in [(1, false), (2, true)] {
        let delivery = new_delivery(endpoint(1), now(), number).parked(ParkReason::RateLimit, now());
        let row = DeliveryRow { delivery: delivery.clone(), first_attempt: None };
        table.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await.unwrap();
        if is_old {
            let key = store::keys::delivery(delivery.endpoint_id, delivery.id);
            let update = table.client.update_item().table_name("posthorn");
            let update = update.update_expression("REMOVE parked_at, parked_reason");
            let update = update.key("PK", AttributeValue::S(key.pk)).key("SK", AttributeValue::S(key.sk));
            update.send().await.unwrap();
        }
        let row = table.store.load_delivery(endpoint(1), delivery.id, now()).await.unwrap().unwrap();
        let parked_reason = (!is_old).then_some(ParkReason::RateLimit);
        assert_eq!(row.delivery, Delivery { parked_reason, ..delivery.clone() });

        let later = now().plus(Duration::from_secs(1));
        let claimed = DeliveryRow { delivery: delivery.claimed(later), ..row };
        let settlement = Settlement { row: claimed, later_attempt: None, expires_at };
        assert!(
            !table.store.take_parked(&settlement, later).await.unwrap(),
            "it was parked at another instant"
        );
        assert!(table.store.take_parked(&settlement, now()).await.unwrap());
        assert!(!table.store.take_parked(&settlement, now()).await.unwrap(), "another job has claimed it");
    }
}
