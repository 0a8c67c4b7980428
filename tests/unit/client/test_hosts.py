"""Under which names a part of Blotter is asked."""

from __future__ import annotations

import pytest
from blotter_records.hosts import is_ours

PUBLISHED = "https://blotter.example.org:8443/user/anna/"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "127.0.0.1:8000",
        "127.8.0.1",
        "[::1]:80",
        "blotter.example.org",
        "BLOTTER.example.org:1",
    ],
)
def test_own_names(host):
    assert is_ours(host, PUBLISHED)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8443", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
        "blotter.example.org.evil.example", "evil.example, localhost", "localhost evil", "localhost\n", "0.0.0.0",
        "[::ffff:10.0.0.1]", "[", "localhost@evil.example", "localhost:port",
    ],
)  # fmt: skip
def test_foreign_names(host):
    assert not is_ours(host, PUBLISHED)
    assert not is_ours(host)


def test_nothing_is_published_where_no_address_is_known():
    assert not is_ours("blotter.example.org", "")
    assert is_ours("[2001:db8::1]:80", "http://[2001:db8::1]/")
