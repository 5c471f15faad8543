//! What is printed, and where does it lead?

use super::*;

#[test]
fn four_lines_then_a_command_that_reaches_somebody() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &[]);
    let greeting = &program.greeting;
    assert!(
        greeting[0].starts_with("Posthorn ") && greeting[0].ends_with("a 202 survives a power cut"),
        "{greeting:#?}"
    );
    assert!(
        greeting[1].starts_with("API key    phk_") && greeting[2].starts_with("workspace  ws_"),
        "{greeting:#?}"
    );
    let link = format!("console    {}/console/#once=pho_", program.url);
    assert!(greeting[3].starts_with(&link) && greeting[4].is_empty(), "{greeting:#?}");

    let curl: Vec<&str> =
        greeting.iter().skip_while(|line| !line.contains("curl")).take(2).map(String::as_str).collect();
    let ran = Command::new("sh").args(["-c", &curl.join("\n")]).output().unwrap();
    let answer = String::from_utf8(ran.stdout).unwrap();
    assert!(answer.ends_with("}\n") && answer.contains("\"deliveries\""), "{answer}");
    let line = program.next_line();
    assert!(line[8..].starts_with(" invoice.paid → built-in receiver 200 "), "{line}");
    assert!(line.ends_with(" ms"), "{line}");
}

#[test]
fn a_failure_says_its_class_and_when_it_is_tried_again() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &["--no-receiver"]);
    assert_eq!(program.endpoint("http://127.0.0.1:1/hooks").0, 201);
    assert_eq!(program.event("invoice.paid").0, 202);
    let line = program.next_line();
    assert!(line[8..].starts_with(" invoice.paid → 127.0.0.1 connection_refused "), "{line}");
    assert!(line.contains("attempt 1, again in 6"), "{line}");
}

#[test]
fn a_call_of_an_action_has_a_line_and_a_refused_one_too() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &[]);
    let action = json!({
        "workspace_id": program.workspace, "name": "look_up_order", "url": format!("{}/receiver", program.url),
        "title": "Look up", "effect": "read", "roles": ["support"], "parameters": { "type": "object" },
    });
    assert_eq!(program.call("POST", "/v1/actions", &action).0, 201);
    let key = json!({
        "workspace_id": program.workspace, "name": "agent", "scopes": ["actions"], "roles": ["support"],
    });
    let key = program.call("POST", "/v1/api-keys", &key).1["key"].as_str().unwrap().to_owned();
    let invoke = |name: &str| {
        let path = format!("/v1/actions/{name}/invoke");
        program.http_as(&key, "POST", &path, r#"{"parameters":{}}"#).0
    };
    assert!(invoke("look_up_order").starts_with("HTTP/1.1 200"));
    let line = program.next_line();
    assert!(line[8..].starts_with(" look_up_order → Look up 200 ") && line.ends_with(" ms"), "{line}");
    assert!(invoke("delete_all").starts_with("HTTP/1.1 404"));
    let line = program.next_line();
    assert!(line[8..].starts_with(" delete_all    ← agent   refused (not_found)"), "{line}");
    let tool = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_it","arguments":{}}}"#;
    program.http_as(&key, "POST", "/v1/mcp", tool);
    let line = program.next_line();
    assert!(line[8..].starts_with(" drop_it       ← agent   refused (not_found)"), "{line}");
}

/// Lines that can be waited for.
fn waited_for(lines: impl Iterator<Item = String> + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop));
    receiver
}

#[test]
fn the_full_log_takes_the_place_of_the_short_lines() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.0, &["--log"]);
    assert_eq!(program.event("invoice.paid").0, 202);
    let log = BufReader::new(program.child.stderr.take().unwrap()).lines();
    let log = waited_for(log.map_while(Result::ok));
    while !log.recv_timeout(PATIENCE).unwrap().contains("delivery attempted") {}
    assert!(program.lines.try_iter().all(|line| line.is_empty()), "no short line");
}

#[test]
fn the_root_says_where_everything_is_and_no_secret() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &[]);
    let (head, body) = program.http("GET", "/", "");
    assert!(
        head.starts_with("HTTP/1.1 200") && body.ends_with("}\n") && !body.contains(&program.key),
        "{body}"
    );
    let here: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(here["api"], format!("{}/v1", program.url));
    assert!(here["sqs"]["jobs"].as_str().unwrap().contains("posthorn-jobs"));
}

#[test]
fn the_built_in_receiver_is_found_again_on_another_port() {
    let folder = Folder::new();
    let first = Program::start(&folder.0, &[]);
    let url = first.url.clone();
    drop(first);
    let program = Program::start(&folder.0, &[]);
    assert_ne!(program.url, url);
    let (_, endpoints) = program.call(
        "GET",
        &format!("/v1/webhook-endpoints?workspace_id={}", program.workspace),
        &Value::Null,
    );
    assert_eq!(endpoints["data"].as_array().unwrap().len(), 1, "{endpoints}");
    assert_eq!(endpoints["data"][0]["url"], format!("{}/receiver", program.url));
    assert_eq!(program.event("invoice.paid").0, 202);
    assert!(program.next_line().contains("→ built-in receiver 200 "));
}

#[test]
fn the_samples_of_ingest_and_management_are_accepted() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &["--samples"]);
    drop(program);
    let mut program = Program::start(&folder.0, &["--samples"]);
    program.key = local::samples::KEY.to_owned();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/ingest/accept.json");
    let sample: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (head, body) = program.http("POST", "/v1/events", sample["body"].as_str().unwrap());
    assert!(head.starts_with("HTTP/1.1 202") && body.contains(local::samples::ENDPOINT), "{body}");
    assert!(program.next_line().contains("→ built-in receiver 200 "));
}

#[test]
fn strict_mode_refuses_what_production_refuses() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &["--strict"]);
    assert!(program.greeting[0].contains("strict: endpoints need https and a public address"));
    for (url, why) in [
        ("http://example.com/", "must be https"),
        ("https://127.0.0.1/", "address not allowed"),
        ("https://10.0.0.1/", "address not allowed"),
        ("https://localhost/", "host must be a public domain name"),
        ("https://example.com:9000/", "port not allowed: use 443 or 8443"),
    ] {
        let (status, problem) = program.endpoint(url);
        assert_eq!((status, problem["errors"][0]["detail"].as_str()), (422, Some(why)), "{url}");
    }
    assert_eq!(program.endpoint("https://example.com/").0, 201);
}

#[test]
fn only_a_host_that_is_allowed_may_be_private() {
    let folder = Folder::new();
    let program = Program::start(&folder.0, &["--allow-host", "CRM", "--allow-host", "host.docker.internal"]);
    for (url, status) in [
        ("http://crm:8080/hooks", 201),
        ("http://host.docker.internal/", 201),
        ("http://other:8080/hooks", 422),
        ("http://docker.internal/", 422),
    ] {
        assert_eq!(program.endpoint(url).0, status, "{url}");
    }
}

#[cfg(unix)]
#[test]
fn every_file_belongs_to_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let program = Program::start(&folder.0, &[]);
    assert_eq!(program.event("invoice.paid").0, 202);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0), 0o700);
    let files: Vec<PathBuf> =
        std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
