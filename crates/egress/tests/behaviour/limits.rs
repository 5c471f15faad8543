//! How much an endpoint can make us read, keep and wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egress::{MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS};

use super::*;

#[tokio::test]
async fn a_body_is_kept_whole_up_to_the_limit_and_cut_there() {
    for (sent, kept, truncated) in
        [(0, 0, false), (4_095, 4_095, false), (4_096, 4_096, false), (4_097, 4_096, true)]
    {
        let body = "x".repeat(sent);
        let receiver =
            Receiver::answering(format!("HTTP/1.1 200 OK\r\ncontent-length: {sent}\r\n\r\n{body}")).await;
        let answer = answer(post_to(&receiver).await);
        assert_eq!((answer.body.len(), answer.body_truncated), (kept, truncated));
    }
    assert_eq!(MAX_BODY_BYTES, 4_096);
}

#[tokio::test]
async fn a_body_of_400_megabytes_is_cut_and_its_rest_never_read() {
    const BODY_BYTES: usize = 400 << 20;
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let receiver = Receiver::serving(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let chunk = vec![b'x'; 64 << 10];
            while counter.load(Ordering::SeqCst) < BODY_BYTES && stream.write_all(&chunk).await.is_ok() {
                counter.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let resident_before = resident_bytes();
    let answer = answer(post_to(&receiver).await);
    let grown = resident_bytes().saturating_sub(resident_before);
    assert_eq!((answer.status, answer.body.len(), answer.body_truncated), (200, MAX_BODY_BYTES, true));
    assert!(grown < 32 << 20, "memory grew by {grown} bytes");
    let sent = sent.load(Ordering::SeqCst);
    assert!(sent < 32 << 20, "{sent} bytes were taken");
}

#[tokio::test]
async fn a_byte_now_and_then_is_ended_by_the_timeout_and_is_an_answer_all_the_same() {
    let receiver = Receiver::serving(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let url = local_url(&format!("http://127.0.0.1:{}/", receiver.port));
    let timeout = Duration::from_millis(500);
    let reply = local_egress().post(Request { timeout, ..request(&url) }).await;
    assert!(reply.duration >= timeout && reply.duration < timeout * 4, "{:?}", reply.duration);
    assert_eq!(error_class(&reply.outcome), None);
    let answer = answer(reply);
    assert!((1..=20).contains(&answer.body.len()) && answer.body_truncated, "{answer:?}");
}

#[tokio::test]
async fn a_head_that_trickles_past_the_timeout_is_a_timeout() {
    let receiver = Receiver::serving(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nx-slow: ").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let url = local_url(&format!("http://127.0.0.1:{}/", receiver.port));
    let timeout = Duration::from_millis(300);
    let reply = local_egress().post(Request { timeout, ..request(&url) }).await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::Timeout));
    assert!(reply.duration < timeout * 4, "{:?}", reply.duration);
}

#[tokio::test]
async fn headers_are_kept_up_to_a_number_and_a_size() {
    let many: String = (0..90).map(|number| format!("x-{number}: v\r\n")).collect();
    let receiver = Receiver::answering(format!("HTTP/1.1 204 No Content\r\n{many}\r\n")).await;
    let kept = answer(post_to(&receiver).await).headers;
    assert_eq!(kept.len(), MAX_HEADERS);
    assert_eq!(kept[0], ("x-0".to_owned(), "v".to_owned()));

    let huge = "c".repeat(MAX_HEADER_BYTES);
    let long = "l".repeat(1_000);
    let lines: String = (0..20).map(|number| format!("x-{number}: {long}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 503 Busy\r\nset-cookie: {huge}\r\nretry-after: 9\r\n{lines}content-length: 0\r\n\r\n"
    );
    let outcome = post_to(&Receiver::answering(head).await).await.outcome;
    assert_eq!(outcome.retry_after_header(), Some("9"));
    let Outcome::Answered(answer) = outcome else { panic!("answered") };
    let bytes: usize = answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes <= MAX_HEADER_BYTES && bytes > MAX_HEADER_BYTES - 1_100, "{bytes}");
}

#[tokio::test]
async fn an_answer_with_headers_beyond_measure_is_an_invalid_response() {
    let lines: String = (0..150).map(|number| format!("x-{number}: v\r\n")).collect();
    let too_many = Receiver::answering(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n")).await;
    assert_eq!(post_to(&too_many).await.outcome, Outcome::Unreachable(ErrorClass::ResponseInvalid));
    let endless =
        Receiver::answering(format!("HTTP/1.1 200 OK\r\nx-huge: {}\r\n\r\n", "h".repeat(2 << 20))).await;
    assert_eq!(post_to(&endless).await.outcome, Outcome::Unreachable(ErrorClass::ResponseInvalid));
}

#[tokio::test]
async fn a_compressed_body_is_not_decompressed() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n";
    let answer = answer(post_to(&Receiver::answering(format!("{head}bomb")).await).await);
    assert_eq!(answer.body, b"bomb");
}

/// The memory of this process that is in use, as Linux counts it.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[tokio::test]
async fn a_document_is_fetched_by_get_up_to_its_own_limit_and_under_the_same_guard() {
    for (sent, kept, truncated) in [(10_000, 10_000, false), (16_385, 16_384, true)] {
        let body = "x".repeat(sent);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {sent}\r\n\r\n");
        let receiver = Receiver::answering(format!("{head}{body}")).await;
        let url = format!("http://127.0.0.1:{}/certificate.pem", receiver.port);
        let url = EndpointUrl::parse(&url, &LOCAL).unwrap();
        let timeout = Duration::from_secs(5);
        let Outcome::Answered(answer) = local_egress().fetch(&url, 16_384, timeout).await else {
            panic!("no answer")
        };
        assert_eq!((answer.body.len(), answer.body_truncated), (kept, truncated));
        assert!(receiver.requests()[0].starts_with(b"GET /certificate.pem HTTP/1.1\r\n"));

        let strict = Egress::new(AllowedTargets::public_only()).unwrap();
        let refused = strict.fetch(&url, 16_384, timeout).await;
        assert_eq!(refused, Outcome::Unreachable(ErrorClass::BlockedAddress));
        assert_eq!(receiver.requests().len(), 1, "nothing was sent");
    }
}
