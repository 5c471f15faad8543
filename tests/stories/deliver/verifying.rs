//! Do the samples in `docs/verifying.md` work?
//! Each printed sample is extracted from the document and run against real deliveries and against tampered ones. A
//! language that is not installed is skipped on a laptop, and is a failure in CI.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use stories::stage::Endpoint;
use stories::tools::is_installed;
use stories::{Receiver, Seen, Stage};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/verifying.md");

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
    now: i64,
}

impl Got {
    fn case(&self, expected: &'static str) -> Case {
        let Self { profile, seen, secret, path, now } = self;
        let mut line = format!("{profile}\t{now}\t{path}\t{secret}\t{}", STANDARD.encode(&seen.body));
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
        if self.profile == "standard" { "webhook-signature" } else { "x-webhook-signature" }
    }
}

/// Real deliveries of `profile`: one with one secret, then one while it is rotated, with either secret.
async fn deliveries(stage: &Stage, profile: &'static str) -> Vec<Got> {
    let receiver = Receiver::start().await;
    let settings = json!({ "signature": { "profile": profile }, "events": [format!("{profile}.*")] });
    let endpoint = stage.endpoint(&receiver, settings).await;
    let send = async |count| {
        stage.send(&format!("{profile}.sent"), json!({ "name": "Zoë 🎺", "n": [1.50, null] })).await;
        receiver.wait_for(count).await.pop().unwrap()
    };
    let got = |seen: Seen, secret: &str| {
        let (secret, path) = (secret.to_owned(), "/hooks".to_owned());
        Got { profile, seen, secret, path, now: jiff_now() }
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

/// The cases, tampered deliveries first: none of them may use up the id of the genuine one.
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
            let timestamp =
                if got.profile == "standard" { "webhook-timestamp" } else { "x-webhook-timestamp" };
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
            cases.push(got.with_header("x-webhook-nonce", &"0".repeat(32)).case("refused"));
        }
        cases.push(got.case("ok"));
        cases.push(got.case("refused"));
    }
    cases
}

/// The sample of a language, as the document prints it.
fn sample(name: &str) -> &'static str {
    let (_, after) = DOCUMENT.split_once(&format!("<!-- sample: {name} -->\n```")).unwrap();
    let (_, code) = after.split_once('\n').unwrap();
    code.split_once("\n```").unwrap().0
}

fn runner(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verifying").join(name)
}

/// An empty folder for one language.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verifying").join(name);
    std::fs::create_dir_all(folder.join("src")).unwrap();
    folder
}

async fn must_succeed(mut command: Command) {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Feeds every case to the sample, and compares each answer with the expected one.
async fn judge(mut command: Command) {
    let stage = Stage::set().await;
    let mut all = Vec::new();
    for profile in ["standard", "body", "covered"] {
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

/// Runs a sample of an interpreted language, placed beside its runner.
async fn judge_script(name: &str, program: &str, sample_file: &str, run: &str) {
    if !is_installed(program, "--version").await {
        return;
    }
    let folder = folder(name);
    std::fs::write(folder.join(sample_file), sample(name)).unwrap();
    std::fs::copy(runner(run), folder.join(run)).unwrap();
    let mut command = Command::new(program);
    command.arg(run).current_dir(&folder);
    judge(command).await;
}

#[tokio::test]
async fn the_node_sample_tells_true_from_tampered() {
    judge_script("node", "node", "verify.mjs", "run.mjs").await;
}

#[tokio::test]
async fn the_python_sample_tells_true_from_tampered() {
    judge_script("python", "python3", "verify.py", "run.py").await;
}

#[tokio::test]
async fn the_php_sample_tells_true_from_tampered() {
    judge_script("php", "php", "verify.php", "run.php").await;
}

#[tokio::test]
async fn the_ruby_sample_tells_true_from_tampered() {
    judge_script("ruby", "ruby", "verify.rb", "run.rb").await;
}

#[tokio::test]
async fn the_go_sample_tells_true_from_tampered() {
    if !is_installed("go", "version").await {
        return;
    }
    let folder = folder("go");
    std::fs::write(folder.join("verify.go"), sample("go")).unwrap();
    std::fs::copy(runner("run.go"), folder.join("run.go")).unwrap();
    let mut build = Command::new("go");
    build.args(["build", "-o", "verify", "verify.go", "run.go"]).current_dir(&folder);
    build.env("GOCACHE", folder.join("cache"));
    must_succeed(build).await;
    judge(Command::new(folder.join("verify"))).await;
}

#[tokio::test]
async fn the_java_sample_tells_true_from_tampered() {
    if !is_installed("javac", "-version").await {
        return;
    }
    let folder = folder("java");
    std::fs::write(folder.join("Webhooks.java"), sample("java")).unwrap();
    std::fs::copy(runner("Run.java"), folder.join("Run.java")).unwrap();
    let mut compile = Command::new("javac");
    compile.args(["Webhooks.java", "Run.java"]).current_dir(&folder);
    must_succeed(compile).await;
    let mut command = Command::new("java");
    command.args(["-cp", ".", "Run"]).current_dir(&folder);
    judge(command).await;
}

/// Compiled as a customer would, in a separate package, with the versions that this workspace has locked.
#[tokio::test]
async fn the_rust_sample_tells_true_from_tampered() {
    let folder = folder("rust");
    let manifest = "[package]\nname = \"verifying\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                    base64 = \"0.22\"\nhmac = \"0.13\"\nsha2 = \"0.11\"\n\n[workspace]\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    std::fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    let runner = std::fs::read_to_string(runner("run.rs")).unwrap();
    std::fs::write(folder.join("src/main.rs"), format!("{}\n{runner}", sample("rust"))).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--offline", "--quiet", "--target-dir", "target"]).current_dir(&folder);
    must_succeed(build).await;
    judge(Command::new(folder.join("target/debug/verifying"))).await;
}
