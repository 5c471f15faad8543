"""What is done through the API? Every kind of row, job and task comes to be, and what waits is left waiting."""

import json
import time
from datetime import datetime, timedelta, timezone

from .local_mode import until

DAY = 86_400
# Types of events whose ledgers show what no other answer shows. (A ledger names every endpoint, which is long.)
LEDGERS = ("bulk.item", "mail.sent", "note.erased", "order.updated", "part.sold", "report.due")


class Scenario:
    """The endpoints, events and replays that were made, by the names they have here."""

    def __init__(self, posthorn, receiver):
        self.posthorn = posthorn
        self.receiver = receiver
        self.endpoints = {}
        self.events = {}
        self.replays = {}
        self.repeatable = None
        self.acme = self.workspace({"name": "acme", "retention_days": 90, "allow_unsigned": True})

    def workspace(self, settings):
        return self.posthorn.expect(201, "POST", "/v1/workspaces", settings)["id"]

    def endpoint(self, name, settings, workspace=None, path=None):
        body = {"workspace_id": workspace or self.acme, "url": self.receiver.url(path or f"/{name}")} | settings
        made = self.posthorn.expect(201, "POST", "/v1/webhook-endpoints", body)
        self.endpoints[name] = {
            "id": made["id"],
            "workspace": made["workspace_id"],
            "profile": made["signature"]["profile"],
            "prefix": made["header_prefix"],
            "path": path or f"/{name}",
            "secrets": [made["secret"]] if made.get("secret") else [],
            "public_key": made.get("public_key"),
        }

    def at(self, name):
        return f"/v1/webhook-endpoints/{self.endpoints[name]['id']}"

    def send(self, name, event_type, data, workspace=None, key=None, headers=None, **more):
        """Sends an event whose `data` is JSON text, delivered byte for byte."""
        body = {"workspace_id": workspace or self.acme, "type": event_type} | more
        text = json.dumps(body)[:-1] + ', "data": ' + data + "}"
        answer = self.posthorn.expect(202, "POST", "/v1/events", text, key, **(headers or {}))
        self.events[name] = answer["id"]
        if name == "created":
            self.repeatable = text
        return answer

    def deliveries(self, name):
        return self.posthorn.get(f"{self.at(name)}/deliveries?limit=250")

    def statuses(self, name):
        return sorted(row["status"] for row in self.deliveries(name))

    def wait_for(self, name, *statuses):
        until(f"{name}: {statuses}, but {self.statuses(name)}", lambda: self.statuses(name) == sorted(statuses))

    def replayed(self, name, how, body):
        started = self.posthorn.expect(202, "POST", f"{self.at(name)}/replay", body)
        self.replays[how] = started["id"]
        return f"/v1/replays/{started['id']}"

    def over(self, path):
        until(path, lambda: self.posthorn.get(path)["status"] != "running")


def endpoints(scenario):
    """Everything that can be set of an endpoint, at one of them at least."""
    endpoint = scenario.endpoint
    endpoint("standard", {
        "events": ["order.*"], "description": "the shop of acme", "retry": {"schedule_seconds": [45, 600]},
        "headers": {"X-Customer": "acme-42", "Authorization": "Bearer an-old-token"},
        "metadata": {"team": "billing", "tier": "gold"},
    })
    endpoint("asymmetric", {
        "events": ["order.*"], "signature": {"profile": "standard-asymmetric"},
        "retry": {"schedule_seconds": [300, 1800]},
    })
    endpoint("body", {
        "events": ["order.*"], "signature": {"profile": "body"}, "secret": "a-secret-from-the-old-system",
        "header_prefix": "X-Acme", "body": "data", "method": "PUT", "retry": {"schedule_seconds": [1, 1800]},
    })
    endpoint("covered", {
        "events": ["order.created", "order.updated"], "channels": ["tenant-a", "tenant-b"],
        "signature": {"profile": "covered"}, "retry": {"preset": "three-tries"},
        "url": scenario.receiver.url("/covered/42%20a?token=of-the-customer"),
    }, path="/covered/42%20a")
    endpoint("unsigned", {
        "events": ["order.*"], "signature": {"profile": "none"}, "timeout_seconds": 5,
        "retry": {"schedule_seconds": [120]},
    })
    endpoint("finished", {
        "events": ["invoice.*"], "retry": {"schedule_seconds": [1]}, "timeout_seconds": 1,
        "outcomes": {"success": [409], "permanent": [422], "retryable": ["4xx"]},
    })
    endpoint("gone", {"events": ["legacy.*"]})
    patient = {"consecutive_failures": 10_000, "window_seconds": 60}
    endpoint("dead", {"events": ["dead.*"], "retry": {"schedule_seconds": [1800, 3600]}, "disable": patient})
    endpoint("probed", {"events": ["probed.*"], "retry": {"schedule_seconds": [1200]}})
    endpoint("recovered", {"events": ["recovered.*"], "retry": {"schedule_seconds": [1300]}, "disable": patient})
    endpoint("failing", {"events": ["user.*"], "retry": {"schedule_seconds": [600, 600]}})
    endpoint("rated", {"events": ["mail.*"], "rate_limit": {"per_minute": 2}})
    endpoint("concurrent", {"events": ["file.*"], "max_concurrency": 1})
    endpoint("scheduled", {"events": ["report.*"]})
    endpoint("console", {"events": ["endpoint.*", "delivery.exhausted"]})
    endpoint("off", {"events": ["note.*"], "retry": {"schedule_seconds": [1]}})

    rotated = scenario.posthorn.expect(
        200, "POST", f"{scenario.at('standard')}/secret/rotate", {"overlap_seconds": 7 * DAY}
    )
    scenario.endpoints["standard"]["secrets"].insert(0, rotated["secret"])


def finished(scenario):
    """Deliveries that came to an end, in each way, and replays of them."""
    posthorn, receiver, send = scenario.posthorn, scenario.receiver, scenario.send
    since = (datetime.now(timezone.utc) - timedelta(minutes=5)).isoformat()
    send(
        "created", "order.created", '{"order":1,"lines":["a","b"]}', channels=["tenant-a"],
        occurred_at="2026-11-01T09:30:00+01:00", headers={"Idempotency-Key": "order-1-created"},
    )
    scenario.wait_for("covered", "delivered")

    receiver.answer("/finished", 200, 200, 409, 422, 500, "reset")
    send("paid", "invoice.paid", '{"amount":4200}')
    scenario.wait_for("finished", "delivered")
    send("known", "invoice.known", "{}")
    scenario.wait_for("finished", "delivered", "delivered")
    send("refused", "invoice.refused", "null")
    scenario.wait_for("finished", "delivered", "delivered", "failed")
    send("exhausted", "invoice.exhausted", "[1, 2, 3]")
    scenario.wait_for("finished", "delivered", "delivered", "failed", "failed")

    # Three windows: one that was gone through, one that sends again what had arrived, one that was cancelled.
    receiver.answer("/finished", 200, 422)
    scenario.over(scenario.replayed("finished", "completed", {"since": since}))
    forced = {"since": since, "status": "all", "event_types": ["invoice.paid"], "include_delivered": True}
    scenario.over(scenario.replayed("finished", "forced", forced))
    cancelled = scenario.replayed("finished", "cancelled", {"since": since, "event_types": ["nothing.*"]})
    posthorn.call("POST", f"{cancelled}/cancel")
    known = next(row for row in scenario.deliveries("finished") if row["event_type"] == "invoice.known")
    posthorn.expect(202, "POST", f"{scenario.at('finished')}/deliveries/{known['id']}/replay", {"force": True})

    events = [{"workspace_id": scenario.acme, "type": kind, "data": {"batch": True}}
              for kind in ("invoice.batch", "of.no.interest", "no spaces")]
    batch = posthorn.expect(207, "POST", "/v1/events/batch", {"events": events}, Idempotency_Key="batch-1")
    assert [result["status"] for result in batch["results"]] == [202, 202, 422]
    scenario.wait_for("finished", *["delivered"] * 4, "failed")
    receiver.answer("/finished", 200, 2.0)
    send("late", "invoice.late", "{}")  # a timeout, and then a success
    scenario.wait_for("finished", *["delivered"] * 5, "failed")
    posthorn.expect(200, "POST", f"{scenario.at('finished')}/test")

    receiver.answer("/gone", 410)
    send("legacy", "legacy.ended", "{}")
    scenario.wait_for("gone", "failed")

    receiver.answer("/off", 500)
    erased = send("erased", "note.erased", '{"card":"4242"}')
    scenario.wait_for("off", "retrying")
    posthorn.expect(204, "DELETE", f"/v1/events/{erased['id']}/data?workspace_id={scenario.acme}")
    scenario.wait_for("off", "cancelled")
    send("disabled", "note.disabled", "{}")
    scenario.wait_for("off", "cancelled", "retrying")
    posthorn.expect(200, "PATCH", scenario.at("off"), {"active": False})
    scenario.wait_for("off", "cancelled", "cancelled")

    receiver.answer("/deleted", 500)
    scenario.endpoint("deleted", {"events": ["part.*"], "retry": {"schedule_seconds": [1]}})
    send("deleted", "part.sold", "{}")
    scenario.wait_for("deleted", "retrying")
    posthorn.expect(204, "DELETE", scenario.at("deleted"))
    del scenario.endpoints["deleted"]

    receiver.answer("/concurrent", 0.3)
    for name in ("first file", "second file"):
        send(name, "file.stored", "{}")
    scenario.wait_for("concurrent", "delivered", "delivered")


def open_circuit(scenario, name):
    """Five deliveries that wait for a retry, and three that are parked."""
    scenario.receiver.answer(f"/{name}", 503)
    for number in range(8):
        if number == 5:
            scenario.wait_for(name, *["retrying"] * 5)
            until("the circuit is open", lambda: scenario.posthorn.get(scenario.at(name))["health"]["circuit"] == "open")
            time.sleep(0.2)
        scenario.send(f"{name} {number}", f"{name}.changed", json.dumps({"number": number}))
    scenario.wait_for(name, *["retrying"] * 5, *["parked"] * 3)


def waiting(scenario):
    """Deliveries that wait in the queue, for each reason there is; nothing comes to an end any more."""
    posthorn, receiver, send = scenario.posthorn, scenario.receiver, scenario.send

    # A delivery that is replayed by hand is a probe. This one finds its endpoint well again: the others are drained.
    receiver.answer("/recovered", 200)
    parked = [row["id"] for row in scenario.deliveries("recovered") if row["status"] == "parked"]
    posthorn.expect(202, "POST", f"{scenario.at('recovered')}/deliveries/{parked[0]}/replay")
    scenario.wait_for("recovered", *["retrying"] * 5, *["delivered"] * 3)

    # These two fail. The first takes its endpoint's slot, so that the second waits for the next.
    posthorn.expect(200, "PATCH", scenario.at("probed"), {"rate_limit": {"per_minute": 3}})
    parked = [row["id"] for row in scenario.deliveries("probed") if row["status"] == "parked"]
    before = receiver.count("/probed")
    posthorn.expect(202, "POST", f"{scenario.at('probed')}/deliveries/{parked[0]}/replay")
    until("a probe", lambda: receiver.count("/probed") > before)
    scenario.wait_for("probed", *["retrying"] * 5, *["parked"] * 3)
    posthorn.expect(202, "POST", f"{scenario.at('probed')}/deliveries/{parked[1]}/replay")
    scenario.wait_for("probed", *["retrying"] * 5, *["parked"] * 2, "pending")

    for name in ("standard", "asymmetric", "body", "unsigned", "covered/42%20a"):
        receiver.answer(f"/{name}", 500)
    odd = '{ "order" : 2,\t"note":"caf\\u00e9 é 🎺",\r\n "total": 12.5 }'
    send("updated", "order.updated", odd, channels=["tenant-a", "other"])
    large = json.dumps({"lines": [f"line {number} of a long order" for number in range(1_300)]})
    assert len(large) > 33_000
    send("large", "order.large", large)

    receiver.answer("/failing", 500)
    send("first user", "user.created", "{}")
    scenario.wait_for("failing", "retrying")
    send("second user", "user.created", "{}")
    scenario.wait_for("failing", "retrying", "retrying")
    replayed = scenario.deliveries("failing")[0]["id"]
    posthorn.expect(202, "POST", f"{scenario.at('failing')}/deliveries/{replayed}/replay")
    until("a replayed delivery fails again", lambda: scenario.deliveries("failing")[0]["attempts"] == 2)

    for number in range(4):
        send(f"mail {number}", "mail.sent", json.dumps({"number": number}))
        if number == 0:
            scenario.wait_for("rated", "delivered")
    scenario.wait_for("rated", "delivered", "pending", "parked", "parked")

    for name, minutes in (("soon", 10), ("later", 40)):
        due = datetime.now(timezone.utc) + timedelta(minutes=minutes)
        send(name, "report.due", json.dumps({"report": name}), deliver_at=due.isoformat())

    scenario.wait_for("standard", "delivered", "retrying", "retrying")
    scenario.wait_for("covered", "delivered", "retrying")
    until("two attempts each", lambda: [row["attempts"] for row in scenario.deliveries("body")][:2] == [2, 2])
    # A row is written a moment before its job is put back.
    time.sleep(0.5)


def bulk(scenario):
    """A workspace whose endpoint was switched off while 106 events came: a replay of them takes two steps."""
    posthorn = scenario.posthorn
    workspace = scenario.workspace({"name": "bulk", "retention_days": 90, "max_events_per_day": 107})
    scenario.endpoint("missed", {"events": ["bulk.item"], "active": False}, workspace)
    since = datetime.now(timezone.utc).isoformat()
    kinds = ["bulk.item" if number in (3, 50, 104) else "bulk.tick" for number in range(106)]
    # A step looks at 100 events. Those of one batch are in no order.
    for part in (kinds[:100], kinds[100:]):
        events = [{"workspace_id": workspace, "type": kind, "data": {}} for kind in part]
        batch = posthorn.expect(207, "POST", "/v1/events/batch", {"events": events})
        assert all(result["status"] == 202 for result in batch["results"])
    return workspace, since


def api_keys(scenario):
    wanted = {
        "one workspace": {"workspace_id": scenario.acme, "scopes": ["events", "webhooks", "deliveries"]},
        "one workspace, reading": {"workspace_id": scenario.acme, "scopes": ["webhooks:ro", "events:ro"]},
        "all workspaces": {"scopes": ["events"]},
    }
    made = {}
    for name, settings in wanted.items():
        answer = scenario.posthorn.expect(201, "POST", "/v1/api-keys", {"name": name} | settings)
        made[name] = {"id": answer["id"], "key": answer["key"]}
    return made


def answers(scenario, workspace):
    """What the API answers about everything in a workspace, by path; about one event of each type."""
    read, query = {}, f"workspace_id={workspace}"

    def get(path):
        read[path] = scenario.posthorn.get(path)
        return read[path]

    get(f"/v1/workspaces/{workspace}")
    get(f"/v1/workspaces/{workspace}/jwks.json")
    get(f"/v1/api-keys?{query}")
    get(f"/v1/undelivered?{query}&limit=250")
    for replay in get(f"/v1/replays?{query}")["data"]:
        get(f"/v1/replays/{replay['id']}")
    page = get(f"/v1/events?{query}&limit=50")
    for event in {event["type"]: event for event in page["data"]}.values():
        get(f"/v1/events/{event['id']}?{query}")
    for event in page["data"]:
        if event["type"] in LEDGERS:
            get(f"/v1/events/{event['id']}/deliveries?{query}")
    while page["next"]:
        page = get(f"/v1/events?{query}&limit=50&cursor={page['next']}")
    for endpoint in get(f"/v1/webhook-endpoints?{query}")["data"]:
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        get(path)
        for delivery in get(f"{path}/deliveries?limit=250"):
            get(f"{path}/deliveries/{delivery['id']}")
    return read
