//! How do the benchmarks run local mode?
//! `cargo local` as a separate process, so that its memory can be measured and it can be killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use api::client::ApiClient;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::functions;

/// The API key of the benchmarks.
const KEY: &str = "phk_benchmarks_only_benchmarks_only_0";

pub(crate) struct Posthorn {
    process: Mutex<Child>,
    pub(crate) api: ApiClient,
    pub(crate) workspace: String,
    /// The time from the start of the process until it printed the API's address.
    pub(crate) ready_after: Duration,
}

/// A temporary folder, deleted when this value is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("posthorn-bench-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("the folder {} could not be deleted: {error}", self.0.display());
        }
    }
}

impl Posthorn {
    /// Starts local mode with its data in `folder`.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let binary = functions::beside("posthorn", "-p local")?;
        let began = Instant::now();
        let mut process = Command::new(binary)
            .args(["--port", "0", "--no-receiver", "--data"])
            .arg(folder)
            .env("POSTHORN_ADMIN_KEY", KEY)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines =
            BufReader::new(process.stdout.take().context("cargo local has no standard output")?).lines();
        let (mut url, mut workspace) = (None, None);
        while let (None, _) | (_, None) = (&url, &workspace) {
            let line =
                lines.next_line().await?.context("cargo local ended before it printed the API's address")?;
            match line.trim().split_once(' ') {
                Some(("Posthorn", rest)) => {
                    let address = rest.split([' ', ',']).find(|word| word.starts_with("http"));
                    url = address.map(str::to_owned);
                }
                Some(("workspace", rest)) => workspace = Some(rest.trim().to_owned()),
                _ => {}
            }
        }
        let ready_after = began.elapsed();
        // Its output must be read to the end, or the process would block.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let api = ApiClient::new(&url.unwrap_or_default(), KEY);
        Ok(Self { process: Mutex::new(process), api, workspace: workspace.unwrap_or_default(), ready_after })
    }

    pub(crate) async fn endpoint(&self, url: &str) -> anyhow::Result<Value> {
        self.endpoint_with(url, json!({})).await
    }

    /// Creates an endpoint with further settings.
    pub(crate) async fn endpoint_with(&self, url: &str, settings: Value) -> anyhow::Result<Value> {
        let mut body = json!({ "workspace_id": self.workspace, "url": url });
        for (name, value) in settings.as_object().into_iter().flatten() {
            body[name.as_str()] = value.clone();
        }
        Ok(self.api.post("/v1/webhook-endpoints", &body).await?)
    }

    /// Sends event number `n`.
    pub(crate) async fn send(&self, n: u64) -> anyhow::Result<Value> {
        Ok(self.api.post("/v1/events", &self.event(n, "invoice.paid")).await?)
    }

    /// Event number `n`, of about a kilobyte.
    pub(crate) fn event(&self, n: u64, event_type: &str) -> Value {
        let data = json!({ "n": n, "customer": "cus_0042", "lines": ["a".repeat(900)] });
        json!({ "workspace_id": self.workspace, "type": event_type, "data": data })
    }

    /// The process's id.
    pub(crate) fn id(&self) -> anyhow::Result<u32> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).id().context("cargo local has ended")
    }

    /// Resident memory, in MB. Linux only.
    pub(crate) fn resident_mb(&self) -> anyhow::Result<f64> {
        let id = self.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes / 1_024.0)
    }

    /// Kills the process as `kill -9` does.
    pub(crate) fn kill_now(&self) -> anyhow::Result<()> {
        Ok(self.process.lock().unwrap_or_else(PoisonError::into_inner).start_kill()?)
    }
}
