//! How is a browser driven?
//! A client of W3C WebDriver for chromedriver, with Chromium's own commands for what the standard lacks.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use api::client::ApiClient;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How an element is named in answers, by the standard.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Nothing but the platform can be reached: a request to any other host fails, and the console says so.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1440,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A browser with one window, without anything remembered.
#[derive(Debug)]
pub struct Browser {
    client: ApiClient,
    session: String,
    profile: PathBuf,
    /// Ends with the browser.
    _driver: Child,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

/// Why the browser did not do something: the standard's error code, such as `stale element reference`, and the driver's
/// words.
#[derive(Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Browser {
    /// Starts a browser.
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Fields of a time show the system's: here that of UTC.
        let mut driver = driver.env("TZ", "UTC").kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let mut said = String::new();
        let port = loop {
            let line = lines.next_line().await.unwrap();
            let Some(line) = line else { panic!("chromedriver ended at its start: {said}") };
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
            said = format!("{said}\n{line}");
        };
        // What it says later is read, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = ApiClient::new(&format!("http://127.0.0.1:{port}"), "");
        let profile =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{}-{port}", std::process::id()));
        let flags: Vec<_> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        let flags = [flags, vec![format!("--user-data-dir={}", profile.display())]].concat();
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": { "args": flags }, "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let (_, answer) = client.call("POST", "/session", wanted.to_string(), &[]).await.unwrap();
        let session = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        Self { session: session.to_owned(), client, profile, _driver: driver }
    }

    /// Closes the browser.
    pub async fn close(self) {
        self.quit().await;
        // The last of its processes may still write there for a moment; the folder is in `target`.
        drop(std::fs::remove_dir_all(&self.profile));
    }

    /// Ends the browser's processes. Only the driver ends with this value: what it has started does not.
    pub async fn quit(&self) {
        self.command("DELETE", "", Value::Null).await.unwrap();
    }

    async fn command(&self, method: &str, path: &str, body: Value) -> Result<Value, Refused> {
        let path = format!("/session/{}{path}", self.session);
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let (status, mut answer) = self.client.call(method, &path, body, &[]).await.unwrap();
        let value = answer["value"].take();
        if status == 200 {
            return Ok(value);
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        Err(Refused(format!("{}: {}", text("error"), text("message"))))
    }

    /// A command of Chromium's developer tools.
    pub async fn chromium(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.command("POST", "/goog/cdp/execute", body).await.unwrap()
    }

    /// Loads an address.
    pub async fn load(&self, address: &str) {
        self.command("POST", "/url", json!({ "url": address })).await.unwrap();
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.command("POST", "/refresh", json!({})).await.unwrap();
    }

    /// Goes back.
    pub async fn back(&self) {
        self.command("POST", "/back", json!({})).await.unwrap();
    }

    /// The page's address.
    pub async fn address(&self) -> String {
        self.command("GET", "/url", Value::Null).await.unwrap().as_str().unwrap().to_owned()
    }

    /// What a script returns, whose arguments are in `arguments`.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Result<Value, Refused> {
        self.command("POST", "/execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// What a script's promise becomes.
    pub async fn run_async(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, (e) => done(String(e)))"
        );
        self.command("POST", "/execute/async", json!({ "script": script, "args": [] })).await.unwrap()
    }

    /// Clicks in the middle of an element, as a mouse does.
    pub async fn click_element(&self, element: &Element) -> Result<(), Refused> {
        self.command("POST", &format!("/element/{}/click", element.0), json!({})).await.map(drop)
    }

    /// Types into an element.
    pub async fn type_into(&self, element: &Element, text: &str) -> Result<(), Refused> {
        self.command("POST", &format!("/element/{}/value", element.0), json!({ "text": text }))
            .await
            .map(drop)
    }

    /// Does these actions of a keyboard or a pointer, as the standard writes them.
    pub async fn act(&self, actions: Value) {
        self.command("POST", "/actions", json!({ "actions": actions })).await.unwrap();
    }

    /// What the page's console has said since the last call.
    pub async fn said(&self) -> Vec<(String, String)> {
        let entries = self.command("POST", "/se/log", json!({ "type": "browser" })).await.unwrap();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (text(entry, "level"), text(entry, "message")))
            .collect()
    }

    /// Continues inside the first frame that matches, or outside of all.
    pub async fn enter(&self, frame: Option<&Element>) {
        let id = frame.map_or(Value::Null, |frame| json!({ ELEMENT: frame.0 }));
        self.command("POST", "/frame", json!({ "id": id })).await.unwrap();
    }
}

impl Element {
    /// The element that a script returned.
    pub fn of(value: &Value) -> Option<Self> {
        value[ELEMENT].as_str().map(|id| Self(id.to_owned()))
    }

    /// As an argument of a script.
    pub fn to_value(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}
