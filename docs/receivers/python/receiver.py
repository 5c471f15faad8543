"""A webhook receiver with http.server: verify, then work, then remember. Run: python3 receiver.py"""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from verify import Refused, verify_body, verify_covered, verify_standard

SECRET = os.environ.get("WEBHOOK_SECRET", "")
PROFILE = os.environ.get("WEBHOOK_PROFILE", "standard")
PREFIX = os.environ.get("WEBHOOK_PREFIX", "X-Webhook")
INBOX = os.environ.get("INBOX", ".")


def verify(headers, body, path):
    if PROFILE == "body":
        verify_body(headers, body, SECRET, PREFIX)
    elif PROFILE == "covered":
        verify_covered(headers, body, path, SECRET, PREFIX)
    else:
        verify_standard(headers, body, SECRET)


def work(event):
    """Your work. It may fail: then the webhook comes again."""
    with open(f"{INBOX}/events.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


# Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
done = set()
one_at_a_time = threading.Lock()


def work_once(event):
    with one_at_a_time:
        if event["id"] not in done:
            work(event)
            done.add(event["id"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        try:
            status, text = self.receive()
        except Exception as error:
            status, text = 500, str(error)
        self.send_response(status)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def receive(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))  # Flask: request.get_data()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            # WSGI decodes the path: there, use the one that you registered, as a constant.
            verify(headers, body, self.path.split("?")[0])
        except Refused as why:
            return 401, str(why)
        work_once(json.loads(body))
        return 200, ""


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
