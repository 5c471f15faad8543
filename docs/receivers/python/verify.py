"""Verifies webhook signatures. Each function raises Refused, or returns: then the request is genuine.

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
