"""Bundles over HTTP: each scope exported by who may, downloaded by its id; those of another installation brought in."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from blotter_records.contract.exports import UserLogRequest
from blotter_records.errors import BlotterError, Conflict, NotFound, Refused, TooLarge, Unavailable
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.verifier.main import verify_bundle
from blotter_records.vocabulary import BundleScope, Role
from service_over_http import STUDY

WHY = "For the inspection of the other site"
IMAGE = "IMG-000001"


@pytest.fixture(scope="module")
def ruth(service):
    return service.signed_in(Role.RECORDS_MANAGER)


@pytest.fixture(scope="module")
def exported(service):
    """Return a bundle of each scope, made by somebody who may, with its downloaded file's bytes."""
    anna, mia = service.signed_in(Role.ANALYST), service.signed_in(Role.SYSTEM_MANAGER)
    result = service.result(anna).result
    with service.sequencing():
        made = {
            BundleScope.RESULT: (anna, anna.make_bundle(result)),
            BundleScope.IMAGE: (anna, anna.make_image_bundle(IMAGE)),
            BundleScope.STUDY: (anna, anna.make_study_bundle(STUDY)),
            BundleScope.USERS: (mia, mia.make_user_log_bundle(UserLogRequest(who="anna.analyst"))),
        }
    return {scope: (view, b"".join(client.export_file(view.export))) for scope, (client, view) in made.items()}


@pytest.mark.parametrize("scope", BundleScope)
def test_a_bundle_is_exported_downloaded_by_its_id_and_verifies(service, exported, tmp_path, scope):
    view, data = exported[scope]
    path = tmp_path / view.file_name
    path.write_bytes(data)
    assert verify_bundle(path, str(service.checkpoint_key.verifier())) == []
    assert (view.scope, view.sha256) == (scope, hashlib.sha256(data).hexdigest())
    downloads = service.entries(action="export.download", record_id=view.export)
    assert len(downloads) == 1


def test_the_service_verifies_a_bundle_for_who_may_read_it(service, exported):
    view, _ = exported[BundleScope.STUDY]
    assert service.signed_in(Role.AUDITOR).verify_bundle(view.export).is_good
    with pytest.raises(Refused):
        service.signed_in(Role.SYSTEM_MANAGER).verify_bundle(view.export)


def test_of_a_study_who_has_no_role_on_data_gets_nothing(service, exported):
    mia, ines = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in(Role.AUDITOR)
    for ask in (lambda: mia.make_study_bundle(STUDY), lambda: mia.make_image_bundle(IMAGE)):
        with pytest.raises(Refused):
            ask()
    view, data = exported[BundleScope.STUDY]
    with pytest.raises(NotFound):
        b"".join(mia.export_file(view.export))
    assert b"".join(ines.export_file(view.export)) == data
    assert service.entries(action="export.download", record_id=view.export)[-1]["user_name"] == "ines.auditor"
    with pytest.raises(NotFound):
        ines.make_study_bundle("STU-000099")


def test_of_the_user_log_only_who_may_export_it_gets_something(service, exported):
    view, data = exported[BundleScope.USERS]
    assert b"".join(service.signed_in(Role.AUDITOR).export_file(view.export)) == data
    for role in (Role.ANALYST, Role.RECORDS_MANAGER, Role.APPROVER):
        client = service.signed_in(role)
        with pytest.raises(Refused):
            client.make_user_log_bundle()
        with pytest.raises(NotFound):
            b"".join(client.export_file(view.export))


def test_while_a_bundle_waits_everybody_else_is_answered(service):
    """No sequencer runs: the export waits for it until it is over, other requests do not."""
    anna, rosa = service.signed_in(Role.ANALYST), service.signed_in(Role.REVIEWER)
    bundles = service.services.bundles
    bundles._wait_s, kept = 4.0, bundles._wait_s
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(anna.make_study_bundle, STUDY)
        for _ in range(20):
            assert rosa.image(IMAGE).image == IMAGE
        assert not waiting.done()
        with pytest.raises(Unavailable, match="not sealed yet"):
            waiting.result()
    bundles._wait_s = kept


@pytest.fixture(scope="module")
def other(world, tmp_path_factory):
    """Return the bundle of a study of another installation."""
    return world.write("study", tmp_path_factory.mktemp("other") / "study.zip")


@pytest.fixture(scope="module")
def copy(ruth, other, world):
    return ruth.import_bundle("study.zip", WHY, other.read_bytes(), verifier_key=str(world.lab.key.verifier()))


def test_a_bundle_of_another_installation_is_brought_in_and_read(service, ruth, world, other, copy):
    assert (copy.installation, copy.is_key_confirmed, copy.numbers.is_reproduced) == (world.lab.key.name, True, True)
    assert ruth.copies() == [copy]
    assert ruth.copy(copy.copy_id) == copy
    image = ruth.copied_image(copy.copy_id, world.image)
    tile = ruth.copied_tile(copy.copy_id, image, 0, 0, 0)
    counts = np.frombuffer(tile.data, dtype="<u2").reshape(tile.rows, tile.columns)
    assert np.array_equal(counts, world.counts[:256, :256])
    versions = ruth.copied_analysis(copy.copy_id, "ANL-000001").versions
    assert versions[0].measurements[0].total > 0
    signatures = ruth.copied_result(copy.copy_id, world.result).signatures
    assert [one.state for one in signatures] == [f"copied: signed at {world.lab.key.name}"] * 3
    page = ruth.copied_trail(copy.copy_id, limit=10)
    assert (len(page.entries), page.total) == (10, copy.entries + 1)
    assert ruth.copied_trail(copy.copy_id, after=page.next_after).entries[0].number > page.next_after
    assert {one.record for one in ruth.copied_records(copy.copy_id)} >= {world.image, world.result}
    assert len(ruth.copied_history(copy.copy_id, "result", world.result).revisions) == 5
    assert ruth.recompute_copy(copy.copy_id) == copy.numbers
    assert b"".join(ruth.copy_file(copy.copy_id)) == other.read_bytes()
    assert (
        service.entries(action="bundle.import", record_id=copy.copy_id)[0]["new"]["bundle_sha256"] == copy.bundle_sha256
    )
    study = ruth.study(copy.study)
    assert study.copied_from["copy"] == copy.copy_id
    assert "image.import" not in study.actions


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.SYSTEM_MANAGER, Role.INSTRUMENT_MANAGER])
def test_who_is_no_member_of_its_study_sees_nothing_of_a_copy(service, copy, role):
    client = service.signed_in(role)
    for ask in (
        lambda: client.copy(copy.copy_id),
        lambda: client.copied_records(copy.copy_id),
        lambda: client.copied_image(copy.copy_id, IMAGE),
        lambda: b"".join(client.copy_file(copy.copy_id)),
    ):
        with pytest.raises((Refused, NotFound)):
            ask()


def test_an_auditor_reads_it_across_studies(service, copy):
    assert service.signed_in(Role.AUDITOR).copy(copy.copy_id) == copy
    assert service.entries(action="study.read.across", stream=f"copy:{copy.copy_id}")


def test_a_second_time_and_a_forged_one_are_refused_and_recorded(service, ruth, copy, other):
    with pytest.raises(Conflict, match=f"here already, as {copy.copy_id}"):
        ruth.import_bundle("again.zip", WHY, other.read_bytes())
    data = bytearray(other.read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(Conflict, match="does not verify") as refused:
        ruth.import_bundle("forged.zip", WHY, bytes(data))
    entry = service.entries(action="action.refused", stream=f"copy:{hashlib.sha256(data).hexdigest()}")[0]
    assert refused.value.message in entry["summary"]


def test_only_a_records_manager_with_a_reason_brings_one_in(service, ruth):
    for role in Role:
        if role is not Role.RECORDS_MANAGER:
            with pytest.raises(Refused):
                service.signed_in(role).import_bundle("study.zip", WHY, b"never read")
    with pytest.raises(BlotterError) as refused:
        ruth.import_bundle("study.zip", "", b"never read")
    assert refused.value.code.startswith("reason.")


def test_too_large_a_bundle_is_refused_while_it_comes(service, ruth, monkeypatch):
    monkeypatch.setattr(service.services.importing, "_max_bytes", 1 << 20)
    with pytest.raises((TooLarge, Unavailable)):
        ruth.import_bundle("large.zip", WHY, (bytes(1 << 18) for _ in range(64)))


def test_while_one_comes_in_slowly_everybody_else_is_answered(service, ruth):
    rosa, answered = service.signed_in(Role.REVIEWER), threading.Event()

    def slowly():
        yield b"PK"
        assert answered.wait(60)
        yield b"no bundle"

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(ruth.import_bundle, "slow.zip", WHY, slowly())
        assert rosa.image(IMAGE).image == IMAGE
        answered.set()
        with pytest.raises(Conflict, match="does not verify"):
            coming.result()


def blotter(*arguments, **environment):
    command = [sys.executable, "-m", "blotter_records.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=120
    )


def test_the_command_line_verifies_and_brings_in(service, world, tmp_path):
    path = world.write("image", tmp_path / "image.zip")
    (tmp_path / "key").write_text(str(world.lab.key.verifier()))
    checked = blotter("verify", "--bundle", path, "--key", tmp_path / "key", "--sha256", world.bundles["image"].sha256)
    assert checked.returncode == 0, checked.stdout
    assert "Everything verifies" in checked.stdout
    token = service.hub.open_session("ruth.records", DEMO_PASSWORD, "10.0.0.7").token
    (tmp_path / "token").write_text(token)
    session = {"BLOTTER_API_URL": service.url, "BLOTTER_SESSION_TOKEN_FILE": str(tmp_path / "token")}
    asked = ("import-bundle", path, "--reason", WHY, "--key", tmp_path / "key")
    made = blotter(*asked, **session)
    assert made.returncode == 0, made.stderr
    assert "brought in as CPY-" in made.stdout
    assert "all reproduced" in made.stdout
    again = blotter(*asked, **session)
    assert (again.returncode, "here already" in again.stderr) == (1, True)
    assert blotter("import-bundle", path, "--reason", WHY, BLOTTER_API_URL=service.url).returncode == 1
