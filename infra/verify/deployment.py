"""The template as `sam build` and `sam deploy` would hand it to CloudFormation, and the stack it makes."""

import io
import json
import re
import subprocess
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import botocore.exceptions

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "target" / "release"
TEMPLATE = ROOT / "infra" / "template.yaml"
BUCKET = "artifacts"
# Text that the emulator does not support, and its replacement. (It treats every parameter as text, even a number.)
EMULATOR_GAPS = {"MaximumConcurrency: !Ref SenderMaximumConcurrency": "MaximumConcurrency: 50"}
# An alarm that computes with several metrics, which the emulator does not know, and an alarm on one metric instead. What
# it computes is checked by cfn-lint alone.
METRIC_MATH = r"      Metrics:\n(?:       .*\n)+?          Expression: .*\n"
PLAIN_METRIC = """\
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions:
        - { Name: QueueName, Value: !GetAtt JobsQueue.QueueName }
      Period: 300
      Statistic: Minimum
"""
FUNCTIONS = ("ingest", "inbound", "management", "definitions", "actions", "sender", "maintenance")


def missing_binaries(names):
    return [name for name in names if not (BINARIES / name).is_file()]


class Deployment:
    """One stack; `binaries` says which binary is packed as which function's bootstrap."""

    def __init__(self, emulator, name, parameters):
        self.emulator = emulator
        self.name = name
        self.parameters = {"Architecture": "x86_64"} | parameters
        self.s3 = emulator.client("s3")
        self.cloudformation = emulator.client("cloudformation")
        self.outputs = {}
        self.resources = {}
        self.key = None

    def create(self, binaries):
        self._apply(self.cloudformation.create_stack, "stack_create_complete", binaries)

    def update(self, binaries):
        self._apply(self.cloudformation.update_stack, "stack_update_complete", binaries)

    def delete(self):
        self.cloudformation.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete")

    def _apply(self, operation, state, binaries):
        try:
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise
        locations = {function: self._upload(binaries.get(function, function)) for function in FUNCTIONS}
        self.s3.put_object(Bucket=BUCKET, Key="template.yaml", Body=packaged(locations).encode())
        operation(
            StackName=self.name,
            TemplateURL=f"{self.emulator.url}/{BUCKET}/template.yaml",
            Parameters=[{"ParameterKey": k, "ParameterValue": str(v)} for k, v in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        self._wait(state)
        stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
        self.resources = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}

    def _upload(self, binary):
        data = (BINARIES / binary).read_bytes()
        packed = io.BytesIO()
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(packed, "w", compresslevel=1) as archive:
            archive.writestr(entry, data, compresslevel=1)
        key = f"{binary}.zip"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())
        return f"s3://{BUCKET}/{key}"

    def _wait(self, state):
        try:
            waiter = self.cloudformation.get_waiter(state)
            waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        except botocore.exceptions.WaiterError:
            events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
            failed = [e for e in events if "FAILED" in e["ResourceStatus"] or "ROLLBACK" in e["ResourceStatus"]]
            for event in reversed(failed):
                print(" ", event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))
            raise

    def call(self, method, path, body=None, **headers):
        """A request through the stack's API Gateway; returns the status and the JSON, or the text if it is not JSON.

        A body of bytes is sent as it is, any other as JSON.
        """
        request = urllib.request.Request(self.emulator.url + path, method=method)
        request.add_header("Host", f"{self.resources['Api']}.execute-api.localhost:{self.emulator.port}")
        request.add_header("Content-Type", "application/json")
        if self.key and path.startswith("/v1/"):
            request.add_header("X-API-Key", self.key)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, decoded(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, decoded(error.read())

    def command(self, name, *arguments, typed=""):
        """Runs `infra/NAME` for this stack, as a person would."""
        return subprocess.run(
            [str(ROOT / "infra" / name), *arguments],
            input=typed, capture_output=True, text=True, timeout=120,
            env=self.emulator.environment | {"POSTHORN_STACK": self.name},
        )

    def invoke(self, function, payload):
        """A direct invocation; gives whether it failed, and what it answered."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.resources[function], Payload=json.dumps(payload).encode()
        )
        return "FunctionError" in answer, json.loads(answer["Payload"].read() or b"null")


def decoded(body):
    try:
        return json.loads(body or b"null")
    except ValueError:
        return body.decode(errors="replace")


def packaged(locations):
    """The template with where each function's code is, as `sam package` writes it in."""
    text = TEMPLATE.read_text()
    # The line with its comment, whatever the comment says.
    text, shared = re.subn(r"^    CodeUri: \.\.( #.*)?\n", "", text, flags=re.MULTILINE)
    assert shared == 1, "the template names the folder of the code once"
    for said, written in EMULATOR_GAPS.items():
        assert said in text, f"the template no longer says {said}"
        text = text.replace(said, written)
    text, alarms = re.subn(METRIC_MATH, PLAIN_METRIC, text)
    assert alarms == 1, f"{alarms} alarms compute with several metrics, not one"
    for function, location in locations.items():
        marker = f"      BuildProperties: {{ Binary: {function} }}\n    Properties:\n"
        assert marker in text, f"no function is built from {function}"
        text = text.replace(marker, f"{marker}      CodeUri: {location}\n")
    return text
