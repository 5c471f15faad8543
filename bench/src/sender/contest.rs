//! The sender's own handler against a bare reqwest client, ten deliveries at once, in turns; and what the sender's write
//! to the table alone costs, so that it can be told from the rest.

use std::time::Duration;

use allocation_counter::AllocationInfo;
use anyhow::ensure;
use aws_lambda_events::sqs::SqsEvent;
use domain::endpoint::address::AllowedTargets;
use futures_util::future::try_join_all;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, Table};
use lambda_kit::metrics::Metrics;
use queue::Job;
use store::rows::deliveries::Settlement;
use store::{KeyWrapper, Store};
use usecases::deliver::attempt_delivery::Sender;

use super::jobs::{BATCH, Post, Target};
use crate::cpu;
use crate::figure::{line, median};

const ROUNDS: usize = 5;
/// Deliveries of the sender's turns.
const DELIVERIES: usize = 5_000;
/// Things done in the other turns. Each takes less, and the kernel tells processor time in steps of 10 ms.
const MANY: usize = 20_000;
/// Deliveries whose allocations are counted.
const COUNTED: usize = 500;

/// Takes the turns; tells the figures on standard error, as the sender logs on standard output.
pub(crate) async fn run() -> anyhow::Result<()> {
    lambda_kit::logging::init();
    let target = Target::from_environment()?;
    let (sender, bare) = (Contestant::sender().await?, Contestant::bare(&target)?);
    let rows = Contestant::table(&target, &sender).await?;

    let (mut delivering, mut posting, mut writing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        delivering.push(sender.turn(&target, DELIVERIES).await?);
        posting.push(bare.turn(&target, MANY).await?);
        writing.push(rows.turn(&target, MANY).await?);
    }
    let (delivering, posting, writing) = (median(delivering), median(posting), median(writing));
    tell("CPU of the sender", delivering, "µs a delivery");
    tell("CPU of a bare reqwest", posting, "µs a POST");
    tell("CPU of the sender to bare reqwest", delivering / posting, "times");
    tell("CPU of the table write, ten deliveries at once", writing, "µs a delivery");
    tell("CPU of the sender without that to bare reqwest", (delivering - writing) / posting, "times");

    // Allocations are counted by thread, so in a runtime of one thread.
    let counted = tokio::task::spawn_blocking(count_allocations).await??;
    for (name, AllocationInfo { count_total, bytes_total, .. }) in counted {
        tell(&format!("allocations, {name}"), each(count_total), "a delivery");
        tell(&format!("bytes allocated, {name}"), each(bytes_total), "a delivery");
    }
    Ok(())
}

/// Who takes turns.
enum Contestant {
    Sender(Box<(Sender, Metrics)>),
    Bare { client: reqwest::Client, url: reqwest::Url },
    Table { store: Store, batch: Vec<Settlement> },
}

/// What is done in a turn, made before the turn begins.
enum Work {
    Events(Vec<SqsEvent>),
    Posts(Vec<Post>),
    Batches(Vec<Vec<Settlement>>),
}

impl Contestant {
    /// The sender as its function makes it, but that its receiver is on this machine.
    async fn sender() -> anyhow::Result<Self> {
        let made = sender::setup::from_environment(AllowedTargets::loopback_and_http()).await;
        Ok(Self::Sender(Box::new(made.map_err(anyhow::Error::from_boxed)?)))
    }

    fn bare(target: &Target) -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "what egress is compared with; it calls this machine only"
        )]
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self::Bare { client, url: target.url.parse()? })
    }

    /// Writes the rows that `sender` wrote for a batch, again and again.
    async fn table(target: &Target, sender: &Self) -> anyhow::Result<Self> {
        let (table, aws) = (config::from_environment(Table::read)?, Aws::from_environment().await);
        let store = Store::new(aws.dynamodb(), &table.name, KeyWrapper::none());
        let mut batch = Vec::with_capacity(BATCH);
        let events = target.events(1)?;
        let bodies: Vec<_> =
            events.iter().flat_map(|event| &event.records).map(|record| record.body.clone()).collect();
        sender.work(Work::Events(events)).await?;
        for body in bodies {
            let job = Job::parse(&body.unwrap_or_default())?;
            let row = store.load_delivery(job.endpoint, job.delivery, job.occurred_at).await?;
            let row = row.filter(|row| row.delivery.delivered_at.is_some());
            let row = row.ok_or_else(|| anyhow::anyhow!("{} was not delivered", job.delivery))?;
            let expires_at = job.occurred_at.plus(Duration::from_secs(30 * 86_400));
            batch.push(Settlement { row, later_attempt: None, expires_at });
        }
        Ok(Self::Table { store, batch })
    }

    /// Microseconds of processor time for each of `count` deliveries.
    async fn turn(&self, target: &Target, count: usize) -> anyhow::Result<f64> {
        let work = self.prepare(target, count)?;
        let before = cpu::seconds(std::process::id())?;
        self.work(work).await?;
        let seconds = cpu::seconds(std::process::id())? - before;
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
        let count = count as f64;
        Ok(seconds * 1_000_000.0 / count)
    }

    fn prepare(&self, target: &Target, count: usize) -> anyhow::Result<Work> {
        Ok(match self {
            Self::Sender(_) => Work::Events(target.events(count / BATCH)?),
            Self::Bare { .. } => Work::Posts(target.posts(count)?),
            Self::Table { batch, .. } => Work::Batches(vec![batch.clone(); count / BATCH]),
        })
    }

    async fn work(&self, work: Work) -> anyhow::Result<()> {
        match (self, work) {
            (Self::Sender(function), Work::Events(events)) => {
                let (sender, metrics) = &**function;
                for event in events {
                    let answer = sender::handle(sender, metrics, event).await;
                    ensure!(answer.batch_item_failures.is_empty(), "a delivery failed");
                }
            }
            (Self::Bare { client, url }, Work::Posts(posts)) => {
                let mut posts = posts.into_iter().peekable();
                while posts.peek().is_some() {
                    let ten = posts.by_ref().take(BATCH);
                    try_join_all(ten.map(|request| post(client, url, request))).await?;
                }
            }
            (Self::Table { store, .. }, Work::Batches(batches)) => {
                for batch in batches {
                    store.settle(&batch).await?;
                }
            }
            _ => anyhow::bail!("this is another contestant's work"),
        }
        Ok(())
    }
}

async fn post(client: &reqwest::Client, url: &reqwest::Url, (headers, body): Post) -> anyhow::Result<()> {
    let answer = client.post(url.clone()).headers(headers).body(body).send().await?;
    answer.error_for_status()?.bytes().await?;
    Ok(())
}

fn count_allocations() -> anyhow::Result<Vec<(&'static str, AllocationInfo)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let target = Target::from_environment()?;
    let sender = runtime.block_on(Contestant::sender())?;
    let bare = runtime.block_on(async { Contestant::bare(&target) })?;
    let mut counted = Vec::new();
    for (name, contestant) in [("sender", sender), ("bare reqwest", bare)] {
        // Connections and what is remembered are there before it counts.
        runtime.block_on(contestant.work(contestant.prepare(&target, COUNTED)?))?;
        let work = contestant.prepare(&target, COUNTED)?;
        let mut done = Ok(());
        counted.push((name, allocation_counter::measure(|| done = runtime.block_on(contestant.work(work)))));
        done?;
    }
    Ok(counted)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn each(total: u64) -> f64 {
    total as f64 / COUNTED as f64
}

fn tell(figure: &str, value: f64, unit: &str) {
    eprintln!("{}", line(figure, value, unit));
}
