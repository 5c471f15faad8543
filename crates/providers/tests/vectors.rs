//! Do the adapters agree with what the providers publish?
//! Official vectors: values from the providers' own SDKs and documentation, and refusals derived from them. Each row of
//! `vectors.json` names its source.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

fn agree(of: &[&str]) {
    let results = providers::vectors::run(include_str!("vectors.json")).unwrap();
    let mine = results.iter().filter(|result| of.iter().any(|provider| result.id.starts_with(provider)));
    let mine: Vec<_> = mine.collect();
    assert!(!mine.is_empty(), "no vector of {of:?}");
    let wrong =
        mine.iter().filter_map(|result| Some(format!("{}: {}", result.id, result.disagreement.as_ref()?)));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {} disagree:\n{}", wrong.len(), mine.len(), wrong.join("\n"));
}

macro_rules! vectors {
    ($($name:ident: $($prefix:literal)*;)*) => {
        $(#[test]
        fn $name() {
            agree(&[$($prefix),*]);
        })*

        #[test]
        fn every_vector_belongs_to_a_test() {
            let known = [$($($prefix),*),*];
            for result in providers::vectors::run(include_str!("vectors.json")).unwrap() {
                assert!(known.iter().any(|prefix| result.id.starts_with(prefix)), "{}", result.id);
            }
        }
    };
}

vectors! {
    sendgrid: "sendgrid-";
    twilio: "twilio-";
    meta_whatsapp: "meta_whatsapp-";
    messagebird: "messagebird-";
    aws_sns: "aws_sns-";
    vonage: "vonage-";
    plivo: "plivo-";
    standard_webhooks: "standard_webhooks-" "svix-";
    stripe: "stripe-";
    github: "github-";
    shopify: "shopify-";
    slack: "slack-";
    mailgun: "mailgun-";
    gupshup: "gupshup-";
}

/// Every refusal of the file, with the reason that its row names in other words.
const REASONS: [(&str, &str); 51] = [
    ("sendgrid-event_webhook-002", "signature_mismatch"),
    ("sendgrid-event_webhook-004", "signature_mismatch"),
    ("sendgrid-event_webhook-006", "signature_mismatch"),
    ("twilio-x_twilio_signature-008", "signature_malformed"),
    ("twilio-x_twilio_signature-024", "signature_mismatch"),
    ("twilio-x_twilio_signature-026", "signature_mismatch"),
    ("meta_whatsapp-x_hub_signature_256-028", "signature_mismatch"),
    ("meta_whatsapp-verify_challenge-030", "verify_token_mismatch"),
    ("messagebird-signature_jwt-046", "timestamp_in_future"),
    ("messagebird-signature_jwt-048", "token_refused"),
    ("messagebird-signature_jwt-050", "token_refused"),
    ("messagebird-signature_jwt-052", "token_refused"),
    ("messagebird-signature_jwt-054", "signature_mismatch"),
    ("messagebird-signature_jwt-056", "token_refused"),
    ("messagebird-signature_jwt-058", "token_refused"),
    ("messagebird-signature_jwt-060", "token_refused"),
    ("messagebird-signature_jwt-062", "token_refused"),
    ("messagebird-signature_jwt-064", "token_refused"),
    ("messagebird-legacy_hmac-077", "signature_mismatch"),
    ("aws_sns-sns_message-085", "signature_mismatch"),
    ("aws_sns-sns_message-087", "signature_mismatch"),
    ("aws_sns-sns_message-089", "certificate_url_refused"),
    ("aws_sns-sns_message-091", "certificate_url_refused"),
    ("aws_sns-sns_message-093", "certificate_url_refused"),
    ("aws_sns-sns_message-095", "certificate_url_refused"),
    ("vonage-signed_webhook_jwt-097", "signature_mismatch"),
    ("vonage-signed_webhook_jwt-100", "signature_mismatch"),
    ("vonage-signed_webhook_jwt-103", "signature_mismatch"),
    ("vonage-legacy_sig-114", "signature_mismatch"),
    ("plivo-v2-117", "signature_mismatch"),
    ("plivo-v3-126", "signature_mismatch"),
    ("standard_webhooks-standard_webhooks-130", "signature_malformed"),
    ("standard_webhooks-standard_webhooks-132", "signature_mismatch"),
    ("standard_webhooks-standard_webhooks-134", "timestamp_in_future"),
    ("standard_webhooks-standard_webhooks-136", "timestamp_missing"),
    ("svix-standard_webhooks-141", "signature_malformed"),
    ("svix-standard_webhooks-143", "signature_mismatch"),
    ("svix-standard_webhooks-145", "timestamp_in_future"),
    ("svix-standard_webhooks-147", "timestamp_missing"),
    ("standard_webhooks-standard_webhooks-150", "signature_mismatch"),
    ("svix-standard_webhooks-152", "signature_mismatch"),
    ("stripe-stripe_signature-154", "timestamp_too_old"),
    ("stripe-stripe_signature-156", "signature_malformed"),
    ("stripe-stripe_signature-158", "timestamp_missing"),
    ("stripe-stripe_signature-160", "timestamp_missing"),
    ("stripe-stripe_signature-162", "timestamp_missing"),
    ("github-x_hub_signature_256-166", "signature_malformed"),
    ("shopify-x_shopify_hmac_sha256-172", "signature_malformed"),
    ("slack-v0-174", "signature_mismatch"),
    ("mailgun-body_signature_json-178", "signature_mismatch"),
    ("gupshup-static_header-180", "signature_mismatch"),
];

#[test]
fn each_refusal_has_the_right_reason() {
    let results = providers::vectors::run(include_str!("vectors.json")).unwrap();
    let refused = results.iter().filter_map(|result| Some((result.id.clone(), result.reason?.as_str())));
    let expected = REASONS.map(|(id, reason)| (id.to_owned(), reason.to_owned()));
    assert_eq!(refused.collect::<Vec<_>>(), expected);
}
