//! Does a restart continue the last run?
//! Durability of local mode: waiting jobs keep their time, and interrupted jobs are attempted again.

use std::time::Duration;

use api::client::ApiClient;
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::json;
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
