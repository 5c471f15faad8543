#!/usr/bin/env python3
"""Do the clients of the official TypeScript SDK get along with the API's Model Context Protocol?

Starts local mode in memory with two actions and a system that they call, installs the SDK's clients by npm into `target/`,
and runs `clients.mjs`. `run.py --binary PATH` takes a binary of local mode; otherwise cargo builds it.
"""

import argparse
import http.server
import pathlib
import shutil
import subprocess
import sys
import threading

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "contract"))
from run import call, start  # noqa: E402

INSTALLED = FOLDER.parent.parent / "target" / "mcp-clients"


class System(http.server.BaseHTTPRequestHandler):
    """The system that the actions call."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"order":"7","state":"paid"}')

    def log_message(self, *_):
        pass


def install():
    """The clients as the lock file names them, without running anything of theirs."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "clients.mjs"):
        shutil.copy(FOLDER / name, INSTALLED / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=INSTALLED, check=True)


def world(url, system):
    """A workspace with two actions, and the key of an agent."""
    workspace = call(url, "POST", "/v1/workspaces", {"name": "agents"})["id"]
    order = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}
    action = {"workspace_id": workspace, "url": system, "parameters": order, "roles": ["support"]}
    result = {"type": "object", "required": ["state"], "properties": {"state": {"type": "string"}}}
    call(url, "POST", "/v1/actions", {**action, "name": "look_up_order", "effect": "read", "result_schema": result})
    call(url, "POST", "/v1/actions", {**action, "name": "refund_order", "effect": "destructive"})
    call(url, "POST", "/v1/actions", {**action, "name": "hire", "roles": ["people"]})
    key = {"name": "agent", "workspace_id": workspace, "scopes": ["actions"], "roles": ["support"]}
    return call(url, "POST", "/v1/api-keys", key)["key"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", help="a binary of local mode")
    binary = parser.parse_args().binary
    install()
    system = http.server.ThreadingHTTPServer(("127.0.0.1", 0), System)
    threading.Thread(target=system.serve_forever, daemon=True).start()
    process, url = start(binary)
    try:
        key = world(url, f"http://127.0.0.1:{system.server_port}/orders")
        ran = subprocess.run(["node", "clients.mjs", url, key], cwd=INSTALLED)
    finally:
        process.terminate()
    sys.exit(ran.returncode)


if __name__ == "__main__":
    main()
