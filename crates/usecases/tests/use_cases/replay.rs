use std::time::Duration;

use domain::delivery::replay::{Progress, Replay, ReplayStatus};
use domain::timestamp::Timestamp;
use serde_json::json;
use usecases::replay::replay_window::{replay_step, resume_replays, start_replay};

use crate::{Bench, start};

const URL: &str = "https://example.com/hook";
const LOST: Duration = Duration::from_secs(121);

async fn begun(bench: &Bench, since: Timestamp) -> Replay {
    let endpoint = bench.endpoint(1, json!({ "url": URL })).await;
    let settings = serde_json::from_value(json!({ "since": since, "status": "all" })).unwrap();
    start_replay(&bench.management(), &bench.caller(), endpoint.id, settings).await.unwrap()
}

#[tokio::test]
async fn a_replay_looks_no_further_back_than_its_workspace_keeps() {
    let bench = Bench::new().await;
    bench.advance(Duration::from_secs(40 * 86_400));
    let replay = begun(&bench, Timestamp::from_millis(0)).await;
    let oldest = Timestamp::from_millis(bench.clock.now().as_millis() - 30 * 86_400_000);
    assert_eq!(replay.settings.since, oldest);
}

#[tokio::test]
async fn a_step_that_finds_nothing_leaves_word_of_how_far_it_has_come() {
    let bench = Bench::new().await;
    bench.advance(Duration::from_secs(60));
    let replay = begun(&bench, start()).await;
    replay_step(&bench.context(bench.queue.clone()), bench.workspace, replay.id).await.unwrap();
    let stored = bench.store.load_replay(bench.workspace, replay.id).await.unwrap().unwrap();
    assert_eq!(stored.progress, Progress::Events { after: None });
}

#[tokio::test]
async fn a_replay_whose_task_was_lost_goes_on_until_it_is_over() {
    let bench = Bench::new().await;
    bench.advance(Duration::from_secs(60));
    let replay = begun(&bench, start()).await;
    let context = bench.context(bench.queue.clone());
    assert_eq!(resume_replays(&context).await.unwrap(), 0, "its task may still come");
    for _ in 0..2 {
        bench.advance(LOST);
        assert_eq!(resume_replays(&context).await.unwrap(), 1);
        assert_eq!(bench.store.find_replay(replay.id).await.unwrap().unwrap().id, replay.id);
        replay_step(&context, bench.workspace, replay.id).await.unwrap();
    }
    bench.advance(LOST);
    assert_eq!(resume_replays(&context).await.unwrap(), 0);
    let over = bench.store.find_replay(replay.id).await.unwrap().unwrap();
    assert_eq!(over.status, ReplayStatus::Completed);
}
