//! Does what is printed for one person get into a log for all?

use super::*;

#[test]
fn the_printed_link_logs_in_and_no_token_gets_into_the_log() {
    let folder = Folder::new();
    let mut command = command(&folder.0, &["--log"]);
    // Into a file: a pipe that nobody reads holds the program up.
    let path = folder.0.with_extension("log");
    command.env("RUST_LOG", "debug").stderr(std::fs::File::create(&path).unwrap());
    let mut program = Program::spawn(command);
    let mut tokens = vec![program.key.clone()];
    let link = program.greeting[3].clone();
    let (page, once) = link.split_once("#once=").unwrap();
    assert_eq!(page, format!("console    {}/console/", program.url));
    assert!(program.http("GET", "/console/", "").1.contains("/console/assets/"));

    program.key = once.to_owned();
    let (status, session) = program.call("POST", "/v1/sessions", &Value::Null);
    assert_eq!(status, 201, "{session}");
    assert_eq!(program.call("POST", "/v1/sessions", &Value::Null).0, 401, "once");
    tokens.push(std::mem::replace(&mut program.key, session["token"].as_str().unwrap().to_owned()));
    let wishes = json!({ "workspace_id": program.workspace, "scopes": ["webhooks"] });
    let (status, link) = program.call("POST", "/v1/portal-links", &wishes);
    assert_eq!(status, 201, "{link}");
    let (_, token) = link["url"].as_str().unwrap().split_once("#t=").unwrap();
    tokens.push(std::mem::replace(&mut program.key, token.to_owned()));
    assert_eq!(program.call("GET", "/v1/webhook-endpoints", &Value::Null).0, 200);
    assert_eq!(program.call("POST", "/v1/portal-links", &wishes).0, 403);
    tokens.push(program.key.clone());

    drop(program);
    let log = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(log.contains("/v1/portal-links"), "{log}");
    for token in tokens {
        assert!(!log.contains(&token), "{token} is in the log");
    }
}
