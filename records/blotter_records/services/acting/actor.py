"""Who acts: a person in a session, or a service."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field

from blotter_records.domain.authority import Standing
from blotter_records.domain.configuration import Configuration
from blotter_records.errors import Refused
from blotter_records.ports.entries import Context, Subject
from blotter_records.vocabulary import ServiceIdentity


@dataclass(frozen=True)
class Actor:
    """A person in a session, or a service; established by the service, never taken from a request's body.

    Parameters
    ----------
    roles : tuple of str
        Names of the roles that the account holds.
    address : str or None
        From where this was asked.
    signed_in_from : str or None
        From where the session was opened: what the policies call a network is judged by both.
    configuration : Configuration
        Roles and policies that hold for the session.
    """

    account: str | None = None
    user_name: str | None = None
    printed_name: str | None = None
    roles: tuple[str, ...] = ()
    session: str | None = None
    address: str | None = None
    signed_in_from: str | None = None
    service: ServiceIdentity | None = None
    process: str | None = None
    os_user: str | None = None
    initiator: str | None = None
    must_change_password: bool = False
    must_enrol_totp: bool = False
    lapsed: frozenset[str] = frozenset()
    context: Context = field(default_factory=Context)
    configuration: Configuration = field(default_factory=Configuration)

    def subject(self, role: str | None = None) -> Subject:
        """Return the subject of an entry, with the role in effect."""
        return Subject(
            account=self.account,
            user_name=self.user_name,
            printed_name=self.printed_name,
            role=role,
            service=self.service,
            session=self.session,
            address=self.address,
            process=self.process,
            os_user=self.os_user,
            initiator=self.initiator,
            configuration=self.configuration.revision or None,
            zone=self.configuration.policies.zone,
        )

    def person(self) -> str:
        """Return the account id. Raises ``Refused('refused.service')`` if a service acts."""
        if self.account is None:
            raise Refused("refused.service", "Only a person can do this.")
        return self.account

    def addresses(self) -> frozenset[str]:
        """Return from where the session was opened and from where it is used now."""
        return frozenset({self.signed_in_from or "", self.address or self.signed_in_from or ""})

    def own_stream(self) -> str:
        """Return the stream of the own account; of a service the installation's, where its refusals stand."""
        return f"account:{self.account}" if self.account is not None else "system"

    def name(self) -> str:
        """Return the printed name, or the service's."""
        return self.printed_name or (self.service.value if self.service else "nobody")

    def standing(self) -> Standing:
        """Return who asks, for an authority check. Raises ``Refused('refused.service')`` if a service acts."""
        return Standing(self.person(), self.roles, self.must_change_password, self.must_enrol_totp, self.lapsed)


def system_actor(
    initiator: str = "the service itself", configuration: Configuration | None = None, *, process: str = ""
) -> Actor:
    """Return the installation itself, for what happens without a person asking for it.

    Parameters
    ----------
    initiator : str
        What made it happen: a schedule, a person's request, a start.
    configuration : Configuration, optional
    process : str
        Program and process id; the records service's when empty.
    """
    return Actor(
        service=ServiceIdentity.SYSTEM,
        process=process or f"records service, process {os.getpid()}",
        os_user=getpass.getuser(),
        initiator=initiator,
        configuration=configuration or Configuration(),
    )
