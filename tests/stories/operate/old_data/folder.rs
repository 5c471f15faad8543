//! How is an older version's data folder opened? A copy of it, whose endpoints' URLs lead to a receiver of the story.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::client::ApiClient;
use domain::timestamp::Timestamp;
use flate2::read::GzDecoder;
use serde_json::{Map, Value};
use stories::{Receiver, Stage};

const MADE_BY_450C9F3: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/450c9f3");

/// Statuses of a delivery that goes on by itself.
const WAITING: [&str; 3] = ["pending", "retrying", "parked"];

/// The platform on a copy of the folder, with one receiver for all its endpoints.
pub(super) struct OldData {
    pub(super) stage: Stage,
    pub(super) receiver: Receiver,
    /// Ids and secrets.
    pub(super) manifest: Value,
    /// What the older version answered just before it stopped, by path.
    pub(super) answers: Map<String, Value>,
    _folder: TemporaryFolder,
}

struct TemporaryFolder(PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn read(name: &str) -> Vec<u8> {
    let path = Path::new(MADE_BY_450C9F3).join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&read(name)[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Replaces every `from` by `to`, in place: SQLite's pages keep their lengths.
fn replace(bytes: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "{from} and {to}");
    for index in 0..=bytes.len() - from.len() {
        if bytes[index..].starts_with(from.as_bytes()) {
            bytes[index..index + to.len()].copy_from_slice(to.as_bytes());
        }
    }
}

/// A receiver whose port has as many digits as the folder's.
async fn receiver() -> (Receiver, String) {
    loop {
        let receiver = Receiver::start().await;
        let address = receiver.url().trim_start_matches("http://").trim_end_matches("/hooks").to_owned();
        if address.len() == "127.0.0.1:00000".len() {
            return (receiver, address);
        }
    }
}

impl OldData {
    /// Copies the folder, and lets its endpoints' URLs lead to a receiver of this story.
    pub(super) async fn open(story: &str) -> Self {
        let (receiver, address) = receiver().await;
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
        let old_address = format!("127.0.0.1:{}", manifest["port"]);

        let folder = std::env::temp_dir().join(format!("posthorn-{story}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["admin-key", "data-key", "workspace"] {
            std::fs::write(folder.join(name), read(name)).unwrap();
        }
        let mut rows = unpacked("dynamodb.sqlite.gz");
        replace(&mut rows, &old_address, &address);
        std::fs::write(folder.join("dynamodb.sqlite"), rows).unwrap();
        std::fs::write(folder.join("sqs.sqlite"), unpacked("sqs.sqlite.gz")).unwrap();

        let answers = String::from_utf8(read("answers.json")).unwrap().replace(&old_address, &address);
        let at = Timestamp::from_millis(manifest["stopped_at"].as_i64().unwrap());
        let stage = Stage::open(&folder, at).await;
        let answers = serde_json::from_str(&answers).unwrap();
        Self { stage, receiver, manifest, answers, _folder: TemporaryFolder(folder) }
    }

    pub(super) fn workspace(&self, name: &str) -> &str {
        self.manifest["workspaces"][name].as_str().unwrap()
    }

    pub(super) fn endpoint(&self, name: &str) -> &Value {
        &self.manifest["endpoints"][name]
    }

    /// Where an endpoint is found in the API.
    pub(super) fn at(&self, name: &str) -> String {
        format!("/v1/webhook-endpoints/{}", self.endpoint(name)["id"].as_str().unwrap())
    }

    pub(super) fn client(&self, api_key: &str) -> ApiClient {
        let key = &self.manifest["api_keys"][api_key]["key"];
        ApiClient::new(&self.stage.platform.url(), key.as_str().unwrap())
    }

    /// Every delivery of every endpoint now, by id, with the name of its endpoint.
    pub(super) async fn deliveries(&self) -> BTreeMap<String, (String, Value)> {
        let mut all = BTreeMap::new();
        for name in self.manifest["endpoints"].as_object().unwrap().keys() {
            let rows = self.stage.read(&format!("{}/deliveries?limit=250", self.at(name))).await;
            for row in rows.as_array().unwrap() {
                all.insert(row["id"].as_str().unwrap().to_owned(), (name.clone(), row.clone()));
            }
        }
        all
    }

    /// Deliveries that were waiting when the older version stopped, by id.
    pub(super) fn waiting(&self) -> BTreeMap<String, Value> {
        let lists =
            self.answers.values().filter_map(|answer| answer["data"].as_array().or(answer.as_array()));
        lists
            .flatten()
            .filter(|row| row["id"].as_str().is_some_and(|id| id.starts_with("wd_")))
            .filter(|row| WAITING.contains(&row["status"].as_str().unwrap()))
            .map(|row| (row["id"].as_str().unwrap().to_owned(), row.clone()))
            .collect()
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.stage.admin.call("POST", path, body.to_owned(), &[]).await.unwrap()
    }

    /// Lets time pass, `stride` after `stride`, until each of `deliveries` is delivered.
    pub(super) async fn pass_time_until_delivered(&self, deliveries: &[&String], stride: Duration) {
        let mut left = Vec::new();
        for round in 0..600 {
            self.stage.advance(stride);
            self.stage.platform.tick().await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            if round % 5 == 4 {
                let rows = self.deliveries().await;
                let is_left = |id: &&String| rows.get(*id).is_none_or(|row| row.1["status"] != "delivered");
                left = deliveries.iter().copied().filter(is_left).collect();
                if left.is_empty() {
                    return;
                }
            }
        }
        panic!("{left:?} are never delivered")
    }

    /// Reads `path` until `holds` of the answer.
    pub(super) async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut answer = Value::Null;
        for _ in 0..500 {
            answer = self.stage.read(path).await;
            if holds(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} stays {answer:#}")
    }

    /// Waits until these endpoints' circuits are closed, and nothing is parked for any endpoint.
    pub(super) async fn all_is_well(&self, endpoints: &[&str]) {
        for name in endpoints {
            self.until(&self.at(name), |endpoint| endpoint["health"]["failures"] == 0).await;
        }
        let parked = format!("/v1/undelivered?workspace_id={}&status=parked", self.workspace("acme"));
        self.until(&parked, |parked| parked["data"] == Value::Array(Vec::new())).await;
    }
}
