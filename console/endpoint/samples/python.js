// How is a signature verified in Python?
// Made from docs/receivers/python by samples/make.mjs.
export const verifyName = 'verify.py';
export const receiverName = 'receiver.py';
export const verify = `"""Verifies webhook signatures. Each function raises Refused, or returns: then the request is genuine.

headers: a dict with lower-case names. body: bytes, as they came.
"""

import base64
import hashlib
import hmac
import re
import time


class Refused(Exception):
    pass


def verify_standard(headers, body, secret, now=None):
    event_id = _required(headers, "webhook-id")
    timestamp = _required(headers, "webhook-timestamp")
    signatures = _required(headers, "webhook-signature")
    _check_time(timestamp, now)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = _hmac(key, f"{event_id}.{timestamp}.", body)
    _check_listed("v1," + base64.b64encode(mac).decode(), signatures)


def verify_body(headers, body, secret, prefix="X-Webhook"):
    signatures = _required(headers, f"{prefix}-Signature")
    _check_listed("sha256=" + _hmac(secret.encode(), "", body).hex(), signatures)


def verify_covered(headers, body, path, secret, prefix="X-Webhook", now=None):
    """path: as it is in the URL that is called, percent-encoded, without the query."""
    timestamp = _required(headers, f"{prefix}-Timestamp")
    nonce = _required(headers, f"{prefix}-Nonce")
    signatures = _required(headers, f"{prefix}-Signature")
    _check_time(timestamp, now)
    mac = _hmac(secret.encode(), f"{timestamp}.{nonce}.{path}.", body)
    _check_listed("sha256=" + mac.hex(), signatures)


def _required(headers, name):
    value = headers.get(name.lower())
    if not value:
        raise Refused(f"{name} is missing")
    return value


def _check_time(timestamp, now):
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise Refused("the timestamp is malformed")
    now = time.time() if now is None else now
    if abs(int(now) - int(timestamp)) > 300:
        raise Refused("the timestamp is too far from now")


def _hmac(key, head, body):
    if len(key) < 16:
        raise Refused("the secret is missing or too short")
    return hmac.new(key, head.encode("utf-8", "replace") + body, hashlib.sha256).digest()


def _check_listed(expected, signatures):
    entries = signatures.encode("utf-8", "replace").split(b" ")
    if not any(hmac.compare_digest(entry, expected.encode()) for entry in entries):
        raise Refused("no signature matches")
`;
export const receiver = `"""A webhook receiver with http.server: verify, then work, then remember. Run: python3 receiver.py"""

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
        file.write(json.dumps(event) + "\\n")


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
`;
