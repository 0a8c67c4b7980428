"""A protocol and gels that it fits: a ladder in lane 1, a target and a housekeeping protein in each other lane."""

from __future__ import annotations

import numpy as np
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.protocols import ProtocolMethod, ProtocolRequest
from blotter_records.contract.studies import MembraneRequest, SampleRequest
from blotter_records.vocabulary import Action
from service_over_http import STUDY

WHY = "The method was validated, report V-12"
LADDER, WEIGHTS = "Bio-Rad Precision Plus Protein", [100.0, 50.0, 25.0]
#: Rows of the bands, px: of the ladder, and of target and control in each other lane.
ROWS, TARGET, CONTROL = (60, 150, 240), 110, 200
METHOD = ProtocolMethod.model_validate({
    "purpose": "A target over the housekeeping protein",
    "background": {"method": "average", "width": 2},
    "ladder": {"name": LADDER, "weights": WEIGHTS},
    "bands": [
        {"use": "target", "target": "p53", "low": 55, "high": 90},
        {"use": "control", "low": 30, "high": 40},
    ],
    "normalisation": "housekeeping",
    "control_group": "vehicle",
    "columns": ["Signal", "SNR"],
})  # fmt: skip


def gel(lanes: int = 4) -> bytes:
    """Draw a ladder and lanes with two bands each: Gaussians of 4 px on a plain membrane with noise."""
    counts = np.random.default_rng(lanes).normal(300, 4, (300, 60 * lanes + 60))
    rows = np.arange(300)[:, None]
    for lane in range(lanes):
        drawn = [(row, 4000) for row in ROWS] if lane == 0 else [(TARGET, 2000 + 500 * lane), (CONTROL, 5000)]
        for row, height in drawn:
            counts[:, 60 * lane + 40 : 60 * lane + 80] += height * np.exp(-(((rows - row) / 4) ** 2) / 2)
    return to_tiff(counts.clip(0, 65_535).round().astype(np.uint16))


def membrane_of(service, anna):
    """Save a membrane with the ladder in lane 1 and samples of two groups in the others."""
    samples = [
        anna.save_sample(SampleRequest(study=STUDY, name=f"{group} {at}", group=group, idempotency_key=service.key()))
        for at, group in enumerate(("vehicle", "vehicle", "drug"))
    ]
    lanes = [
        {"lane": 1, "load": "ladder", "ladder": LADDER},
        *({"lane": at, "load": "sample", "sample": one.sample} for at, one in enumerate(samples, start=2)),
    ]
    request = MembraneRequest(study=STUDY, name="Blot 9", kind="membrane", lanes=lanes, idempotency_key=service.key())
    return anna.save_membrane(request).membrane


def written(client, name, method):
    return client.create_protocol(ProtocolRequest(name=name, method=method))


def effective(service, samir, paul, view):
    proposal = service.sign(samir, view.protocol, Action.PROTOCOL_EFFECTIVE).proposal
    service.sign(paul, proposal, Action.PROPOSAL_COUNTERSIGN)
    return samir.protocol(view.protocol)


def imported(anna, content, **place):
    return anna.import_image("blot.tif", WHY, content, study=STUDY, **place).image
