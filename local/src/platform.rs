//! What runs in local mode?
//! The composition root: every function's handler around the embedded AWS, wired as in the template.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{anyhow, bail};
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::api_key::ApiKeySecret;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::timestamp::Timestamp;
use egress::{Egress, Lookup};
use embedded_aws::Durability;
use futures_util::FutureExt as _;
use lambda_kit::metrics::Metrics;
use mail::Mailer;
use queue::Queue;
use store::Store;
use store::sealing::KeyBytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use usecases::accept::sweep::owe_sweeps;
use usecases::act::actions::Actions;
use usecases::act::schemas::Schemas;
use usecases::deliver::attempt_delivery::Sender;
use usecases::login::sessions::one_time_token;
use usecases::manage::management::Management;
use usecases::receive::receiving::Receiving;
use usecases::recover::drain::go_on_with_drains;
use usecases::replay::replay_window::go_on_with_replays;
use usecases::{Cache, Clock, Context, Intake, Randomness, Traces, Window};

use crate::data_dir::{DATA_KEY_FILE, DataDir};
use crate::emulated_aws::EmulatedAws;
use crate::event_source_mapping::{self, Handler};
use crate::http;
use crate::http::console_dir::ConsoleDir;
use crate::observe::{Observer, Watch};

const MINUTE: Duration = Duration::from_secs(60);

/// The running platform.
#[derive(Debug)]
pub struct Platform {
    /// The emulators of DynamoDB and SQS.
    pub aws: EmulatedAws,
    /// The table of all functions.
    pub store: Store,
    /// The jobs queue, with its dead-letter queue and the tasks queue.
    pub queue: Queue,
    /// The address on which the API answers.
    pub address: SocketAddr,
    /// What all functions have cached.
    pub(crate) cache: Cache,
    worker: Context,
    intake: Intake,
    sender: Arc<Sender>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// The parameters of the platform.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The folder that keeps the data; `None` to keep it in memory.
    pub data: Option<&'a DataDir>,
    /// When a write to the folder is durable.
    pub durability: Durability,
    /// Address of the API.
    pub listen: IpAddr,
    /// Port of the API; 0 takes any free port.
    pub port: u16,
    /// The targets that endpoints may have.
    pub targets: AllowedTargets,
    /// How the names of their hosts are looked up.
    pub names: Lookup,
    /// The installation's default settings of endpoints.
    pub endpoint_defaults: EndpointDefaults,
    /// The clock of all functions and emulators.
    pub clock: Clock,
    /// The observer of the AWS actions that each function calls.
    pub observer: Option<Observer>,
    /// The tracer of all functions.
    pub traces: Traces,
    /// The folder that the console is served from, in place of the files that were built in.
    pub console: Option<Arc<Path>>,
}

/// In memory, on any free port of this machine. Loopback and plain http are allowed, because the receivers of local mode
/// are on this machine.
impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            data: None,
            durability: Durability::default(),
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            targets: AllowedTargets::loopback_and_http(),
            names: Lookup::system(),
            endpoint_defaults: EndpointDefaults::default(),
            clock: Clock::system(),
            observer: None,
            traces: Traces::default(),
            console: None,
        }
    }
}

/// What the last process may have cut off when it ended: the events of its last two minutes. After an orderly end there
/// are none, and the sweep finds none.
fn cut_off(data: &DataDir) -> Option<Window> {
    let written = data.last_written()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let written = Timestamp::from_millis(i64::try_from(written.as_millis()).ok()?);
    Some(Window { since: written.minus(2 * MINUTE), until: written.plus(MINUTE) })
}

/// Does the work of the template's schedule once a minute.
async fn schedule(worker: Context, intake: Intake, sender: Arc<Sender>, mut stop: watch::Receiver<bool>) {
    let mut minutes = tokio::time::interval(MINUTE);
    loop {
        tokio::select! {
            _ = minutes.tick() => {}
            _ = stop.changed() => return,
        }
        if let Err(fault) = sender.flush_if_due().await {
            tracing::error!(error = lambda_kit::logging::chain(&fault), "statistics could not be written");
        }
        intake.write_interrupted().await;
        if let Err(fault) = maintenance::tick(&worker).await {
            tracing::error!(
                error = lambda_kit::logging::chain(&fault),
                "schedule failed; it runs again in a minute"
            );
        }
    }
}

/// The handler of the jobs queue's event source mapping: the sender.
fn jobs(sender: &Arc<Sender>) -> Handler {
    let sender = Arc::clone(sender);
    Arc::new(move |event| {
        let sender = Arc::clone(&sender);
        async move { sender::handle(&sender, &Metrics::none(), event).await }.boxed()
    })
}

/// The handler of the tasks queue's event source mapping: the maintenance function.
fn tasks(worker: &Context) -> Handler {
    let worker = worker.clone();
    Arc::new(move |event| {
        let context = worker.clone();
        async move { maintenance::handle(&context, &Metrics::none(), event).await }.boxed()
    })
}

/// The key that seals secrets: from a file of the data folder, created on the first run; without a folder, a new key
/// for this process only.
fn data_key(data: Option<&DataDir>) -> anyhow::Result<KeyBytes> {
    let new: KeyBytes = Randomness::system().bytes();
    let Some(data) = data else { return Ok(new) };
    match data.read(DATA_KEY_FILE)? {
        Some(text) => lambda_kit::data_key::parse(&text).map_err(|_| {
            let path = data.data_key();
            anyhow!(
                "the file {} is damaged, and the endpoints' secrets cannot be read without it. Put back a copy of it, or \
                 begin with another folder: --data DIR.",
                path.display()
            )
        }),
        None if data.last_written().is_some() => {
            bail!(
                "the folder has data, but its file {} is missing, and the endpoints' secrets cannot be read without it. \
                 Put back a copy of it, or begin with another folder: --data DIR.",
                data.data_key().display()
            )
        }
        None => {
            data.write_private(DATA_KEY_FILE, &STANDARD.encode(new))?;
            Ok(new)
        }
    }
}

/// Drains and replays of the last process go on: it will not finish its steps, nor send their tasks.
async fn go_on(worker: &Context) -> anyhow::Result<()> {
    worker.store.release_leases().await?;
    let going_on = go_on_with_drains(worker).await? + go_on_with_replays(worker).await?;
    if going_on > 0 {
        tracing::info!(going_on, "drains and replays of the last run go on");
    }
    Ok(())
}

/// E-mails go to the mailbox of this process. There are none where endpoints may not be on this machine: in strict mode,
/// as where no address to send from is configured.
fn mailbox(api: SocketAddr, targets: &AllowedTargets) -> Option<Mailer> {
    let url = format!("{}{}", http::base_url(api), http::mailbox::PATH);
    let url = EndpointUrl::parse(&url, targets).ok()?;
    Some(Mailer::to_stand_in(http::mailbox::FROM.to_owned(), url))
}

/// The routes of the functions that answer requests.
fn routes(
    management: Management,
    egress: &Egress,
    context: &impl Fn(&'static str) -> Context,
    intake: Intake,
    console: Option<Arc<Path>>,
) -> Router {
    let (egress, public_url) = (egress.clone(), Arc::clone(&management.public_url));
    let actions =
        Actions::new(context("actions"), egress.clone(), Arc::clone(&public_url), Schemas::json_schema());
    let receiving = Receiving::new(Intake::new(context("inbound")), egress, public_url);
    let definitions = Management { context: context("definitions"), ..management.clone() };
    let management = match console {
        None => management::router(management),
        Some(folder) => management::router_with(management, ConsoleDir(folder)),
    };
    ingest::router(intake)
        .merge(management)
        .merge(definitions::router(definitions))
        .merge(actions::router(actions))
        .merge(inbound::router(receiving))
}

impl Platform {
    /// Starts everything; when this returns, the API answers.
    ///
    /// # Errors
    /// When a file or a port cannot be opened.
    pub async fn start(setup: Setup<'_>) -> anyhow::Result<Self> {
        // 1. The port first: if it is taken, nothing else is touched.
        let listener = http::listen(setup.listen, setup.port).await?;
        let address = http::address(&listener)?;

        // 2. The emulated AWS, with the table and the queues. Whether there is data is asked before it makes its files.
        let data_key = data_key(setup.data)?;
        let clock = setup.clock.clone();
        let emulators_clock = embedded_aws::Clock::new(move || clock.now().as_millis());
        let cut_off = setup.data.and_then(cut_off);
        let aws = EmulatedAws::start(setup.data, setup.durability, emulators_clock).await?;
        let store = aws.store(data_key).await?;
        let queue = aws.queue().await?;

        // 3. The functions. They share one cache, so that a change takes effect at once.
        let mailer = mailbox(address, &setup.targets);
        let targets = setup.targets.with_mail(mailer.is_some());
        let endpoint_defaults = setup.endpoint_defaults;
        let egress = Egress::with_lookup(targets, setup.names)?;
        let (cache, randomness) = (Cache::new(store.clone()), Randomness::system());
        let context = |function| {
            let (store, queue) = match &setup.observer {
                None => (store.clone(), queue.clone()),
                Some(observer) => {
                    let watch = Watch { function, observer: observer.clone() };
                    (aws.store_of(data_key, &watch), aws.queue_of(&queue, &watch))
                }
            };
            Context::new(store.clone(), queue)
                .with_cache(cache.clone().with_store(store))
                .with_clock_and_randomness(setup.clock.clone(), randomness.clone())
                .with_traces(setup.traces.clone())
                .with_mailer(mailer.clone())
        };
        let intake = Intake::new(context("ingest"));
        let public_url: Arc<str> = http::base_url(address).into();
        let management = Management {
            context: context("management"),
            targets,
            endpoint_defaults,
            public_url: Arc::clone(&public_url),
        };
        let routes = routes(management, &egress, &context, intake.clone(), setup.console);
        let sender = Arc::new(Sender::new(context("sender"), egress));
        let worker = context("maintenance");
        if let Some(window) = cut_off {
            owe_sweeps(&worker, window).await?;
        }
        go_on(&worker).await?;

        // 4. The API, an event source mapping for each queue, and the schedule.
        let (stop, stopped) = watch::channel(false);
        let here = http::here::text(&http::base_url(address), setup.data, &aws, &queue);
        let routes = http::routes(routes, here);
        let tasks_url = queue.tasks_url().unwrap_or_default();
        let jobs = event_source_mapping::run(aws.sqs.consumer(queue.url()), jobs(&sender), stopped.clone());
        let tasks = event_source_mapping::run(aws.sqs.consumer(tasks_url), tasks(&worker), stopped.clone());
        let tasks = vec![
            tokio::spawn(http::serve(listener, routes, stopped.clone())),
            tokio::spawn(jobs),
            tokio::spawn(tasks),
            tokio::spawn(schedule(worker.clone(), intake.clone(), Arc::clone(&sender), stopped)),
        ];
        Ok(Self { aws, store, queue, cache, worker, intake, sender, address, stop, tasks })
    }

    /// Writes the statistics that are still in memory.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn flush(&self) -> anyhow::Result<()> {
        Ok(self.sender.flush().await?)
    }

    /// Does the work of the schedule now.
    ///
    /// # Errors
    /// When the table or the queue cannot be used.
    pub async fn tick(&self) -> anyhow::Result<()> {
        self.intake.write_interrupted().await;
        Ok(maintenance::tick(&self.worker).await?)
    }

    /// The address of the console that logs in once, with this API key.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn console_url(&self, key: &ApiKeySecret) -> anyhow::Result<String> {
        let token = one_time_token(&self.worker, key).await?;
        Ok(format!("{}/console/#once={}", self.url(), token.reveal()))
    }

    /// The base URL of the API.
    pub fn url(&self) -> String {
        http::base_url(self.address)
    }

    /// Stops accepting requests and receiving jobs, and waits for those under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "background task of local mode failed");
            }
        }
        if let Err(fault) = self.sender.flush().await {
            tracing::error!(error = lambda_kit::logging::chain(&fault), "statistics could not be written");
        }
    }
}
