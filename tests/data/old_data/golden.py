"""Which rows and messages are kept as golden files? One of each kind, and of each state in which its members differ."""

import json

from .local_mode import text_of

JOBS = "posthorn-jobs"
TASKS = "posthorn-tasks"


def last(rows, *conditions):
    """The newest row that meets every condition."""
    found = [row for row in rows if all(holds(row) for holds in conditions)]
    assert found, "no row of this kind was written"
    return found[-1]


def is_(name, value):
    return lambda row: text_of(row, name) == value


def starts(name, prefix):
    return lambda row: text_of(row, name).startswith(prefix)


def has(*names):
    return lambda row: all(name in row for name in names)


def lacks(*names):
    return lambda row: not any(name in row for name in names)


def document(**wanted):
    """Members of the JSON document that a row of configuration holds."""

    def holds(row):
        found = json.loads(text_of(row, "document"))
        return all(found.get(name) == value for name, value in wanted.items())

    return holds


def settings(**wanted):
    """The same of an endpoint's settings."""

    def holds(row):
        found = json.loads(text_of(row, "document"))["settings"]
        return all(found.get(name) == value for name, value in wanted.items())

    return holds


def golden_rows(rows, wide):
    """Rows by name; `wide` are those of the workspace with many endpoints."""
    golden = configuration(rows) | working_state(rows) | events(rows, wide)

    def delivery(status, *conditions):
        return last(rows, is_("entity", "delivery"), is_("status", status), *conditions)

    second = last(rows, is_("entity", "attempt"))
    of_second = text_of(second, "SK").split("#")[1]
    return golden | {
        "attempt-second": second,
        "delivery-cancelled": delivery("cancelled", is_("cancel_reason", "endpoint_disabled")),
        "delivery-cancelled-deleted": delivery("cancelled", is_("cancel_reason", "endpoint_deleted")),
        "delivery-cancelled-erased": delivery("cancelled", is_("cancel_reason", "event_erased")),
        "delivery-delivered": delivery("delivered", has("occurred_at"), is_("trigger", "automatic")),
        "delivery-failed": delivery("failed", is_("type", "invoice.exhausted")),
        "delivery-of-a-test": delivery("delivered", is_("trigger", "test")),
        "delivery-parked": delivery("parked", is_("attempts", "0")),
        "delivery-parked-after-a-probe": delivery("parked", has("attempts_before_run"), lacks("run")),
        "delivery-parked-in-a-replay": delivery("parked", has("attempts_before_run", "run")),
        "delivery-pending-for-its-slot": delivery("pending", has("slot_at"), lacks("run")),
        "delivery-pending-in-a-replay": delivery("pending", has("slot_at", "run")),
        "delivery-retrying": delivery("retrying", is_("id", of_second)),
        "delivery-retrying-in-a-replay": delivery("retrying", has("run", "attempts_before_run")),
        "delivery-timed-out": delivery("retrying", is_("last_error", "timeout")),
    }


def configuration(rows):
    def endpoint(*conditions):
        return last(rows, is_("entity", "endpoint"), *conditions)

    def workspace(name):
        return last(rows, is_("entity", "workspace"), document(name=name))

    key = is_("entity", "api_key")
    return {
        "api-key-by-digest": last(rows, key, is_("SK", "KEY"), document(name="one workspace, reading")),
        "api-key-listed": last(rows, key, starts("PK", "KEYS#ws_")),
        "api-key-of-all-workspaces": last(rows, key, is_("PK", "KEYS#ALL")),
        "data-key": last(rows, is_("entity", "data key")),
        "endpoint-asymmetric": endpoint(settings(signature={"profile": "standard-asymmetric"})),
        "endpoint-body": endpoint(settings(signature={"profile": "body"})),
        "endpoint-covered": endpoint(settings(signature={"profile": "covered"})),
        "endpoint-gone": endpoint(document(disabled_reason="gone")),
        "endpoint-limited": endpoint(settings(max_concurrency=1)),
        "endpoint-rated": endpoint(settings(rate_limit={"per_minute": 3})),
        "endpoint-rotated": endpoint(settings(description="the shop of acme")),
        "endpoint-unsigned": endpoint(settings(signature={"profile": "none"})),
        "workspace": workspace("acme"),
        "workspace-with-a-quota": workspace("bulk"),
    }


def working_state(rows):
    def of(entity, *conditions):
        return last(rows, is_("entity", entity), *conditions)

    def goes_on(row):
        return '"after":"' in text_of(row, "document")

    def is_owed(row):
        return text_of(row, "started_at") == text_of(row, "leased_until")

    return {
        "drain-owed": of("drain", is_owed),
        "drain-under-way": of("drain", has("cursor", "last_sent_at")),
        "health-failing": of("health", lacks("open_since")),
        "health-open": of("health", has("open_since", "lookup"), lacks("warned_percent")),
        "health-warned": of("health", has("warned_percent")),
        "idempotency-claimed": of("idempotency", has("leased_until")),
        "idempotency-completed": of("idempotency", lacks("leased_until")),
        # Rows of places and quotas do not say what they are.
        "places-free": last(rows, starts("SK", "PLACES#"), lacks("place0")),
        "places-taken": last(rows, starts("SK", "PLACES#"), has("place0")),
        "quota": last(rows, starts("SK", "QUOTA#")),
        "rate": of("rate"),
        "replay-cancelled": of("replay", is_("status", "cancelled")),
        "replay-completed": of("replay", is_("status", "completed")),
        "replay-running": of("replay", is_("status", "running"), goes_on),
        "statistics-of-an-endpoint": of("statistics", starts("PK", "STATISTICS#we_")),
        "statistics-of-a-workspace": of("statistics", starts("PK", "STATISTICS#ws_")),
    }


def events(rows, wide):
    def event(*conditions, among=rows):
        return last(among, is_("entity", "event"), *conditions)

    long_ledger = event(has("ledger_pages"), among=wide)
    workspace = text_of(long_ledger, "PK").split("#")[1]
    partition = f"LEDGER#{workspace}#{text_of(long_ledger, 'SK')}#{text_of(long_ledger, 'ledger_digest')}"
    return {
        "event": event(is_("type", "invoice.paid")),
        "event-compressed": event(is_("encoding", "zstd")),
        "event-erased": event(has("erased_at")),
        "event-scheduled": event(has("deliver_at")),
        "event-traced": event(has("trace")),
        "event-with-a-long-ledger": long_ledger,
        "event-with-channels": event(has("channels")),
        "ledger-page": last(wide, is_("entity", "ledger page"), is_("PK", partition)),
    }


def golden_messages(messages):
    """One body of each kind of job and task, exactly as it was sent."""
    bodies = [(queue, body, json.loads(body)) for queue, body in messages]
    always = {"v", "workspace", "endpoint", "event", "delivery", "type", "time"}

    def job(*members, holds=lambda job: True):
        wanted = always | set(members)
        found = [body for queue, body, job in bodies if queue == JOBS and set(job) == wanted and holds(job)]
        assert found, f"no job with {members} was sent"
        return found[-1]

    def task(kind):
        return [body for queue, body, task in bodies if queue == TASKS and task["task"] == kind][-1]

    return {
        "job-drain": job("parked_at", "recheck"),
        "job-first": job("payload", holds=lambda job: job["type"] == "order.updated"),
        "job-first-without-payload": job(),
        "job-probe": job("parked_at", "recheck", "probe"),
        "job-replay": job("run", "recheck"),
        "job-replay-forced": job("run", "recheck", "force"),
        "job-replay-of-one": job("run", "recheck", "probe"),
        "job-replay-of-one-forced": job("run", "recheck", "probe", "force"),
        "job-retry": job("not_before", "recheck"),
        "job-retry-replayed": job("not_before", "recheck", "run", "probe"),
        "job-scheduled": job("payload", "not_before", "deliver_at"),
        "job-traced": job("payload", "trace"),
        "job-traced-retry": job("not_before", "recheck", "trace"),
        "task-drain": task("drain"),
        "task-replay": task("replay"),
    }
