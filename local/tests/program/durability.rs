//! Does an answered event survive a power cut?
//! Counts the syncs of each data file by a library that is loaded before libc.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use super::*;

/// Notes the file of each sync after it is done.
const NOTE_SYNCS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int note(const char *name, int fd) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = sync(fd);
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 2);
    int log = open(getenv("SYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (result == 0 && length > 0 && log >= 0) {
        path[length] = '\n';
        if (write(log, path, length + 1) < 0) result = -1;
    }
    if (log >= 0) close(log);
    return result;
}

int fsync(int fd) { return note("fsync", fd); }
int fdatasync(int fd) { return note("fdatasync", fd); }
"#;

/// The syncs of both data files so far: table, queue.
fn syncs(log: &Path) -> [usize; 2] {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    ["/dynamodb.sqlite-wal", "/sqs.sqlite-wal"]
        .map(|file| text.lines().filter(|line| line.ends_with(file)).count())
}

/// The syncs from each request to its `202`. The events are scheduled for later, so that nothing else is written.
fn syncs_of_each_event(arguments: &[&str]) -> Vec<[usize; 2]> {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let (source, library) = (folder.0.join("note.c"), folder.0.join("note.so"));
    std::fs::write(&source, NOTE_SYNCS).unwrap();
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    assert!(compiled.unwrap().success());
    let log = folder.0.join("syncs");
    let mut command = command(&folder.0.join("data"), arguments);
    command.env("LD_PRELOAD", &library).env("SYNC_LOG", &log);
    let program = Program::spawn(command);
    let event = json!({
        "workspace_id": program.workspace, "type": "invoice.paid", "data": {}, "deliver_at": in_an_hour(),
    });
    let mut each = Vec::new();
    for _ in 0..20 {
        let before = syncs(&log);
        assert_eq!(program.call("POST", "/v1/events", &event).0, 202);
        let after = syncs(&log);
        each.push([after[0] - before[0], after[1] - before[1]]);
    }
    each
}

fn in_an_hour() -> String {
    let now = usecases::Clock::system().now();
    now.plus(Duration::from_secs(3_600)).to_string()
}

#[test]
fn each_202_comes_after_a_sync_of_the_table_and_of_the_queue() {
    let each = syncs_of_each_event(&[]);
    assert!(each.iter().all(|[table, queue]| *table >= 1 && *queue >= 1), "{each:?}");
}

#[test]
fn relaxed_the_disk_is_synced_at_checkpoints_only() {
    let each = syncs_of_each_event(&["--relaxed"]);
    let without = each.iter().filter(|syncs| **syncs == [0, 0]).count();
    assert!(without >= 15, "{each:?}");
}
