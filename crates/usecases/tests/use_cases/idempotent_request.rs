use domain::access::api_key::{ApiKeySettings, Scope};
use domain::endpoint::EndpointSettings;
use domain::problem::Problem;
use serde_json::json;
use store::rows::idempotency::CLAIM_LEASE;
use usecases::UseCaseError;
use usecases::idempotent_request::{AnswerHead, Begun, Claim, IdempotentRequest, KeptAnswer, begin};
use usecases::manage::listing::{Anchor, Rows};
use usecases::manage::manage_api_key::{create_api_key, list_api_keys};
use usecases::manage::manage_endpoint::create_endpoint;
use usecases::manage::manage_workspace::create_workspace;
use usecases::manage::management::Management;

use crate::Bench;

const REQUEST: IdempotentRequest<'static> = IdempotentRequest { key: "key", parts: [b"/path", b"", b"body"] };

async fn begun(bench: &Bench, management: &Management) -> Claim {
    match begin(&management.context, &bench.caller(), &REQUEST).await.unwrap() {
        Begun::Anew(claim) => claim,
        Begun::Before(answer) => panic!("it was answered: {answer:?}"),
    }
}

/// The API for a request under `claim`.
fn under(management: &Management, claim: &Claim) -> Management {
    let context = management.context.clone().with_claim(Some(claim.claimed));
    Management { context, ..management.clone() }
}

fn answer(status: u16) -> KeptAnswer {
    KeptAnswer { head: AnswerHead { status, headers: Vec::new() }, body: b"{}".to_vec() }
}

#[tokio::test]
async fn a_request_that_died_after_its_effect_finds_what_it_made() {
    let bench = Bench::new().await;
    // No id of this test may be that of the bench's own workspace.
    bench.advance(CLAIM_LEASE);
    let management = bench.management();
    let settings =
        || -> EndpointSettings { serde_json::from_value(json!({ "url": "https://example.com" })).unwrap() };
    let caller = bench.caller();
    let everybody = domain::access::api_key::ApiKey { workspace_id: None, ..bench.caller() };
    let key = || ApiKeySettings {
        name: "a".to_owned(),
        workspace_id: Some(bench.workspace.into()),
        scopes: vec![Scope::Webhooks],
        roles: Vec::new(),
        expires_at: None,
    };
    let make = async |claim: &Claim| {
        let management = under(&management, claim);
        let endpoint = create_endpoint(&management, &caller, None, |_| Ok(settings()), None).await.unwrap();
        let name = serde_json::from_str(r#"{"name":"a"}"#).unwrap();
        let workspace = create_workspace(&management, &everybody, name).await.unwrap();
        let (key, secret) = create_api_key(&management, &caller, key()).await.unwrap();
        (endpoint, workspace, key, secret)
    };
    let (endpoint, workspace, key, secret) = make(&begun(&bench, &management).await).await;
    let early = begin(&management.context, &caller, &REQUEST).await.unwrap_err();
    assert!(matches!(early, UseCaseError::Problem(Problem::IdempotencyKeyInProgress)));

    bench.advance(CLAIM_LEASE);
    let claim = begun(&bench, &management).await;
    let again = make(&claim).await;
    assert_eq!((again.0.id, &again.0.secrets), (endpoint.id, &endpoint.secrets));
    assert_eq!((again.1.id, again.2.id), (workspace.id, key.id));
    // What the first key's holder would send is known to nobody.
    assert_ne!(again.3.digest(), secret.digest());
    let keys =
        list_api_keys(&management, &caller, None, Rows { anchor: Anchor::First, limit: 9 }).await.unwrap();
    assert_eq!(keys.rows.len(), 1);
    assert!(bench.store.find_api_key(&secret.digest()).await.unwrap().is_none());

    claim.end(&management.context, &answer(201)).await;
    let Begun::Before(kept) = begin(&management.context, &caller, &REQUEST).await.unwrap() else { panic!() };
    assert_eq!(kept, answer(201));
}

#[tokio::test]
async fn a_refused_request_leaves_no_claim_and_a_failed_one_is_taken_over_at_once() {
    let bench = Bench::new().await;
    let management = bench.management();
    let first = begun(&bench, &management).await;
    let id = first.claimed.id;
    first.end(&management.context, &answer(500)).await;
    let second = begun(&bench, &management).await;
    assert_eq!((second.claimed.id, second.claimed.is_resumed), (id, true));
    second.end(&management.context, &answer(422)).await;
    let third = begun(&bench, &management).await;
    assert!(third.claimed.id != id && !third.claimed.is_resumed);
    let large = KeptAnswer { body: vec![b' '; 400 * 1024], ..answer(200) };
    third.end(&management.context, &large).await;
    assert!(!begun(&bench, &management).await.claimed.is_resumed, "what cannot be kept is carried out again");
}
