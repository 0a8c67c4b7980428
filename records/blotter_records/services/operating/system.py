"""What this installation is; its starts and stops in the trail."""

from __future__ import annotations

from blotter_records import __version__
from blotter_records.contract.trail import SystemView
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.imprint import Imprint
from blotter_records.vocabulary import Event


class System:
    """Tells what the installation is, notes starts and stops, and with which packages it runs."""

    def __init__(self, ledger: Ledger, imprint: Imprint, signing_origin: str) -> None:
        self._ledger = ledger
        self._imprint = imprint
        self._signing_origin = signing_origin

    def view(self) -> SystemView:
        """Return what this installation is."""
        with self._ledger.begin() as work:
            size = work.tree_size()
        return SystemView(
            software=__version__,
            installation=self._imprint.origin,
            is_demo=self._imprint.is_demo,
            is_evaluation=self._imprint.is_evaluation,
            signing_origin=self._signing_origin,
            tree_size=size,
            checkpoint_key=self._imprint.verifier_key(),
        )

    def note(self, event: Event) -> None:
        """Write that the service started or stops."""
        packages = self._imprint.packages_sha256
        verb = {Event.SYSTEM_START: "started", Event.SYSTEM_STOP: "stops"}[event]
        with self._ledger.begin() as work:
            work.note(
                NewEntry(
                    stream="system",
                    action=event.value,
                    subject=system_actor("the supervisor").subject(),
                    summary=f"The records service {__version__} {verb}",
                    new={"packages_sha256": packages} if packages else None,
                )
            )
            work.commit()

    def is_answering(self) -> bool:
        """Ask the database for its time. Raises ``Unavailable``."""
        self._ledger.now()
        return True
