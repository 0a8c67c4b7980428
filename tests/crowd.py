"""Many people for a running system at once, each with an account of their own, in a study of which all are members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.contract.accounts import AccountRequest
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Study
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.adding import add_account
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.studies.studies import add_study
from blotter_records.vocabulary import Action, RecordKind, Role

#: Of everybody.
PASSWORD = "Nine-lives-4-every-cat"


def add_crowd(run: Path, runtime_password: str, names: Sequence[str]) -> str:
    """Add analysts, and a study of which they are members; return the study's id.

    Parameters
    ----------
    run : Path
        The system's folder of sockets.
    runtime_password : str
        The database password of the records service (secret ``db-runtime``).
    names : sequence of str
        User names.
    """
    url = f"postgresql+psycopg://blotter_runtime@/blotter?host={run / 'pg'}&port=5432"
    ledger = PostgresLedger(url, runtime_password, 2)
    configurations = Configurations(ledger, DEFAULT_VALUES)
    why, members, now = Reason("Many people at once"), [], datetime.now(UTC)  # noqa: TID251 - the real time
    with ledger.begin() as work:
        configuration = configurations.current(work)
        system_is = system_actor("a test", configuration)
        hashed = Credentials(ledger).hashed(PASSWORD, configuration.policies)
        for name in names:
            request = AccountRequest(user_name=name, printed_name=printed(name), roles=[Role.ANALYST], reason=why.text)
            made = add_account(work, system_is, None, request, reason=why, now=now, is_demo=True)
            work.put_secret(made.record_id, hashed, is_temporary=False, ends_at=None, entry_id=made.entry.id)
            members.append({"account": made.record_id, "roles": [Role.ANALYST.value]})
        study = Study(
            study=work.next_id(RecordKind.STUDY),
            title="Of many people",
            study_kind="gxp",
            purpose="",
            members=members,
            retention_class="gxp",
            retention_years=10,
            created_by=members[0]["account"],
            created_by_name=printed(names[0]),
        )
        add_study(work, system_is, Role.SUPERVISOR, study, Action.STUDY_CREATE, reason=why)
        work.commit()
    ledger.close()
    return study.study


def printed(user_name: str) -> str:
    """Return the printed name that goes with a user name."""
    return user_name.replace(".", " ").title()
