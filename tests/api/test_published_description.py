"""The published OpenAPI document against the running service: as each role, no crash, no answer that it does not name.

Cases are drawn from the document by schemathesis: good ones and broken ones, of every operation. Drawn ids are those of
no record; in every second case they are replaced by those of records that are there.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from blotter_records.api.application import PREFIX, ROUTERS
from blotter_records.client.transport import LONG_S
from blotter_records.contract.studies import MembraneRequest, ProbingRequest, SampleRequest
from blotter_records.vocabulary import Action, Role
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from service_over_http import STUDY

#: Cases of one operation for one role; fewer where each makes a file.
CASES = 6
SLOW = dict.fromkeys(
    (
        Action.ANALYSIS_EDIT,  # shapes of up to 1,000 corners are slow to draw
        Action.ANALYSIS_EXPORT,
        Action.BUNDLE_EXPORT,
        Action.BUNDLE_VERIFY,
        Action.LOG_USER_EXPORT,
        Action.REPORT_GENERATE,
    ),
    2,
)
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


#: Ids of records that are there, by prefix.
THERE = {one: f"{one}-000001" for one in ("ACC", "ACQ", "ANL", "CFG", "EXP", "IMG", "MEM", "PRB", "RES", "SMP", "STU")}
_ID = re.compile(r"^([A-Z]{3})-\d{6,12}(\.\d+)?$")


@pytest.fixture(scope="module")
def records(service):
    """Make one record of each kind that has an id in the address of an operation."""
    anna = service.signed_in(Role.ANALYST)
    result = service.result(anna)
    anna.make_report(result.result)
    key = service.key
    anna.save_sample(SampleRequest(study=STUDY, name="Lysate", idempotency_key=key()))
    blot = MembraneRequest(study=STUDY, name="Blot", kind="membrane", lanes=[], idempotency_key=key())
    membrane = anna.save_membrane(blot).membrane
    anna.save_probing(ProbingRequest(membrane=membrane, kind="probe", reagents=[], idempotency_key=key()))
    with service.sequencing():  # what bundles wait for
        yield


@pytest.fixture(scope="module")
def operations(service, records):
    schema = schemathesis.openapi.from_url(f"{service.url}{PREFIX}/openapi.json", timeout=60)
    return [one.ok() for one in schema.get_all_operations()]


def test_every_operation_is_published(operations):
    routes = [route for router in ROUTERS for route in router.routes]
    there = {(method, f"{PREFIX}{route.path}") for route in routes for method in route.methods}
    assert {(one.method.upper(), one.full_path) for one in operations} >= there


@pytest.mark.parametrize("role", Role)
def test_no_operation_crashes_or_answers_what_it_does_not_say(service, operations, role):
    token = service.signed_in(role)._transport._token
    asked, faults = 0, []
    # These would end the session that the others use.
    ending = {Action.ACCOUNT_REPORT_COMPROMISE.value, Action.SESSION_END.value}
    lasting = [one for one in operations if one.definition.raw.get("x-blotter-action") not in ending]
    for operation in lasting:
        cases, found = ask(operation, token)
        asked += cases
        faults += found
    assert not faults, "\n\n".join(faults)
    assert len(lasting) == len(operations) - 2
    print(f"{role.value}: {asked} cases of {len(lasting)} operations")


def there(value: Any) -> Any:
    """Return a drawn value with the ids of records that are there in the place of drawn ones."""
    if isinstance(value, dict):
        return {key: there(one) for key, one in value.items()}
    if isinstance(value, list):
        return [there(one) for one in value]
    found = _ID.match(value) if isinstance(value, str) else None
    return value if found is None else THERE.get(found[1], value) + ((found[2] and ".1") or "")


def ask(operation, token: str) -> tuple[int, list[str]]:
    """Ask an operation with drawn cases; return how many, and what was wrong with the answers."""
    asked, faults = [], []
    action = operation.definition.raw.get("x-blotter-action")
    # As long as the product's own client: a bundle prints its log in volumes.
    wait_s = LONG_S if action in SLOW else 60

    @given(case=operation.as_strategy())
    @settings(
        max_examples=SLOW.get(action, CASES),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def draw(case) -> None:
        if len(asked) % 2:
            case.path_parameters, case.query, case.body = map(there, (case.path_parameters, case.query, case.body))
        answer = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=wait_s)
        asked.append(answer.status_code)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as fault:
            faults.append(f"{operation.label}: {answer.status_code} {fault}"[:1500])

    draw()
    return len(asked), faults
