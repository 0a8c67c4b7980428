"""The range of user ids that an installation has to itself: what is refused, and that no two have the same."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from blotter_records.adapters.user_ids import BLOCK, Machine, UserIds, claim, read_range
from blotter_records.errors import Conflict, Invalid, Unavailable

HERE = Path("/srv/one")
SOME = UserIds(2_146_000_000, 2_146_000_009)


def test_a_range_is_read_as_it_is_written():
    assert str(read_range("3000000-3000099")) == "3000000-3000099"
    assert read_range("3000000-3000099") == UserIds(3_000_000, 3_000_099)


@pytest.mark.parametrize(
    "text", ["", "5", "0-100", "999-2000", "2000-1999", "2000-2000", "1000-2147483648", "60000-70000", "a-b", "-1-5"]
)
def test_root_the_system_and_nonsense_are_no_range_for_people(text):
    with pytest.raises(Invalid) as refused:
        read_range(text)
    assert refused.value.code == "uids.invalid"


def test_an_id_of_somebody_is_refused_by_name():
    nobody = pwd.getpwnam("nobody").pw_uid
    with pytest.raises(Conflict, match=f"the id {nobody} belongs to the user nobody") as refused:
        Machine().check(UserIds(nobody - 3, nobody))
    assert refused.value.code == "uids.taken"


def test_ids_that_are_lent_to_containers_of_somebody_are_refused(tmp_path):
    lent = tmp_path / "subuid"
    lent.write_text(f"ann:100000:65536\nbob:{SOME.last}:65536\n")
    with pytest.raises(Conflict, match="to bob") as refused:
        Machine(lent=(tmp_path / "none", lent)).check(SOME)
    assert refused.value.code == "uids.lent"
    Machine(lent=(lent,)).check(UserIds(SOME.first - 100, SOME.first - 1))


@pytest.mark.parametrize("which", ["uid_map", "gid_map"])
def test_ids_that_a_container_does_not_have_are_refused(tmp_path, which):
    small = tmp_path / "map"
    small.write_text("         0     100000      65536\n")
    with pytest.raises(Unavailable, match="no user ids") as refused:
        Machine(**{which: small}).check(SOME)
    assert refused.value.code == "uids.absent"
    Machine(**{which: small}).check(UserIds(40_000, 40_999))


def test_each_installation_has_the_same_block_again_and_never_one_of_another(tmp_path):
    first = claim(HERE, None, tmp_path)
    assert first.ids.last - first.ids.first == BLOCK - 1
    beside = claim(HERE, None, tmp_path)
    assert not beside.ids.overlaps(first.ids)
    os.close(first.descriptor)
    again = claim(HERE, None, tmp_path)
    assert again.ids == first.ids
    os.close(again.descriptor)
    os.close(beside.descriptor)
    assert claim(Path("/srv/two"), None, tmp_path).ids != first.ids, "by the data directory"


def test_a_named_range_is_taken_or_refused(tmp_path):
    held = claim(HERE, SOME, tmp_path)
    assert held.ids == SOME
    with pytest.raises(Conflict) as refused:
        claim(Path("/srv/two"), UserIds(SOME.last, SOME.last + 10), tmp_path)
    assert refused.value.code == "uids.claimed"
    os.close(held.descriptor)
    assert claim(Path("/srv/two"), UserIds(SOME.last, SOME.last + 10), tmp_path).ids.first == SOME.last


def test_a_claim_lasts_as_long_as_a_process_that_inherited_it(tmp_path):
    """As a launcher does that outlives a killed supervisor."""
    held = claim(HERE, SOME, tmp_path)
    heir = subprocess.Popen([sys.executable, "-I", "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[held.descriptor])
    try:
        os.close(held.descriptor)
        with pytest.raises(Conflict):
            claim(Path("/srv/two"), SOME, tmp_path)
    finally:
        heir.communicate(b"\n")
    assert claim(Path("/srv/two"), SOME, tmp_path).ids == SOME
