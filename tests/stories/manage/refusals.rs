//! Is every refusal a problem, whatever the request and whatever goes wrong inside?
//! Told at the real port, byte by byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use stories::Stage;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A connection that is used again for each request.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn to(stage: &Stage) -> Self {
        Self(BufReader::new(TcpStream::connect(stage.platform.address).await.unwrap()))
    }

    /// The status, the content type and the body of the answer.
    async fn ask(&mut self, method: &str, path: &str, key: &str) -> (u16, String, Value) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        self.0.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (mut status, mut content_type, mut length) = (0, String::new(), 0);
        loop {
            let mut line = String::new();
            assert_ne!(
                self.0.read_line(&mut line).await.unwrap(),
                0,
                "{method} {path}: closed without an answer"
            );
            let line = line.trim_end();
            match line.split_once(": ") {
                Some(("content-type", value)) => value.clone_into(&mut content_type),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                _ if line.is_empty() => break,
                _ if status == 0 => status = line.split(' ').nth(1).unwrap().parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        assert_eq!(body.last(), Some(&b'\n'), "{method} {path}");
        (status, content_type, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn a_path_that_is_not_text_is_a_problem_at_every_address() {
    let stage = Stage::set().await;
    let key = stage.admin_key().to_owned();
    let mut connection = Connection::to(&stage).await;
    for (method, path) in [
        ("GET", "/%ff"),
        ("GET", "/v1/workspaces/%ff"),
        ("PATCH", "/v1/workspaces/%ff"),
        ("GET", "/v1/workspaces/%ff/statistics"),
        ("GET", "/v1/workspaces/%ff/jwks.json"),
        ("DELETE", "/v1/api-keys/%ff"),
        ("GET", "/v1/webhook-endpoints/%ff"),
        ("PATCH", "/v1/webhook-endpoints/%ff"),
        ("DELETE", "/v1/webhook-endpoints/%ff"),
        ("POST", "/v1/webhook-endpoints/%ff/secret/rotate"),
        ("POST", "/v1/webhook-endpoints/%ff/secret/end-overlap"),
        ("GET", "/v1/webhook-endpoints/%ff/statistics"),
        ("POST", "/v1/webhook-endpoints/%ff/replay"),
        ("POST", "/v1/webhook-endpoints/%ff/test"),
        ("POST", "/v1/webhook-endpoints/%ff/preview"),
        ("GET", "/v1/webhook-endpoints/%ff/deliveries"),
        ("GET", "/v1/webhook-endpoints/%ff/deliveries/%ff"),
        ("POST", "/v1/webhook-endpoints/%ff/deliveries/%ff/replay"),
        ("GET", "/v1/webhook-endpoints/%ff/deliveries/%ff/curl"),
        ("GET", "/v1/events/%ff"),
        ("GET", "/v1/events/%ff/deliveries"),
        ("POST", "/v1/events/%ff/replay"),
        ("DELETE", "/v1/events/%ff/data"),
        ("GET", "/v1/replays/%ff"),
        ("POST", "/v1/replays/%ff/cancel"),
    ] {
        let (status, content_type, problem) = connection.ask(method, path, &key).await;
        let told = (status, content_type.as_str(), problem["code"].as_str());
        assert_eq!(told, (404, "application/problem+json", Some("not_found")), "{method} {path}");
    }
    let (status, content_type, _) =
        connection.ask("GET", "/v1/events?workspace_id=%ff&limit=%ff", &key).await;
    assert_eq!((status, content_type.as_str()), (422, "application/problem+json"));
    stage.end().await;
}

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_goes_on() {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let stage = Stage::set_with_trouble(move |function, _| {
        assert!(!(function == "management" && breaks.load(Ordering::SeqCst)), "the inner text");
        None
    })
    .await;
    let key = stage.admin_key().to_owned();
    let mut connection = Connection::to(&stage).await;
    assert_eq!(connection.ask("GET", "/v1/workspaces", &key).await.0, 200);

    broken.store(true, Ordering::SeqCst);
    let (status, content_type, problem) = connection.ask("GET", "/v1/workspaces", &key).await;
    assert_eq!((status, content_type.as_str()), (500, "application/problem+json"));
    assert_eq!(problem["code"], "internal_error");
    assert!(!problem.to_string().contains("the inner text"));

    broken.store(false, Ordering::SeqCst);
    assert_eq!(connection.ask("GET", "/v1/workspaces", &key).await.0, 200);
    stage.end().await;
}
