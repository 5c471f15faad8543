//! Does each function's IAM role grant exactly what the function calls?
//! Least privilege: all other stories run once more while every AWS call is recorded, and each role must grant exactly
//! those.

use std::collections::{BTreeMap, BTreeSet};

use lambda_kit::config::{MAIL_FROM, OPERATIONAL_TOPIC, names_read_by};
use serde_yaml_ng::Value;
use stories::calls::CALLS_FILE;
use tokio::process::Command;

/// Pairs of action and resource.
type Grants = BTreeSet<(String, String)>;

/// The actions that Lambda needs to poll a queue for its function (Lambda developer guide, "Using Lambda with Amazon
/// SQS": execution role permissions).
const TRIGGER: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
/// The actions that it needs to write the function's logs.
const LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

fn pairs(actions: &[&str], resource: &str) -> Grants {
    actions.iter().map(|action| ((*action).to_owned(), resource.to_owned())).collect()
}

/// The resource of the stories that an ARN in the template stands for.
fn resource(arn: &Value) -> Vec<String> {
    if let Some(several) = arn.as_sequence() {
        return match several.first().and_then(Value::as_str) {
            // `!If [condition, one, other]`: the template's own table or key, or one that was there before.
            Some(condition) if condition.starts_with("HasOther") => resource(&several[2]),
            _ => several.iter().flat_map(resource).collect(),
        };
    }
    let text = arn.as_str().unwrap_or_else(|| panic!("{arn:?} is no resource"));
    let name = match text {
        "Table.Arn" => "table",
        "${Table.Arn}/index/*" => "index",
        "JobsQueue.Arn" => queue::definition::JOBS,
        "TasksQueue.Arn" => queue::definition::TASKS,
        "DeadLetterQueue.Arn" => queue::definition::DEAD_LETTERS,
        "SecretsKey.Arn" => "key",
        "OperationalEventsTopicArn" => "topic",
        identities if identities.contains(":ses:") => "identities",
        group if group.ends_with("LogGroup.Arn") => "logs",
        other => panic!("{other} is not known"),
    };
    vec![name.to_owned()]
}

fn granted(role: &Value) -> Grants {
    let policies = role["Properties"]["Policies"].as_sequence().unwrap().iter();
    let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_sequence().unwrap());
    let mut grants = Grants::new();
    for statement in statements {
        // `!If [condition, statement, AWS::NoValue]`
        let statement = statement.as_sequence().map_or(statement, |choice| &choice[1]);
        let actions = match &statement["Action"] {
            Value::Sequence(actions) => actions.iter().filter_map(Value::as_str).collect(),
            action => vec![action.as_str().unwrap()],
        };
        for resource in resource(&statement["Resource"]) {
            grants.extend(pairs(&actions, &resource));
        }
    }
    grants
}

/// Runs all other stories once more, and returns the calls of each function.
async fn called() -> BTreeMap<String, Grants> {
    let file =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("calls-{}", std::process::id()));
    let stories = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "roles::", "--skip", "verifying::", "--skip", "template::"])
        .env(CALLS_FILE, &file)
        .output()
        .await
        .unwrap();
    let output = String::from_utf8_lossy(&stories.stdout);
    assert!(stories.status.success(), "the stories must pass first:\n{output}");
    let lines = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut called: BTreeMap<String, Grants> = BTreeMap::new();
    for line in lines.lines() {
        let [function, action, resource] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let grants = called.entry(function.to_owned()).or_default();
        grants.insert((action.to_owned(), resource.to_owned()));
    }
    called
}

#[tokio::test]
async fn each_role_grants_exactly_what_its_function_calls() {
    let mut called = called().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
    let template: Value = serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (function, role, variables, polls) in [
        ("actions", "ActionsRole", names_read_by(actions::setup::Config::read), None),
        ("definitions", "DefinitionsRole", names_read_by(definitions::setup::Config::read), None),
        ("inbound", "InboundRole", names_read_by(inbound::setup::Config::read), None),
        ("ingest", "IngestRole", names_read_by(ingest::setup::Config::read), None),
        ("management", "ManagementRole", names_read_by(management::setup::Config::read), None),
        ("sender", "SenderRole", names_read_by(sender::setup::Config::read), Some(queue::definition::JOBS)),
        (
            "maintenance",
            "MaintenanceRole",
            names_read_by(maintenance::setup::Config::read),
            Some(queue::definition::TASKS),
        ),
    ] {
        let mut needed = called.remove(function).unwrap_or_default();
        assert!(needed.len() >= 4, "{function} was hardly seen: {needed:?}");
        needed.extend(pairs(&LOGS, "logs"));
        if let Some(queue) = polls {
            needed.extend(pairs(&TRIGGER, queue));
        }
        // The embedded AWS has no SNS: what publishes is what reads the topic's variable.
        if variables.contains(&OPERATIONAL_TOPIC) {
            needed.extend(pairs(&["sns:Publish"], "topic"));
        }
        // Nor has it SES, to which egress posts. What saves endpoints only refuses what cannot be sent.
        if variables.contains(&MAIL_FROM) && !matches!(function, "management" | "definitions") {
            needed.extend(pairs(&["ses:SendEmail"], "identities"));
        }
        let granted = granted(&template["Resources"][role]);
        let less: Vec<_> = needed.difference(&granted).collect();
        let more: Vec<_> = granted.difference(&needed).collect();
        assert!(less.is_empty() && more.is_empty(), "{role} lacks {less:?}; nothing calls {more:?}");
    }
    assert!(called.is_empty(), "{called:?} have no role");
}
