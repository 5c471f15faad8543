//! What does `cargo local` do without a command?
//! It serves the API until Ctrl-C, with a graceful shutdown, and prints a first command to try.

use std::process::ExitCode;

use usecases::Clock;

use crate::data_dir::DataDir;
use crate::emulated_aws::TABLE;
use crate::first_run::{Beginnings, prepare};
use crate::options::Options;
use crate::platform::{Platform, Setup};

/// The log filter. The embedded DynamoDB logs a warning for every failed condition, which is a normal answer.
const LOG: &str = "info,dynoxide=error";

/// The file with the environment in which the functions' own binaries run against the emulated AWS: `cargo lambda watch
/// --env-file`.
const ENVIRONMENT_FILE: &str = "aws.env";

/// Runs until Ctrl-C.
///
/// # Errors
/// When the platform cannot be started.
pub async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    lambda_kit::logging::init_local(LOG);
    let data = if options.memory { None } else { Some(DataDir::open(&options.data)?) };
    let clock = Clock::system();
    let setup = Setup {
        data: data.as_ref(),
        port: options.port,
        clock: clock.clone(),
        observer: None,
        traces: lambda_kit::otlp::from_environment(),
    };
    let platform = Platform::start(setup).await?;
    let beginnings = prepare(&platform.store, data.as_ref(), options.admin_key.as_deref(), &clock).await?;
    let kept = if options.memory { "in memory".to_owned() } else { options.data.display().to_string() };
    if let Some(data) = &data {
        data.write_private(ENVIRONMENT_FILE, &platform.aws.environment(&platform.queue, data))?;
    }
    print!("{}", greeting(&platform, &beginnings, &kept));

    tokio::signal::ctrl_c().await?;
    eprintln!("\nStopping: waiting for deliveries under way. Ctrl-C again stops at once.");
    tokio::select! {
        () = platform.stop() => Ok(ExitCode::SUCCESS),
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(130)),
    }
}

fn greeting(platform: &Platform, beginnings: &Beginnings, kept: &str) -> String {
    let (url, key, workspace) = (platform.url(), beginnings.admin_key.reveal(), beginnings.workspace);
    let (dynamodb, sqs) = (platform.aws.dynamodb.endpoint_url(), platform.aws.sqs.endpoint_url());
    let queue_url = platform.queue.url();
    let dead_letters = platform.queue.dead_letter_url().unwrap_or("-");
    format!(
        "\nPosthorn {version}, local mode\n\n  \
         API        {url}\n  \
         API key    {key}\n  \
         workspace  {workspace}\n  \
         data       {kept}\n\n  \
         DynamoDB   {dynamodb}  (table {TABLE})\n  \
         SQS        {sqs}\n  \
         jobs       {queue_url}\n  \
         dead       {dead_letters}\n\n\
         Send an event:\n\n  \
         curl -sS {url}/v1/events -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \
         -d '{{\"workspace_id\":\"{workspace}\",\"type\":\"invoice.paid\",\"data\":{{\"amount\":4200}}}}'\n\n\
         Ctrl-C stops.\n\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}
