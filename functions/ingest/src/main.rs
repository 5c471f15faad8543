//! The ingest function: sets up once, runs.

use lambda_http::Error;

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let (intake, metrics) = ingest::setup::from_environment().await?;
    http_kit::lambda::run(ingest::router(intake), metrics).await
}
