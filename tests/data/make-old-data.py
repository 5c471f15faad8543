#!/usr/bin/env python3
"""Which rows, jobs and tasks did an older Posthorn write? Makes a data folder of local mode with a binary of that time.

    cargo build -p local                                    # at the older commit
    tests/data/make-old-data.py target/debug/posthorn COMMIT

It writes `tests/data/COMMIT/` (the folder, a manifest, and what the API answered just before the stop), and golden files
of single rows and messages into `crates/store/tests/golden/COMMIT/` and `crates/queue/tests/golden/COMMIT/`.

It takes about 75 seconds of real time, because the schedule of local mode probes open circuits once a minute. Python's
standard library is all it needs.
"""

import gzip
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from old_data import scenario as story
from old_data.golden import golden_messages, golden_rows
from old_data.local_mode import TABLE, Posthorn, Receiver, keep_every_version, take_every_version, text_of, until

ROOT = Path(__file__).resolve().parents[2]
# The producer's span in the example of the W3C's recommendation "Trace Context".
PRODUCER_SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def make(binary, folder, receiver):
    """Fills the folder; gives the manifest, the API's answers, and each version of each row and message."""
    Posthorn(binary, folder).stop()
    keep_every_version(folder)

    # An event of a traced producer; the other events have no trace.
    traced = Posthorn(binary, folder, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url("/collector")})
    scenario = story.Scenario(traced, receiver)
    receiver.answer("/traced", 500)
    scenario.endpoint("traced", {"events": ["trace.*"], "retry": {"schedule_seconds": [1500]}})
    scenario.send("traced", "trace.begun", "{}", headers={"traceparent": PRODUCER_SPAN})
    scenario.wait_for("traced", "retrying")
    time.sleep(0.5)
    traced.stop()

    scenario.posthorn = posthorn = Posthorn(binary, folder)
    keys = story.api_keys(scenario)
    story.endpoints(scenario)
    for name in ("dead", "probed", "recovered"):
        story.open_circuit(scenario, name)
    bulk_workspace, since = story.bulk(scenario)
    story.finished(scenario)
    until("both circuits are probed", lambda: min(map(receiver.count, ("/dead", "/probed"))) >= 6, 70)
    story.waiting(scenario)
    read = story.answers(scenario, scenario.acme)

    # Last, because the second step of the replay comes a second after the first.
    posthorn.expect(200, "PATCH", scenario.at("missed"), {"active": True})
    running = scenario.replayed("missed", "running", {"since": since, "status": "skipped"})
    until("the first step", lambda: posthorn.get(running)["sent"] == 2)
    scenario.wait_for("missed", "delivered", "delivered")
    read |= story.answers(scenario, bulk_workspace)
    assert read[running]["status"] == "running", "this machine is too slow: try again"
    stopped_at = int(time.time() * 1_000)
    posthorn.stop()

    rows, messages = take_every_version(folder)
    check_that_nothing_is_due(folder, stopped_at)
    manifest = {
        "stopped_at": stopped_at,
        "port": receiver.port,
        "admin_key": posthorn.admin_key,
        "workspaces": {"acme": scenario.acme, "bulk": bulk_workspace},
        "api_keys": keys,
        "endpoints": scenario.endpoints,
        "events": scenario.events,
        # Accepted under the Idempotency-Key `order-1-created`.
        "repeatable_request": scenario.repeatable,
        "replays": scenario.replays,
        "statistics": statistics(folder),
    }
    return manifest, read, rows, messages


def check_that_nothing_is_due(folder, stopped_at):
    """A story reads the folder with a clock that stands at `stopped_at`: nothing may go out by itself meanwhile."""
    with sqlite3.connect(folder / "sqs.sqlite") as database:
        query = "SELECT queue, visible_at, receipt, deferred FROM messages"
        for queue, visible_at, receipt, deferred in database.execute(query):
            assert visible_at > stopped_at, f"a message of {queue} is due: try again"
            assert receipt is None or deferred, f"a message of {queue} was being handled: try again"


def statistics(folder):
    """What was counted in all, by endpoint or workspace: it is written down while Posthorn stops."""
    totals = {}
    with sqlite3.connect(folder / "dynamodb.sqlite") as database:
        items = [json.loads(text) for (text,) in database.execute(f"SELECT item_json FROM {TABLE}")]
    for item in items:
        if text_of(item, "entity") == "statistics":
            total = totals.setdefault(text_of(item, "PK").split("#")[1], {})
            for name in ("delivered", "failed", "attempts", "failed_attempts"):
                total[name] = total.get(name, 0) + int(text_of(item, name) or 0)
    return totals


def wide_ledger(binary, folder, receiver):
    """Each version of each row of a workspace with 300 endpoints: more than the event's row can name."""
    Posthorn(binary, folder).stop()
    keep_every_version(folder)
    posthorn = Posthorn(binary, folder)
    scenario = story.Scenario(posthorn, receiver)
    for number in range(300):
        kinds = ["wide.*"] if number % 100 == 99 else ["narrow.*"]
        scenario.endpoint(f"wide {number}", {"events": kinds, "active": number % 3 == 0}, path="/wide")
    scenario.send("wide", "wide.open", "{}")
    until("deliveries", lambda: receiver.count("/wide") == 1)
    time.sleep(0.5)
    posthorn.stop()
    return take_every_version(folder)[0]


def pack(folder, target):
    """Copies what local mode needs, without free pages; the databases compressed."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("admin-key", "data-key", "workspace"):
        shutil.copyfile(folder / name, target / name)
    for name in ("dynamodb.sqlite", "sqs.sqlite"):
        database = sqlite3.connect(folder / name, isolation_level=None)
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        # Without a time, the same bytes compress to the same file.
        packed = gzip.compress((folder / name).read_bytes(), mtime=0)
        (target / f"{name}.gz").write_bytes(packed)


def document(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def document_of_lines(values, indent=0):
    """A JSON object with a member a line."""
    space = " " * indent
    lines = (f"{space} {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
    return "{\n" + ",\n".join(lines) + f"\n{space}}}"


def write_golden(commit, rows, wide, messages, folder):
    target = ROOT / "crates/store/tests/golden" / commit
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, item in golden_rows(rows, wide).items():
        (target / f"{name}.json").write_text(document_of_lines(dict(sorted(item.items()))) + "\n")
    shutil.copyfile(folder / "data-key", target / "data-key")

    target = ROOT / "crates/queue/tests/golden" / commit
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, body in golden_messages(messages).items():
        # Nothing is added, not even a line's end: these are the bytes that were sent.
        (target / f"{name}.json").write_text(body, newline="")


def main():
    binary, commit = sys.argv[1:]
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as parent:
        folder, wide_folder = Path(parent) / "data", Path(parent) / "wide"
        folder.mkdir()
        wide_folder.mkdir()
        wide = wide_ledger(binary, wide_folder, receiver)
        manifest, read, rows, messages = make(binary, folder, receiver)
        target = ROOT / "tests/data" / commit
        pack(folder, target)
        (target / "manifest.json").write_text(document(manifest))
        (target / "answers.json").write_text(document_of_lines(read) + "\n")
        write_golden(commit, rows, wide, messages, folder)


if __name__ == "__main__":
    main()
