"""What must hold of every answer besides the document? Checks that schemathesis loads, one for each run.

`run.py` says by CONTRACT_RUN which key the run has, and by CONTRACT_MARKER which text only the other workspace holds.
"""

import os

import schemathesis

RUN = os.environ["CONTRACT_RUN"]
MARKER = os.environ["CONTRACT_MARKER"]


def is_public(case):
    return case.operation.definition.raw.get("security") == []


@schemathesis.check
def without_a_key_nothing_but_public_operations_answers(ctx, response, case):
    """`401`, whatever else is wrong with the request; a method that does not exist is `405`."""
    if RUN == "no key" and not is_public(case):
        exists = response.request.method.upper() == case.operation.method.upper()
        wanted = 401 if exists else 405
        assert response.status_code == wanted, f"{response.status_code} without a key, not {wanted}"


@schemathesis.check
def what_belongs_to_another_workspace_does_not_exist(ctx, response, case):
    """The ids in the paths are of another workspace: no success, and nothing of it in any answer."""
    if RUN != "another workspace's key":
        return
    assert MARKER not in response.text, "an answer shows data of another workspace"
    # The catalogue is the installation's: every key reads it.
    is_shared = case.operation.path.startswith("/v1/event-types")
    if "{" in case.operation.path and not is_public(case) and not is_shared:
        assert 400 <= response.status_code < 500, f"{response.status_code} for another workspace's id"
