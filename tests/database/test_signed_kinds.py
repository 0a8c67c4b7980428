"""Verification knows every kind of record on which a signature can be given (11.70)."""

from blotter_records.services.trail.verifying_signatures import SIGNED
from blotter_records.vocabulary import RecordKind
from laboratory import open_laboratory


def test_each_signed_action_is_about_a_kind_that_verification_binds(database, tmp_path):
    laboratory = open_laboratory(database, tmp_path)
    try:
        steps = laboratory.services.steps
        kinds = {steps.of(action).kind for action in steps.actions()}
    finally:
        laboratory.ledger.close()
    # A result's signature binds what the result pins; a second signature is on the record of the first.
    assert {kind.value for kind in kinds - {RecordKind.RESULT, RecordKind.PROPOSAL}} == SIGNED
