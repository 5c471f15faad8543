//! Does the template match the code?
//! Each function gets the variables that its configuration reads, and table and queues are as the code defines them.

use std::collections::BTreeSet;

use lambda_kit::config::names_read_by;
use queue::definition;
use serde_yaml_ng::Value;
use store::table::definition::{INDEXES, PRIMARY_KEY, TTL_ATTRIBUTE};

fn template() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
    serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn resources() -> Value {
    template()["Resources"].clone()
}

/// The names of a mapping's members; empty if the mapping does not exist.
fn names(mapping: &Value) -> Vec<String> {
    let members = mapping.as_mapping().into_iter().flatten();
    members.map(|(name, _)| name.as_str().unwrap().to_owned()).collect()
}

fn of_type<'a>(resources: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = resources.as_mapping().unwrap().iter();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str().unwrap(), &resource["Properties"]))
        .collect()
}

#[test]
fn each_function_gets_exactly_the_variables_its_config_reads() {
    let resources = resources();
    let functions = of_type(&resources, "AWS::Serverless::Function");
    for (binary, variables) in [
        ("actions", names_read_by(actions::setup::Config::read)),
        ("definitions", names_read_by(definitions::setup::Config::read)),
        ("inbound", names_read_by(inbound::setup::Config::read)),
        ("ingest", names_read_by(ingest::setup::Config::read)),
        ("maintenance", names_read_by(maintenance::setup::Config::read)),
        ("management", names_read_by(management::setup::Config::read)),
        ("sender", names_read_by(sender::setup::Config::read)),
    ] {
        let all = resources.as_mapping().unwrap().values();
        // The sender is there twice: as an ordinary function, and for managed instances.
        let built: Vec<_> =
            all.filter(|resource| resource["Metadata"]["BuildProperties"]["Binary"] == binary).collect();
        assert!(!built.is_empty(), "no function builds {binary}");
        for function in built {
            let mut set = names(&function["Properties"]["Environment"]["Variables"]);
            set.extend(names(&template()["Globals"]["Function"]["Environment"]["Variables"]));
            let traced = set.iter().any(|name| lambda_kit::config::TRACES_ENDPOINTS.contains(&name.as_str()));
            assert_eq!(traced, matches!(binary, "ingest" | "sender"), "{binary}");
            set.retain(|name| name.starts_with("POSTHORN_"));
            let mut wanted = variables.clone();
            set.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(set, wanted, "{binary}");
        }
    }
    assert_eq!(functions.len(), 8);
}

#[test]
fn the_table_is_the_one_the_store_defines() {
    let resources = resources();
    let tables = of_type(&resources, "AWS::DynamoDB::Table");
    let (_, table) = tables.first().unwrap();
    let keys = |schema: &Value| -> Vec<(String, String)> {
        let keys = schema.as_sequence().unwrap().iter();
        keys.map(|key| {
            let text = |name: &str| key[name].as_str().unwrap().to_owned();
            (text("AttributeName"), text("KeyType"))
        })
        .collect()
    };
    let schema =
        |pk: &str, sk: &str| vec![(pk.to_owned(), "HASH".to_owned()), (sk.to_owned(), "RANGE".to_owned())];
    assert_eq!(keys(&table["KeySchema"]), schema(PRIMARY_KEY.0, PRIMARY_KEY.1));
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], TTL_ATTRIBUTE);
    let indexes = table["GlobalSecondaryIndexes"].as_sequence().unwrap();
    assert_eq!(indexes.len(), INDEXES.len());
    for (name, pk, sk) in INDEXES {
        let index = indexes.iter().find(|index| index["IndexName"] == name).unwrap();
        assert_eq!(keys(&index["KeySchema"]), schema(pk, sk), "{name}");
        assert_eq!(index["Projection"]["ProjectionType"], "ALL", "{name}");
    }
}

#[test]
fn the_queues_are_the_ones_the_queue_crate_defines() {
    let resources = resources();
    let queues = of_type(&resources, "AWS::SQS::Queue");
    // The stack's name stands for the project's, so that an account may hold several.
    let named = |name: &str| {
        let name = name.replacen("posthorn", "${AWS::StackName}", 1);
        let named = queues.iter().find(|(_, queue)| queue["QueueName"].as_str() == Some(&name));
        named.unwrap_or_else(|| panic!("no queue {name}")).1
    };
    for (name, visibility, receives) in [
        (definition::JOBS, definition::VISIBILITY_TIMEOUT_SECONDS, definition::MAX_RECEIVES),
        (definition::TASKS, definition::TASKS_VISIBILITY_TIMEOUT_SECONDS, definition::TASKS_MAX_RECEIVES),
    ] {
        let queue = named(name);
        assert_eq!(queue["VisibilityTimeout"], u64::from(visibility), "{name}");
        assert_eq!(queue["MessageRetentionPeriod"], u64::from(definition::RETENTION_SECONDS), "{name}");
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], u64::from(receives), "{name}");
    }
    named(definition::DEAD_LETTERS);
}

#[test]
fn a_failed_record_is_reported_by_itself() {
    let resources = resources();
    let mappings = of_type(&resources, "AWS::Lambda::EventSourceMapping");
    assert_eq!(mappings.len(), 2);
    for (_, mapping) in mappings {
        assert_eq!(mapping["FunctionResponseTypes"][0], "ReportBatchItemFailures");
        assert_eq!(mapping["BatchSize"], 10);
    }
}

/// The keys of the routes to a function.
fn routed_to(function: &str) -> BTreeSet<String> {
    let resources = resources();
    assert_eq!(
        resources[format!("{function}Integration")]["Properties"]["IntegrationUri"],
        format!("{function}Function.Arn")
    );
    let target = format!("integrations/${{{function}Integration}}");
    of_type(&resources, "AWS::ApiGatewayV2::Route")
        .iter()
        .filter(|(_, route)| route["Target"] == target)
        .map(|(_, route)| route["RouteKey"].as_str().unwrap().to_owned())
        .collect()
}

/// Of every method, so that a wrong one is refused by the function, as in local mode.
#[test]
fn exactly_the_paths_of_actions_have_routes_to_it() {
    let paths = actions::operations().into_iter().map(|operation| format!("ANY {}", operation.path));
    assert_eq!(routed_to("Actions"), paths.collect());
}

#[test]
fn exactly_the_paths_of_inbound_have_routes_to_it() {
    let paths = inbound::operations().into_iter().map(|operation| format!("ANY {}", operation.path));
    // The address of a source is no operation of the API: providers use it.
    let address = format!("ANY {}{{token}}", domain::source::ADDRESS_PATH);
    assert_eq!(routed_to("Inbound"), paths.chain([address]).collect());
}

/// A whole noun at a time: `definitions` has what is below it, but for the paths that another function has a route for.
#[test]
fn the_nouns_of_definitions_lead_to_it_and_no_other_does() {
    let routes = routed_to("Definitions");
    let leads_to_it = |path: &str| {
        let noun: String = path.split_inclusive('/').take(3).collect();
        let route = if noun == path { format!("ANY {path}") } else { format!("ANY {noun}{{proxy+}}") };
        routes.contains(&route)
    };
    for operation in definitions::operations() {
        assert!(leads_to_it(&operation.path), "{} has no route", operation.path);
        let route = format!("ANY {}", operation.path);
        assert!(!routed_to("Actions").contains(&route) && !routed_to("Inbound").contains(&route), "{route}");
    }
    for operation in management::operations().into_iter().chain(ingest::operations()) {
        assert!(!leads_to_it(&operation.path), "{} never reaches its function", operation.path);
    }
}

/// What is below them is served by `management`, under rate limits of its own.
#[test]
fn the_console_and_the_portal_have_routes_of_their_own() {
    let routes = ["$default", "GET /console", "GET /console/{proxy+}", "GET /portal/{proxy+}"];
    assert_eq!(routed_to("Management"), routes.map(str::to_owned).into());
}

/// Each route of the API may invoke its function, by a permission whose pattern fits it.
#[test]
fn every_route_may_invoke_its_function() {
    let resources = resources();
    let permissions = of_type(&resources, "AWS::Lambda::Permission");
    for function in ["Actions", "Definitions", "Inbound", "Ingest", "Management"] {
        let patterns: Vec<_> = permissions
            .iter()
            .filter(|(_, permission)| permission["FunctionName"] == format!("{function}Function"))
            .filter_map(|(_, permission)| permission["SourceArn"].as_str()?.split_once("${Api}/*/"))
            .map(|(_, pattern)| pattern)
            .collect();
        for route in routed_to(function) {
            if route == "$default" {
                assert!(patterns.contains(&"$default"));
                continue;
            }
            let (method, path) = route.split_once(' ').unwrap();
            let method = if method == "ANY" { "*" } else { method };
            // IAM's `*` stands for any characters, slashes included.
            let fits = |pattern: &&str| fits(pattern, &format!("{method}{path}"));
            assert!(patterns.iter().any(fits), "{route}: {patterns:?}");
        }
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What a path, a query, a header or the address of a caller may hold is none of the log's business: the path of a
/// source's address is secret.
#[test]
fn the_access_log_has_no_path_and_no_header() {
    let settings = &resources()["Stage"]["Properties"]["AccessLogSettings"];
    let format = settings[1]["Format"].as_str().unwrap();
    let variables: BTreeSet<_> = format
        .split("$context.")
        .skip(1)
        .map(|rest| {
            rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.').next().unwrap()
        })
        .collect();
    let harmless = [
        "error.responseType",
        "integrationStatus",
        "requestId",
        "requestTime",
        "responseLatency",
        "routeKey",
        "status",
    ];
    assert_eq!(variables, harmless.into());
    assert_eq!(format.matches('$').count(), harmless.len());
}

/// Sources' addresses begin with it, and several providers sign the address that they call.
#[test]
fn every_function_knows_the_same_public_address_as_people() {
    let resources = resources();
    let functions = of_type(&resources, "AWS::Serverless::Function");
    let addresses = functions
        .iter()
        .filter_map(|(_, function)| function["Environment"]["Variables"].get(lambda_kit::config::PUBLIC_URL));
    let addresses: Vec<_> = addresses.collect();
    assert_eq!(addresses, [&template()["Outputs"]["ApiUrl"]["Value"]; 4]);
}

/// Whatever ends a function that accepts events is reported to the sweep.
#[test]
fn the_log_of_each_function_that_accepts_events_has_a_subscription() {
    let resources = resources();
    let subscribed: BTreeSet<_> = of_type(&resources, "AWS::Logs::SubscriptionFilter")
        .iter()
        .map(|(_, filter)| filter["LogGroupName"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(subscribed, ["InboundLogGroup".to_owned(), "IngestLogGroup".to_owned()].into());
}

#[test]
fn the_function_that_sends_tests_outlives_them() {
    let resources = resources();
    let all = resources.as_mapping().unwrap().values();
    let mut functions = all.filter(|one| one["Metadata"]["BuildProperties"]["Binary"] == "actions");
    let timeout = functions.next().unwrap()["Properties"]["Timeout"].as_u64().unwrap();
    assert!(timeout >= usecases::act::send_test_event::MAX_TIMEOUT_SECONDS + 4, "{timeout}");
}
