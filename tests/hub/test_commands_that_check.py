"""``blotter verify --since`` and ``blotter recompute`` on a running installation: what they print and how they end."""

from __future__ import annotations

import pytest
from persons import HubPerson, until
from systems import blotter


def test_a_kept_checkpoint_is_continued_while_work_goes_on(running_system, tmp_path):
    kept, key = tmp_path / "kept.note", tmp_path / "lab.key"
    checkpoints = running_system.data / "checkpoints"
    kept.write_text((checkpoints / "latest").read_text())
    key.write_text((checkpoints / "verifier.key").read_text())
    size = kept.read_text().split("\n")[1]
    with HubPerson(running_system.url) as somebody:
        somebody.sign_in(*running_system.accounts["system_manager"])
    until(lambda: (checkpoints / "latest").read_text() != kept.read_text(), within_s=10)
    for trusted in ([], ["--key", str(key)], ["--key", key.read_text().strip()]):
        done = blotter("verify", "--data", str(running_system.data), "--since", str(kept), *trusted)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"continues {kept}: {size} entries, signed 20" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("verified: ")


def test_what_is_no_checkpoint_or_key_is_told(running_system, tmp_path):
    data = ["--data", str(running_system.data)]
    no_note = tmp_path / "no.note"
    no_note.write_text("42 entries, believe me\n")
    done = blotter("verify", *data, "--since", str(no_note))
    assert done.returncode == 1
    assert f"kept checkpoint {no_note}: it is not a signed note" in done.stdout
    for cannot in (["--since", str(tmp_path / "missing")], ["--key", str(tmp_path / "missing")], ["--key", "a+b+c"]):
        done = blotter("verify", *data, *cannot)
        assert done.returncode == 2, done.stdout
        assert done.stderr.startswith("cannot check: ")
    assert blotter("verify", "--bundle", "x.zip", "--since", str(no_note)).returncode == 2


@pytest.mark.parametrize("sample", [[], ["--sample", "5"]])
def test_numbers_are_recomputed_and_the_trail_says_so(running_system, sample):
    done = blotter("recompute", "--data", str(running_system.data), *sample)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("reproduced: ")
    with HubPerson(running_system.url) as somebody:
        somebody.sign_in(*running_system.accounts["system_manager"])
        assert 'data-action="system.recompute"' in somebody.get("/hub/system/user-log").text


def test_recompute_without_an_installation_is_cannot_check(tmp_path):
    assert blotter("recompute", "--data", str(tmp_path)).returncode == 2
