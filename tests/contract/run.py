#!/usr/bin/env python3
"""Do the API's answers conform to its OpenAPI document?

Starts local mode in memory, makes two workspaces, and runs schemathesis against the document that the API serves: without
a key, with the right key, and with another workspace's key. A run fails on an answer that the document does not allow, on
a `5xx`, and on what `checks.py` forbids. `run.py --binary PATH` takes a binary of local mode; otherwise cargo builds it.
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

FOLDER = pathlib.Path(__file__).parent
ADMIN_KEY = "phk_" + "contract-" * 4
MARKER = "only-the-first-workspace-has-this"
SCHEMATHESIS = shutil.which("st") or str(pathlib.Path(sys.executable).parent / "st")
# So that a run finds the same things again, and ends in time.
SEED = 1
EXAMPLES = 8

# Checks of sequences of requests, whose ids are fixed here.
EXCLUDED = "use_after_free,ensure_resource_availability"


class Receiver(http.server.BaseHTTPRequestHandler):
    """A receiver that takes every delivery."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()

    do_PUT = do_PATCH = do_POST

    def log_message(self, *_):
        pass


def call(url, method, path, body=None, key=ADMIN_KEY):
    request = urllib.request.Request(url + path, method=method, headers={"X-API-Key": key})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def refused(address, body):
    """Posts what a source refuses, and keeps: nobody signed it."""
    request = urllib.request.Request(address, json.dumps(body).encode(), method="POST")
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as answer:
        assert answer.code == 401, answer
    else:
        sys.exit("a source took a request that nobody signed")


def start(binary):
    """Local mode, and its address."""
    command = [binary] if binary else ["cargo", "run", "--quiet", "--locked", "-p", "local", "--"]
    log = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(
        [*command, "--memory", "--port", "0"],
        stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "POSTHORN_ADMIN_KEY": ADMIN_KEY},
    )
    for _ in range(6000):
        log.seek(0)
        text = log.read()
        if found := re.search(r"on (http://[^\s,]+),", text):
            return process, found[1]
        if process.poll() is not None:
            sys.exit(f"local mode ended:\n{text}")
        time.sleep(0.1)
    process.terminate()
    sys.exit("local mode does not start")


def workspace(url, name):
    """A workspace and a key for it."""
    workspace = call(url, "POST", "/v1/workspaces", {"name": name})["id"]
    settings = {"name": name, "workspace_id": workspace, "scopes": ["admin"]}
    return workspace, call(url, "POST", "/v1/api-keys", settings)


def world(url, receiver):
    """Two workspaces. The first has one thing of each kind, the value of a path's parameter, and others to delete."""
    first, key = workspace(url, MARKER)
    _, other_key = workspace(url, "other")
    own = key["key"]
    settings = {"url": f"{receiver}/{MARKER}", "description": MARKER}
    endpoint, spare_endpoint = [
        call(url, "POST", "/v1/webhook-endpoints", settings, own)["id"] for _ in range(2)
    ]
    event = {"type": "invoice.paid", "data": {"text": MARKER}}
    sent, spare_event = [call(url, "POST", "/v1/events", event, own) for _ in range(2)]
    window = {"since": "2026-01-01T00:00:00Z"}
    replay = call(url, "POST", f"/v1/webhook-endpoints/{endpoint}/replay", window, own)["id"]
    settings = {"name": MARKER, "provider": "github", "secrets": ["a secret of the contract"]}
    source, spare_source = [call(url, "POST", "/v1/sources", settings, own) for _ in range(2)]
    refused(source["address"], {"text": MARKER})
    received = call(url, "GET", f"/v1/sources/{source['id']}/requests", key=own)["data"][0]["id"]
    action, spare_action = [
        call(url, "POST", "/v1/actions", {
            "name": name, "url": f"{receiver}/{MARKER}", "description": MARKER, "effect": "read", "roles": ["agent"],
        }, own)["name"]
        for name in ("contract", "contract_spare")
    ]
    agent = {"name": "agent", "workspace_id": first, "scopes": ["actions"], "roles": ["agent"]}
    agent = call(url, "POST", "/v1/api-keys", agent)["key"]
    invocation = call(url, "POST", f"/v1/actions/{action}/invoke", {"actor": MARKER}, agent)["id"]
    link = {"workspace_id": first, "scopes": ["webhooks:ro"], "user": MARKER}
    spare = {"name": "spare", "workspace_id": first, "scopes": ["events:ro"]}
    ids = {
        "workspace": first,
        "endpoint": endpoint,
        "event": sent["id"],
        "delivery": sent["deliveries"][0]["id"],
        "replay": replay,
        "source": source["id"],
        "action": action,
        "invocation": invocation,
        "request": received,
        "number": 0,
        "key": call(url, "POST", "/v1/api-keys", spare)["id"],
        "link": call(url, "POST", "/v1/portal-links", link)["id"],
    }
    deletable = {
        "endpoint": spare_endpoint,
        "source": spare_source["id"],
        "action": spare_action,
        "event": spare_event["id"],
        "key": call(url, "POST", "/v1/api-keys", spare)["id"],
        "link": call(url, "POST", "/v1/portal-links", link)["id"],
    }
    return ids, deletable, own, other_key["key"]


def settings_of(ids, deletable):
    """The configuration of schemathesis (TOML)."""
    parameters = lambda values: "".join(f'"path.{name}" = "{value}"\n' for name, value in values.items())
    # A schema cannot say everything: a cursor that the API gave, a window that ends after it begins. So `422` is no
    # contradiction to a request that conforms to the schema. Nor is `412`: `If-Match` is judged before the body. And each event of a batch is answered on its own: one that
    # is invalid does not refuse the batch.
    return f"""
[parameters]
{parameters(ids)}
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "422", "429"]

[[operations]]
include-operation-id = "send_batch"
checks.negative_data_rejection.enabled = false

[[operations]]
include-method = "DELETE"
[operations.parameters]
{parameters(deletable)}
"""


def run(url, name, key, settings, examples):
    """One run of schemathesis; whether it found nothing."""
    print(f"\n==> {name}", flush=True)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(settings)
        config.flush()
        command = [
            SCHEMATHESIS, "--config-file", config.name,
            "run", f"{url}/v1/openapi.json", "--url", url,
            # JSON-RPC, whose clients judge it: tests/mcp and the stories of agents.
            "--exclude-path", "/v1/mcp",
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(SEED),
            "--exclude-checks", EXCLUDED, "--continue-on-failure", "--no-shrink",
            "--suppress-health-check", "all", "--warnings", "off",
        ]
        if key:
            command += ["--header", f"X-API-Key: {key}"]
        environment = {
            **os.environ, "SCHEMATHESIS_HOOKS": str(FOLDER / "checks.py"), "PYTHONPATH": str(FOLDER),
            "CONTRACT_RUN": name, "CONTRACT_MARKER": MARKER,
        }
        return subprocess.run(command, env=environment, cwd=tempfile.gettempdir()).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", help="local mode, already built")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="generated requests for each operation")
    options = parser.parse_args()

    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    process, url = start(options.binary)
    try:
        ids, deletable, own, other = world(url, f"http://127.0.0.1:{receiver.server_port}")
        runs = [("no key", None), ("another workspace's key", other), ("the right key", own)]
        settings = settings_of(ids, deletable)
        failed = [name for name, key in runs if not run(url, name, key, settings, options.examples)]
    finally:
        process.terminate()
        process.wait()
    if failed:
        sys.exit(f"the API and its document disagree: {', '.join(failed)}")


if __name__ == "__main__":
    main()
