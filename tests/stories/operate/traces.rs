//! Does a producer's trace continue through Posthorn to the receiver?
//! Distributed tracing (OpenTelemetry): the spans as a collector gets them over OTLP, decoded by the protocol's own
//! types.

use std::time::Duration;

use domain::trace_parent::TraceParent;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use serde_json::json;
use stories::{Answer, Receiver, Stage};

/// The producer's span, of the standard's example.
const PRODUCER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_trace_leads_from_the_producer_over_every_attempt_to_the_receiver() {
    let (collector, receiver) = (Receiver::start().await, Receiver::start().await);
    let stage = Stage::set_with_traces(lambda_kit::otlp::to_collector(collector.url()).unwrap()).await;
    let settings = json!({ "retry": { "schedule_seconds": [3600] } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer_first(&[Answer::Status(500)]);

    // 1. The producer sends its span with the event.
    send(&stage, PRODUCER).await;
    stage.attempted(&endpoint, 1).await;
    stage.advance(Duration::from_secs(4_000));
    stage.deliveries(&endpoint, 1, "delivered").await;

    // 2. The request's span is its child, and the attempts' are children of that.
    let spans = spans_of(&collector, 3).await;
    let producer: TraceParent = PRODUCER.parse().unwrap();
    assert!(spans.iter().all(|span| span.trace_id == producer.trace_id.to_be_bytes()), "{spans:#?}");
    let request = spans.iter().find(|span| span.kind() == SpanKind::Server).unwrap();
    assert_eq!(
        (request.name.as_str(), &request.parent_span_id[..]),
        ("POST /v1/events", &producer.span_id.to_be_bytes()[..])
    );
    assert_eq!(attribute(request, "http.response.status_code"), "202");
    let mut attempts: Vec<_> = spans.iter().filter(|span| span.kind() == SpanKind::Client).collect();
    attempts.sort_by_key(|span| span.start_time_unix_nano);
    assert!(attempts.iter().all(|span| span.parent_span_id == request.span_id));

    // 3. The failed one says so, and the other which attempt it was.
    let status = |span: &Span| span.status.as_ref().map_or(StatusCode::Unset, |status| status.code());
    let described = |span: &Span| {
        ["http.response.status_code", "error.type", "posthorn.decision", "http.request.resend_count"]
            .map(|name| attribute(span, name))
    };
    assert_eq!(attempts.len(), 2);
    assert_eq!(
        (status(attempts[0]), described(attempts[0])),
        (StatusCode::Error, ["500", "500", "retry", ""].map(str::to_owned))
    );
    assert_eq!(
        (status(attempts[1]), described(attempts[1])),
        (StatusCode::Unset, ["200", "", "delivered", "1"].map(str::to_owned))
    );
    assert_eq!(attribute(attempts[0], "posthorn.endpoint.id"), endpoint.id);

    // 4. The receiver gets the `traceparent` of the attempt that called it, in the same trace.
    for (seen, span) in receiver.seen().iter().zip(&attempts) {
        let parent: TraceParent = seen.header("traceparent").parse().unwrap();
        assert_eq!(parent.span_id.to_be_bytes(), span.span_id[..]);
        assert_eq!((parent.trace_id, parent.flags), (producer.trace_id, 1));
    }
    stage.end().await;
}

#[tokio::test]
async fn a_replay_goes_on_with_its_events_trace() {
    let (collector, receiver) = (Receiver::start().await, Receiver::start().await);
    let stage = Stage::set_with_traces(lambda_kit::otlp::to_collector(collector.url()).unwrap()).await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    send(&stage, PRODUCER).await;
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);

    let path =
        format!("/v1/webhook-endpoints/{}/deliveries/{}/replay", endpoint.id, row["id"].as_str().unwrap());
    let (status, answer) =
        stage.admin.call("POST", &path, json!({ "force": true }).to_string(), &[]).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    receiver.wait_for(2).await;
    let spans = spans_of(&collector, 3).await;
    let request = spans.iter().find(|span| span.kind() == SpanKind::Server).unwrap();
    let attempts = spans.iter().filter(|span| span.kind() == SpanKind::Client);
    assert!(attempts.clone().all(|span| span.parent_span_id == request.span_id), "{spans:#?}");
    assert_eq!(attempts.count(), 2);
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn a_trace_that_the_producer_does_not_record_is_handed_on_and_not_recorded() {
    let (collector, receiver) = (Receiver::start().await, Receiver::start().await);
    let stage = Stage::set_with_traces(lambda_kit::otlp::to_collector(collector.url()).unwrap()).await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    send(&stage, &PRODUCER.replace("b7-01", "b7-00")).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let parent: TraceParent = receiver.seen()[0].header("traceparent").parse().unwrap();
    assert_eq!((parent.trace_id, parent.flags), (PRODUCER.parse::<TraceParent>().unwrap().trace_id, 0));
    stage.end().await;
    assert!(collector.seen().is_empty());
}

#[tokio::test]
async fn a_broken_traceparent_or_collector_harms_no_event_and_without_traces_nothing_is_told() {
    let (collector, receiver) = (Receiver::start().await, Receiver::start().await);
    // A failure that could be retried: no unit of work waits for that.
    collector.answer(Answer::Status(503));
    let stage = Stage::set_with_traces(lambda_kit::otlp::to_collector(collector.url()).unwrap()).await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    send(&stage, "00-garbage").await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    assert_eq!(collector.seen().len(), 2, "the request's span and the attempt's, once each");
    // A trace of our own begins.
    assert!(receiver.seen()[0].header("traceparent").parse::<TraceParent>().is_ok());
    stage.end().await;

    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    send(&stage, PRODUCER).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    assert_eq!(receiver.seen()[0].header("traceparent"), "", "without traces, receivers get no traceparent");
    stage.end().await;
}

async fn send(stage: &Stage, traceparent: &str) {
    let body = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} });
    let headers = [("traceparent", traceparent)];
    let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &headers).await.unwrap();
    assert_eq!(status, 202, "{answer}");
}

/// The spans that the collector got, once there are `count`.
async fn spans_of(collector: &Receiver, count: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    for _ in 0..500 {
        spans = collector
            .seen()
            .iter()
            .flat_map(|seen| ExportTraceServiceRequest::decode(seen.body.clone()).unwrap().resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect();
        if spans.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    assert_eq!(spans.len(), count, "{names:?}");
    spans
}

/// An attribute as text; empty if the span does not have it.
fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        None => String::new(),
        Some(Attribute::StringValue(text)) => text.clone(),
        Some(Attribute::IntValue(number)) => number.to_string(),
        Some(other) => panic!("{other:?}"),
    }
}
