//! Does a source work?
//! A sample: a request as the provider would make it, signed with the source's own secret, and sent to its real public
//! address. It becomes an event like any other.
//!
//! A provider that signs with its own private key gets a key pair for this one sample. Its public half is a secret of
//! the source for a minute, and the private half is forgotten at once.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::id::{ReceivedRequestId, SourceId};
use domain::policy::outcome::Outcome;
use domain::problem::Problem;
use domain::source::scheme::Scheme;
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::{ADDRESS_PATH, Source};
use domain::timestamp::Timestamp;
use egress::{Reply, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use providers::adapter::Setup;
use providers::sample::{Draft, Sample};

use crate::act::actions::Actions;
use crate::error::{Fault, UseCaseError};
use crate::manage::manage_source::find_source;

/// How long the key of a sample is in force.
const KEY_TTL: Duration = Duration::from_secs(60);
/// Longer than the receiving function takes, and short enough for the caller's 30 s.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Names the received request in the answer.
const RECEIVED: &str = "x-posthorn-request";

/// A sample that was sent, and what was answered.
#[derive(Debug)]
pub struct SampleSent {
    /// The source.
    pub source: Source,
    /// The address that it was sent to, with its query.
    pub url: String,
    /// The request.
    pub sample: Sample,
    /// What came back.
    pub reply: Reply,
    /// The received request that it became.
    pub received: Option<ReceivedRequestId>,
}

/// Sends a sample to a source.
///
/// # Errors
/// [`Problem::NotFound`] when the source does not exist; [`Problem::ChangedMeanwhile`] when it is being changed;
/// [`Problem::MissingScope`] without `sources`.
pub async fn send_sample(
    actions: &Actions,
    caller: &ApiKey,
    source: SourceId,
) -> Result<SampleSent, UseCaseError> {
    // 1. Make the sample.
    let context = &actions.context;
    let source = find_source(context, caller, Scope::Sources, source).await?;
    let now = context.clock.now();
    let address = source.address(&actions.public_url);
    let setup = Setup::of(&source, now);
    let draft = Draft { setup: &setup, url: &address, now, randomness: context.randomness.bytes() };
    let sample = providers::sample(source.settings.provider, &draft);

    // 2. The source trusts the sample's key for a minute.
    let change = Change::of_source(Action::SourceSampleSent, &source, Changes::asked_for([]));
    let entry = context.entry(caller, change);
    match &sample.secret {
        None => context.store.save_audit_entry(&entry).await?,
        Some(secret) => {
            let trusting = with_sample_key(source.clone(), secret, now);
            if !context.store.save_source(&trusting, Some(&entry)).await? {
                return Err(Problem::ChangedMeanwhile.into());
            }
            context.cache.forget_source(&source).await;
        }
    }

    // 3. Send it. The guard of the client decides whether the address may be called.
    let url = format!("{}{}", address_to_call(&source, &actions.public_url, address), sample.query);
    let target = EndpointUrl::parse(&url, &AllowedTargets::loopback_and_http());
    let target =
        target.map_err(|error| Problem::invalid("/public_base_url", format!("cannot be called: {error}")))?;
    let request = Request {
        method: Method::from_bytes(sample.method.as_bytes()).unwrap_or(Method::POST),
        url: &target,
        headers: headers(&sample)?,
        body: sample.body.clone().into(),
        timeout: TIMEOUT,
    };
    let reply = actions.egress.post(request).await;
    let received = received(&reply);
    Ok(SampleSent { source, url, sample, reply, received })
}

/// A header with a fixed value is sent to this installation only: a caller who may set `public_base_url` may not read the secret.
fn address_to_call(source: &Source, public_url: &str, address: String) -> String {
    match source.settings.scheme() {
        Scheme::StaticHeader => format!("{public_url}{ADDRESS_PATH}{}", source.token.reveal()),
        _ => address,
    }
}

/// The key of an earlier sample ends: a source has one at most.
fn with_sample_key(mut source: Source, key: &str, now: Timestamp) -> Source {
    source.secrets.retain(|secret| !secret.is_sample);
    source.secrets.push(SourceSecret {
        secret: ProviderSecret::new(key),
        created_at: now,
        expires_at: Some(now.plus(KEY_TTL)),
        is_sample: true,
    });
    source.revision += 1;
    source
}

fn headers(sample: &Sample) -> Result<HeaderMap, Fault> {
    let broken = |_| Fault::Broken("a sample has an invalid header".to_owned());
    let mut headers = HeaderMap::with_capacity(sample.headers.len());
    for (name, value) in &sample.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| broken(()))?;
        headers.append(name, HeaderValue::try_from(value.as_str()).map_err(|_| broken(()))?);
    }
    Ok(headers)
}

fn received(reply: &Reply) -> Option<ReceivedRequestId> {
    let Outcome::Answered(answer) = &reply.outcome else { return None };
    let (_, id) = answer.headers.iter().find(|(name, _)| name == RECEIVED)?;
    id.parse().ok()
}
