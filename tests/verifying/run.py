"""Judges the cases on standard input with the sample beside it; see README.md."""

import base64
import sys

from verify import Refused, verify_body, verify_covered, verify_standard

for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
    if not line:
        continue
    profile, now, path, secret, prefix, encoded, *fields = line.split("\t")
    body = base64.b64decode(encoded)
    headers = dict(field.split("=", 1) for field in fields)
    try:
        if profile == "standard":
            verify_standard(headers, body, secret, int(now))
        elif profile == "body":
            verify_body(headers, body, secret, prefix)
        elif profile == "covered":
            verify_covered(headers, body, path, secret, prefix, int(now))
        else:
            raise ValueError(f"unknown profile {profile}")
        print("ok")
    except Refused:
        print("refused")
