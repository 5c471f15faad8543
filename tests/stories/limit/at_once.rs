//! Are limits kept when very many requests come at once?
//! Concurrency: requests that race for a quota.

use futures_util::future::join_all;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_make_no_more_endpoints_than_the_quota() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let workspace = format!("/v1/workspaces/{}", stage.workspace);
    let quota = async |most: u32| {
        let body = json!({ "max_endpoints": most }).to_string();
        assert_eq!(stage.admin.call("PATCH", &workspace, body, &[]).await.unwrap().0, 200);
    };
    let body = json!({ "workspace_id": stage.workspace, "url": receiver.url() }).to_string();
    let make = async |count: usize| -> Vec<(u16, Value)> {
        let calls = (0..count).map(|_| stage.admin.call("POST", "/v1/webhook-endpoints", body.clone(), &[]));
        join_all(calls).await.into_iter().map(Result::unwrap).collect()
    };
    let made = |answers: &[(u16, Value)]| answers.iter().filter(|(status, _)| *status == 201).count();
    quota(5).await;
    let answers = make(30).await;
    assert_eq!(made(&answers), 5);
    let refused = answers.iter().filter(|(status, _)| *status != 201);
    assert!(refused.clone().all(|(_, problem)| problem["code"] == "too_many_endpoints"), "{refused:?}");

    // What is deleted makes room, once.
    let first = answers.iter().find(|(status, _)| *status == 201).unwrap().1["id"].clone();
    let path = format!("/v1/webhook-endpoints/{}", first.as_str().unwrap());
    let deletions = join_all((0..5).map(|_| stage.admin.call("DELETE", &path, "", &[]))).await;
    let deleted = deletions.into_iter().filter(|answer| matches!(answer, Ok((204, _)))).count();
    assert_eq!(deleted, 1);
    assert_eq!(made(&make(3).await), 1);
    quota(3).await;
    assert_eq!(made(&make(3).await), 0);
    stage.end().await;
}
