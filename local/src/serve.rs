//! What does `cargo local` do without a command?
//! It serves the API until Ctrl-C, with a graceful shutdown, and prints a first command to try.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use api::client::ApiClient;
use domain::id::EndpointId;
use domain::signing::secret::Secret;
use egress::Lookup;
use usecases::{Clock, Randomness};

use crate::catalogues;
use crate::console::Console;
use crate::console::greeting::greeting;
use crate::data_dir::DataDir;
use crate::first_run::{Beginnings, Receiver, prepare};
use crate::http::RECEIVER_PATH;
use crate::options::Options;
use crate::platform::{Platform, Setup};
use crate::samples;

/// The file with the environment in which the functions' own binaries run against the emulated AWS: `cargo lambda watch
/// --env-file`.
const ENVIRONMENT_FILE: &str = "aws.env";

/// Runs until Ctrl-C.
///
/// # Errors
/// When the platform cannot be started.
pub async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let console = Console::init(options.log);
    let data = if options.memory { None } else { Some(DataDir::open(&options.data)?) };
    let clock = Clock::system();
    let setup = Setup {
        data: data.as_ref(),
        durability: options.durability(),
        listen: options.listen,
        port: options.port,
        targets: options.targets(),
        names: Lookup::system(),
        endpoint_defaults: options.endpoint_defaults.clone().unwrap_or_default(),
        clock: clock.clone(),
        observer: None,
        traces: lambda_kit::otlp::from_environment(),
        console: console_dir(options)?,
    };
    let targets = setup.targets;
    let platform = Platform::start(setup).await?;
    let prepared = prepare(&platform.store, data.as_ref(), options.admin_key.as_deref(), &clock).await;
    let beginnings = match prepared {
        Ok(beginnings) => beginnings,
        Err(error) => {
            // In order: the schedule, cut off in its first minute, would log faults beside the one message.
            platform.stop().await;
            return Err(error);
        }
    };
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    if let Some(warning) = catalogues::import_if_wanted(data.as_ref(), beginnings.is_new, &api).await? {
        eprintln!("{warning}");
    }
    if let Some(data) = &data {
        data.write_private(ENVIRONMENT_FILE, &platform.aws.environment(&platform.queue, data))?;
    }
    let url = format!("{}{RECEIVER_PATH}", platform.url());
    let receiver = Receiver { store: &platform.store, url: &url, targets: &targets };
    // Endpoints may be on loopback; another address of this machine is private like any other.
    let reachable = !options.strict && (options.listen.is_loopback() || options.listen.is_unspecified());
    let received = reachable && set_up_receiver(options, receiver, &beginnings, &clock).await?;
    let console_url = platform.console_url(&beginnings.admin_key).await?;
    print!("{}", greeting(options, (&platform.url(), &console_url), &beginnings, received));
    console.print(platform.cache.clone(), clock);

    stop_signal().await?;
    eprintln!("\nStopping: waiting for deliveries under way. Ctrl-C again stops at once.");
    tokio::select! {
        () = platform.stop() => Ok(ExitCode::SUCCESS),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(130)),
    }
}

/// The folder that the console is served from, if it is not the one that was built in.
fn console_dir(options: &Options) -> anyhow::Result<Option<Arc<Path>>> {
    let Some(folder) = &options.console_dir else { return Ok(None) };
    if !folder.join("index.html").is_file() {
        bail!(
            "{} has no index.html. --console-dir takes the folder console/ of the repository.",
            folder.display()
        );
    }
    Ok(Some(folder.as_path().into()))
}

/// Gives the built-in receiver its endpoints; whether the workspace has one.
async fn set_up_receiver(
    options: &Options,
    receiver: Receiver<'_>,
    beginnings: &Beginnings,
    clock: &Clock,
) -> anyhow::Result<bool> {
    let (now, randomness) = (clock.now(), Randomness::system());
    if beginnings.is_new && !options.no_receiver {
        let (id, secret) = (EndpointId::new(now, randomness.id()), Secret::new(&randomness.bytes()));
        receiver.endpoint(beginnings.workspace, id, secret, now).await?;
    }
    if options.samples {
        samples::prepare(&receiver, clock).await?;
    }
    receiver.follow(beginnings.workspace, now).await
}

/// Waits for Ctrl-C, or for the signal by which a container is stopped.
async fn stop_signal() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
