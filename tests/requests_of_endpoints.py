"""What each endpoint is asked with when only the answer's kind matters: records that are not there, bodies that fit."""

from __future__ import annotations

KEY = "12345678"
WHY = "Nothing to see here"
_SAVE = {"expected_version": 0, "reason": WHY, "idempotency_key": KEY}
_CHANGE = {"expected_version": 1, "reason": WHY, "idempotency_key": KEY}
_TRANSFORM = {"reason": WHY, "idempotency_key": KEY}
_SAMPLE = {"study": "STU-999999", "name": "Lysate 1"}
_MEMBRANE = {"study": "STU-999999", "name": "Blot 1", "kind": "membrane", "lanes": []}
_PROBING = {"membrane": "MEM-999999", "kind": "probe", "reagents": []}
_DISPLAY = {"expected_version": 0, "low": 0, "high": 1, "idempotency_key": KEY}

_TEMPLATE = {
    "purpose": "For dots",
    "cells": [{"cell_type": "code", "id": "c1", "source": "ImageBrowser()"}],
    "widgets": ["ImageBrowser"],
    "roles": ["analyst"],
}

INSTRUMENT = {
    "name": "Imager on bench 3",
    "maker": "Blotter",
    "model": "Imager 2",
    "serial": "SIM-0001",
    "firmware": "1.",
    "limits": {
        "channels_nm": [700, 800],
        "integration_ms_low": 0.5,
        "integration_ms_high": 200,
        "resolutions_um": [84, 168, 336],
        "focus_mm_low": 0,
        "focus_mm_high": 4,
        "bottom_um": 90720,
        "right_um": 120960,
    },
    "reason": WHY,
}

SCAN = {"channels_nm": [700], "integration_ms": 10, "resolution_um": 84, "region_um": [0, 0, 840, 840]}

#: By path; what is missing here has no body.
BODIES: dict[str, dict[str, object]] = {
    "/account/compromise": {"reason": WHY},
    "/account/password": {"current_password": "x", "new_password": "x"},
    "/accounts": {"user_name": "role.matrix", "printed_name": "Role Matrix", "roles": ["auditor"], "reason": "x" * 12},
    "/account/totp/proof": {"code": "000000"},
    "/accounts/breakglass": {
        "user_name": "nobody.here",
        "first_person": "First Person",
        "second_person": "Second Person",
        "reason": WHY,
    },
    "/accounts/{account}/expiry": {"expires_on": None, "expected_version": 1, "reason": WHY},
    "/accounts/{account}/password-reset": {"reason": WHY},
    "/accounts/{account}/profile": {"printed_name": "No Body", "expected_version": 1, "reason": WHY},
    "/accounts/{account}/totp-removal": {"reason": WHY},
    "/accounts/{account}/trainings": {
        "role": "analyst",
        "title": "Nothing",
        "document": "none",
        "done_on": "2026-01-01",
        "reason": WHY,
    },
    "/accounts/{account}/unlock": {"reason": WHY},
    "/acquisitions/{acquisition}/abort": {"reason": WHY},
    "/acquisitions/{acquisition}/device": {"maker": "A", "model": "B", "serial": "C", "firmware": "1"},
    "/acquisitions/{acquisition}/place": _CHANGE,
    "/acquisitions/{acquisition}/seal": {"number": 1, "saturation": 65535, "bytes": 2, "sha256": "0" * 64},
    "/analyses": {"image": "IMG-999999", "idempotency_key": KEY},
    "/analyses/{analysis}/finding": {"expected_rev": 1, "idempotency_key": KEY},
    "/analyses/{analysis}/gestures": {
        "gesture": "shape.add",
        "expected_rev": 1,
        "shapes": [],
        "background": {},
        "idempotency_key": KEY,
    },
    "/analyses/{analysis}/quantities": {"expected_rev": 1, "quantities": None, "idempotency_key": KEY},
    "/analyses/{analysis}/versions/{version}/files": {"form": "csv"},
    "/analyses/{analysis}/wells": {"rows": 8, "columns": 12, "expected_rev": 1, "idempotency_key": KEY},
    "/analyses/{analysis}/versions": {"expected_rev": 1, "idempotency_key": KEY},
    "/cells": {
        "runs": [
            {
                "source": "a = 1",
                "source_sha256": "0" * 64,
                "outcome": "refused",
                "duration_ms": 0,
                "is_automatic": False,
            }
        ]
    },
    "/images/{image}/annotations": {**_SAVE, "marks": []},
    "/images/{image}/annotations/versions": {**_CHANGE, "marks": []},
    "/images/{image}/crop": {**_TRANSFORM, "row0": 0, "column0": 0, "row1": 2, "column1": 2},
    "/images/{image}/denoise": {**_TRANSFORM, "size": 3},
    "/images/{image}/display": _DISPLAY,
    "/images/{image}/flip": {**_TRANSFORM, "axis": "rows"},
    "/images/{image}/metadata": {**_CHANGE, "title": "Blot", "channel": "700 nm"},
    "/images/{image}/rotate": {**_TRANSFORM, "degrees": 90},
    "/images/{image}/study": {**_CHANGE, "study": "STU-999998"},
    "/instruments": INSTRUMENT,
    "/instruments/{instrument}/acquisitions": {"study": "STU-999999", "settings": SCAN, "idempotency_key": KEY},
    "/instruments/{instrument}/description": {**INSTRUMENT, "expected_rev": 1},
    "/membranes": {**_SAVE, **_MEMBRANE},
    "/membranes/{membrane}/versions": {**_CHANGE, **_MEMBRANE},
    "/notebooks": {"name": "Nothing.ipynb", "template": "TPL-999999"},
    "/notebooks/{name}": {"expected_version": 7, "cells": []},
    "/notifications/{notification}/acknowledgement": {"comment": WHY},
    "/probings": {**_SAVE, **_PROBING},
    "/probings/{probing}/versions": {**_CHANGE, **_PROBING},
    "/notification-rules/{alarm}": {"severity": "warning", "expected_version": 1, "reason": WHY},
    "/results/{result}/trail-review": {"idempotency_key": KEY},
    "/results/{result}/trail-review/ticks": {
        "group": "result:RES-999999/result.create/done",
        "sha256": "0" * 64,
        "is_ticked": True,
        "idempotency_key": KEY,
    },
    "/protocols": {"name": "Dots", "method": {"purpose": "For dots"}},
    "/protocols/{protocol}/applications": {"image": "IMG-999999", "version": 1, "idempotency_key": KEY},
    "/protocols/{protocol}/draft": {"method": {"purpose": "For dots"}, "expected_rev": 1, "reason": WHY},
    "/proposals/{proposal}/decline": {"reason": WHY},
    "/refusals": {"kind": "cell", "summary": "a = 1"},
    "/results": {"analyses": ["ANL-999999.1"], "idempotency_key": KEY},
    "/results/{result}/flags": {
        "flags": [{"analysis": "ANL-000001.1", "flag": "saturated", "shape": "S1"}],
        "expected_rev": 1,
        "reason": WHY,
        "idempotency_key": KEY,
    },
    "/results/{result}/unused": {
        "items": [{"kind": "image", "record": "IMG-999999"}],
        "expected_rev": 1,
        "reason": WHY,
        "idempotency_key": KEY,
    },
    "/results/{result}/resumption": {"expected_rev": 1, "reason": WHY, "idempotency_key": KEY},
    "/results/{result}/versions": {
        "analyses": ["ANL-999999.1"],
        "expected_rev": 1,
        "reason": WHY,
        "idempotency_key": KEY,
    },
    "/samples": {**_SAVE, **_SAMPLE},
    "/samples/{sample}/versions": {**_CHANGE, **_SAMPLE},
    "/sessions": {"user_name": "x", "password": "x", "client_address": "x"},
    "/signing-intents": {"record": "RES-999999", "action": "result.submit"},
    "/trail/users/bundle": {"text": "…"},
    "/trail/users/file": {"text": "…", "form": "csv"},
    "/templates": {**_TEMPLATE, "name": "Dots"},
    "/templates/{template}/draft": {**_TEMPLATE, "expected_rev": 1, "reason": WHY},
    "/studies": {"title": "Study", "kind": "development", "reason": WHY, "idempotency_key": KEY},
    "/studies/{study}/description": {**_CHANGE, "title": "Study", "purpose": ""},
}
#: Parameters of the address, by path.
PARAMETERS = {
    "/cells": {
        "runs": [
            {
                "source": "a = 1",
                "source_sha256": "0" * 64,
                "outcome": "refused",
                "duration_ms": 0,
                "is_automatic": False,
            }
        ]
    },
    "/acquisitions/{acquisition}/pieces": {"offset": 0},
    "/copies": {"file_name": "a.zip", "reason": WHY},
    "/letters": {"file_name": "", "sent_on": "2026-01-01", "address": "FDA", "reason": WHY},
    "/sessions/rules": {"client_address": "10.0.0.1"},
    "/images": {"file_name": "a.tif", "reason": WHY, "study": "STU-999999", "idempotency_key": KEY},
    "/records": {"kind": "image"},
    "/results/{result}/trail-review/entries": {"group": "result:RES-999999/result.create/done"},
    "/comparison": {"first": "IMG-999999.1", "second": "IMG-999999.2"},
}
#: Parts of a path, by name.
PARTS = {
    "account": "ACC-999999",
    "after": "2",
    "before": "1",
    "side": "after",
    "alarm": "account.expiring",
    "chart": "groups",
    "review": "ARV-999999",
    "acquisition": "ACQ-999999",
    "analysis": "ANL-999999",
    "column": "0",
    "copy": "CPY-999999",
    "export": "EXP-999999",
    "image": "IMG-999999",
    "instrument": "INS-999999",
    "intent": "A" * 43,
    "kind": "image",
    "lane": "1",
    "letter": "LET-999999",
    "level": "0",
    "membrane": "MEM-999999",
    "name": "Nothing.ipynb",
    "notification": "NTF-999999",
    "pixels_sha256": "0" * 64,
    "probing": "PRB-999999",
    "proposal": "PRP-999999",
    "protocol": "PRT-999999",
    "record": "IMG-999999",
    "result": "RES-999999",
    "row": "0",
    "sample": "SMP-999999",
    "study": "STU-999999",
    "template": "TPL-999999",
    "version": "1",
}
