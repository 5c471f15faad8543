"""An emulated AWS in a separate process, on a free loopback port. It ends with the `with` block."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "eu-central-1"
CLI = Path(__file__).resolve().parents[2] / "target" / "verify-cli-venv" / "bin" / "aws"
SERVICES = (
    "acm,apigateway,apigatewayv2,cloudformation,cloudwatch,dynamodb,events,iam,kms,lambda,logs,route53,s3,sns,sqs,sts"
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    def __init__(self, log: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.folder = tempfile.mkdtemp(prefix="posthorn-verify-")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POSTHORN_"))}
        # How to reach it: for the AWS CLI, and inherited by the functions.
        self.environment = kept | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "PATH": f"{self.folder}{os.pathsep}{kept.get('PATH', '')}",
        }
        # Version 1 of the AWS CLI does not heed AWS_ENDPOINT_URL for SQS.
        aws = Path(self.folder) / "aws"
        aws.write_text(f'#!/bin/sh\nexec "{CLI}" --endpoint-url "{self.url}" "$@"\n')
        aws.chmod(0o755)

    def __enter__(self):
        environment = self.environment | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "SERVICES": SERVICES,
            "TMPDIR": self.folder,
        }
        command = [str(Path(sys.executable).with_name("ministack"))]
        with self.log.open("wb") as log:
            # A separate session, so that the functions it starts end with it.
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1).close()
                return self
            except OSError:
                time.sleep(0.1)
            if self.process.poll() is not None:
                break
        self.__exit__()
        raise SystemExit(f"the emulated AWS did not start; see {self.log}")

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, read_timeout=100),
        )
