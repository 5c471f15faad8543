//! What does the egress do with every kind of endpoint? Each failure is really provoked, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod informational;
mod limits;
mod receiver;
mod refusals;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::policy::outcome::{Answer, ErrorClass, Outcome, OutcomeRules};
use egress::{Egress, Lookup, Reply, Request};
use http::{HeaderMap, HeaderValue, Method};
use receiver::{Receiver, read_request};
use tokio::io::AsyncWriteExt;

const LOCAL: AllowedTargets = AllowedTargets::loopback_and_http();
const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn local_egress() -> Egress {
    Egress::new(LOCAL).unwrap()
}

/// Looks every name up in the same list.
fn always(addresses: &[&str]) -> Lookup {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Lookup::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async { Ok(addresses) })
    })
}

fn local_url(text: &str) -> EndpointUrl {
    EndpointUrl::parse(text, &LOCAL).unwrap()
}

fn request(url: &EndpointUrl) -> Request<'_> {
    Request {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        timeout: Duration::from_secs(10),
    }
}

async fn post(egress: &Egress, url: &str) -> Reply {
    let url = local_url(url);
    egress.post(request(&url)).await
}

async fn post_to(receiver: &Receiver) -> Reply {
    post(&local_egress(), &format!("http://127.0.0.1:{}/hook", receiver.port)).await
}

/// Why an attempt with this outcome failed, by the rules of an endpoint that says nothing.
fn error_class(outcome: &Outcome) -> Option<ErrorClass> {
    OutcomeRules::default().judge(outcome).error()
}

fn answer(reply: Reply) -> Answer {
    match reply.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unreachable(class) => panic!("no answer but {class:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_told_as_it_came() {
    let receiver = Receiver::answering(
        "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nX-Odd: \u{fc}\r\ncontent-length: 5\r\n\r\nlater",
    )
    .await;
    let outcome = post_to(&receiver).await.outcome;
    assert_eq!(outcome.retry_after_header(), Some("120"));
    assert_eq!(error_class(&outcome), Some(ErrorClass::HttpStatus));
    let Outcome::Answered(answer) = outcome else { panic!("answered") };
    assert_eq!(
        (answer.status, answer.body.as_slice(), answer.body_truncated),
        (503, b"later".as_slice(), false)
    );
    assert!(answer.headers.contains(&("x-odd".into(), "\u{fc}".into())));
}

#[tokio::test]
async fn the_body_and_the_headers_on_the_wire_are_those_given() {
    let receiver = Receiver::answering(OK).await;
    let url = local_url(&format!("http://localhost:{}/hook?tenant=7", receiver.port));
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut headers = HeaderMap::new();
    headers.insert("x-webhook-event", HeaderValue::from_static("invoice.paid"));
    headers.insert("host", HeaderValue::from_static("elsewhere.example"));
    headers.insert("content-length", HeaderValue::from_static("3"));
    headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    let request = Request { headers, body: body.clone().into(), ..request(&url) };
    assert_eq!(error_class(&local_egress().post(request).await.outcome), None);

    let requests = receiver.requests();
    let head_bytes = requests[0].len() - body.len();
    let (head, body_on_the_wire) = requests[0].split_at(head_bytes);
    assert!(body_on_the_wire == body, "the body was changed");
    let head = String::from_utf8(head.to_vec()).unwrap();
    let mut lines: Vec<_> = head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /hook?tenant=7 HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: localhost:{}", receiver.port);
    assert_eq!(lines, ["accept: */*", "content-length: 100000", &host, "x-webhook-event: invoice.paid"]);
}

#[tokio::test]
async fn one_connection_serves_post_after_post() {
    let receiver = Receiver::answering(OK).await;
    let egress = local_egress();
    let url = format!("http://127.0.0.1:{}/hook", receiver.port);
    for _ in 0..10 {
        assert_eq!(error_class(&post(&egress.clone(), &url).await.outcome), None);
    }
    assert_eq!((receiver.requests().len(), receiver.connections()), (10, 1));
}

#[tokio::test]
async fn nobody_listening_is_connection_refused() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let reply = post(&local_egress(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::ConnectionRefused));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_the_head_is_connection_reset() {
    let receiver = Receiver::answering_once(b"HTTP/1.1 200 OK\r\ncontent-le").await;
    assert_eq!(post_to(&receiver).await.outcome, Outcome::Unreachable(ErrorClass::ConnectionReset));

    let receiver = Receiver::serving(|mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(post_to(&receiver).await.outcome, Outcome::Unreachable(ErrorClass::ConnectionReset));
}

#[tokio::test]
async fn a_receiver_that_accepts_and_says_nothing_is_a_timeout() {
    let receiver = Receiver::serving(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let url = local_url(&format!("http://127.0.0.1:{}/", receiver.port));
    let timeout = Duration::from_millis(200);
    let reply = local_egress().post(Request { timeout, ..request(&url) }).await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::Timeout));
    assert!(reply.duration >= timeout && reply.duration < timeout * 10, "{:?}", reply.duration);
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_a_timeout() {
    let receiver = Receiver::serving(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let reply = post(&local_egress(), &format!("https://127.0.0.1:{}/", receiver.port)).await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::Timeout));
    assert!(reply.duration < Duration::from_secs(9), "the connect timeout ended it: {:?}", reply.duration);
}

#[tokio::test]
async fn tls_spoken_to_a_plain_port_is_a_tls_error() {
    let receiver = Receiver::serving(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        read_request(&mut stream).await;
    })
    .await;
    let reply = post(&local_egress(), &format!("https://127.0.0.1:{}/", receiver.port)).await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::TlsError));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_error() {
    let unknown = Lookup::new(|_| Box::pin(async { Err(std::io::Error::other("no such host")) }));
    let unknown = Egress::with_lookup(LOCAL, unknown).unwrap();
    let reply = post(&unknown, "https://no-such-host.example.com/").await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::DnsError));
    let without_addresses = Egress::with_lookup(LOCAL, always(&[])).unwrap();
    let reply = post(&without_addresses, "https://hooks.example.com/").await;
    assert_eq!(reply.outcome, Outcome::Unreachable(ErrorClass::DnsError));
}

#[tokio::test]
async fn what_is_not_http_is_an_invalid_response() {
    for garbage in [
        b"SMTP ready when you are\r\n\r\n".as_slice(),
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x46",
    ] {
        let receiver = Receiver::answering_once(garbage).await;
        let outcome = post_to(&receiver).await.outcome;
        let text = String::from_utf8_lossy(garbage);
        assert_eq!(outcome, Outcome::Unreachable(ErrorClass::ResponseInvalid), "{text:?}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_before_it_is_asked_is_no_success() {
    let receiver = Receiver::serving(|mut stream| async move {
        stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.ok();
        read_request(&mut stream).await;
    })
    .await;
    let outcome = post_to(&receiver).await.outcome;
    let expected = [ErrorClass::ResponseInvalid, ErrorClass::ConnectionReset];
    assert!(expected.map(Some).contains(&error_class(&outcome)), "{outcome:?}");
}

#[tokio::test]
async fn gone_and_other_statuses_are_told_apart() {
    for (status, class) in [
        (200, None),
        (204, None),
        (299, None),
        (400, Some(ErrorClass::HttpStatus)),
        (410, Some(ErrorClass::EndpointGone)),
        (500, Some(ErrorClass::HttpStatus)),
    ] {
        let receiver = Receiver::answering(format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\n\r\n")).await;
        let outcome = post_to(&receiver).await.outcome;
        assert_eq!(error_class(&outcome), class, "{status}");
        assert!(matches!(outcome, Outcome::Answered(_)), "{status}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_takes_the_answer_not_back() {
    let receiver = Receiver::answering_once(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await;
    let answer = answer(post_to(&receiver).await);
    assert_eq!(
        (answer.status, answer.body.as_slice(), answer.body_truncated),
        (200, b"part".as_slice(), true)
    );
}
