//! The ingest function: sets up once, runs.

use lambda_http::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let (intake, metrics) = ingest::setup::from_environment().await?;
    let router = ingest::router(intake, metrics.clone());
    lambda_http::run(lambda_kit::http_api::finish(router, metrics)).await
}
