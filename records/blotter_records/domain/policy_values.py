"""New values of a policy: what is allowed, and said in words where it is not."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address, ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from blotter_records.domain.policy_table import POLICIES, PolicyRule, Value
from blotter_records.errors import Invalid


def checked_policy(name: str, value: Value) -> Value:
    """Return a new value of a policy.

    Raises
    ------
    Invalid
        ``policy.unknown``, ``policy.fixed``, ``policy.value`` with what is allowed.
    """
    rule = POLICIES.get(name)
    if rule is None:
        raise Invalid("policy.unknown", f"There is no policy {name}.")
    if rule.is_fixed:
        raise Invalid("policy.fixed", f"{name} is fixed: it holds for every installation.")
    wanted = _wanted(rule)
    if type(value) is not type(rule.default):
        raise Invalid("policy.value", f"{name} is {wanted}.")
    if rule.choices:
        fits = value in rule.choices
    elif isinstance(value, list):
        is_item = _is_network if name == "network.listed" else _is_code
        fits = _fits_length(rule, value) and all(is_item(one) for one in value) and len({*value}) == len(value)
    elif isinstance(value, str):
        fits = _fits_length(rule, value) and (name != "site.zone" or _is_zone(value))
    else:
        fits = rule.least is None or rule.most is None or rule.least <= value <= rule.most
    if not fits:
        raise Invalid("policy.value", f"{name} is {wanted}.")
    return value


def _fits_length(rule: PolicyRule, value: str | list[str]) -> bool:
    return (rule.least or 0) <= len(value) <= (rule.most or 10_000)


def _is_code(text: object) -> bool:
    """Tell whether an item of the list of reasons has a code and says what it means."""
    if not isinstance(text, str):
        return False
    code, _, said = text.partition(": ")
    return 2 <= len(code) <= 30 and code.replace("_", "").isalnum() and code.isascii() and 3 <= len(said) <= 120


def _is_network(text: object) -> bool:
    try:
        ip_network(str(text))
    except ValueError:
        return False
    return isinstance(text, str)


def is_in(address: str, networks: Collection[str]) -> bool:
    """Tell whether an address is in one of the networks; what is no address is in none."""
    try:
        asked = ip_address(address)
    except ValueError:
        return False
    return any(asked in ip_network(one) for one in networks)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _wanted(rule: PolicyRule) -> str:
    if rule.choices:
        return "one of " + ", ".join(rule.choices)
    if isinstance(rule.default, bool):
        return "on (true) or off (false)"
    unit = f" {rule.unit}" if rule.unit else ""
    if isinstance(rule.default, int):
        return f"a whole number from {rule.least} to {rule.most}{unit}"
    if isinstance(rule.default, list):
        each = "a network such as 10.0.0.0/8" if rule.name == "network.listed" else "“code: what it means”"
        return f"a list of {rule.least} to {rule.most} different texts, each {each}"
    if rule.name == "site.zone":
        return "the name of a time zone, such as Europe/Berlin"
    return f"a text of {rule.least} to {rule.most} characters"
