//! Does what an older version had begun go on: circuits, drains, replays, limits, claims of idempotency keys, counts?

use std::time::Duration;

use domain::delivery::replay::Replay;
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;
use serde_json::{Value, json};
use store::Listing;
use store::rows::idempotency::{EventClaim, IdempotencyKey, KEPT_FOR, Standing};
use store::rows::statistics::Subject;

use super::{everything, id, item, millis, number, present, said, table_with, text, then};
use crate::DAY;

pub(super) const WORKING_STATE: [&str; 16] = [
    "drain-owed",
    "drain-under-way",
    "health-failing",
    "health-open",
    "health-warned",
    "idempotency-claimed",
    "idempotency-completed",
    "places-free",
    "places-taken",
    "quota",
    "rate",
    "replay-cancelled",
    "replay-completed",
    "replay-running",
    "statistics-of-a-workspace",
    "statistics-of-an-endpoint",
];

#[tokio::test]
async fn health_and_drains() {
    let healths = ["health-failing", "health-open", "health-warned"];
    let table = table_with(&[&healths[..], &["drain-owed", "drain-under-way"]].concat()).await;
    let workspace: WorkspaceId = id(&item("health-open"), "PK", 1);
    for name in healths {
        let item = item(name);
        let endpoint: EndpointId = id(&item, "SK", 1);
        let health = table.store.load_health(EndpointKey::new(workspace, endpoint)).await.unwrap().unwrap();
        let members = present(json!({
            "workspace": workspace, "failures": health.failures, "failing_since": millis(health.failing_since),
            "last_failure_at": millis(health.last_failure_at), "open_since": millis(health.open_since),
            "warned_percent": Some(health.warned_percent).filter(|percent| *percent > 0),
        }));
        assert_eq!(members, said(&item), "{name}");
        let all = table.store.healths(workspace, endpoint, endpoint).await.unwrap();
        assert_eq!(all, [(endpoint, health)], "{name}");
        let is_open = table
            .store
            .open_circuits()
            .await
            .unwrap()
            .contains(&(EndpointKey::new(workspace, endpoint), health));
        assert_eq!(is_open, item.contains_key("open_since"), "{name}");
    }

    let lost = table.store.lost_drains(then().plus(DAY)).await.unwrap();
    assert_eq!(lost.len(), 2);
    for name in ["drain-owed", "drain-under-way"] {
        let item = item(name);
        let (workspace, endpoint): (WorkspaceId, EndpointId) = (id(&item, "PK", 1), id(&item, "SK", 1));
        let key = EndpointKey::new(workspace, endpoint);
        assert!(lost.iter().any(|drain| drain.endpoint == key), "{name}");
        let leased = Timestamp::from_millis(number(&item, "leased_until"));
        let before = Timestamp::from_millis(leased.as_millis() - 1);
        assert!(table.store.claim_drain(key, before).await.unwrap().is_none(), "{name}");
        let (lease, drain) = table.store.claim_drain(key, leased).await.unwrap().unwrap();
        let members = present(json!({
            "workspace": workspace, "leased_until": leased.as_millis(), "cursor": drain.cursor, "rate": drain.rate,
            "sent": drain.sent, "started_at": drain.started_at.as_millis(), "wanted_at": drain.wanted_at.as_millis(),
            "last_sent_at": millis(drain.last_sent_at),
        }));
        assert_eq!(members, said(&item), "{name}");
        assert!(table.store.end_drain(&lease, &drain).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn replays() {
    let names = ["replay-cancelled", "replay-completed", "replay-running"];
    let table = table_with(&names).await;
    for name in names {
        let item = item(name);
        let (workspace, id): (WorkspaceId, _) = (id(&item, "PK", 1), id(&item, "SK", 1));
        let replay = table.store.load_replay(workspace, id).await.unwrap().unwrap();
        let mut written: Value = serde_json::from_str(text(&item, "document")).unwrap();
        // That version did not count them beforehand.
        assert_eq!(written["total"].take(), Value::Null);
        assert_eq!((json!(replay), json!(replay.status)), (written, json!(text(&item, "status"))), "{name}");
        assert_eq!(table.store.find_replay(id).await.unwrap(), Some(replay.clone()), "{name}");
        let listed = table.store.list_replays(workspace, &Listing::all((), 9)).await.unwrap();
        assert!(listed.rows.contains(&replay), "{name}");

        let is_running = name == "replay-running";
        let lost = table.store.lost_replays(then().plus(DAY)).await.unwrap();
        assert_eq!(lost.contains(&replay), is_running, "{name}");
        let leased = Timestamp::from_millis(number(&item, "leased_until"));
        let before = Timestamp::from_millis(leased.as_millis() - 1);
        let claim = async |now| {
            let claimed = table.store.claim_replay(workspace, id, now).await.unwrap();
            claimed.map(|(_lease, replay)| replay)
        };
        assert_eq!(claim(before).await, None, "{name}");
        let expected: Option<Replay> = is_running.then_some(replay);
        assert_eq!(claim(leased).await, expected, "{name}");
    }
}

#[tokio::test]
async fn slots_leases_and_quotas() {
    let table = table_with(&["rate", "places-taken", "quota"]).await;
    let store = &table.store;
    let rate = item("rate");
    let (workspace, endpoint): (WorkspaceId, EndpointId) = (id(&rate, "PK", 1), id(&rate, "SK", 1));
    let next = Timestamp::from_millis(number(&rate, "next_slot") / 1_000);
    let second = Duration::from_secs(1);
    let ten_before = Timestamp::from_millis(next.as_millis() - 10_000);
    assert_eq!(
        store.slots_ahead(EndpointKey::new(workspace, endpoint), ten_before).await.unwrap(),
        10 * second
    );
    let limit = RateLimit::PerSecond(1);
    let slot =
        store.reserve_slots(EndpointKey::new(workspace, endpoint), limit, 1, ten_before).await.unwrap();
    assert_eq!(slot, Some(next));

    let taken = item("places-taken");
    let (workspace, endpoint): (WorkspaceId, EndpointId) = (id(&taken, "PK", 1), id(&taken, "SK", 1));
    let until = Timestamp::from_millis(number(&taken, "place0"));
    let before = Timestamp::from_millis(until.as_millis() - 1);
    let takes = async |now| {
        store.claim_lease(EndpointKey::new(workspace, endpoint), 0, now, until.plus(second)).await.unwrap()
    };
    assert_eq!(store.leases(EndpointKey::new(workspace, endpoint)).await.unwrap().taken(before), 1);
    assert!(!takes(before).await && takes(until).await);
    let free = table_with(&["places-free"]).await;
    assert!(free.store.claim_lease(EndpointKey::new(workspace, endpoint), 0, before, until).await.unwrap());

    let quota = item("quota");
    let (workspace, events): (WorkspaceId, _) =
        (id(&quota, "PK", 1), u64::try_from(number(&quota, "events")).unwrap());
    let counts = async || store.count_event(workspace, events + 1, then()).await.unwrap();
    assert!(counts().await && !counts().await);
}

#[tokio::test]
async fn idempotency_keys() {
    let row = item("idempotency-claimed");
    let (workspace, event) = (id(&row, "PK", 1), text(&row, "event").parse().unwrap());
    let digest = text(&row, "PK").split('#').nth(2).unwrap();
    let leased = Timestamp::from_millis(number(&row, "leased_until"));
    let key = IdempotencyKey { workspace: Some(workspace), digest: digest.to_owned() };
    let claim = async |name, request, now| {
        let table = table_with(&[name]).await;
        table.store.claim_events(&key, request, event, (now, KEPT_FOR)).await.unwrap()
    };
    let before = Timestamp::from_millis(leased.as_millis() - 1);
    let request = text(&row, "request");
    let found = |standing| EventClaim::Found(event, standing);
    assert_eq!(claim("idempotency-claimed", request, before).await, found(Standing::Leased));
    let over = Standing::Over { leased_until: leased };
    assert_eq!(claim("idempotency-claimed", request, leased).await, found(over));
    assert_eq!(claim("idempotency-completed", request, then()).await, found(Standing::Completed));
    assert_eq!(claim("idempotency-completed", "another", then()).await, EventClaim::Reused);
    let forgotten = Timestamp::from_millis(number(&row, "expires_at") * 1_000);
    assert_eq!(claim("idempotency-completed", "another", forgotten).await, EventClaim::Claimed);
}

#[tokio::test]
async fn statistics() {
    let names = ["statistics-of-an-endpoint", "statistics-of-a-workspace"];
    let table = table_with(&names).await;
    for name in names {
        let item = item(name);
        let subject = match text(&item, "PK").split('#').nth(1).unwrap() {
            ws if ws.starts_with(WorkspaceId::PREFIX) => Subject::Workspace(ws.parse().unwrap()),
            we => Subject::Endpoint(we.parse().unwrap()),
        };
        let tallies = table.store.tallies(subject, everything()).await.unwrap();
        let [(hour, tally)] = &tallies[..] else { panic!("{name}: {tallies:?}") };
        let mut members = json!({
            "delivered": tally.delivered, "failed": tally.failed, "attempts": tally.attempts,
            "failed_attempts": tally.failed_attempts,
        });
        for (index, count) in tally.durations.iter().enumerate() {
            members[format!("took{index}")] = json!(count);
        }
        // What was never counted has no attribute.
        members.as_object_mut().unwrap().retain(|_, count| *count != json!(0));
        assert_eq!((members, hour.start().to_string().as_str()), (said(&item), text(&item, "SK")), "{name}");
    }
}
