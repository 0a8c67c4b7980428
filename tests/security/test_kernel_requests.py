"""What a kernel may ask of the records service at all: a short list, whoever the person is (11.10(g))."""

from __future__ import annotations

import pytest
from blotter_extension.kernels.socket import is_allowed

ALLOWED = [
    ("GET", "/studies", ""),
    ("GET", "/studies/STU-000001/contents", ""),
    ("POST", "/studies/STU-000001/description", ""),
    ("POST", "/membranes/MEM-000001/versions", ""),
    ("POST", "/acquisitions/ACQ-000001/place", ""),
    (
        "GET",
        "/records",
        "kind=image&text=K%C3%B6nig+1&since=2026-11-23T00%3A00%3A00%2B00%3A00&limit=50&newest_first=true",
    ),
    ("POST", "/images/IMG-000001/rotate", ""),
    ("POST", "/results/RES-000001/resumption", ""),
    ("GET", "/proposals", "only_waiting=true"),
    ("POST", "/proposals/PRP-000001/decline", ""),
    ("GET", "/configuration", "revision=1"),
]
REFUSED = [
    ("POST", "/sessions", ""),
    ("DELETE", "/session", ""),
    ("POST", "/session/heartbeat", ""),  # input of a person, which a kernel has none of
    ("POST", "/account/password", ""),
    ("GET", "/accounts", ""),
    ("POST", "/accounts", ""),
    ("GET", "/trail/users", ""),
    ("POST", "/notifications/NTF-000001/acknowledgement", ""),
    ("DELETE", "/studies/STU-000001", ""),
    ("POST", "/studies/STU-000001/members", ""),
    ("POST", "/images/IMG-000001/study", ""),
    ("POST", "/samples/MEM-000001/versions", ""),
    ("PUT", "/notebooks/x", ""),
    ("GET", "/images/IMG-000001/file", ""),
    ("GET", "/records/../accounts", ""),
    ("GET", "/records", "text=a b"),
    ("GET", "/records", "text=" + "a" * 2401),
    ("GET", "/records", "kind=image&"),
]


@pytest.mark.parametrize(("method", "path", "query"), ALLOWED)
def test_what_a_widget_needs_is_on_the_list(method: str, path: str, query: str) -> None:
    assert is_allowed(method, path, query)


@pytest.mark.parametrize(("method", "path", "query"), REFUSED)
def test_everything_else_is_not(method: str, path: str, query: str) -> None:
    assert not is_allowed(method, path, query)
