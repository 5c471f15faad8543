//! What becomes of a provider's request, under a fixed clock?
//! SNS's own official message and certificate, from the address to the event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::endpoint::address::AllowedTargets;
use domain::id::SourceId;
use domain::source::received::{RawRequest, Reason, Verdict};
use domain::source::token::SourceToken;
use domain::source::{Source, SourceSettings};
use domain::timestamp::Timestamp;
use egress::Egress;
use serde::Deserialize;
use serde_json::json;
use usecases::Clock;
use usecases::receive::certificates::Fetch;
use usecases::receive::receive_request::receive_request;
use usecases::receive::receiving::Receiving;

use crate::Bench;

/// A row of the official vectors.
#[derive(Deserialize)]
struct Vector {
    id: String,
    headers: BTreeMap<String, String>,
    body: String,
    certificate_pem: Option<String>,
    now: Option<i64>,
}

fn notification() -> Vector {
    let rows: Vec<Vector> =
        serde_json::from_str(include_str!("../../../providers/tests/vectors.json")).unwrap();
    rows.into_iter().find(|row| row.id == "aws_sns-sns_message-079").unwrap()
}

/// A source for the topic of `vector`, at its time, whose certificates come from `fetch`.
async fn source(bench: &Bench, topics: &[&str], now: Timestamp) -> Source {
    let settings = json!({ "name": "SES", "provider": "aws_ses", "options": { "topic_arns": topics } });
    let settings: SourceSettings = serde_json::from_value(settings).unwrap();
    let source = Source {
        id: SourceId::new(now, 7),
        workspace_id: bench.workspace,
        token: SourceToken::new(&[7; 32]),
        settings,
        secrets: Vec::new(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    assert!(bench.store.create_source(&source, None).await.unwrap());
    source
}

fn raw(source: &Source, vector: &Vector) -> RawRequest {
    let headers =
        vector.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes()));
    RawRequest {
        method: "POST".to_owned(),
        target: format!("/in/{}", source.token.reveal()),
        headers: headers.collect(),
        body: vector.body.clone().into_bytes(),
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_fetched_is_no_refusal_and_the_repetition_is_accepted() {
    let (bench, vector) = (Bench::new().await, notification());
    let topic = serde_json::from_str::<serde_json::Value>(&vector.body).unwrap();
    let topic = topic["TopicArn"].as_str().unwrap().to_owned();
    let now = Timestamp::from_millis(vector.now.unwrap() * 1000);
    let source = source(&bench, &[&topic], now).await;
    let (fetches, pem) = (Arc::new(AtomicUsize::new(0)), vector.certificate_pem.clone().unwrap());
    let counted = Arc::clone(&fetches);
    let mut intake = bench.intake(bench.queue.clone());
    intake.context.clock = Clock::new(move || now);
    let egress = Egress::new(AllowedTargets::public_only()).unwrap();
    let receiving = Receiving::new(intake, egress, "https://hooks.example.com".into());
    let fetch: Fetch = Arc::new(move |_| {
        let nth = counted.fetch_add(1, Ordering::SeqCst);
        let pem = pem.clone();
        Box::pin(async move { if nth == 0 { Err("down".to_owned()) } else { Ok(pem) } })
    });
    let receiving = receiving.with_certificates(Arc::clone(&fetch));

    let receive = async |receiving: &Receiving| {
        let raw = raw(&source, &vector);
        let bytes = raw.body.len();
        receive_request(receiving, &source.token, raw, bytes).await.unwrap()
    };
    let undecided = receive(&receiving).await;
    assert_eq!((undecided.answer.status, undecided.request.verdict), (503, Verdict::Error));
    assert_eq!(undecided.request.reason, Some(Reason::CertificateUnavailable));
    // The failure is cached for some seconds: a process that has not seen it fetches.
    let receiving = receiving.with_certificates(fetch);
    let accepted = receive(&receiving).await;
    assert_eq!((accepted.answer.status, accepted.request.verdict), (200, Verdict::Valid), "{accepted:?}");
    let repeated = receive(&receiving).await;
    assert_eq!((repeated.request.verdict, repeated.request.accepted), (Verdict::Valid, 0));
    assert_eq!(fetches.load(Ordering::SeqCst), 2, "the certificate is cached");
}
