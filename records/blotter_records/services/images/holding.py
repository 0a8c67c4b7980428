"""Integrity hold: an image whose bytes do not verify is held, refused and notified (11.10(a), requirements C1 ST12)."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.domain.records import Image
from blotter_records.errors import BlotterError, IntegrityBroken
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.acting.writing import write
from blotter_records.services.images.lineage import image_keys
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.vocabulary import Alarm, Event, Severity


class Holding:
    """Verifies sealed files, and holds the images whose files do not verify."""

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store

    def check(self, image: Image, actor: Actor) -> None:
        """Compare the sealed file of an image with its digest.

        Raises
        ------
        IntegrityBroken
            ``integrity.digest``; the image is on hold from now on.
        Unavailable
            The store does not answer.
        """
        try:
            for _ in self._store.open(image.file_sha256):
                pass
        except IntegrityBroken as error:
            self.hold(image, actor, error)
            raise

    def hold(self, image: Image, actor: Actor, error: BlotterError) -> None:
        """Put an image on integrity hold and notify; nothing where it is held already.

        Parameters
        ----------
        image : Image
        actor : Actor
            In whose request it was found; the entry is the service's own.
        error : BlotterError
            What does not verify.
        """
        with self._ledger.begin() as work:
            work.lock(f"image:{image.image}")
            newest = work.latest(f"image:{image.image}")
            if newest is None or newest.content.get("hold") is not None:
                return
            held = replace(Image.from_json(newest.content), hold={"rule": error.code, "message": error.message})
            system = system_actor(f"opened by {actor.name()} in {actor.session or 'no session'}", actor.configuration)
            write(
                work,
                system,
                None,
                Event.INTEGRITY_HOLD,
                held,
                record_id=image.image,
                expected_rev=newest.rev,
                version=newest.rev + 1,
                old={"hold": None},
                new={"hold": held.hold, "file_sha256": image.file_sha256, "pixels_sha256": image.pixels_sha256},
                summary=f"{image.image} is on integrity hold: {error.message}",
                keys=image_keys(work, held),
            )
            raise_alarm(
                work,
                system,
                Alarm.INTEGRITY_MISMATCH,
                Severity.CRITICAL,
                f"{image.image} does not verify and is on integrity hold.",
                about=f"image:{image.image}",
                facts={"rule": error.code, "file_sha256": image.file_sha256},
            )
            work.commit()
