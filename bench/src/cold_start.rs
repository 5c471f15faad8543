//! How long does a cold start of each function take?
//! The time from the start of the process to its first poll of Lambda's runtime API, compared with an empty function.
//! The rule: at most twice as long.
//!
//! A socket of this process stands for Lambda's runtime API. The functions are started in turns, so that a busy moment
//! of the machine affects all of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use lambda_kit::config;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;

use crate::figure::{print, quantile_ms};
use crate::functions::{FUNCTIONS, binary};
use crate::sizes;

const ROUNDS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);
/// The baseline of the comparison; it is built with this benchmark.
const EMPTY: &str = "empty-function";
/// The request with which a function polls for work (Lambda's "Using the runtime API", next invocation).
const FIRST_POLL: &str = "GET /2018-06-01/runtime/invocation/next ";

/// Prints the median of each function, then its size, of the binaries in `folder` or else beside this one.
pub(crate) async fn run(folder: Option<&Path>) -> anyhow::Result<()> {
    let mut empty = Vec::new();
    let mut functions = FUNCTIONS.map(|name| (name, Vec::new()));
    for _ in 0..ROUNDS {
        empty.push(first_poll(EMPTY, &binary(EMPTY, None)?).await?);
        for (name, times) in &mut functions {
            times.push(first_poll(name, &binary(name, folder)?).await?);
        }
    }
    let empty = quantile_ms(&mut empty, 0.5);
    print("start to first poll, empty function", empty, "ms");
    for (name, times) in &mut functions {
        let median = quantile_ms(times, 0.5);
        print(&format!("start to first poll, {name}"), median, "ms");
        print(&format!("start to first poll, {name} to empty function"), median / empty, "times");
    }
    sizes::run(folder)
}

async fn first_poll(name: &str, binary: &Path) -> anyhow::Result<Duration> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let mut command = Command::new(binary);
    command.env_clear().envs(environment(name, listener.local_addr()?)).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null());

    let began = Instant::now();
    let mut process = command.spawn()?;
    let asked = tokio::select! {
        asked = timeout(PATIENCE, first_line(&listener)) => asked,
        status = process.wait() => bail!("{name} ended with {} before it asked for work", status?),
    };
    let took = began.elapsed();
    let (line, connection) = asked.with_context(|| format!("{name} asks for no work"))??;
    ensure!(line.starts_with(FIRST_POLL), "{name} began with {line}");
    process.kill().await?;
    // The connection is closed only now; closed earlier, the function would log an error.
    drop(connection);
    Ok(took)
}

async fn first_line(listener: &TcpListener) -> anyhow::Result<(String, BufReader<TcpStream>)> {
    let (connection, _) = listener.accept().await?;
    let (mut line, mut connection) = (String::new(), BufReader::new(connection));
    connection.read_line(&mut line).await?;
    Ok((line, connection))
}

/// The machine's certificates in one file, as on Lambda. Some distributions keep each certificate in a separate file as
/// well.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The environment that Lambda and the template set. The resources in it do not exist, so a function that called AWS
/// before its first poll would be noticed: it would be slower by the time until its call fails.
fn environment(name: &str, runtime_api: SocketAddr) -> Vec<(&'static str, String)> {
    let queue = |name| format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{name}");
    let topic = "arn:aws:sns:eu-central-1:123456789012:posthorn";
    let certificates = Path::new(CERTIFICATES).exists().then(|| ("SSL_CERT_FILE", CERTIFICATES.to_owned()));
    let mut variables = vec![
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/05/[$LATEST]0".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "not a secret".to_owned()),
        ("AWS_SESSION_TOKEN", "not a session".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
        (config::TABLE, "posthorn".to_owned()),
        (config::QUEUE_URL, queue("posthorn")),
        (config::DEAD_LETTER_QUEUE_URL, queue("posthorn-dead-letters")),
        (config::TASKS_QUEUE_URL, queue("posthorn-tasks")),
        (config::KMS_KEY_ID, "alias/posthorn".to_owned()),
        (config::METRICS_NAMESPACE, "Posthorn".to_owned()),
        (config::OPERATIONAL_TOPIC, topic.to_owned()),
        (config::PUBLIC_URL, "https://hooks.example.com".to_owned()),
    ];
    variables.extend(certificates);
    variables
}
