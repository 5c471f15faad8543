//! Is a message one sentence that says what to do?
//! For what goes wrong at a start: exit code 1, one line, no backtrace.

use super::*;

/// Starts the program, which must fail; gives what it says.
fn message_of(mut command: Command) -> String {
    command.env("RUST_BACKTRACE", "1");
    let output = output(command);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    assert!(output.stdout.is_empty());
    text.trim_end().to_owned()
}

#[test]
fn a_taken_port() {
    let (first, second) = (Folder::new(), Folder::new());
    let program = Program::start(&first.0, &[]);
    let port = program.url.rsplit(':').next().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_posthorn"));
    command.args(["--port", port, "--data"]).arg(&second.0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let expected = format!("error: port {port} of 127.0.0.1 is taken. Choose another with --port PORT.");
    assert_eq!(message_of(command), expected);
}

#[test]
fn a_folder_in_use() {
    let folder = Folder::new();
    let _program = Program::start(&folder.0, &[]);
    let message = message_of(command(&folder.0, &[]));
    assert!(
        message.contains("another `cargo local` is using") && message.contains("--data DIR"),
        "{message}"
    );
}

#[test]
fn a_damaged_data_file() {
    for (file, action) in [
        ("sqs.sqlite", "--data DIR"),
        ("dynamodb.sqlite", "--data DIR"),
        ("data-key", "--data DIR"),
        ("workspace", "delete it"),
        ("admin-key", "delete it"),
    ] {
        let folder = Folder::new();
        drop(Program::start(&folder.0, &[]));
        // What is still in the write-ahead log would take the place of what is damaged.
        for log in ["sqs.sqlite-wal", "sqs.sqlite-shm", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm"] {
            std::fs::remove_file(folder.0.join(log)).unwrap();
        }
        std::fs::write(folder.0.join(file), "x".repeat(5_000)).unwrap();
        let message = message_of(command(&folder.0, &[]));
        let named = format!("{} is damaged", folder.0.join(file).display());
        assert!(message.contains(&named) && message.contains(action), "{message}");
    }
}

#[test]
fn a_folder_whose_key_is_missing() {
    let folder = Folder::new();
    drop(Program::start(&folder.0, &[]));
    let key = folder.0.join("data-key");
    std::fs::remove_file(&key).unwrap();
    let message = message_of(command(&folder.0, &[]));
    assert!(message.contains("is missing") && message.contains("--data DIR"), "{message}");
    assert!(!key.exists(), "a new key would read none of the secrets");
}

#[test]
fn a_bad_key() {
    let folder = Folder::new();
    let mut bad = command(&folder.0, &[]);
    bad.env("POSTHORN_ADMIN_KEY", "secret");
    assert_eq!(
        message_of(bad),
        "error: the API key of POSTHORN_ADMIN_KEY or --admin-key must be `phk_` followed by 32 to 128 characters of \
         A-Z, a-z, 0-9, `-` and `_`. Correct it, or leave it out."
    );
}

#[test]
fn starter_catalogues_that_were_not_imported_are_tried_again_at_the_next_start() {
    let folder = Folder::new();
    let types = |program: &Program| {
        let (status, listed) = program.call("GET", "/v1/event-types", &Value::Null);
        assert_eq!(status, 200, "{listed}");
        let rows = listed["data"].as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let pending = folder.0.join("starters-pending");
    let program = Program::start(&folder.0, &[]);
    let all = types(&program);
    assert!(all.len() >= 45 && !pending.exists());
    // As it is after an import that was cut off.
    let delete =
        |program: &Program| program.call("DELETE", &format!("/v1/event-types/{}", all[0]), &Value::Null).0;
    assert_eq!(delete(&program), 204);
    drop(program);
    std::fs::write(&pending, "").unwrap();
    let program = Program::start(&folder.0, &[]);
    assert_eq!(types(&program), all);
    assert!(!pending.exists());

    // Once they are there, what is deleted stays deleted.
    assert_eq!(delete(&program), 204);
    drop(program);
    let program = Program::start(&folder.0, &[]);
    assert_eq!(types(&program), all[1..]);
}
