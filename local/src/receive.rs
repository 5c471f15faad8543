//! How does a developer see deliveries arrive?
//! `cargo local receive`: a webhook receiver that prints every delivery and says whether its signature is right, and if
//! not, why. It takes every signature profile and header prefix.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use bytes::Bytes;
use domain::signing::diagnosis::{Known, KnownKey, Request, VerificationKey, diagnose, prefix};
use domain::timestamp::Timestamp;
use tokio::net::TcpListener;
use usecases::Clock;

use crate::options::ReceiveOptions;

struct Receiver {
    answer: StatusCode,
    keys: Vec<KnownKey>,
    clock: Clock,
}

/// Receives until Ctrl-C.
///
/// # Errors
/// When a secret is not valid or the port is taken.
pub async fn run(options: &ReceiveOptions) -> anyhow::Result<ExitCode> {
    let answer = StatusCode::from_u16(options.answer).context("--answer must be an HTTP status")?;
    let keys = keys(options)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.with_context(|| {
        format!("port {} of 127.0.0.1 is taken. Choose another with --port PORT.", options.port)
    })?;
    let checked = match keys.len() {
        0 => "Signatures are not checked: give --secret, --secret-file or POSTHORN_SECRET.".to_owned(),
        1 => "Signatures are checked with 1 secret.".to_owned(),
        count => format!("Signatures are checked with {count} secrets."),
    };
    println!(
        "Receiving on http://{}, answering {answer}. Ctrl-C stops.\n{checked}\n",
        listener.local_addr()?
    );
    let receiver = Receiver { answer, keys, clock: Clock::system() };
    let router = Router::new().fallback(receive).with_state(Arc::new(receiver));
    let stop = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "the receiver cannot be stopped by Ctrl-C");
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// The secrets and public keys of the options and of the file. White space separates them: none holds any.
///
/// # Errors
/// When one is not valid; it is named by its position, never shown.
pub fn keys(options: &ReceiveOptions) -> anyhow::Result<Vec<KnownKey>> {
    let mut texts = options.secret.clone();
    if let Some(file) = &options.secret_file {
        texts.push(
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?,
        );
    }
    let words = texts.iter().flat_map(|text| text.split_ascii_whitespace());
    words
        .enumerate()
        .map(|(index, text)| {
            let key = VerificationKey::parse(text);
            let key =
                key.with_context(|| format!("secret {} is not one, nor a public key `whpk_…`", index + 1))?;
            Ok(KnownKey { key, expires_at: None })
        })
        .collect()
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let now = receiver.clock.now();
    let report = report(&receiver.keys, uri.path(), &headers, &body, now);
    println!("{}\n  {method} {} {}", report.text, uri.path(), String::from_utf8_lossy(&body));
    if report.is_refused { StatusCode::UNAUTHORIZED } else { receiver.answer }
}

/// What the receiver makes of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The delivery in a line, and in a second one why its signature is refused.
    pub text: String,
    /// Whether its signature was checked and is wrong.
    pub is_refused: bool,
}

/// Looks at one delivery.
pub fn report(keys: &[KnownKey], path: &str, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Report {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let prefix = prefix(&headers).unwrap_or("x-webhook");
    let given = |name: &str| {
        let found = headers.iter().find(|(given, _)| *given == format!("{prefix}-{name}"));
        found.map(|(_, value)| value.as_str())
    };
    // A call of an action has no event.
    let header = |name, of_action| given(name).or_else(|| given(of_action)).unwrap_or("-");
    let mut line = format!(
        "{}  {}  attempt {}  {} bytes  signature ",
        header("delivery", "invocation"),
        header("event", "action"),
        header("attempt", "attempt"),
        body.len(),
    );
    if keys.is_empty() {
        line.push_str("not checked");
        return Report { text: line, is_refused: false };
    }
    let request =
        Request { headers: &headers, body, path: Some(path), received_at: Some(now), computed: None };
    // Whatever the endpoint's settings are: its receiver may not know them.
    let known = Known { keys, profile: None, prefix: None, path: None, endpoint: None, sent: None, now };
    let diagnosis = diagnose(&request, &known);
    let written = match (diagnosis.is_good(), diagnosis.profile, diagnosis.key) {
        (true, Some(profile), Some(key)) => {
            write!(line, "good ({}, secret {} of {})", profile.as_str(), key + 1, keys.len())
        }
        _ => write!(line, "BAD: {}\n  why: {}", diagnosis.reason.as_str(), diagnosis.detail),
    };
    // Writing to a String cannot fail.
    written.ok();
    Report { text: line, is_refused: !diagnosis.is_good() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn options(secret: &[&str], secret_file: Option<std::path::PathBuf>) -> ReceiveOptions {
        let secret = secret.iter().map(|&text| text.to_owned()).collect();
        ReceiveOptions { port: 0, secret, secret_file, answer: 200 }
    }

    #[test]
    fn secrets_come_from_the_command_line_and_from_a_file() {
        let file = std::env::temp_dir().join(format!("posthorn-secrets-{}", std::process::id()));
        let public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
        std::fs::write(&file, format!("{public}\n\na-secret-of-an-older-system\n")).unwrap();
        let read = keys(&options(&[SECRET, "another-secret-of-theirs"], Some(file.clone()))).unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(read.len(), 4);
        assert!(read[2].key == VerificationKey::parse(public).unwrap());
    }

    #[test]
    fn what_is_no_secret_is_named_by_its_position_and_not_shown() {
        let error = keys(&options(&[&format!("{SECRET} whsec_oops")], None)).unwrap_err();
        let shown = format!("{error:#}");
        assert!(shown.contains("secret 2") && !shown.contains("oops"), "{shown}");
    }
}
