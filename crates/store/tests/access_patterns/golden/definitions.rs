//! Are rules, actions, invocations and event types read as they were first written? With `UPDATE_GOLDEN=1` the files are
//! written anew, which is right only while no release has written such rows.

use domain::action::invocation::InvocationStatus;
use domain::audit::changes::Changes;
use domain::audit::{AuditEntry, Change};
use domain::catalogue::misfits::MisfitTally;
use domain::catalogue::strictness::Misfit;
use domain::catalogue::{EventTypeDescription, EventTypeSettings, SchemaVersion};
use domain::endpoint::Endpoint;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::purpose::Purpose;
use domain::event::event_type::EventType;
use domain::id::{AuditEntryId, EndpointId, RuleId};
use domain::problem::FieldError;
use domain::rule::Rule;
use domain::signing::secret::{ActiveSecret, Secret};
use serde_json::json;
use store::rows::actions::ActionCreated;
use store::rows::rules::{EndpointChanges, SavedRule};

use super::{accept_if_asked, item_in, items, open};
use crate::actions::{action, content, invocation};
use crate::{DAY, Table, now, table, workspace};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/definitions");
const FILES: [&str; 14] = [
    "action",
    "audit-entry",
    "data-key",
    "endpoint",
    "endpoint-2",
    "endpoint-3",
    "endpoint-4",
    "endpoint-5",
    "endpoint-count",
    "event-type",
    "invocation",
    "misfits",
    "rule",
    "schema-version",
];

/// A rule with a step of each kind, and the endpoints that it is compiled into.
fn rule() -> (Rule, Vec<Endpoint>) {
    let other = EndpointId::new(now(), 90);
    let settings = json!({
        "name": "Gold customers", "mode": "watch", "when": { "events": ["ticket.*"], "channels": ["eu"] },
        "if": { "data.tier": { "$in": ["gold", "platinum"] }, "data.subject": { "$contains": "refund" } },
        "then": [
            { "id": "post", "do": "deliver", "url": "https://hooks.slack.com/services/T000/B000/hush", "preset": "slack",
              "template": { "text": "{{ data.subject | title }}" }, "delay_seconds": 60, "headers": { "X-Team": "hush" } },
            { "id": "to", "do": "deliver", "endpoint_id": other },
            { "id": "make", "do": "emit", "type": "vip.ticket", "data": { "ticket": "{{ data.id }}" } },
            { "id": "call", "do": "invoke", "action": "action_1", "parameters": { "order": "{{ data.id }}" } },
        ],
        "examples": [{ "name": "gold", "expect": true, "event": {
            "type": "ticket.created", "channels": ["eu"], "data": { "tier": "gold", "subject": "A refund" } } }],
    });
    let id = RuleId::new(now(), 1);
    let settings: domain::rule::RuleSettings = serde_json::from_value(settings).unwrap();
    let endpoints: Vec<_> = settings
        .compile(id, &AllowedTargets::public_only())
        .unwrap()
        .into_iter()
        .zip(10..)
        .map(|(compiled, number)| Endpoint {
            id: EndpointId::new(now(), number),
            workspace_id: workspace(1),
            purpose: Purpose::Rule(compiled.step),
            url: compiled.url,
            settings: compiled.settings,
            secrets: vec![ActiveSecret { secret: Secret::new(&[7; 32]), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: now(),
            updated_at: now(),
        })
        .collect();
    let ids = endpoints.iter().map(|endpoint| endpoint.id).collect();
    let rule = Rule {
        id,
        workspace_id: workspace(1),
        settings,
        endpoints: ids,
        revision: 1,
        created_at: now(),
        updated_at: now(),
    };
    (rule, endpoints)
}

fn described() -> (EventTypeDescription, Option<SchemaVersion>) {
    let settings = json!({
        "group": "Orders", "title": "Order made", "description": "It was made.", "example": { "id": 1 },
        "deprecated": true, "archived": true, "hidden": true,
    });
    let settings: EventTypeSettings = serde_json::from_value(settings).unwrap();
    let schema = json!({ "type": "object", "properties": { "id": { "type": "integer" } } });
    EventTypeDescription::new(EventType::parse("order/made").unwrap(), settings, Some(schema), now())
}

fn tally() -> MisfitTally {
    let mut tally = MisfitTally::new(now());
    let error = FieldError { pointer: "/data/id".to_owned(), detail: "is required".to_owned() };
    tally.count(Misfit::Mismatch(vec![error]), now());
    tally.count(Misfit::Archived, now());
    tally
}

async fn written() -> Table {
    let table = table().await;
    let store = &table.store;
    assert_eq!(store.create_action(&action(1), 10, None).await.unwrap(), ActionCreated::Done);
    let (rule, created) = rule();
    let changes = EndpointChanges { created, ..EndpointChanges::default() };
    assert_eq!(store.save_rule(&rule, &changes, 10, None).await.unwrap(), SavedRule::Done);
    let (described, version) = described();
    assert!(store.save_event_type(&described, version.as_ref(), None).await.unwrap());
    store.add_misfits(workspace(1), &described.name, &tally(), now().plus(DAY)).await.unwrap();
    let running = invocation(1, now(), InvocationStatus::Running);
    let change = Change::of_invocation(&running, Changes::asked_for([("action", json!("action_1"))]));
    let entry =
        AuditEntry::new(AuditEntryId::new(now(), 1), domain::access::actor::Actor::Posthorn, change, None);
    store.begin_invocation(&running, &content(), now().plus(DAY), &entry).await.unwrap();
    table
}

#[tokio::test]
async fn rows_are_read_as_they_were_first_written() {
    let now_written = items(&written().await).await;
    assert_eq!(now_written.keys().collect::<Vec<_>>(), FILES);
    accept_if_asked(FOLDER, &now_written);
    let table = table().await;
    for name in FILES {
        let item = item_in(FOLDER, name);
        assert_eq!(open(&item), open(&now_written[name]), "{name}");
        table.client.put_item().table_name("posthorn").set_item(Some(item)).send().await.unwrap();
    }
    let (store, (rule, endpoints)) = (&table.store, rule());
    assert_eq!(store.load_rule(workspace(1), rule.id).await.unwrap(), Some(rule.clone()));
    assert_eq!(store.find_rule(rule.id).await.unwrap(), Some(rule));
    for endpoint in &endpoints {
        assert_eq!(store.load_endpoint(endpoint.key()).await.unwrap().as_ref(), Some(endpoint));
    }
    let subscriptions = store.all_subscriptions(workspace(1)).await.unwrap();
    assert_eq!(subscriptions.len(), endpoints.len() + 1, "those of the rule, and the action's");
    assert_eq!(store.load_action(workspace(1), action(1).name()).await.unwrap(), Some(action(1)));
    let running = invocation(1, now(), InvocationStatus::Running);
    assert!(
        store.load_invocation(workspace(1), running.id, now()).await.unwrap() == Some((running, content()))
    );
    let (described, version) = described();
    assert_eq!(store.load_event_type(&described.name).await.unwrap().as_ref(), Some(&described));
    assert_eq!(store.schema_version(&described, 1).await.unwrap(), version);
    assert_eq!(store.list_misfits(workspace(1), 9).await.unwrap(), [(described.name, tally())]);
}
