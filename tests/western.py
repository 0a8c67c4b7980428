"""A western blot whose bands are known: a membrane of seven lanes, its image, a shape for each band."""

from __future__ import annotations

import numpy as np
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.quantities import (
    LadderChoice,
    NormalisationChoice,
    QuantitiesChoice,
    QuantitiesRequest,
    UsedBand,
)
from blotter_records.contract.studies import MembraneRequest, SampleRequest
from blotter_records.vocabulary import Role
from service_over_http import STUDY, shape

WHY = "Western blot of the first replicate"
#: Lanes 2 to 7: vehicle, vehicle, vehicle (twice the same sample), drug, drug.
SAMPLES = {2: 0, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4}
LADDER = {30: 100.0, 70: 75.0, 130: 50.0, 210: 25.0}
TARGET = {2: 900, 3: 1100, 4: 1000, 5: 1080, 6: 2100, 7: 2600}
CONTROL = {2: 3000, 3: 3600, 4: 3300, 5: 3500, 6: 3100, 7: 3900}
TOTAL = {2: 1500, 3: 1600, 4: 1450, 5: 1550, 6: 1700, 7: 1650}
STANDARDS = {1.0: (200, 210), 2.0: (400, 410), 4.0: (800, 790), 8.0: (1600, 1620), 16.0: (3200, 3150)}
HOUSEKEEPING = NormalisationChoice(method="housekeeping")
PRECISION = LadderChoice(name="Bio-Rad Precision Plus Protein")


class Western:
    """A membrane of seven lanes with its image; an analysis with a shape for each band."""

    def __init__(self, service) -> None:
        self.service = service
        self.anna = service.signed_in(Role.ANALYST)
        groups = ["vehicle", "vehicle", "vehicle", "drug", "drug"]
        self.samples = [
            self.anna.save_sample(
                SampleRequest(
                    study=STUDY,
                    name=f"{group} {at}",
                    group=group,
                    biological_replicate=at + 1,
                    idempotency_key=service.key(),
                )
            ).sample
            for at, group in enumerate(groups)
        ]
        self.lanes = [
            {"lane": 1, "load": "ladder", "ladder": "Bio-Rad Precision Plus Protein"},
            *({"lane": lane, "load": "sample", "sample": self.samples[at]} for lane, at in SAMPLES.items()),
        ]
        request = MembraneRequest(
            study=STUDY, name="Blot 7", kind="membrane", lanes=self.lanes, idempotency_key=service.key()
        )
        self.membrane = self.anna.save_membrane(request).membrane
        self.bands = []
        for row, kda in LADDER.items():
            self.bands.append((1, row, 5000, {"use": "ladder", "kda": kda}))
        for row, use, counts in ((100, "target", TARGET), (160, "control", CONTROL), (180, "total", TOTAL)):
            self.bands += [(lane, row, value, {"use": use}) for lane, value in counts.items()]
        self.image = self.drawn(self.bands, membrane=self.membrane)

    def drawn(self, bands, **place):
        """Import an image with a band of 8 × 10 px for each of (lane, row, counts above 100, …)."""
        counts = np.random.default_rng(1).integers(95, 106, (260, 280))
        for lane, row, value, _ in bands:
            counts[row : row + 8, 30 * lane : 30 * lane + 10] += value
        pixels = to_tiff(counts.clip(0, 65_535).astype(np.uint16))
        return self.anna.import_image("blot.tif", WHY, pixels, study=STUDY, **place).image

    def analysis(self, image=None, bands=None):
        """Start an analysis with a shape for each band; return it and the bands as they are used."""
        bands = self.bands if bands is None else bands
        shapes = [
            shape(f"S{at}", row - 1, 30 * lane - 1, row + 9, 30 * lane + 11)
            for at, (lane, row, _, _) in enumerate(bands, start=1)
        ]
        started = self.anna.start_analysis(image or self.image)
        drawn = self.anna.gesture(started.analysis, self.service.gesture(started, shapes))
        used = [UsedBand(shape=f"S{at}", lane=lane, **use) for at, (lane, _, _, use) in enumerate(bands, start=1)]
        return drawn, used

    def asked(self, analysis, used, **chosen):
        made = QuantitiesChoice(bands=used, **chosen) if used is not None else None
        return QuantitiesRequest(expected_rev=analysis.rev, quantities=made, idempotency_key=self.service.key())

    def set(self, analysis, used, **chosen):
        return self.anna.set_quantities(analysis.analysis, self.asked(analysis, used, **chosen))

    def saved(self, analysis, **more):
        request = SaveRequest(expected_rev=analysis.rev, idempotency_key=self.service.key(), **more)
        return self.anna.save_analysis(analysis.analysis, request)
