"""Policies: what holds, what it means, and how it is changed by a signature (11.10(f), 11.10(g))."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.contract.configuration import ConfigurationView, PolicyValue, PolicyView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.signing import SignedPage

CONFIGURATION = "CFG-000001"
#: Policies of this kind are shown beside the action that they are about.
REASON_RULES = "reason.rule."
#: Longest text of a form's field that holds a policy.
_FIELD_LIMIT = 8000


@dataclass(frozen=True)
class Change:
    """A policy with its new value as typed."""

    policy: PolicyView
    value: PolicyValue


class PoliciesPage(SignedPage):
    """Every policy with value, default and range."""

    @web.authenticated
    async def get(self) -> None:
        """Show the policies in force for sessions that are opened now."""
        configuration = await self.configuration()
        groups = _grouped([one for one in configuration.policies if not one.name.startswith(REASON_RULES)])
        await self.show("system/policies.html", configuration=configuration, groups=groups, signed=await self.signed())


class PolicyChangePage(SignedPage):
    """The form: typed, looked at as old and new, then signed."""

    @web.authenticated
    async def get(self) -> None:
        """Show the form with the values in force."""
        await self._form(await self.configuration())

    @web.authenticated
    async def post(self) -> None:
        """Show old and new, or open the signing page."""
        configuration = await self.configuration()
        typed = {one.name: self.get_argument(one.name)[:_FIELD_LIMIT] for one in configuration.policies
                 if self.get_argument(one.name, None) is not None}  # fmt: skip
        try:
            changes = _changes(configuration, typed)
        except Invalid as error:
            await self._form(configuration, typed=typed, problem=error)
            return
        if self.get_argument("act", "") != "sign":
            await self._review(configuration, changes, typed)
            return
        values: dict[str, object] = {"values": {one.policy.name: one.value for one in changes}}
        try:
            intent = await self.prepare_signing(CONFIGURATION, Action.POLICY_EDIT, values)
        except BlotterError as error:
            await self._review(configuration, changes, typed, problem=error)
            return
        await self.show_signing(intent, title="Change policies", back=self._back(changes), here="policies")

    @staticmethod
    def _back(changes: list[Change]) -> str:
        is_rule = all(one.policy.name.startswith(REASON_RULES) for one in changes)
        return "system/signature-requirements" if is_rule else "system/policies"

    async def _form(
        self, configuration: ConfigurationView, *, typed: dict[str, str] | None = None, problem: Invalid | None = None
    ) -> None:
        wanted = self.get_query_argument("only", "")
        open_ones = [one for one in configuration.policies if not one.is_fixed]
        only = [one for one in open_ones if one.name == wanted or (typed and one.name in typed)]
        usual = [one for one in open_ones if not one.name.startswith(REASON_RULES)]
        await self.show(
            "system/policy_form.html",
            status=problem.status if problem is not None else 200,
            groups=_grouped(only or usual),
            typed=typed or {},
            problem=problem,
            action_of=_action_names(configuration),
        )

    async def _review(
        self,
        configuration: ConfigurationView,
        changes: list[Change],
        typed: dict[str, str],
        problem: BlotterError | None = None,
    ) -> None:
        await self.show(
            "system/policy_review.html",
            status=problem.status if problem is not None else 200,
            configuration=configuration,
            changes=changes,
            sent={one.policy.name: typed[one.policy.name] for one in changes},
            problem=problem,
            typed=self.typed_why(),
            action_of=_action_names(configuration),
        )


def _action_names(configuration: ConfigurationView) -> dict[str, str]:
    """Return the label of the action that a policy on reasons is about, by the policy's name."""
    return {f"{REASON_RULES}{one.action.value}": one.label for one in configuration.actions}


def _grouped(policies: list[PolicyView]) -> list[tuple[str, list[PolicyView]]]:
    """Return policies under the first word of their names, in order."""
    names = dict.fromkeys(one.name.split(".")[0] for one in policies)
    return [(name, [one for one in policies if one.name.split(".")[0] == name]) for name in names]


def _changes(configuration: ConfigurationView, typed: dict[str, str]) -> list[Change]:
    """Return what was typed and differs from what holds.

    Raises
    ------
    Invalid
        A number is none, or nothing differs. Whether a value is allowed, the service says.
    """
    found = []
    for policy in configuration.policies:
        if policy.is_fixed or policy.name not in typed:
            continue
        value = _read(policy, typed[policy.name])
        if value != policy.value:
            found.append(Change(policy, value))
    if not found:
        raise Invalid("policy.same", "Nothing differs from what holds now.", "Change a value first.")
    return found


def _read(policy: PolicyView, text: str) -> PolicyValue:
    text = text.replace("\r\n", "\n").strip()
    if isinstance(policy.default, bool):
        return {"on": True, "off": False}.get(text, text)
    if isinstance(policy.default, int):
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise Invalid("policy.number", f"{policy.name} is a whole number from {policy.least} to {policy.most}.")
        return int(text[:12])
    if isinstance(policy.default, list):
        return [line.strip() for line in text.split("\n") if line.strip()]
    return text
