"""What stops work until people have looked: images on hold, a clock that jumped."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.errors import BlotterError, Conflict, IntegrityBroken, Invalid, NotFound, Refused
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Action, Alarm, ImageStatus, Role, Severity
from service_over_http import STUDY

WHY = "The file came back from the backup"


@pytest.fixture(scope="module")
def people(service):
    return {role: service.signed_in(role) for role in Role}


def held(service, anna, seed: int):
    counts = np.random.default_rng(seed).integers(0, 60_000, (40, 40)).astype(np.uint16)
    image = anna.import_image(f"held {seed}.tif", WHY, to_tiff(counts), study=STUDY)
    path = service.services.ports.store.local_path(image.file_sha256)
    path.chmod(0o644)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(IntegrityBroken):
        anna.image(image.image)
    return image.image, path, whole


def test_a_hold_is_released_by_two_people_once_the_bytes_verify(service, people):
    anna, paul, ruth = people[Role.ANALYST], people[Role.APPROVER], people[Role.RECORDS_MANAGER]
    image, path, whole = held(service, anna, 1)
    with pytest.raises(Refused):
        service.intend(anna, image, Action.INTEGRITY_RELEASE, WHY)
    page = service.intend(paul, image, Action.INTEGRITY_RELEASE, WHY)
    refused = service.post(page, "paul.approver")
    assert refused.status_code != 200
    assert "still does not verify" in refused.text
    path.write_bytes(whole)
    proposal = service.sign(paul, image, Action.INTEGRITY_RELEASE, WHY).proposal
    with pytest.raises(Conflict):
        anna.image(image)  # one signature does not release it
    service.sign(ruth, proposal, Action.PROPOSAL_COUNTERSIGN)
    assert anna.image(image).status is ImageStatus.ACQUIRED
    entry = service.entries(record_id=image, action=Action.INTEGRITY_RELEASE)[-1]
    assert entry["proposer"]["printed_name"] == "Paul Okafor"
    assert entry["authoriser"]["printed_name"] == "Ruth Goldberg"


def test_a_notification_is_acknowledged_with_a_comment_and_stays(service, people):
    anna, mia = people[Role.ANALYST], people[Role.SYSTEM_MANAGER]
    image, _, _ = held(service, anna, 2)
    (told,) = [one for one in mia.notifications() if one.about == f"image:{image}"]
    assert (told.alarm, told.is_acknowledged) == (Alarm.INTEGRITY_MISMATCH, False)
    with pytest.raises(Invalid):
        mia.acknowledge(told.notification, "ok")
    with pytest.raises(Refused):
        anna.acknowledge(told.notification, "I have seen it myself")
    done = mia.acknowledge(told.notification, "Disk replaced, restored from backup")
    assert (done.is_acknowledged, done.acknowledged_by) == (True, "Mia Schneider")
    with pytest.raises(Conflict):
        mia.acknowledge(told.notification, "Disk replaced, a second time")
    assert told.notification not in {one.notification for one in mia.notifications()}
    assert told.notification in {one.notification for one in mia.notifications(only_open=False)}
    with pytest.raises(NotFound):
        mia.acknowledge("NTF-999999", "There is nothing like that")


def test_nobody_signs_after_a_clock_jump_until_it_was_looked_at(service, people):
    anna, mia = people[Role.ANALYST], people[Role.SYSTEM_MANAGER]
    result = service.result(anna)
    page = service.intend(anna, result.result, Action.RESULT_SUBMIT)
    ledger = service.services.ports.ledger
    with ledger.begin() as work:
        system = system_actor("a test", service.services.configurations.current(work))
        told = "The clock went back by 300 s."
        raise_alarm(work, system, Alarm.CLOCK_JUMP, Severity.CRITICAL, told, about="system", facts={"seconds": -300})
        work.commit()
    with pytest.raises(BlotterError) as stopped:
        service.intend(anna, result.result, Action.RESULT_SUBMIT)
    assert "clock" in stopped.value.message
    answer = service.post(page, "anna.analyst")  # the page that was open before signs nothing either
    assert answer.status_code != 200
    assert anna.result(result.result).signatures == []
    (told,) = [one for one in mia.notifications() if one.alarm is Alarm.CLOCK_JUMP]
    mia.acknowledge(told.notification, "Time server replaced, clock is right again")
    assert service.step(anna, result.result, Action.RESULT_SUBMIT).signatures
