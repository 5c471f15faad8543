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
