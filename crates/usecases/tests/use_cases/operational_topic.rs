//! An SNS topic that hears of Posthorn's doings. The embedded AWS has no SNS: here something answers as it does (API
//! reference, "Publish") and keeps what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use domain::endpoint::DisabledReason;
use queue::Topic;
use serde_json::{Value, json};
use usecases::Intake;
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::{Next, Sender};

use crate::{Bench, loopback, receiver, request};

const ARN: &str = "arn:aws:sns:us-east-1:123456789012:posthorn-operational";

/// What was published: the fields of each request.
type Published = Arc<Mutex<Vec<Vec<(String, String)>>>>;

async fn topic(status: u16) -> (Topic, Published) {
    let published = Published::default();
    let kept = Arc::clone(&published);
    let answer = move |body: Bytes| {
        let fields = url::form_urlencoded::parse(&body).into_owned().collect();
        kept.lock().unwrap().push(fields);
        let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
            <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata>\
            <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>";
        async move { (axum::http::StatusCode::from_u16(status).unwrap(), answer) }
    };
    let listener = loopback().await;
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(aws_sdk_sns::config::BehaviorVersion::v2026_01_12())
        .region(aws_sdk_sns::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_sns::config::Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (Topic::new(|| aws_sdk_sns::Client::from_conf(config), ARN.to_owned()), published)
}

/// An endpoint answers 410 once, and another one lists operational events; returns how many jobs that one gets.
async fn an_endpoint_goes(topic: Topic) -> (Bench, usize) {
    let bench = Bench::new().await;
    let (url, _) = receiver(410).await;
    let gone = bench.endpoint(1, json!({ "url": url, "events": ["invoice.paid"] })).await;
    bench.endpoint(2, json!({ "url": "http://127.0.0.1:9/", "events": ["posthorn.endpoint.*"] })).await;
    let context = bench.context(bench.queue.clone()).with_topic(Some(topic));
    let intake = Intake::new(context.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let egress = egress::Egress::new(domain::endpoint::address::AllowedTargets::loopback_and_http()).unwrap();
    let sender = Sender::new(context, egress);
    let job = bench.jobs().await.remove(0);
    assert_eq!(sender.attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);
    let row = bench.store.load_endpoint(gone.key()).await.unwrap().unwrap();
    assert_eq!(row.disabled_reason(), Some(DisabledReason::Gone));
    let notified = bench.jobs().await.len();
    (bench, notified)
}

#[tokio::test]
async fn what_endpoints_are_told_is_published_to_the_topic_with_its_workspace() {
    let (topic, published) = topic(200).await;
    let (bench, notified) = an_endpoint_goes(topic).await;
    assert_eq!(notified, 1);

    let requests = published.lock().unwrap();
    let [fields] = requests.as_slice() else { panic!("{requests:?}") };
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    assert_eq!((field("Action"), field("TopicArn")), (Some("Publish"), Some(ARN)));
    let message: Value = serde_json::from_str(field("Message").unwrap()).unwrap();
    assert_eq!(message["type"], "posthorn.endpoint.disabled");
    assert_eq!(message["workspace_id"], bench.workspace.to_string());
    assert_eq!(message["data"]["reason"], "gone");
    let attributes: BTreeMap<_, _> = ["1", "2", "3"]
        .map(|entry| {
            let of = |what: &str| field(&format!("MessageAttributes.entry.{entry}.{what}")).unwrap();
            (of("Name"), of("Value.StringValue").to_owned())
        })
        .into();
    let expected = [
        ("type", "posthorn.endpoint.disabled".to_owned()),
        ("alias", "endpoint.disabled".to_owned()),
        ("workspace_id", bench.workspace.to_string()),
    ];
    assert_eq!(attributes, expected.into());
}

#[tokio::test]
async fn a_topic_that_refuses_keeps_nothing_from_the_endpoints() {
    let (topic, published) = topic(403).await;
    let (_, notified) = an_endpoint_goes(topic).await;
    assert_eq!((notified, published.lock().unwrap().len()), (1, 1));
}
