//! Does a restart continue the last run?
//! Durability of local mode: waiting jobs keep their time, and interrupted jobs are attempted again.

use std::time::Duration;

use api::client::ApiClient;
use domain::id::EndpointKey;
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::json;
use store::rows::drains::DrainReason;
use stories::{Answer, Receiver};
use usecases::Clock;

#[tokio::test]
async fn a_restart_finds_its_key_its_rows_and_its_waiting_jobs() {
    let folder = std::env::temp_dir().join(format!("posthorn-story-{}", std::process::id()));
    let receiver = Receiver::start().await;
    receiver.answer_first(&[Answer::Status(500)]);

    let (key, workspace, path) = {
        let data = DataDir::open(&folder).unwrap();
        assert!(DataDir::open(&folder).is_err(), "a folder is used by one process at a time");
        let clock = Clock::system();
        let observer = stories::calls::observer();
        let traces = usecases::Traces::default();
        let setup = Setup { data: Some(&data), clock: clock.clone(), observer, traces, ..Setup::default() };
        let platform = Platform::start(setup).await.unwrap();
        let beginnings = prepare(&platform.store, Some(&data), None, &clock).await.unwrap();
        let (key, workspace) = (beginnings.admin_key.reveal().to_owned(), beginnings.workspace.to_string());
        let api = ApiClient::new(&platform.url(), &key);
        let retry = json!({ "schedule_seconds": [1] });
        let body = json!({ "workspace_id": workspace, "url": receiver.url(), "retry": retry });
        let endpoint = api.post("/v1/webhook-endpoints", &body).await.unwrap();
        let event = json!({ "workspace_id": workspace, "type": "invoice.paid", "data": {} });
        api.post("/v1/events", &event).await.unwrap();
        receiver.wait_for(1).await;
        platform.stop().await;
        (key, workspace, format!("/v1/webhook-endpoints/{}/deliveries", endpoint["id"].as_str().unwrap()))
    };

    let data = DataDir::open(&folder).unwrap();
    let clock = Clock::system();
    let platform = Platform::start(Setup {
        data: Some(&data),
        clock: clock.clone(),
        observer: stories::calls::observer(),
        ..Setup::default()
    })
    .await
    .unwrap();
    let beginnings = prepare(&platform.store, Some(&data), None, &clock).await.unwrap();
    assert_eq!((beginnings.admin_key.reveal(), beginnings.workspace.to_string()), (key.as_str(), workspace));
    receiver.wait_for(2).await;
    let api = ApiClient::new(&platform.url(), &key);
    let mut status = json!(null);
    for _ in 0..100 {
        status = api.get(&path).await.unwrap()[0]["status"].clone();
        if status == "delivered" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status, "delivered");
    platform.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Local mode on a folder, and a client of it.
async fn run(data: &DataDir) -> (Platform, ApiClient, String) {
    let clock = Clock::system();
    let (observer, traces) = (stories::calls::observer(), usecases::Traces::default());
    let setup = Setup { data: Some(data), clock: clock.clone(), observer, traces, ..Setup::default() };
    let platform = Platform::start(setup).await.unwrap();
    let beginnings = prepare(&platform.store, Some(data), None, &clock).await.unwrap();
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    (platform, api, beginnings.workspace.to_string())
}

/// Leaves what a process leaves that is killed in a step of a drain and of a replay: their leases.
async fn kill_in_a_step(platform: &Platform, workspace: &str, drained: &str, replayed: &str) {
    let Platform { store, .. } = platform;
    let key = |id: &str| EndpointKey::new(workspace.parse().unwrap(), id.parse().unwrap());
    let now = Clock::system().now();
    store.record_recovery(key(drained)).await.unwrap();
    store.start_drain(key(drained), DrainReason::Recovery, 20, now).await.unwrap();
    store.claim_drain(key(drained), now).await.unwrap().unwrap();
    let replay: domain::delivery::replay::Replay = serde_json::from_value(json!({
        "id": domain::id::ReplayId::new(now, 1), "workspace_id": workspace, "endpoint_id": replayed,
        "settings": { "since": domain::timestamp::Timestamp::from_millis(now.as_millis() - 3_600_000), "until": now },
        "status": "running", "examined": 0, "sent": 0, "progress": { "phase": "deliveries", "after": null },
        "created_at": now, "updated_at": now,
    }))
    .unwrap();
    store.start_replay(&replay, now.plus(Duration::from_secs(3_600)), None).await.unwrap();
    store.claim_replay(replay.workspace_id, replay.id, now).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_restart_goes_on_with_a_drain_and_a_replay_whose_steps_were_killed() {
    let folder = std::env::temp_dir().join(format!("posthorn-story-killed-{}", std::process::id()));
    let receiver = Receiver::start().await;
    let (drained, replayed) = {
        let data = DataDir::open(&folder).unwrap();
        let (platform, api, workspace) = run(&data).await;
        let endpoint = async |family: &str| {
            let body = json!({
                "workspace_id": workspace, "url": receiver.url(), "events": [family], "retry": { "schedule_seconds": [] },
            });
            api.post("/v1/webhook-endpoints", &body).await.unwrap()["id"].as_str().unwrap().to_owned()
        };
        let (drained, replayed) = (endpoint("drain.*").await, endpoint("replay.*").await);
        let send = async |event_type: &str, count: usize| {
            let event = json!({ "workspace_id": workspace, "type": event_type, "data": {} });
            let events = json!({ "events": vec![event; count] });
            api.post("/v1/events/batch", &events).await.unwrap();
        };
        receiver.answer(Answer::Status(500));
        send("drain.me", 5).await;
        send("replay.me", 4).await;
        receiver.wait_for(9).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        send("drain.me", 30).await;
        let path = format!("/v1/webhook-endpoints/{drained}/deliveries?limit=250&status=parked");
        for _ in 0..500 {
            if api.get(&path).await.unwrap().as_array().unwrap().len() == 30 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }

        // A drain and a replay are under way when the process is killed, each in a step: what is left of a step is its
        // lease. The task is lost with it, as if it had been received.
        receiver.answer(Answer::Status(200));
        kill_in_a_step(&platform, &workspace, &drained, &replayed).await;
        platform.stop().await;
        (drained, replayed)
    };

    let data = DataDir::open(&folder).unwrap();
    let began = std::time::Instant::now();
    let (platform, api, _) = run(&data).await;
    for (endpoint, count) in [(drained, 30), (replayed, 4)] {
        let path = format!("/v1/webhook-endpoints/{endpoint}/deliveries?limit=250&status=delivered");
        while api.get(&path).await.unwrap().as_array().unwrap().len() < count {
            assert!(began.elapsed() < Duration::from_secs(20), "it stands still");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    platform.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn after_its_workspace_was_deleted_local_mode_begins_with_another_and_keeps_that() {
    let folder = std::env::temp_dir().join(format!("posthorn-story-deleted-{}", std::process::id()));
    let mut workspaces = Vec::new();
    for run in 0..3 {
        let data = DataDir::open(&folder).unwrap();
        let (clock, observer) = (Clock::system(), stories::calls::observer());
        let setup = Setup { data: Some(&data), clock: clock.clone(), observer, ..Setup::default() };
        let platform = Platform::start(setup).await.unwrap();
        let beginnings = prepare(&platform.store, Some(&data), None, &clock).await.unwrap();
        assert_eq!(beginnings.is_new, run < 2);
        let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
        let path = format!("/v1/workspaces/{}", beginnings.workspace);
        if run == 0 {
            assert_eq!(api.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
        } else {
            api.get(&path).await.unwrap();
        }
        workspaces.push(beginnings.workspace);
        platform.stop().await;
    }
    assert!(workspaces[0] != workspaces[1] && workspaces[1] == workspaces[2], "{workspaces:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}
