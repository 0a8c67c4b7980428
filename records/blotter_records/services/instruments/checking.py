"""The device check (11.10(h)): whether this instrument may do this scan now, and whether this is that device."""

from __future__ import annotations

from datetime import date

from blotter_records.contract.acquiring import DeviceSaid, ScanSettings
from blotter_records.contract.instruments import InstrumentLimits
from blotter_records.domain.records import Instrument
from blotter_records.errors import Refused
from blotter_records.services.instruments.register import why_not_usable


def check_usable(content: Instrument, today: date) -> None:
    """Check that an instrument may be used today. Raises ``Refused('refused.instrument')``."""
    why_not = why_not_usable(content, today)
    if why_not:
        raise refused(why_not)


def check_settings(content: Instrument, settings: ScanSettings, most_bytes: int) -> None:
    """Check that a scan keeps to an instrument's limits. Raises ``Refused('refused.instrument')``, never clips."""
    limits = InstrumentLimits.model_validate(content.limits)
    top, left, bottom, right = settings.region_um
    channels = settings.channels_nm
    kept = {
        "channels": channels == sorted(set(channels)) and set(channels) <= set(limits.channels_nm),
        "integration time": limits.integration_ms_low <= settings.integration_ms <= limits.integration_ms_high
        and _is_short(settings.integration_ms),
        "resolution": settings.resolution_um in limits.resolutions_um,
        "focus": limits.focus_mm_low <= settings.focus_mm <= limits.focus_mm_high and _is_short(settings.focus_mm),
        "region": top < bottom <= limits.bottom_um
        and left < right <= limits.right_um
        and not any(edge % settings.resolution_um for edge in settings.region_um),
    }
    broken = [name for name, is_kept in kept.items() if not is_kept]
    if broken:
        raise refused(f"Outside the limits of {content.instrument}: {', '.join(broken)}.")
    if settings.size() > most_bytes:
        raise refused(f"The scan has {settings.size():,} bytes; at most {most_bytes:,} are taken.")


def check_device(content: Instrument, said: DeviceSaid, today: date) -> None:
    """Check that the device at the line is the registered one. Raises ``Refused('refused.instrument')``."""
    if (said.maker, said.model, said.serial) != content.device():
        found = f"{said.maker} {said.model} {said.serial}"
        raise refused(f"At the line is {found}; {content.instrument} is {' '.join(content.device())}.")
    if not said.firmware.startswith(content.firmware):
        raise refused(f"The device has firmware {said.firmware}; {content.firmware}… is registered.")
    if said.calibration_due_on is not None and said.calibration_due_on < today:
        raise refused(f"The device says that its calibration held until {said.calibration_due_on}.")


def refused(why_not: str) -> Refused:
    """Return the refusal of a device check."""
    return Refused("refused.instrument", why_not, "Ask the Instrument Manager.")


def _is_short(value: float) -> bool:
    """Tell whether a number reaches the device as it is: six digits are sent."""
    return float(f"{value:g}") == value
