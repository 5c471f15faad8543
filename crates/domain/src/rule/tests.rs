//! Which rules may be saved, and which endpoints do they become?

use proptest::prelude::*;
use serde_json::{Value, json};

use super::loops::{self, Node};
use super::*;
use crate::endpoint::address::AllowedTargets;
use crate::endpoint::endpoint_url::StepUrl;
use crate::endpoint::purpose::StepKind;
use crate::endpoint::subscription::Subscription;
use crate::endpoint::{BodyForm, EndpointSettings};
use crate::event::event_type::EventType;
use crate::signing::profile::Profile;

fn settings(json: Value) -> RuleSettings {
    serde_json::from_value::<RuleSettings>(json).unwrap().completed()
}

/// A rule with these members, and one step unless they say otherwise.
fn with(members: Value) -> RuleSettings {
    let mut rule =
        json!({ "name": "A rule", "then": [{ "do": "deliver", "url": "https://example.com/hooks" }] });
    rule.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    settings(rule)
}

fn id(number: u128) -> RuleId {
    RuleId::new(Timestamp::from_millis(0), number)
}

fn refused_at(rule: &RuleSettings) -> Vec<String> {
    let checked = rule.check().and_then(|()| rule.compile(id(1), &AllowedTargets::public_only()));
    let errors = checked.err().map(|problem| problem.errors()).unwrap_or_default();
    errors.into_iter().map(|error| error.pointer).collect()
}

const WE: &str = "we_01M7Z2902B976DQF8TPFF6EEZ2";

#[test]
fn each_step_becomes_an_endpoint_with_the_types_and_channels_of_the_rule() {
    let rule = with(json!({
        "name": "Gold", "mode": "watch", "when": { "events": ["ticket.*"], "channels": ["eu"] },
        "then": [
            { "id": "post", "do": "deliver", "url": "https://example.com/hooks", "preset": "json",
              "template": { "text": "x" }, "headers": { "X-Team": "a" }, "delay_seconds": 60 },
            { "do": "deliver", "endpoint_id": WE },
            { "do": "emit", "type": "vip.ticket", "data": { "id": "{{ data.id }}" } },
            { "do": "invoke", "action": "refund_order" },
        ],
    }));
    rule.check().unwrap();
    let compiled = rule.compile(id(1), &AllowedTargets::public_only()).unwrap();
    let steps: Vec<_> = compiled.iter().map(|step| (step.step.step.as_str(), &step.step.does)).collect();
    let to: EndpointId = WE.parse().unwrap();
    let expected = [
        ("post", &StepKind::Deliver),
        ("a1", &StepKind::Forward(to)),
        ("a2", &StepKind::Emit),
        ("a3", &StepKind::Invoke),
    ];
    assert_eq!(steps, expected);
    for step in &compiled {
        assert_eq!((step.step.rule, step.step.watching), (id(1), true));
        assert_eq!(
            (&step.settings.events, &step.settings.channels),
            (&rule.when.events, &rule.when.channels)
        );
        assert_eq!(
            (step.settings.description.as_str(), step.url.as_str()),
            ("Gold", step.settings.url.as_str())
        );
    }
    let [post, forward, emit, invoke] = &compiled[..] else { unreachable!() };
    assert_eq!((post.settings.body, post.settings.delay_seconds), (BodyForm::Data, 60));
    assert_eq!(post.settings.headers["X-Team"], "a");
    assert_eq!(forward.url.step(), Some(StepUrl::Forward(to)));
    let vip = EventType::parse("vip.ticket").unwrap();
    assert_eq!((emit.url.step(), emit.settings.body), (Some(StepUrl::Emit(vip)), BodyForm::Data));
    assert!(emit.settings.template.is_some() && emit.settings.signature.profile == Profile::None);
    assert_eq!(invoke.url.step(), Some(StepUrl::Invoke("refund_order".parse().unwrap())));
}

#[test]
fn the_least_rule_acts_on_every_type() {
    let rule = with(json!({}));
    assert_eq!(refused_at(&rule), [""; 0]);
    assert!(rule.active && rule.mode == Mode::Live && rule.when == When::default());
    assert_eq!(rule.then[0].id, "a1");
}

#[test]
fn every_bad_value_is_told_with_a_pointer_into_the_rule() {
    let deliver = |more: Value| {
        let mut step = json!({ "do": "deliver", "url": "https://example.com/hooks" });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "then": [step] })
    };
    for (members, pointers) in [
        (json!({ "name": "" }), &["/name"][..]),
        (json!({ "name": "x".repeat(101) }), &["/name"]),
        (json!({ "then": [] }), &["/then"]),
        (json!({ "then": vec![json!({ "do": "emit", "type": "a" }); 11] }), &["/then"]),
        (deliver(json!({ "url": "http://example.com" })), &["/then/0/url"]),
        (deliver(json!({ "url": "posthorn:emit:x" })), &["/then/0/url"]),
        (deliver(json!({ "url": "mailto:ops@example.com" })), &["/then/0/url"]),
        (deliver(json!({ "timeout_seconds": 31 })), &["/then/0/timeout_seconds"]),
        (deliver(json!({ "headers": { "Host": "x" } })), &["/then/0/headers/Host"]),
        (deliver(json!({ "delay_seconds": 43_201 })), &["/then/0/delay_seconds"]),
        (deliver(json!({ "preset": "slack" })), &["/then/0/template"]),
        (deliver(json!({ "type": "a", "action": "b" })), &["/then/0/type", "/then/0/action"]),
        (deliver(json!({ "id": "two words" })), &["/then/0/id"]),
        (json!({ "then": [{ "do": "deliver" }] }), &["/then/0/url"]),
        (
            json!({ "then": [{ "do": "deliver", "endpoint_id": WE, "preset": "json", "delay_seconds": 1 }] }),
            &["/then/0/preset", "/then/0/delay_seconds"],
        ),
        (json!({ "then": [{ "do": "emit" }] }), &["/then/0/type"]),
        (json!({ "then": [{ "do": "emit", "type": "posthorn.test" }] }), &["/then/0/type"]),
        (
            json!({ "then": [{ "do": "emit", "type": "a", "url": "https://example.com", "template": {} }] }),
            &["/then/0/url", "/then/0/template"],
        ),
        (
            json!({ "then": [{ "do": "emit", "type": "a", "rate_limit": { "per_second": 0 } }] }),
            &["/then/0/rate_limit/per_second"],
        ),
        (
            json!({ "then": [{ "do": "emit", "type": "a", "max_concurrency": 101 }] }),
            &["/then/0/max_concurrency"],
        ),
        (json!({ "then": [{ "do": "invoke" }] }), &["/then/0/action"]),
        (
            json!({ "then": [{ "id": "x", "do": "emit", "type": "a" }, { "id": "x", "do": "emit", "type": "b" }] }),
            &["/then/1/id"],
        ),
        (json!({ "when": { "channels": vec!["c"; 21] } }), &["/when/channels"]),
    ] {
        assert_eq!(refused_at(&with(members.clone())), pointers, "{members}");
    }
    let large = with(
        json!({ "examples": [{ "event": { "type": "a", "data": "x".repeat(MAX_RULE_BYTES) }, "expect": true }] }),
    );
    assert_eq!(refused_at(&large), [""]);
}

#[test]
fn what_the_answer_adds_to_a_step_may_be_sent_back() {
    let rule = with(json!({ "then": [
        { "do": "deliver", "url": "https://example.com/hooks", "endpoint_id": WE },
        { "do": "emit", "type": "b", "endpoint_id": WE },
    ] }));
    assert_eq!(refused_at(&rule), [""; 0]);
    assert!(rule.then.iter().all(|step| step.forwards_to().is_none()));
}

#[test]
fn a_step_keeps_its_endpoint_as_long_as_it_does_the_same() {
    let step = |json: Value| serde_json::from_value::<Step>(json).unwrap();
    let before = step(json!({ "id": "a1", "do": "deliver", "url": "https://example.com/1" }));
    for (after, continues) in [
        (json!({ "id": "a1", "do": "deliver", "url": "https://example.com/2" }), true),
        (json!({ "id": "a2", "do": "deliver", "url": "https://example.com/1" }), false),
        (json!({ "id": "a1", "do": "deliver", "endpoint_id": WE }), false),
        (json!({ "id": "a1", "do": "emit", "type": "a" }), false),
    ] {
        assert_eq!(step(after.clone()).continues(&before), continues, "{after}");
    }
}

#[test]
fn secrets_are_shown_to_no_reader_and_printed_nowhere() {
    let rule = with(json!({ "then": [
        { "do": "deliver", "url": "https://hooks.slack.com/services/T0/B0/hush", "preset": "slack", "template": { "text": "x" } },
        { "do": "deliver", "url": "https://example.com/?k=hush", "headers": { "X-Key": "hush" } },
    ], "examples": [{ "event": { "type": "a", "data": "hush" }, "expect": true }] }));
    let shown = serde_json::to_string(&rule.without_secrets().then).unwrap();
    assert!(
        !shown.contains("hush") && shown.contains("hooks.slack.com") && shown.contains("X-Key"),
        "{shown}"
    );
    assert!(!format!("{rule:?} {:?} {:?}", rule.then, rule.examples).contains("hush"));
}

#[test]
fn an_example_that_fails_is_told_with_the_reason() {
    let examples = |expect: [bool; 3]| {
        let rule = with(json!({
            "when": { "events": ["ticket.*"], "channels": ["eu"] },
            "examples": [
                { "event": { "type": "ticket.created", "channels": ["eu"] }, "expect": expect[0] },
                { "event": { "type": "order.created", "channels": ["eu"] }, "expect": expect[1] },
                { "event": { "type": "ticket.created" }, "expect": expect[2] },
            ],
        }));
        rule.check().err().map(|problem| problem.errors()).unwrap_or_default()
    };
    assert_eq!(examples([true, false, false]), []);
    let told: Vec<_> =
        examples([false, true, true]).into_iter().map(|error| (error.pointer, error.detail)).collect();
    let text = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
    assert_eq!(
        told,
        [
            text("/examples/0/expect", "is false, but the rule fires for this event"),
            text(
                "/examples/1/expect",
                "is true, but the rule does not fire: `when.events` does not list order.created"
            ),
            text(
                "/examples/2/expect",
                "is true, but the rule does not fire: the event names none of `when.channels`"
            ),
        ]
    );
}

/// A rule that looks at `on` and emits `emits`.
fn chain(name: &str, on: &[&str], emits: &[&str]) -> RuleSettings {
    let steps: Vec<_> = emits.iter().map(|emitted| json!({ "do": "emit", "type": emitted })).collect();
    settings(json!({ "name": name, "when": { "events": on }, "then": steps }))
}

fn loop_of(rules: &[RuleSettings]) -> Option<String> {
    let nodes: Vec<Node<'_>> =
        (1..).zip(rules).map(|(number, settings)| Node { id: id(number), settings }).collect();
    loops::check(nodes[0], &nodes).err().map(|problem| problem.to_string())
}

#[test]
fn a_rule_that_feeds_itself_is_refused_and_the_way_is_named() {
    let first = chain("First", &["a.*"], &["b.x"]);
    assert_eq!(loop_of(std::slice::from_ref(&first)), None);
    assert_eq!(
        loop_of(&[first.clone(), chain("Second", &["b.x"], &["c"]), chain("Third", &["c"], &["d"])]),
        None
    );
    let told = loop_of(&[first.clone(), chain("Second", &["b.*"], &["c"]), chain("Third", &["c"], &["a.y"])])
        .unwrap();
    let way = "makes a loop: this rule emits it, on which the rule \"Second\" emits c, on which the rule \"Third\" emits a.y, \
               on which this rule fires again";
    assert!(told.starts_with("/then/0/type") && told.contains(way), "{told}");
    assert!(loop_of(&[chain("Self", &["a"], &["z", "a"])]).unwrap().starts_with("/then/1/type"));
    assert!(
        loop_of(&[chain("Every type", &[], &["z"])]).is_some(),
        "a rule without types looks at every type"
    );
    // A loop among others is theirs: it was there before, or cannot be saved.
    assert_eq!(loop_of(&[first, chain("Other", &["q"], &["q"])]), None);
}

proptest! {
    /// The search agrees with one that follows every chain for as many steps as there are rules.
    #[test]
    fn a_loop_is_found_exactly_when_a_chain_comes_back(
        rules in proptest::collection::vec((0u8..6, proptest::collection::vec(0u8..6, 1..3)), 1..6)
    ) {
        let types: Vec<String> = (0..6).map(|number| format!("t{number}")).collect();
        let made: Vec<_> = rules.iter().map(|(on, emits)| {
            let emits: Vec<&str> = emits.iter().map(|number| types[usize::from(*number)].as_str()).collect();
            chain("r", &[&types[usize::from(*on)]], &emits)
        }).collect();
        let mut reached: Vec<u8> = rules[0].1.clone();
        for _ in 0..=rules.len() {
            let further: Vec<u8> = rules.iter().skip(1).filter(|(on, _)| reached.contains(on))
                .flat_map(|(_, emits)| emits.clone()).collect();
            reached.extend(further);
            reached.sort_unstable();
            reached.dedup();
        }
        prop_assert_eq!(loop_of(&made).is_some(), reached.contains(&rules[0].0));
    }
}

#[test]
fn the_fan_out_sees_the_same_as_the_examples() {
    let rule = with(json!({ "when": { "events": ["ticket.*"], "channels": ["eu"] } }));
    let compiled = rule.compile(id(1), &AllowedTargets::public_only()).unwrap().remove(0);
    let EndpointSettings { events, channels, filter, .. } = compiled.settings;
    let Subscription { events: seen, channels: labels, filter: conditions, .. } = rule.subscription();
    assert_eq!((events, channels, filter), (seen, labels, conditions));
}
