"""The whole system on an emulated AWS: this repository's template, its functions' own binaries, and what must happen.

Every check prints one line, `ok` or `FAILED`; any `FAILED` makes the run fail. `run` starts it.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
import time
import traceback
import urllib.parse

from deployment import EMULATOR_GAPS, FUNCTIONS, ROOT, Deployment, missing_binaries
from emulator import Emulator, free_port
from receiver import Receiver, Seen

# The functions that save or call endpoints, allowed to do so on this machine. The shipped ones refuse; that is checked
# first.
FOR_VERIFY = {
    "management": "management-for-verify",
    "actions": "actions-for-verify",
    "sender": "sender-for-verify",
}
# What the template says, in seconds; a story that lowers it puts it back.
JOBS_VISIBILITY = "540"
KEPT_QUEUES = ("posthorn-jobs", "posthorn-tasks", "posthorn-dead-letters", "posthorn-dead-tasks")
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
PATIENT = {"consecutive_failures": 10_000}
EMULATOR_LOG = ROOT / "target" / "verify-emulator.log"
FUNCTIONS_LOG = ROOT / "target" / "verify-functions.log"

failures = []
began = time.monotonic()


def check(sentence, holds, detail=""):
    print("ok    " if holds else "FAILED", sentence, "" if holds else f"({detail})", flush=True)
    if not holds:
        failures.append(sentence)
    return holds


def story(title):
    print(f"\n{title}  [{time.monotonic() - began:.0f} s]", flush=True)


def eventually(look, seconds=30, every=0.3):
    """What `look` gives as soon as that is true of it; what it gave last, when it never is."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > end:
            return found
        time.sleep(every)


def twilio(url, form):
    """Twilio's "Webhooks security": HMAC-SHA1 of the URL and the form's sorted names and values."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class Tenant:
    """A workspace in a stack, and what its people ask the API."""

    def __init__(self, stack, name):
        self.stack = stack
        status, workspace = stack.call("POST", "/v1/workspaces", {"name": name})
        if status != 201:
            raise AssertionError(f"no workspace: {status} {workspace}")
        self.id = workspace["id"]

    def endpoint(self, url, **settings):
        return self.stack.call("POST", "/v1/webhook-endpoints", {"workspace_id": self.id, "url": url} | settings)

    def source(self, provider, **settings):
        body = {"workspace_id": self.id, "name": provider, "provider": provider} | settings
        return self.stack.call("POST", "/v1/sources", body)

    def send(self, event_type, data, **headers):
        body = {"workspace_id": self.id, "type": event_type, "data": data}
        status, answer = self.stack.call("POST", "/v1/events", body, **headers)
        if status != 202:
            raise AssertionError(f"not accepted: {status} {answer}")
        return answer

    def deliveries(self, endpoint):
        return self.stack.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}/deliveries?limit=250")[1]

    def delivery(self, endpoint, delivery):
        return self.stack.call("GET", f"/v1/webhook-endpoints/{endpoint['id']}/deliveries/{delivery}")[1]

    def statuses(self, endpoint):
        counts = {}
        for row in self.deliveries(endpoint):
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return counts


class Verification:
    def __init__(self, emulator):
        self.emulator = emulator
        self.sqs = emulator.client("sqs")
        self.logs = emulator.client("logs")
        self.topic = emulator.client("sns").create_topic(Name="operational-events")["TopicArn"]
        self.events_url = self.sqs.create_queue(QueueName="operational-events")["QueueUrl"]
        arn = self.attributes(self.events_url, "QueueArn")["QueueArn"]
        emulator.client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        self.stack = Deployment(emulator, "posthorn", {
            "AlertEmail": "people@example.com", "OperationalEventsTopicArn": self.topic, "AccessLog": "yes",
        })
        self.receivers = []

    # ---- the stories, in order ----

    def run(self):
        self.it_deploys()
        self.the_first_key_comes_by_direct_invocation()
        self.the_shipped_management_refuses_this_machine()
        self.an_upgrade_keeps_everything()
        self.the_shipped_sender_and_actions_refuse_this_machine()
        self.an_event_is_delivered_signed()
        self.a_provider_posts()
        self.a_sample_takes_the_way_of_a_provider()
        self.an_endpoint_is_tried_out()
        self.a_failed_attempt_is_retried()
        dying = self.an_endpoint_dies()
        # The circuit of a dead endpoint is probed after a minute; the dead letters take most of it.
        self.an_unreadable_job_becomes_a_dead_letter()
        self.a_dead_letter_is_redriven()
        self.it_comes_back(*dying)
        self.operational_events_reach_the_topic()
        self.a_second_stack_stands_beside_the_first(self.the_table_is_restored())
        self.it_is_removed()
        self.everything_is_removed()

    def it_deploys(self):
        story("The template is deployed with the shipped binaries")
        for said, written in EMULATOR_GAPS.items():
            print(f'       changed for the emulator: "{said}" to "{written}"')
        print("       changed for the emulator: an alarm that computes with several metrics, to one metric")
        self.stack.create({})
        outputs = self.stack.outputs
        check("CloudFormation makes the whole stack", "ApiUrl" in outputs, outputs)
        for function, method, path in (
            ("management", "GET", "/v1/workspaces"),
            ("definitions", "GET", "/v1/sources"),
            ("actions", "POST", "/v1/webhook-endpoints/we_1/test"),
            ("ingest", "POST", "/v1/events"),
            ("inbound", "POST", "/v1/sources/src_1/requests/rcv_1/replay"),
        ):
            status, problem = self.stack.call(method, path)
            asked = status == 401 and "code" in problem
            check(f"{function} answers through API Gateway, and asks for a key", asked, (status, problem))
        status, answer = self.stack.call("POST", "/in/nobody-has-this-address", {})
        check("inbound knows no address yet", status == 404, (status, answer))
        alarms = self.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
        named = [a for a in alarms if "docs/operations.md#" in a.get("AlarmDescription", "")]
        check("every alarm names its part of the runbook", alarms and len(named) == len(alarms), len(alarms))
        text = (ROOT / "docs" / "operations.md").read_text()
        anchors = {a["AlarmDescription"].split("#")[1].strip() for a in named}
        lacking = [anchor for anchor in sorted(anchors) if f'<a id="{anchor}">' not in text]
        check("and the runbook has those parts", not lacking, lacking)
        notifying = [a for a in alarms if self.stack.resources.get("AlertTopic") in a.get("AlarmActions", [])]
        check("every alarm notifies the topic with the mail address", len(notifying) == len(alarms), len(notifying))
        dashboard = self.emulator.client("cloudwatch").get_dashboard(DashboardName="posthorn")
        widgets = json.loads(dashboard["DashboardBody"])["widgets"]
        check("the dashboard is JSON with widgets that name this stack", "posthorn" in str(widgets[0]), widgets[:1])

    def the_first_key_comes_by_direct_invocation(self):
        story("The first API key")
        ran = self.stack.command("create-admin-key", "the first of all")
        fine = ran.returncode == 0 and re.fullmatch(r"phk_[A-Za-z0-9_-]{32,128}\n", ran.stdout)
        if not check("infra/create-admin-key prints it, and nothing else", fine, ran.stdout + ran.stderr):
            raise AssertionError("nothing can be checked without a key")
        self.stack.key = ran.stdout.strip()
        status, keys = self.stack.call("GET", "/v1/api-keys")
        listed = [(key["name"], key["scopes"]) for key in keys.get("data", [])]
        check("it opens the API", (status, listed) == (200, [("the first of all", ["admin"])]), (status, keys))

    def the_shipped_management_refuses_this_machine(self):
        story("The shipped functions never call this machine")
        self.tenant = Tenant(self.stack, "verify")
        status, problem = self.tenant.endpoint(f"http://127.0.0.1:{free_port()}/hooks")
        check("management refuses to save an endpoint on loopback", status == 422, (status, problem))
        status, kept = self.tenant.endpoint("https://receiver.example.com/hooks", events=["never.sent"])
        check("and saves one on the internet, its secret sealed with the KMS key", status == 201, (status, kept))
        self.kept = kept

    def an_upgrade_keeps_everything(self):
        # Only management is exchanged at first: sender and actions are still the shipped ones.
        self.stack.update({"management": FOR_VERIFY["management"]})
        status, endpoint = self.stack.call("GET", f"/v1/webhook-endpoints/{self.kept['id']}")
        check("after an upgrade of the stack everything is there", status == 200, (status, endpoint))
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{self.kept['id']}")

    def the_shipped_sender_and_actions_refuse_this_machine(self):
        receiver = self.receiver()
        endpoint = self.saved(receiver, retry={"schedule_seconds": []})
        accepted = self.tenant.send("invoice.paid", {"amount": 1})
        row = self.settled(endpoint, accepted)
        refused = (row["status"], row["last_error"]) == ("failed", "blocked_address")
        check("the sender refuses loopback with blocked_address", refused, row)
        status, row = self.stack.call("POST", f"/v1/webhook-endpoints/{endpoint['id']}/test")
        refused = (status, row.get("status"), row.get("last_error")) == (200, "failed", "blocked_address")
        check("and so does actions, asked for a test event", refused, (status, row))
        check("and nothing arrives there", not receiver.seen, len(receiver.seen))
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")
        # From here on functions that may call this machine.
        self.stack.update(FOR_VERIFY)

    def an_event_is_delivered_signed(self):
        story("An event is accepted, signed and delivered")
        receiver = self.receiver()
        endpoint = self.saved(receiver, events=["invoice.*"])
        accepted = self.tenant.send("invoice.paid", {"amount": 4200}, Idempotency_Key="invoice-7")
        row = self.settled(endpoint, accepted)
        check("it is delivered at the first attempt", (row["status"], row["attempts"]) == ("delivered", 1), row)
        seen = receiver.seen
        arrived = len(seen) == 1 and seen[0].json["data"] == {"amount": 4200}
        if check("it arrives once, with its payload", arrived, len(seen)):
            check("its signature verifies with the endpoint's secret", seen[0].is_signed_with(endpoint["secret"]))
            check("and not with another", not seen[0].is_signed_with("whsec_" + "A" * 43 + "="))
        again = self.tenant.send("invoice.paid", {"amount": 4200}, Idempotency_Key="invoice-7")
        check("the same Idempotency-Key gets the same event", again["id"] == accepted["id"], again)
        lines = eventually(lambda: self.metric_lines("DeliveryLatency"))
        named = lines and lines[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "posthorn"
        check("the sender logs its metrics under the stack's name", named, lines[:1])

        event = {"workspace_id": self.tenant.id, "type": "invoice.void", "data": {}}
        status, answer = self.stack.call("POST", "/v1/events/batch", {"events": [event, event | {"type": "no spaces"}]})
        statuses = [result["status"] for result in answer.get("results", [])]
        check("of a batch, the event without a mistake is taken", (status, statuses) == (207, [202, 422]), answer)
        check("and arrives", eventually(lambda: len(receiver.seen) == 2), len(receiver.seen))
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def a_provider_posts(self):
        story("A provider posts to a source, and its event is delivered")
        receiver = self.receiver()
        endpoint = self.saved(receiver, events=["sms.*"])
        status, source = self.tenant.source("twilio_sms", secrets=[AUTH_TOKEN])
        if not check("a source is made", status == 201, (status, source)):
            return
        base, path = self.stack.outputs["ApiUrl"], urllib.parse.urlsplit(source["address"]).path
        check("its address begins with the API's", source["address"].startswith(f"{base}/in/"), base)
        form = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+4915100000000"}

        def post(form, signed):
            # A form reaches the function as base64.
            return self.stack.call(
                "POST", path, urllib.parse.urlencode(form).encode(),
                Content_Type="application/x-www-form-urlencoded",
                X_Twilio_Signature=twilio(source["address"], signed),
            )

        status, answer = post(form, form)
        check("a form that is signed for this address is taken", status == 200, (status, answer))
        arrived = eventually(lambda: receiver.seen)
        if check("its event arrives", arrived and receiver.seen[0].json["type"] == "sms.delivered", len(receiver.seen)):
            check("signed by Posthorn", receiver.seen[0].is_signed_with(endpoint["secret"]))
            named = receiver.seen[0].json["data"]
            check("with the provider's own words", named["raw"]["MessageSid"] == "SM1", named)
        status, answer = post(form, form)
        check("the same again is acknowledged", status == 200, (status, answer))
        status, answer = post(form | {"MessageStatus": "failed"}, form)
        check("another status under the same signature is refused", status == 401, (status, answer))
        status, answer = self.stack.call("PUT", path, b"")
        check("and so is another method", status == 405, (status, answer))
        status, kept = self.stack.call("GET", f"/v1/sources/{source['id']}/requests")
        kept = kept.get("data", [])
        verdicts = sorted(request["verdict"] for request in kept if request["method"] == "POST")
        check("all of them are kept with their verdicts", verdicts == ["invalid", "valid", "valid"], (status, kept))
        for request in (request for request in kept if request["verdict"] == "invalid" and request["method"] == "POST"):
            status, answer = self.stack.call("POST", f"/v1/sources/{source['id']}/requests/{request['id']}/replay")
            again = status == 200 and answer.get("verdict") == "invalid"
            check("verified again, the refused one is refused", again, (status, answer))
        time.sleep(1)
        check("and nothing else arrives", len(receiver.seen) == 1, len(receiver.seen))
        self.stack.call("DELETE", f"/v1/sources/{source['id']}")
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def a_sample_takes_the_way_of_a_provider(self):
        receiver = self.receiver()
        endpoint = self.saved(receiver, events=["stripe.*"])
        # The API by an address that this machine can resolve.
        base = f"{self.emulator.url}/_aws/execute-api/{self.stack.resources['Api']}/$default"
        status, source = self.tenant.source("stripe", secrets=["whsec_of_stripe"], public_base_url=base)
        if not check("a source has an address of its own", status == 201, (status, source)):
            return
        status, sample = self.stack.call("POST", f"/v1/sources/{source['id']}/sample")
        sent = (status, sample.get("status")) == (200, 200)
        check("a sample is sent to it, and taken", sent, (status, sample))
        arrived = eventually(lambda: receiver.seen)
        signed = arrived and receiver.seen[0].is_signed_with(endpoint["secret"])
        check("and arrives as a signed event", signed, len(receiver.seen))
        self.stack.call("DELETE", f"/v1/sources/{source['id']}")
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def an_endpoint_is_tried_out(self):
        story("An endpoint is tried out: a test event, a preview, a curl command")
        receiver = self.receiver()
        endpoint = self.saved(receiver, events=["never.sent"])
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        status, test = self.stack.call("POST", f"{path}/test")
        answered = (status, test.get("status"), test.get("trigger")) == (200, "delivered", "test")
        check("a test event is answered with its delivery", answered, (status, test))
        seen = receiver.seen
        arrived = len(seen) == 1 and seen[0].json["type"] == "posthorn.test"
        check("it arrives once, signed", arrived and seen[0].is_signed_with(endpoint["secret"]), len(seen))
        read = self.tenant.delivery(endpoint, test.get("id"))
        check("management shows the same delivery later", read == test, read)

        event = {"type": "invoice.paid", "data": {"amount": 4200}}
        status, preview = self.stack.call("POST", f"{path}/preview", event)
        shown = status == 200 and preview["url"] == receiver.url
        if check("a preview shows the request", shown, (status, preview)):
            would_be = Seen(dict(preview["headers"]), preview["body"].encode())
            check("with its payload", would_be.json["data"] == event["data"], would_be.json)
            check("and a signature that verifies", would_be.is_signed_with(endpoint["secret"]))
        status, command = self.stack.call("GET", f"{path}/deliveries/{test.get('id')}/curl")
        rebuilt = status == 200 and command.startswith("curl ") and receiver.url in command
        check("the delivery's request is rebuilt as a curl command", rebuilt, (status, command))
        got = {"endpoint_id": endpoint["id"], "headers": dict(preview["headers"]), "body": preview["body"] + "\n"}
        status, verdict = self.stack.call("POST", "/v1/verify", got)
        named = (status, verdict.get("verdict"), verdict.get("reason")) == (200, "bad", "body_newline_added")
        check("the signature doctor names what was done to a body", named, (status, verdict))
        status, problem = self.stack.call("GET", f"{path}/test")
        check("another method is refused", (status, problem.get("code")) == (405, "method_not_allowed"), problem)
        check("and nothing else arrives", len(receiver.seen) == 1, len(receiver.seen))
        self.stack.call("DELETE", path)

    def a_failed_attempt_is_retried(self):
        story("A failed attempt is retried")
        receiver = self.receiver()
        receiver.answers = [500, 500]
        endpoint = self.saved(receiver, retry={"schedule_seconds": [1, 2, 5]})
        accepted = self.tenant.send("invoice.paid", {"amount": 2})
        row = self.settled(endpoint, accepted)
        check("the third attempt delivers", (row["status"], row["attempts"]) == ("delivered", 3), row)
        detail = self.tenant.delivery(endpoint, accepted["deliveries"][0]["id"])
        statuses = [attempt["response"]["status"] for attempt in detail["attempt_log"]]
        check("the API shows all three attempts", statuses == [500, 500, 200], statuses)
        numbers = [seen.headers["x-webhook-attempt"] for seen in receiver.seen]
        check("the receiver saw each of them", numbers == ["1", "2", "3"], numbers)
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def an_endpoint_dies(self):
        story("An endpoint dies: its circuit opens, deliveries are parked")
        receiver = self.receiver()
        # Jobs that wait for their retry would be probes; these wait longer than the schedule's probe does.
        endpoint = self.saved(receiver, events=["order.*"], retry={"schedule_seconds": [90]}, disable=PATIENT)
        receiver.vanish()
        events = [self.tenant.send("order.placed", {"n": n})["id"] for n in range(5)]
        opened = eventually(lambda: self.tenant.statuses(endpoint) == {"retrying": 5})
        check("five deliveries fail and wait", opened, self.tenant.statuses(endpoint))
        at = time.monotonic()
        refused = {row["last_error"] for row in self.tenant.deliveries(endpoint)}
        time.sleep(3.2)  # other processes of the sender cache for three seconds that it is healthy
        check("as connection_refused", refused == {"connection_refused"}, refused)
        events += [self.tenant.send("order.placed", {"n": n})["id"] for n in range(5, 25)]
        parked = eventually(lambda: self.tenant.statuses(endpoint) == {"retrying": 5, "parked": 20})
        check("twenty more are parked, untried", parked, self.tenant.statuses(endpoint))
        return receiver, endpoint, events, at

    def an_unreadable_job_becomes_a_dead_letter(self):
        story("A job that cannot be handled becomes a dead letter")
        jobs, dead = self.stack.outputs["QueueUrl"], self.stack.outputs["DeadLetterQueueUrl"]
        # The queue's own timeout is nine minutes; five of them would take too long here.
        self.sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"VisibilityTimeout": "2"})
        self.sqs.send_message(QueueUrl=jobs, MessageBody="this is no job")
        found = eventually(lambda: self.visible(dead) == 1, seconds=60)
        check("after its fifth receive it is in the dead-letter queue", found, self.visible(dead))
        letters = self.sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", [])
        same = [letter["Body"] for letter in letters] == ["this is no job"]
        check("as it was sent", same, letters)
        for letter in letters:
            self.sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        check("and it is counted as DeadLettered", eventually(lambda: self.metric_lines("DeadLettered")))
        self.sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"VisibilityTimeout": JOBS_VISIBILITY})

    def a_dead_letter_is_redriven(self):
        story("A dead letter is redriven")
        jobs, dead = self.stack.outputs["QueueUrl"], self.stack.outputs["DeadLetterQueueUrl"]
        receiver = self.receiver()
        endpoint = self.saved(receiver, events=["refund.*"])
        # A good job among the dead letters, as after a fault of ours that has been fixed: taken from the jobs queue while
        # the sender's trigger is off.
        self.trigger(False)
        accepted = self.tenant.send("refund.made", {"amount": 3})
        taken = self.take(jobs, accepted["id"])
        if check("a job can be taken aside", taken):
            self.sqs.send_message(QueueUrl=dead, MessageBody=taken["Body"])
        self.trigger(True)
        time.sleep(1)
        check("meanwhile nothing is delivered", not receiver.seen)
        print("       redriven by", self.redrive(dead, jobs), flush=True)
        row = self.settled(endpoint, accepted)
        check("after the redrive it is delivered", row["status"] == "delivered" and len(receiver.seen) == 1, row)
        check("and the dead-letter queue is empty", eventually(lambda: self.visible(dead) == 0))
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def it_comes_back(self, receiver, endpoint, events, failed_at):
        story("The endpoint recovers: its parked deliveries are drained")
        check("meanwhile everything waits", self.tenant.statuses(endpoint) == {"retrying": 5, "parked": 20})
        receiver.appear()
        time.sleep(max(0, 62 - (time.monotonic() - failed_at)))
        failed, answer = self.stack.invoke("MaintenanceFunction", {"source": "aws.events"})
        check("the schedule probes the circuit", not failed, answer)
        drained = eventually(lambda: self.tenant.statuses(endpoint).get("delivered", 0) >= 20, seconds=90)
        check("the probe succeeds and the parked ones are drained", drained, self.tenant.statuses(endpoint))
        everything = eventually(lambda: self.tenant.statuses(endpoint) == {"delivered": 25}, seconds=60)
        check("the waiting ones follow when their time has come", everything, self.tenant.statuses(endpoint))
        arrived = {seen.headers["webhook-id"] for seen in receiver.seen}
        check("none of 25 events is lost", arrived == set(events), len(arrived))
        check("and none arrives twice", len(receiver.seen) == 25, len(receiver.seen))

    def operational_events_reach_the_topic(self):
        story("Operational events reach the SNS topic")
        receiver = self.receiver()
        receiver.answers = [500] * 10
        endpoint = self.saved(receiver, events=["last.*"], retry={"schedule_seconds": []})
        self.tenant.send("last.one", {})
        published = []

        def exhausted():
            for message in self.sqs.receive_message(QueueUrl=self.events_url, MaxNumberOfMessages=10).get("Messages", []):
                published.append(message["Body"])
                self.sqs.delete_message(QueueUrl=self.events_url, ReceiptHandle=message["ReceiptHandle"])
            return any("delivery.exhausted" in one and endpoint["id"] in one for one in published)

        check("a delivery that failed for good is reported", eventually(exhausted), published[-1:])
        recovered = any("endpoint.recovered" in one for one in published)
        check("and an endpoint's recovery", recovered, len(published))
        self.stack.call("DELETE", f"/v1/webhook-endpoints/{endpoint['id']}")

    def the_table_is_restored(self):
        story("The table is restored into another")
        client, name = self.emulator.client("dynamodb"), "posthorn-restored"
        client.restore_table_to_point_in_time(
            SourceTableName=self.stack.outputs["TableName"], TargetTableName=name, UseLatestRestorableTime=True
        )
        state = client.describe_table(TableName=name)["Table"]["TableStatus"]
        check("it is there", state == "ACTIVE", state)
        return name

    def a_second_stack_stands_beside_the_first(self, restored):
        story("A second stack, with everything that is off by default")
        bare = Deployment(self.emulator, "bare", {"DomainName": "webhooks.example.com"})
        try:
            bare.create({})
            check("a domain without a certificate is refused", False, "it was made")
        except Exception as error:  # whichever way CloudFormation says it
            check("a domain without a certificate is refused", "CertificateArn" in str(error), error)
        zone = self.emulator.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
        certificate = self.emulator.client("acm").request_certificate(DomainName="webhooks.example.com")
        second = Deployment(self.emulator, "second", {
            "DomainName": "webhooks.example.com",
            "CertificateArn": certificate["CertificateArn"],
            "HostedZoneId": zone["HostedZone"]["Id"].split("/")[-1],
            "AlertTopicArn": self.topic,
            "Monitoring": "no",
            "SenderCapacityProviderArn": "arn:aws:lambda:eu-central-1:000000000000:capacity-provider:mine",
            # The restored table, and the key that opens its secrets.
            "TableName": restored,
            "SecretsKeyArn": self.stack.outputs["SecretsKeyArn"],
        })
        second.create({})
        check("it is made", second.outputs["ApiUrl"] == "https://webhooks.example.com", second.outputs)
        second.key = self.stack.key
        status, workspace = second.call("GET", f"/v1/workspaces/{self.tenant.id}")
        check("it works on the restored table, with the key that was made before", status == 200, (status, workspace))
        status, endpoint = second.call("POST", "/v1/webhook-endpoints", {
            "workspace_id": self.tenant.id, "url": "https://receiver.example.com/hooks",
        })
        check("and seals secrets with the key it was given", status == 201, (status, endpoint))
        client = self.emulator.client("lambda")
        mapping = client.get_event_source_mapping(UUID=second.resources["SenderTrigger"])
        live = mapping["FunctionArn"].endswith(":live")
        check("its sender is a published version on managed instances", live, mapping["FunctionArn"])
        second.delete()
        check("without Monitoring there is no alarm", not any("second" in name for name in self.alarm_names()))

    def it_is_removed(self):
        story("The stack is removed")
        self.keep_logs(FUNCTIONS_LOG)
        outputs = self.stack.outputs
        ran = self.stack.command("remove")
        check("infra/remove removes it", ran.returncode == 0, ran.stdout + ran.stderr)
        said = all(outputs[name] in ran.stdout for name in ("TableName", "QueueUrl", "TasksQueueUrl"))
        check("and says what it leaves", said, ran.stdout)
        gone = self.emulator.client("lambda").list_functions()["Functions"]
        check("no function is left", not gone, [function["FunctionName"] for function in gone])
        tables = self.emulator.client("dynamodb").list_tables()["TableNames"]
        check("the table is left", outputs["TableName"] in tables, tables)
        queues = " ".join(self.sqs.list_queues().get("QueueUrls", []))
        left = all(name in queues for name in KEPT_QUEUES)
        check("the queues are left", left, queues)
        state = self.key_state(outputs)
        check("the key that opens the secrets is left", state == "Enabled", state)

    def everything_is_removed(self):
        story("A stack is removed with everything")
        tables = self.emulator.client("dynamodb")
        tables.create_table(
            TableName="whole-restored", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )
        whole = Deployment(self.emulator, "whole", {"TableName": "whole-restored"})
        whole.create({})
        both = {whole.resources["Table"], "whole-restored"}
        ran = whole.command("remove", "--everything", typed="yes\n")
        check("not unless the stack's name is typed", ran.returncode == 1 and "Nothing" in ran.stderr, ran.stderr)
        ran = whole.command("remove", "--everything", typed="whole\n")
        check("infra/remove --everything removes it", ran.returncode == 0, ran.stdout + ran.stderr)
        check("and names its own table and the restored one", all(name in ran.stdout for name in both), ran.stdout)
        left = tables.list_tables()["TableNames"]
        check("which are gone", not both & set(left), left)
        queues = " ".join(self.sqs.list_queues().get("QueueUrls", []))
        check("its queues are gone", "whole-" not in queues, queues)
        state = self.key_state(whole.outputs)
        check("its key is about to go", state == "PendingDeletion", state)

    # ---- helpers ----

    def receiver(self):
        self.receivers.append(Receiver())
        return self.receivers[-1]

    def saved(self, receiver, **settings):
        status, endpoint = self.tenant.endpoint(receiver.url, **settings)
        if status != 201:
            raise AssertionError(f"not saved: {status} {endpoint}")
        # Functions cache a workspace's endpoints for three seconds.
        time.sleep(3.2)
        return endpoint

    def settled(self, endpoint, accepted):
        [delivery] = [d["id"] for d in accepted["deliveries"] if d["endpoint_id"] == endpoint["id"]]

        def row():
            found = self.tenant.delivery(endpoint, delivery)
            return found if found.get("status") in ("delivered", "failed", "cancelled") else None

        return eventually(row) or self.tenant.delivery(endpoint, delivery)

    def attributes(self, url, *names):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]

    def visible(self, url):
        return int(self.attributes(url, "ApproximateNumberOfMessages")["ApproximateNumberOfMessages"])

    def trigger(self, on):
        client = self.emulator.client("lambda")
        client.update_event_source_mapping(UUID=self.stack.resources["SenderTrigger"], Enabled=on)

    def take(self, queue, event):
        """The job of `event`, taken out of `queue`; jobs of others are put back at once."""
        def found():
            for message in self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                handle = message["ReceiptHandle"]
                if event in message["Body"]:
                    self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
                    return message
                self.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
            return None

        return eventually(found, seconds=10)

    def redrive(self, dead, jobs):
        """As docs/operations.md says; where the emulator has no such operation, by hand."""
        try:
            source = self.attributes(dead, "QueueArn")["QueueArn"]
            target = self.attributes(jobs, "QueueArn")["QueueArn"]
            self.sqs.start_message_move_task(SourceArn=source, DestinationArn=target)
            return "StartMessageMoveTask"
        except self.sqs.exceptions.ClientError as error:
            if "move" not in str(error).lower():
                raise
        for letter in self.sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", []):
            self.sqs.send_message(QueueUrl=jobs, MessageBody=letter["Body"])
            self.sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        return "receiving and sending: this emulator has no StartMessageMoveTask"

    def metric_lines(self, metric):
        """Lines of the sender's log that carry `metric`."""
        lines = [line for line in self.log_lines("SenderLogGroup") if metric in line]
        found = []
        for line in lines:
            try:
                found.append(json.loads(line[line.index("{"):]))
            except ValueError:
                continue
        return [line for line in found if metric in line]

    def log_lines(self, group):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=self.stack.resources[group])
        return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]

    def keep_logs(self, file):
        """Writes down what the functions logged, while there is a stack to ask."""
        with file.open("w") as out:
            for group in [name for name in self.stack.resources if name.endswith("LogGroup")]:
                out.writelines(f"{group}: {line}\n" for line in self.log_lines(group))

    def key_state(self, outputs):
        return self.emulator.client("kms").describe_key(KeyId=outputs["SecretsKeyArn"])["KeyMetadata"]["KeyState"]

    def alarm_names(self):
        return [alarm["AlarmName"] for alarm in self.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def main():
    parser = argparse.ArgumentParser(description="Deploys the template to an emulated AWS and checks the system.")
    parser.parse_args()
    missing = missing_binaries([*FUNCTIONS, *FOR_VERIFY.values()])
    if missing:
        print(f"target/release lacks {', '.join(missing)}. Build them:")
        print("  cargo build --release && cargo build --release -p verify-functions")
        return 2
    with Emulator(EMULATOR_LOG) as emulator:
        verification = Verification(emulator)
        try:
            verification.run()
        except Exception:
            traceback.print_exc()
            failures.append("a story broke off")
            verification.keep_logs(FUNCTIONS_LOG)
    print(f"\n{len(failures)} FAILED" if failures else "\nall fine", f"after {time.monotonic() - began:.0f} s")
    if failures:
        print("logs:", EMULATOR_LOG.relative_to(ROOT), FUNCTIONS_LOG.relative_to(ROOT))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
