"""``python -m blotter_records.bootstrap demo`` fills an installation with the demo's people and blots.

Again it changes nothing. It runs as the records service's user, with the same environment, after the migrations; it
prints one line for each person: user name, password, role.
"""

from __future__ import annotations

import sys

from blotter_records.bootstrap import build, outside
from blotter_records.errors import Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD
from blotter_records.settings import Settings


def main() -> None:
    """Fill the demo. Raises ``Refused`` on an installation that is none."""
    settings = Settings()  # type: ignore[call-arg]  # from the environment
    if sys.argv[1:] != ["demo"] or not settings.is_demo:
        raise Refused("refused.demo", "Only a demo is filled, by: python -m blotter_records.bootstrap demo")
    for person in build(settings, outside(settings)).demo.prepare():
        sys.stdout.write(f"{person.user_name:<20} {DEMO_PASSWORD:<24} {person.role}\n")


if __name__ == "__main__":
    main()
