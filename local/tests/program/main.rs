//! What does a person meet who runs `cargo local`?
//! Tests of the program as a process: its output, its messages, its files, and what it has synced to the disk.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod durability;
mod logins;
mod messages;
mod output;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

/// The longest wait for a line of output.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of the test's own, deleted at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("posthorn-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The program with these arguments, on any free port and with its data in `folder`.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_posthorn"));
    command.args(["--port", "0", "--data"]).arg(folder).args(arguments);
    command.env_remove("POSTHORN_ADMIN_KEY").env_remove("RUST_LOG").env_remove("POSTHORN_RELAXED");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a program that ends by itself says. One that serves instead is killed, which is another exit code.
fn output(mut command: Command) -> Output {
    let mut child = command.spawn().unwrap();
    for _ in 0..1_000 {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

/// The program while it serves.
struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// Everything that it printed until it was ready.
    greeting: Vec<String>,
    url: String,
    key: String,
    workspace: String,
}

impl Program {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::spawn(command(folder, arguments))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut greeting: Vec<String> = Vec::new();
        while greeting.last().is_none_or(|line| !line.contains("Ctrl-C")) {
            greeting.push(lines.recv_timeout(PATIENCE).unwrap());
        }
        let word = |line: usize, n: usize| greeting[line].split_whitespace().nth(n).unwrap().to_owned();
        let url = word(0, 3).trim_end_matches(',').to_owned();
        let (key, workspace) = (word(1, 2), word(2, 1));
        Self { child, lines, greeting, url, key, workspace }
    }

    /// The next line of output that is not empty.
    fn next_line(&self) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if !line.is_empty() {
                return line;
            }
        }
    }

    /// Sends a request; gives the answer's head, and its body.
    fn http(&self, method: &str, path: &str, body: &str) -> (String, String) {
        self.http_as(&self.key, method, path, body)
    }

    /// The same by the holder of another key.
    fn http_as(&self, key: &str, method: &str, path: &str, body: &str) -> (String, String) {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nx-api-key: {}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            key,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// The status and the JSON of an answer.
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (head, answer) = self.http(method, path, &body);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(&answer).unwrap_or_default())
    }

    fn endpoint(&self, url: &str) -> (u16, Value) {
        let body =
            json!({ "workspace_id": self.workspace, "url": url, "retry": { "schedule_seconds": [60] } });
        self.call("POST", "/v1/webhook-endpoints", &body)
    }

    fn event(&self, event_type: &str) -> (u16, Value) {
        let body = json!({ "workspace_id": self.workspace, "type": event_type, "data": {} });
        self.call("POST", "/v1/events", &body)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
