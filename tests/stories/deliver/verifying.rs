//! Do the receivers in `docs/receivers` work?
//! Each language's verification judges real deliveries and tampered ones, and its receiver is delivered to: its work
//! fails at first, and no event may be lost or done twice. A language that is not installed is skipped on a laptop, and
//! is a failure in CI.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::tools::is_installed;
use stories::{Receiver, Seen, Stage};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const PROFILES: [&str; 3] = ["standard", "body", "covered"];
const PREFIX: &str = "X-Acme";
/// A secret that the stories bring themselves, so that a receiver can be started with it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One input line of a runner, and the answer that it must print.
struct Case {
    line: String,
    expected: &'static str,
}

/// A delivery as the customer got it, in the form that a runner reads.
#[derive(Clone)]
struct Got {
    profile: &'static str,
    seen: Seen,
    secret: String,
    path: String,
    prefix: &'static str,
    now: i64,
}

impl Got {
    fn case(&self, expected: &'static str) -> Case {
        let Self { profile, seen, secret, path, prefix, now } = self;
        let mut line =
            format!("{profile}\t{now}\t{path}\t{secret}\t{prefix}\t{}", STANDARD.encode(&seen.body));
        for (name, value) in &seen.headers {
            write!(line, "\t{name}={}", value.to_str().unwrap()).unwrap();
        }
        line.push('\n');
        Case { line, expected }
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    fn with_header(&self, name: &'static str, value: &str) -> Self {
        self.with(|got| {
            got.seen.headers.insert(name, value.parse().unwrap());
        })
    }

    fn signature_header(&self) -> &'static str {
        if self.profile == "standard" { "webhook-signature" } else { "x-acme-signature" }
    }
}

/// Real deliveries of `profile`: one with one secret, then one while it is rotated, with either secret.
async fn deliveries(stage: &Stage, profile: &'static str) -> Vec<Got> {
    let receiver = Receiver::start().await;
    let settings = json!({
        "signature": { "profile": profile }, "events": [format!("{profile}.*")], "header_prefix": PREFIX,
    });
    let endpoint = stage.endpoint(&receiver, settings).await;
    let send = async |count| {
        stage.send(&format!("{profile}.sent"), json!({ "name": "Zoë 🎺", "n": [1.50, null] })).await;
        receiver.wait_for(count).await.pop().unwrap()
    };
    let got = |seen: Seen, secret: &str| {
        let (secret, path) = (secret.to_owned(), "/hooks".to_owned());
        Got { profile, seen, secret, path, prefix: PREFIX, now: jiff_now() }
    };
    let first = got(send(1).await, &endpoint.secret);
    let new = rotate(stage, &endpoint).await;
    let both = send(2).await;
    let with_old = got(both, &endpoint.secret);
    let with_new = got(send(3).await, &new);
    vec![first, with_old, with_new]
}

async fn rotate(stage: &Stage, endpoint: &Endpoint) -> String {
    let path = format!("/v1/webhook-endpoints/{}/secret/rotate", endpoint.id);
    let rotated = stage.admin.post(&path, &json!({})).await.unwrap();
    rotated["secret"].as_str().unwrap().to_owned()
}

fn jiff_now() -> i64 {
    usecases::Clock::system().now().as_seconds()
}

/// The cases: tampered deliveries, and genuine ones.
fn cases(deliveries: &[Got]) -> Vec<Case> {
    let mut cases = Vec::new();
    for got in deliveries {
        let signature = got.signature_header();
        let value = got.seen.header(signature).to_owned();
        let refused = [
            got.with(|got| got.seen.body = [&got.seen.body[..], b" "].concat().into()),
            got.with(|got| {
                let mut body = got.seen.body.to_vec();
                body[10] ^= 1;
                got.seen.body = body.into();
            }),
            got.with(|got| got.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
            got.with(|got| drop(got.seen.headers.remove(signature))),
            got.with_header(signature, ""),
            got.with_header(signature, "v1, sha256= v1,%%% sha256=zz"),
            got.with_header(signature, &value.replace("v1,", "v2,").replace("sha256=", "md5=")),
        ];
        cases.extend(refused.iter().map(|got| got.case("refused")));
        if got.profile != "body" {
            let timestamp = if got.profile == "standard" { "webhook-timestamp" } else { "x-acme-timestamp" };
            let at: i64 = got.seen.header(timestamp).parse().unwrap();
            let refused = [
                got.with(|got| got.now = at + 301),
                got.with(|got| got.now = at - 301),
                got.with_header(timestamp, &(at - 1).to_string()),
                got.with_header(timestamp, "soon"),
            ];
            cases.extend(refused.iter().map(|got| got.case("refused")));
        }
        if got.profile == "covered" {
            cases.push(got.with(|got| got.path.push('x')).case("refused"));
            cases.push(got.with_header("x-acme-nonce", &"0".repeat(32)).case("refused"));
        }
        if got.profile != "standard" {
            cases.push(got.with(|got| got.prefix = "X-Webhook").case("refused"));
        }
        cases.push(got.case("ok"));
        // To verify is not to remember: the same request is genuine again.
        cases.push(got.case("ok"));
    }
    cases
}

/// A folder with the files of one language and the runner of its cases; empty but for them.
fn folder(language: &str, runner: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verifying").join(language);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(tests.join("verifying").join(runner), folder.join(runner)).unwrap();
    for file in std::fs::read_dir(tests.join("../docs/receivers").join(language)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    folder
}

async fn must_succeed(mut command: Command) {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Feeds every case to the verification, and compares each answer with the expected one.
async fn judge(mut command: Command) {
    let stage = Stage::set().await;
    let mut all = Vec::new();
    for profile in PROFILES {
        all.extend(cases(&deliveries(&stage, profile).await));
    }
    stage.end().await;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = all.iter().map(|case| case.line.as_str()).collect();
    input.write_all(lines.as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = answers.lines().collect();
    assert_eq!(answers.len(), all.len());
    for (case, answer) in all.iter().zip(answers) {
        assert_eq!(answer, case.expected, "{}", case.line);
    }
}

/// A receiver on `port`, which keeps its events in `inbox`.
async fn started(mut command: Command, port: u16, profile: &str, inbox: &Path) -> Child {
    command.env("PORT", port.to_string()).env("INBOX", inbox);
    command.env("WEBHOOK_SECRET", SECRET).env("WEBHOOK_PROFILE", profile).env("WEBHOOK_PREFIX", PREFIX);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    for _ in 0..500 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return child;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the receiver does not listen")
}

/// Delivers to a receiver whose work fails at first, then succeeds; then sends the same event again, and a stranger's.
async fn loses_nothing(folder: &Path, receiver: impl Fn(u16) -> Command) {
    let stage = Stage::set().await;
    for profile in PROFILES {
        let inbox = folder.join(format!("inbox-{profile}"));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut child = started(receiver(port), port, profile, &inbox).await;
        let settings = json!({
            "url": format!("http://127.0.0.1:{port}/hooks/42%20a?token=1"), "secret": SECRET, "header_prefix": PREFIX,
            "signature": { "profile": profile }, "events": [format!("{profile}.*")],
            "retry": { "schedule_seconds": [1, 1, 1] }, "outcomes": { "permanent": [401] },
        });
        let endpoint = stage.endpoint(&Receiver::start().await, settings).await;
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        let newest = async || stage.read(&format!("{path}/deliveries")).await[0].clone();

        // 1. The folder is missing, so the work fails: the event must come again.
        let sent = stage.send(&format!("{profile}.sent"), json!({ "name": "Zoë 🎺" })).await;
        stage.attempted(&endpoint, 1).await;
        let row = newest().await;
        assert_eq!((&row["status"], &row["response_status"]), (&json!("retrying"), &json!(500)), "{profile}");
        std::fs::create_dir(&inbox).unwrap();
        stage.advance(Duration::from_secs(2));
        stage.deliveries(&endpoint, 1, "delivered").await;

        // 2. It comes once more: it is taken, and nothing is done.
        let replay = format!("{path}/deliveries/{}/replay", row["id"].as_str().unwrap());
        stage.admin.post(&replay, &json!({ "force": true })).await.unwrap();
        stage.attempted(&endpoint, 3).await;
        let row = newest().await;
        assert_eq!(
            (&row["status"], &row["response_status"]),
            (&json!("delivered"), &json!(200)),
            "{profile}"
        );

        // 3. A request that is not genuine is refused.
        stage.admin.post(&format!("{path}/secret/rotate"), &json!({ "overlap_seconds": 0 })).await.unwrap();
        stage.send(&format!("{profile}.forged"), json!({})).await;
        stage.attempted(&endpoint, 1).await;
        assert_eq!(newest().await["response_status"], 401, "{profile}");

        let done = std::fs::read_to_string(inbox.join("events.jsonl")).unwrap();
        let done: Vec<Value> = done.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(done.len(), 1, "{profile}: {done:?}");
        assert_eq!((&done[0]["id"], &done[0]["data"]["name"]), (&sent["id"], &json!("Zoë 🎺")));
        child.kill().await.unwrap();
    }
    stage.end().await;
}

fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command
}

/// An interpreted language: its runner, then its receiver.
async fn script(language: &str, program: &str, runner: &str, receiver: &str) {
    if !is_installed(program, "--version").await {
        return;
    }
    let folder = folder(language, runner);
    judge(command(program, &[runner], &folder)).await;
    loses_nothing(&folder, |_| command(program, &[receiver], &folder)).await;
}

#[tokio::test]
async fn the_node_receiver_tells_true_from_tampered_and_loses_nothing() {
    script("node", "node", "run.mjs", "receiver.mjs").await;
}

#[tokio::test]
async fn the_python_receiver_tells_true_from_tampered_and_loses_nothing() {
    script("python", "python3", "run.py", "receiver.py").await;
}

#[tokio::test]
async fn the_ruby_receiver_tells_true_from_tampered_and_loses_nothing() {
    script("ruby", "ruby", "run.rb", "receiver.rb").await;
}

#[tokio::test]
async fn the_php_receiver_tells_true_from_tampered_and_loses_nothing() {
    if !is_installed("php", "--version").await {
        return;
    }
    let folder = folder("php", "run.php");
    judge(command("php", &["run.php"], &folder)).await;
    let receiver = |port| command("php", &["-S", &format!("127.0.0.1:{port}"), "receiver.php"], &folder);
    loses_nothing(&folder, receiver).await;
}

#[tokio::test]
async fn the_go_receiver_tells_true_from_tampered_and_loses_nothing() {
    if !is_installed("go", "version").await {
        return;
    }
    let folder = folder("go", "run.go");
    for (program, main) in [("verifier", "run.go"), ("receiver", "receiver.go")] {
        let mut build = command("go", &["build", "-o", program, "verify.go", main], &folder);
        build.env("GOCACHE", folder.with_file_name("go-cache"));
        must_succeed(build).await;
    }
    judge(command(folder.join("verifier"), &[], &folder)).await;
    loses_nothing(&folder, |_| command(folder.join("receiver"), &[], &folder)).await;
}

#[tokio::test]
async fn the_java_receiver_tells_true_from_tampered_and_loses_nothing() {
    if !is_installed("javac", "-version").await {
        return;
    }
    let folder = folder("java", "Run.java");
    must_succeed(command("javac", &["Webhooks.java", "Receiver.java", "Run.java"], &folder)).await;
    judge(command("java", &["-cp", ".", "Run"], &folder)).await;
    loses_nothing(&folder, |_| command("java", &["-cp", ".", "Receiver"], &folder)).await;
}

/// Compiled with this package, so with the versions that this workspace has locked.
#[tokio::test]
async fn the_rust_receiver_tells_true_from_tampered_and_loses_nothing() {
    let folder = folder("rust", "run.rs");
    judge(command(env!("CARGO_BIN_EXE_verifier"), &[], &folder)).await;
    loses_nothing(&folder, |_| command(env!("CARGO_BIN_EXE_receiver"), &[], &folder)).await;
}
