"""Actions on studies and what belongs to them before an image is analysed (requirements C3)."""

from __future__ import annotations

from blotter_records.domain.catalogue.rule import (
    ACROSS,
    MAKERS,
    OPEN,
    READERS,
    SHOWN,
    USABLE,
    ActionRule,
    R,
    Scope,
    Second,
    roles,
)
from blotter_records.vocabulary import Action, ImageStatus, Meaning, ReasonRule, RecordKind, Role

_REQUIRED = ReasonRule.REQUIRED
_LEADS = roles(R.SUPERVISOR, R.RECORDS_MANAGER)
_KEEPER = roles(R.RECORDS_MANAGER)
_LOOKING = READERS | roles(R.INSTRUMENT_MANAGER)


def _read(action: Action, label: str, description: str, by: frozenset[Role] = READERS) -> ActionRule:
    return ActionRule(action, label, description, Scope.STUDY, by, ACROSS)


def _responsible(
    action: Action, label: str, description: str, by: frozenset[Role], across: frozenset[Role]
) -> ActionRule:
    """Return an action on a study that is signed with a reason."""
    return ActionRule(
        action,
        label,
        description,
        Scope.STUDY,
        by,
        across,
        of=RecordKind.STUDY,
        meaning=Meaning.RESPONSIBILITY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    )


def _version(action: Action, label: str, description: str, of: RecordKind) -> ActionRule:
    """Return the saving of a version; from the second one on it says why."""
    return ActionRule(
        action, label, description, Scope.STUDY, MAKERS, of=of, reason=_REQUIRED, reason_from=2, changes_data=True
    )


def _on_image(
    action: Action,
    label: str,
    description: str,
    statuses: frozenset[str],
    reason: ReasonRule = _REQUIRED,
    *,
    changes_data: bool = True,
) -> ActionRule:
    return ActionRule(
        action,
        label,
        description,
        Scope.STUDY,
        MAKERS,
        of=RecordKind.IMAGE,
        statuses=statuses,
        reason=reason,
        changes_data=changes_data,
    )


ROWS = (
    ActionRule(
        Action.STUDY_CREATE, "Make a study", "Made a study", Scope.SITE, _LEADS, reason=_REQUIRED, changes_data=False
    ),
    ActionRule(
        Action.STUDY_EDIT, "Change the study", "Changed a study", Scope.STUDY, _LEADS, _KEEPER, reason=_REQUIRED
    ),
    ActionRule(Action.STUDY_VIEW, "Show the study", "Looked at a study", Scope.STUDY, _LOOKING, ACROSS | _KEEPER),
    _responsible(Action.STUDY_MEMBER_ADD, "Add a member", "Added a member to a study", _LEADS, _KEEPER),
    _responsible(Action.STUDY_MEMBER_REMOVE, "Remove a member", "Removed a member from a study", _LEADS, _KEEPER),
    _responsible(Action.RECORD_HOLD_SET, "Set a legal hold", "Set a legal hold on a study", _KEEPER, _KEEPER),
    _responsible(Action.RECORD_HOLD_RELEASE, "Release the hold", "Released a legal hold", _KEEPER, _KEEPER),
    _responsible(Action.RETENTION_EDIT, "Change retention", "Changed how long a study is kept", _KEEPER, _KEEPER),
    _version(Action.SAMPLE_SAVE, "Save the sample", "Saved a sample", RecordKind.SAMPLE),
    _version(Action.MEMBRANE_SAVE, "Save the membrane", "Saved a membrane and its lanes", RecordKind.MEMBRANE),
    _version(Action.PROBING_SAVE, "Save the probing round", "Saved a probing round", RecordKind.PROBING),
    ActionRule(
        Action.ACQUISITION_EDIT,
        "Change the acquisition",
        "Changed what an acquisition belongs to",
        Scope.STUDY,
        MAKERS,
        of=RecordKind.ACQUISITION,
        reason=_REQUIRED,
        changes_data=True,
    ),
    _read(Action.RECORD_SEARCH, "Search", "Searched the records", _LOOKING),
    _read(Action.RECORD_COMPARE, "Compare versions", "Compared two versions"),
    _read(Action.COPY_VIEW, "Show the copy", "Looked at a copy from another installation"),
    _read(Action.LOG_STUDY_VIEW, "Show the study's log", "Looked at the log of a study"),
    _read(Action.IMAGE_LIST, "List images", "Listed images", _LOOKING),
    ActionRule(
        Action.IMAGE_VIEW,
        "Open the image",
        "Opened an image",
        Scope.STUDY,
        _LOOKING,
        ACROSS,
        of=RecordKind.IMAGE,
        statuses=SHOWN,
    ),
    ActionRule(
        Action.IMAGE_EXPORT,
        "Download the file",
        "Downloaded the sealed file of an image",
        Scope.STUDY,
        READERS,
        roles(R.AUDITOR),
        of=RecordKind.IMAGE,
        statuses=SHOWN,
    ),
    _read(Action.LOG_IMAGE_VIEW, "Show the image log", "Looked at the log of an image"),
    ActionRule(
        Action.IMAGE_IMPORT,
        "Import",
        "Imported an image file",
        Scope.STUDY,
        MAKERS,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
        changes_data=True,
    ),
    _on_image(Action.IMAGE_METADATA_EDIT, "Change the description", "Changed what is said about an image", OPEN),
    _on_image(
        Action.IMAGE_ASSIGN_STUDY,
        "Assign to a study",
        "Assigned an image to a study",
        frozenset({ImageStatus.ACQUIRED}),
    ),
    _on_image(Action.IMAGE_TRANSFORM_CROP, "Crop", "Made a cropped image", USABLE),
    _on_image(Action.IMAGE_TRANSFORM_DENOISE, "Remove noise", "Made an image with less noise", USABLE),
    _on_image(Action.IMAGE_TRANSFORM_FLIP, "Flip", "Made a flipped image", USABLE),
    _on_image(Action.IMAGE_TRANSFORM_ROTATE, "Rotate", "Made a rotated image", USABLE),
    _on_image(Action.IMAGE_ANNOTATE, "Annotate", "Began the annotations of an image", OPEN, ReasonRule.NONE),
    _on_image(Action.IMAGE_ANNOTATION_EDIT, "Save annotations", "Changed the annotations of an image", OPEN),
    _on_image(
        Action.IMAGE_DISPLAY_SAVE,
        "Save the display",
        "Saved how an image is shown",
        USABLE,
        ReasonRule.NONE,
        changes_data=False,
    ),
    ActionRule(
        Action.IMAGE_INVALIDATE,
        "Invalidate the image",
        "Declared an image not to be used",
        Scope.STUDY,
        roles(R.APPROVER),
        of=RecordKind.IMAGE,
        statuses=frozenset({ImageStatus.ACQUIRED, ImageStatus.IN_ANALYSIS}),
        meaning=Meaning.INVALIDATION,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
    ),
    ActionRule(
        Action.INTEGRITY_RELEASE,
        "Release the integrity hold",
        "Released an image from its integrity hold after its bytes verified again",
        Scope.STUDY,
        roles(R.APPROVER, R.RECORDS_MANAGER),
        _KEEPER,
        of=RecordKind.IMAGE,
        statuses=frozenset({ImageStatus.INTEGRITY_HOLD}),
        meaning=Meaning.RESPONSIBILITY,
        reason=_REQUIRED,
        reason_floor=_REQUIRED,
        second=Second.OTHER_ROLE,
    ),
)
