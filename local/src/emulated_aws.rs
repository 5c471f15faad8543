//! Which AWS does local mode use?
//! Emulators in this process: an embedded DynamoDB and SQS, called through the same SDK as AWS.

use std::net::Ipv4Addr;

use anyhow::{Context as _, anyhow};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use embedded_aws::{Clock, Durability, DynamoDb, EmulatorError, Sqs};
use queue::Queue;
use store::sealing::KeyBytes;
use store::{KeyWrapper, Store};
use tokio::net::TcpListener;

use crate::data_dir::DataDir;
use crate::observe::Watch;

/// Name of the table in local mode.
pub const TABLE: &str = "posthorn";

/// The region of all clients; the emulators accept any.
const REGION: &str = "us-east-1";

/// Both emulators; other processes are served while this lives.
#[derive(Debug)]
pub struct EmulatedAws {
    /// The embedded DynamoDB.
    pub dynamodb: DynamoDb,
    /// The embedded SQS.
    pub sqs: Sqs,
}

impl EmulatedAws {
    /// Starts both on files of `data`, or in memory.
    ///
    /// # Errors
    /// When a file cannot be opened or no port is free.
    pub async fn start(data: Option<&DataDir>, durability: Durability, clock: Clock) -> anyhow::Result<Self> {
        let sqs = match data {
            Some(data) => Sqs::file(&data.sqs(), clock.clone(), durability).map_err(explain)?,
            None => Sqs::memory(clock.clone()).context("cannot create a queue in memory")?,
        };
        let dynamodb = match data {
            Some(data) => DynamoDb::file(&data.dynamodb(), durability).map_err(explain)?,
            None => DynamoDb::memory(clock).context("cannot create a table in memory")?,
        };
        // Jobs that the last process had received when it ended will not be finished by that process.
        sqs.release_received()
            .await
            .context("cannot make the received jobs of the last run visible again")?;
        let dynamodb = dynamodb.start(loopback().await?)?;
        let sqs = sqs.start(loopback().await?)?;
        Ok(Self { dynamodb, sqs })
    }

    /// The table, created if it does not exist. `data_key` seals the secrets in it.
    ///
    /// # Errors
    /// When the table cannot be created.
    pub async fn store(&self, data_key: KeyBytes) -> anyhow::Result<Store> {
        let store = Store::new(self.dynamodb_client(None), TABLE, KeyWrapper::local(data_key));
        store.create_table().await?;
        Ok(store)
    }

    /// The table for one function, with its calls observed by `watch`.
    pub fn store_of(&self, data_key: KeyBytes, watch: &Watch) -> Store {
        let Watch { function, observer } = watch.clone();
        let wrapper = KeyWrapper::local(data_key).with_observer(move |what| {
            observer.report(function, &format!("kms:{what}"), "key");
        });
        Store::new(self.dynamodb_client(Some(watch.clone())), TABLE, wrapper)
    }

    /// The queues for one function, with its calls observed by `watch`.
    pub fn queue_of(&self, queue: &Queue, watch: &Watch) -> Queue {
        let dead_letters = queue.dead_letter_url().map(str::to_owned);
        let tasks = queue.tasks_url().unwrap_or_default().to_owned();
        Queue::new(self.sqs_client_seen_by(Some(watch.clone())), queue.url().to_owned(), dead_letters)
            .with_tasks(tasks)
    }

    /// A client of DynamoDB. Its requests are not signed, because the emulator does not check signatures.
    fn dynamodb_client(&self, watch: Option<Watch>) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .allow_no_auth()
            .endpoint_url(self.dynamodb.endpoint_url())
            .http_client(self.dynamodb.http_client());
        if let Some(watch) = watch {
            config = config.interceptor(watch);
        }
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// A client of SQS.
    pub fn sqs_client(&self) -> aws_sdk_sqs::Client {
        self.sqs_client_seen_by(None)
    }

    /// A client of SQS, observed by `watch` if given. Its requests are not signed either.
    fn sqs_client_seen_by(&self, watch: Option<Watch>) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .allow_no_auth()
            .endpoint_url(self.sqs.endpoint_url())
            .http_client(self.sqs.http_client());
        if let Some(watch) = watch {
            config = config.interceptor(watch);
        }
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// The environment in which a function's own binary runs against these emulators, `NAME=value` a line.
    pub fn environment(&self, queue: &Queue, data: &DataDir) -> String {
        // The binaries may be started in another folder.
        let data_key = std::path::absolute(data.data_key()).unwrap_or_else(|_| data.data_key());
        let data_key = data_key.to_string_lossy();
        let lines = [
            (lambda_kit::config::TABLE, TABLE),
            (lambda_kit::config::QUEUE_URL, queue.url()),
            (lambda_kit::config::DEAD_LETTER_QUEUE_URL, queue.dead_letter_url().unwrap_or_default()),
            (lambda_kit::config::TASKS_QUEUE_URL, queue.tasks_url().unwrap_or_default()),
            (lambda_kit::config::DATA_KEY_FILE, &data_key),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.endpoint_url()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.endpoint_url()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        lines.map(|(name, value)| format!("{name}={value}\n")).concat()
    }

    /// The queues, created if they do not exist.
    ///
    /// # Errors
    /// When the queues cannot be created.
    pub async fn queue(&self) -> anyhow::Result<Queue> {
        Ok(queue::definition::create(self.sqs_client()).await?)
    }
}

/// What can be done about a file that cannot be used.
fn explain(error: EmulatorError) -> anyhow::Error {
    match error {
        EmulatorError::Damaged { .. } => {
            anyhow!("{error}. Put back a copy of the data folder, or begin with another one: --data DIR.")
        }
        other => anyhow::Error::new(other).context("the data folder cannot be used"),
    }
}

async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on 127.0.0.1")
}
