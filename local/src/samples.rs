//! What must exist so that the sample events of `events/` are accepted?
//! Fixtures with fixed ids: a workspace, an endpoint, an API key, and sources of five providers.

use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings};
use domain::access::workspace::Workspace;
use domain::id::ApiKeyId;
use domain::signing::secret::Secret;
use domain::source::Source;
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::token::SourceToken;
use domain::timestamp::Timestamp;
use serde_json::{Value, json};
use usecases::Clock;

use crate::first_run::{Receiver, save_key, save_workspace, settings_of_workspace};

/// The workspace of the samples.
pub const WORKSPACE: &str = "ws_01JZZZZZZZZZZZZZZZZZZZZZ01";
/// Its endpoint.
pub const ENDPOINT: &str = "we_01JZZZZZZZZZZZZZZZZZZZZZ02";
/// The API key with access to the workspace. Everybody knows it, so it exists in local mode only.
pub const KEY: &str = "phk_local-development-key-for-sample-events-01";

/// A source of the samples. Everybody knows its address and its secret, too.
struct SampleSource {
    id: &'static str,
    provider: &'static str,
    /// The last part of its address.
    token: &'static str,
    secret: Option<&'static str>,
    options: Value,
}

/// The address of the API in the samples: some providers sign the URL that they call.
const BASE: &str = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

fn sources() -> [SampleSource; 5] {
    [
        SampleSource {
            id: "src_01JZZZZZZZZZZZZZZZZZZZZZ05",
            provider: "twilio_sms",
            token: "local-development-address-twilio",
            secret: Some("12345678901234567890123456789012"),
            options: json!({}),
        },
        SampleSource {
            id: "src_01JZZZZZZZZZZZZZZZZZZZZZ06",
            provider: "meta_whatsapp",
            token: "local-development-address-meta",
            secret: Some("0123456789abcdef0123456789abcdef"),
            options: json!({ "verify_token": "local-development" }),
        },
        SampleSource {
            id: "src_01JZZZZZZZZZZZZZZZZZZZZZ07",
            provider: "sendgrid",
            token: "local-development-address-sendgrid",
            secret: Some(SENDGRID_KEY),
            options: json!({}),
        },
        SampleSource {
            id: "src_01JZZZZZZZZZZZZZZZZZZZZZ08",
            provider: "aws_ses",
            token: "local-development-address-sns",
            secret: None,
            options: json!({ "topic_arns": ["arn:aws:sns:eu-central-1:123456789012:ses-events"] }),
        },
        SampleSource {
            id: "src_01JZZZZZZZZZZZZZZZZZZZZZ09",
            provider: "sendgrid_inbound_parse",
            token: "local-development-address-inbound-parse",
            secret: None,
            options: json!({}),
        },
    ]
}

/// The public half of the key that the batch of `events/inbound/sendgrid-batch.json` is signed with.
const SENDGRID_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEc/gM9K7LMMRpPe+ANraOHc6iR1OZ+RDxntwycQQ1AoOSeGzAqgx1A2liZDThuEKGW7l5ChA5m/TLntv54wZ7Eg==";

impl SampleSource {
    fn source(self, now: Timestamp) -> anyhow::Result<Source> {
        // The only one here whose scheme is not its provider's first.
        let scheme = (self.provider == "sendgrid_inbound_parse").then_some("address_only");
        let settings = json!({
            "name": format!("{} samples", self.provider), "provider": self.provider, "scheme": scheme,
            "public_base_url": BASE, "options": self.options,
        });
        let secret = self.secret.map(|text| SourceSecret::current(ProviderSecret::new(text), now));
        Ok(Source {
            id: self.id.parse()?,
            workspace_id: WORKSPACE.parse()?,
            token: SourceToken::of_path(self.token),
            settings: serde_json::from_value(settings)?,
            secrets: secret.into_iter().collect(),
            revision: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

/// Creates what is missing. The endpoint sends to `receiver`.
///
/// # Errors
/// When the table cannot be used.
pub async fn prepare(receiver: &Receiver<'_>, clock: &Clock) -> anyhow::Result<()> {
    let (store, now) = (receiver.store, clock.now());
    let workspace = WORKSPACE.parse()?;
    if store.load_workspace(workspace).await?.is_none() {
        anyhow::ensure!(
            !store.is_workspace_being_deleted(workspace).await?,
            "the workspace of the samples was deleted, and its rows are still being deleted. Start without --samples, and \
             with it some minutes later."
        );
        save_workspace(store, &Workspace::new(workspace, settings_of_workspace("samples"), now)).await?;
    }
    let secret = ApiKeySecret::parse(KEY)?;
    if store.find_api_key(&secret.digest()).await?.is_none() {
        let settings = ApiKeySettings::admin_of_all("samples");
        let key = ApiKey::new(ApiKeyId::new(now, 1), Some(workspace), settings, now);
        save_key(store, &key, &secret).await?;
    }
    for sample in sources() {
        let source = sample.source(now)?;
        if store.load_source(source.key()).await?.is_none() {
            store.create_source(&source, None).await?;
        }
    }
    receiver.endpoint(workspace, ENDPOINT.parse()?, Secret::new(&[1; 32]), now).await
}
