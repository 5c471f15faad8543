"""How is local mode driven? One run of it over a data folder, the customers' endpoints, and what is written meanwhile."""

import http.client
import http.server
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

TABLE = "posthorn"


class Receiver(http.server.ThreadingHTTPServer):
    """Answers by path. An answer is a status, `"reset"` (the connection is closed), or seconds to wait before a 200."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        # A story replaces the port by its own receiver's: both have five digits.
        assert self.port > 9_999, self.port
        self.next = {}
        self.then = {}
        self.seen = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, path, then, *first):
        with self.lock:
            self.then[path] = then
            self.next[path] = list(first)

    def count(self, path):
        return self.seen.get(path, 0)

    def handle_error(self, request, client_address):
        """A connection that was reset on purpose is no news."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.split("?")[0]
        with self.server.lock:
            first = self.server.next.get(path)
            answer = first.pop(0) if first else self.server.then.get(path, 200)
            self.server.seen[path] = self.server.seen.get(path, 0) + 1
        if answer == "reset":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if isinstance(answer, float):
            time.sleep(answer)
            answer = 200
        body = b"thank you" if answer == 200 else b'{"error":"this endpoint fails"}'
        self.send_response(answer)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", "5f0c3a7e")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = answer

    def log_message(self, *_):
        pass


class Posthorn:
    """One run of local mode over a data folder."""

    def __init__(self, binary, folder, environment=None):
        self.process = subprocess.Popen(
            [binary, "--port", "0", "--data", str(folder)],
            stdout=subprocess.PIPE,
            stderr=open(folder.parent / "log", "ab"),
            env=os.environ | {"POSTHORN_NO_RECEIVER": "true"} | (environment or {}),
            text=True,
        )
        self.address = None
        for line in self.process.stdout:
            if found := re.match(r"(?:\s+API\s+|Posthorn \S+ on )http://([^\s,]+)", line):
                self.address = found[1]
            if "Ctrl-C" in line:
                break
        assert self.address, f"it did not start, see {folder.parent / 'log'}"
        # It listens for Ctrl-C a moment after it has said so.
        time.sleep(0.2)
        self.admin_key = (folder / "admin-key").read_text().strip()
        self.connection = http.client.HTTPConnection(self.address)

    def call(self, method, path, body=None, key=None, **headers):
        """Status, headers and document of an answer. `body` is JSON text or a document."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        self.connection.request(
            method, path, text and text.encode(), {"x-api-key": key or self.admin_key, **headers}
        )
        answer = self.connection.getresponse()
        text = answer.read().decode()
        return answer.status, dict(answer.getheaders()), json.loads(text) if text else None

    def expect(self, expected, method, path, body=None, key=None, **headers):
        status, _, document = self.call(method, path, body, key, **headers)
        assert status == expected, f"{method} {path}: {status} {document}"
        return document

    def get(self, path):
        return self.expect(200, "GET", path)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0


def until(what, holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def keep_every_version(folder):
    """Makes SQLite itself keep each version of each row, and the body of each message, of the next run."""
    with sqlite3.connect(folder / "dynamodb.sqlite") as rows:
        rows.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, item TEXT NOT NULL)")
        for event in ("INSERT", "UPDATE"):
            rows.execute(
                f"CREATE TRIGGER keep_{event} AFTER {event} ON {TABLE} "
                "BEGIN INSERT INTO kept (item) VALUES (NEW.item_json); END"
            )
    with sqlite3.connect(folder / "sqs.sqlite") as messages:
        messages.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL)")
        messages.execute(
            "CREATE TRIGGER keep AFTER INSERT ON bodies BEGIN "
            "INSERT INTO kept (queue, body) SELECT queue, NEW.body FROM messages WHERE id = NEW.id; END"
        )


def take_every_version(folder):
    """The rows and messages that were kept, oldest first; the folder is left as if nothing had been kept."""
    with sqlite3.connect(folder / "dynamodb.sqlite") as database:
        rows = [json.loads(item) for (item,) in database.execute("SELECT item FROM kept ORDER BY id")]
        database.executescript("DROP TRIGGER keep_INSERT; DROP TRIGGER keep_UPDATE; DROP TABLE kept;")
    with sqlite3.connect(folder / "sqs.sqlite") as database:
        messages = database.execute("SELECT queue, body FROM kept ORDER BY id").fetchall()
        database.executescript("DROP TRIGGER keep; DROP TABLE kept;")
    return rows, messages


def text_of(item, name):
    value = item.get(name, {})
    return value.get("S", value.get("N"))
