//! Are actions kept with their endpoints, and invocations with their content?

use domain::access::actor::Actor;
use domain::action::invocation::{Content, Invocation, InvocationStatus, Invoker, Response};
use domain::action::{Action, ActionSettings, Effect};
use domain::audit::changes::Changes;
use domain::audit::{AuditEntry, Change};
use domain::endpoint::Endpoint;
use domain::endpoint::purpose::Purpose;
use domain::id::{ApiKeyId, AuditEntryId, EndpointId, EndpointKey, InvocationId};
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use serde_json::json;
use store::rows::actions::ActionCreated;
use store::rows::invocations::InvocationFilter;
use store::{Listing, Window};

use crate::{DAY, every_page, now, table, workspace};

pub(crate) fn action(number: u8) -> Action {
    let settings: ActionSettings = serde_json::from_value(json!({
        "name": format!("action_{number}"), "url": "https://crm.example.com/a", "headers": { "X-Token": "hush-hush" },
        "roles": ["support"],
    }))
    .unwrap();
    let endpoint = Endpoint {
        id: EndpointId::new(now(), number.into()),
        workspace_id: workspace(1),
        purpose: Purpose::Action,
        url: settings.url_template().unwrap().base().clone(),
        settings: settings.endpoint_settings().unwrap(),
        secrets: vec![ActiveSecret { secret: Secret::new(&[number; 32]), expires_at: None }],
        disabled: None,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    };
    Action { settings, endpoint, revision: 1, created_at: now(), updated_at: now() }
}

#[tokio::test]
async fn an_action_is_written_changed_and_deleted_with_its_endpoint() {
    let table = table().await;
    let (store, first) = (&table.store, action(1));
    assert_eq!(store.create_action(&first, 10, None).await.unwrap(), ActionCreated::Done);
    assert_eq!(store.load_action(workspace(1), first.name()).await.unwrap(), Some(first.clone()));
    assert_eq!(store.load_action(workspace(2), first.name()).await.unwrap(), None);
    let same_name = Action { endpoint: action(2).endpoint, ..first.clone() };
    assert_eq!(store.create_action(&same_name, 10, None).await.unwrap(), ActionCreated::NameTaken);
    let other = EndpointKey::new(workspace(1), same_name.endpoint.id);
    assert_eq!(store.load_endpoint(other).await.unwrap(), None, "nothing is written by halves");
    assert_eq!(store.create_action(&action(2), 1, None).await.unwrap(), ActionCreated::TooManyEndpoints);
    assert_eq!(store.create_action(&action(2), 10, None).await.unwrap(), ActionCreated::Done);
    assert_eq!(store.all_actions(workspace(1)).await.unwrap(), [first.clone(), action(2)]);

    let listed = store.all_action_settings(workspace(1)).await.unwrap();
    assert_eq!(
        listed.iter().map(|settings| &settings.name).collect::<Vec<_>>(),
        [first.name(), action(2).name()]
    );
    let one = store.load_action_settings(workspace(1), first.name()).await.unwrap();
    assert_eq!(one.map(|settings| settings.name), Some(first.name().clone()));

    let mut mine = first.clone();
    (mine.revision, mine.endpoint.revision) = (2, 2);
    assert!(store.save_action(&mine, None).await.unwrap());
    assert!(!store.save_action(&mine, None).await.unwrap(), "another writer was faster");
    assert!(!store.delete_action(&first, now(), None).await.unwrap(), "it is another revision");
    assert!(store.delete_action(&mine, now(), None).await.unwrap());
    assert_eq!(store.load_action(workspace(1), first.name()).await.unwrap(), None);
    assert_eq!(store.load_endpoint(first.endpoint.key()).await.unwrap(), None);
    assert!(store.has_actions(workspace(1), 1).await.unwrap());
    assert!(!store.has_actions(workspace(1), 2).await.unwrap());
}

pub(crate) fn invocation(number: u128, at: Timestamp, status: InvocationStatus) -> Invocation {
    let action = action(1);
    Invocation {
        id: InvocationId::new(at, number),
        workspace_id: workspace(1),
        action: action.name().clone(),
        revision: 1,
        endpoint_id: action.endpoint_id(),
        effect: Effect::Write,
        roles: action.settings.roles.clone(),
        invoker: Invoker::ApiKey { id: ApiKeyId::new(now(), 1), name: "agent".to_owned() },
        actor: Some("user_81".to_owned()),
        client: None,
        status,
        attempts: 1,
        response_status: Some(200),
        error: None,
        may_have_been_carried_out: true,
        started_at: at,
        ended_at: Some(at),
    }
}

pub(crate) fn content() -> Content {
    let response = Response {
        status: 200,
        headers: Vec::new(),
        body: "the-answer".to_owned(),
        body_truncated: false,
        result: None,
        result_errors: Vec::new(),
    };
    Content {
        parameters: json!({ "order": "the-parameter" }),
        idempotency_key: "k".to_owned(),
        response: Some(response),
        attempt_log: Vec::new(),
    }
}

#[tokio::test]
async fn secrets_of_actions_and_the_content_of_invocations_are_sealed() {
    let table = table().await;
    let (store, until) = (&table.store, now().plus(DAY));
    store.create_action(&action(1), 10, None).await.unwrap();
    let invocation = invocation(1, now(), InvocationStatus::Succeeded);
    store.end_invocation(&invocation, &content(), until).await.unwrap();
    let rows = format!("{:?}", table.client.scan().table_name("posthorn").send().await.unwrap());
    assert!(rows.contains("user_81"));
    let secret = action(1).endpoint.secrets[0].secret.reveal().to_owned();
    for hidden in ["hush-hush", "the-parameter", "the-answer", &secret] {
        assert!(!rows.contains(hidden), "{hidden}");
    }
    let loaded = store.load_invocation(workspace(1), invocation.id, now()).await.unwrap().unwrap();
    assert!(loaded == (invocation.clone(), content()));
    assert!(store.load_invocation(workspace(1), invocation.id, until).await.unwrap().is_none(), "expired");
}

#[tokio::test]
async fn invocations_are_listed_newest_first_and_one_of_which_nothing_is_heard_is_interrupted() {
    let table = table().await;
    let (store, until) = (&table.store, now().plus(DAY * 9));
    let change = Change::of_invocation(
        &invocation(1, now(), InvocationStatus::Running),
        Changes::asked_for([("action", json!("action_1"))]),
    );
    let entry = AuditEntry::new(AuditEntryId::new(now(), 1), Actor::Posthorn, change, None);
    let first = invocation(1, now(), InvocationStatus::Running);
    store.begin_invocation(&first, &content(), until, &entry).await.unwrap();
    for number in 2..=5 {
        let at = now().plus(DAY.mul_f64(number as f64 / 4.0));
        let status = if number % 2 == 0 { InvocationStatus::Failed } else { InvocationStatus::Succeeded };
        store.end_invocation(&invocation(number, at, status), &content(), until).await.unwrap();
    }
    let window = Window { since: now(), until: now().plus(DAY * 3) };
    let listed = async |status, later| {
        let filter = InvocationFilter { action: Some(action(1).name().clone()), status };
        let page = async |beyond| {
            let listing = Listing::newest_first(window, filter.clone(), 2).beyond(beyond);
            store.list_invocations(workspace(1), &listing, later).await.unwrap()
        };
        let rows: Vec<Invocation> = every_page(page).await;
        rows.into_iter().map(|row| row.id.to_bytes()[15]).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, now()).await, [5, 4, 3, 2, 1]);
    assert_eq!(listed(Some(InvocationStatus::Failed), now()).await, [4, 2]);
    assert_eq!(listed(Some(InvocationStatus::Running), now()).await, [1]);
    assert_eq!(listed(Some(InvocationStatus::Interrupted), now().plus(DAY)).await, [1]);
    let other = InvocationFilter { action: Some("other".parse().unwrap()), status: None };
    let listing = Listing::newest_first(window, other, 9);
    assert!(store.list_invocations(workspace(1), &listing, now()).await.unwrap().rows.is_empty());
}
