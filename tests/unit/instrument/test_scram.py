"""SCRAM-SHA-256 against the RFC's own example, and both ends against each other."""

from __future__ import annotations

import pytest
from blotter_instrument.transfer.scram import Credential, ScramClient, ScramServer, new_secret
from blotter_records.errors import Invalid, Refused
from hypothesis import given, settings
from hypothesis import strategies as st

# RFC 7677, section 3.
CLIENT_NONCE, SERVER_NONCE = "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = b"[m\x99h\x9d\x125\x8e\xec\xa0K\x14\x126\xfa\x81"
FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

CREDENTIAL = Credential.make("user", "pencil", salt=SALT)


def server(nonce=SERVER_NONCE):
    return ScramServer({"user": CREDENTIAL}, nonce=nonce)


def test_the_example_of_rfc_7677_from_both_ends():
    client, device = ScramClient("user", "pencil", nonce=CLIENT_NONCE), server()
    assert client.first() == FIRST
    assert device.first(FIRST) == SERVER_FIRST
    assert client.final(SERVER_FIRST) == FINAL
    said, keys = device.final(FINAL)
    assert said == SERVER_FINAL
    ours = client.verify(SERVER_FINAL)
    assert ours == keys
    assert len({ours.host, ours.device}) == 2


def exchange(client, device):
    final = client.final(device.first(client.first()))
    said, keys = device.final(final)
    return client.verify(said), keys


def test_each_session_has_keys_of_its_own():
    one, two = (exchange(ScramClient("user", "pencil"), server("")) for _ in range(2))
    assert one[0] == one[1]
    assert two[0] == two[1]
    assert {one[0].host, one[0].device}.isdisjoint({two[0].host, two[0].device})


def test_a_wrong_secret_is_refused_by_the_device():
    with pytest.raises(Refused, match="proof is wrong"):
        exchange(ScramClient("user", "pencils"), server())


def test_an_unknown_name_is_answered_like_a_known_one_and_refused_at_the_proof():
    device, again = server(), server()
    salts = {one.first(f"n,,n=nobody,r={CLIENT_NONCE}").split(",")[1] for one in (device, again)}
    assert len(salts) == 1
    with pytest.raises(Refused, match="proof is wrong"):
        exchange(ScramClient("nobody", "pencil"), server())


def test_a_device_that_does_not_know_the_secret_is_refused_by_the_host():
    client = ScramClient("user", "pencil")
    other = ScramServer({"user": Credential.make("user", "crayon", salt=SALT)})
    client.final(other.first(client.first()))
    for said in ("v=" + SERVER_FINAL[2:], "v=", "", "v=AAAA", "x"):
        with pytest.raises(Refused) as fault:
            client.verify(said)
        assert fault.value.code == "scram.server"
    with pytest.raises(Refused) as fault:
        client.verify("e=invalid-proof")
    assert fault.value.code == "scram.refused"


def test_a_host_asks_for_enough_iterations_and_its_own_nonce():
    for said in (
        SERVER_FIRST.replace("4096", "1"),
        SERVER_FIRST.replace("4096", "9999999"),
        SERVER_FIRST.replace("r=rO", "r=rX"),
        SERVER_FIRST.replace(SERVER_NONCE, ""),
        SERVER_FIRST.replace("W22ZaJ0SNY7soEsUEjb6gQ==", "AAAA"),
        "",
    ):
        with pytest.raises(Refused) as fault:
            ScramClient("user", "pencil", nonce=CLIENT_NONCE).final(said)
        assert fault.value.code == "scram.server"


def test_a_proof_is_good_once_and_for_its_own_nonces():
    device = server()
    device.first(FIRST)
    device.final(FINAL)
    with pytest.raises(Refused):
        device.final(FINAL)
    other = server("anotherNonceOfTheDevice")
    other.first(FIRST)
    with pytest.raises(Refused):
        other.final(FINAL)


@given(st.integers(0, len(FINAL) - 1), st.characters(min_codepoint=33, max_codepoint=126))
@settings(max_examples=200)
def test_no_other_last_message_is_taken(at, put):
    altered = FINAL[:at] + put + FINAL[at + 1 :]
    device = server()
    device.first(FIRST)
    if altered != FINAL:
        with pytest.raises(Refused):
            device.final(altered)


def test_names_and_secrets_are_those_that_saslprep_leaves_alone():
    for name, secret in (
        ("", "pencil"),
        ("a,b", "pencil"),
        ("a", "short"),
        ("a", "with blank"),
        ("a", "bleistift\N{COMBINING DIAERESIS}"),
    ):
        with pytest.raises(Invalid):
            ScramClient(name, secret)


def test_new_secrets_have_160_bits_and_differ():
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    assert {len(one) for one in made} == {32}


def test_no_key_shows_in_a_traceback():
    keys = exchange(ScramClient("user", "pencil"), server())[0]
    for one in (keys, CREDENTIAL):
        assert "key" not in repr(one)
