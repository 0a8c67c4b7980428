"""The words of Blotter as enums: the source for tables, API, widgets, log and documentation.

Rules
-----
* ``Action``: something a person can ask for and a role may allow; it has an endpoint and is in the authority table.
* ``Event``: something that is only recorded.
* Values are ``subject.verb`` (requirements C3), sorted by subject; a value is never renamed or reused.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a person can ask for."""

    ANALYSIS_EDIT = "analysis.edit"
    ANALYSIS_SAVE = "analysis.save"
    ANALYSIS_START = "analysis.start"
    ANALYSIS_VIEW = "analysis.view"
    BUNDLE_EXPORT = "bundle.export"
    EXPORT_DOWNLOAD = "export.download"
    IMAGE_IMPORT = "image.import"
    IMAGE_LIST = "image.list"
    IMAGE_VIEW = "image.view"
    LOG_IMAGE_VIEW = "log.image.view"
    LOG_USER_VIEW = "log.user.view"
    NOTEBOOK_SAVE = "notebook.save"
    NOTEBOOK_VIEW = "notebook.view"
    PASSWORD_CHANGE = "password.change"
    REPORT_GENERATE = "report.generate"
    RESULT_APPROVE = "result.approve"
    RESULT_CREATE = "result.create"
    RESULT_RETURN = "result.return"
    RESULT_REVIEW_SIGN = "result.review.sign"
    RESULT_REVIEW_START = "result.review.start"
    RESULT_SUBMIT = "result.submit"
    RESULT_VIEW = "result.view"
    RESULT_WITHDRAW = "result.withdraw"
    SESSION_END = "session.logout"
    SESSION_VIEW = "session.view"
    SIGNATURE_INTEND = "signature.intend"
    USER_CREATE = "user.create"
    USER_VIEW = "user.view"


class Event(StrEnum):
    """What is only recorded."""

    ACTION_REFUSED = "action.refused"
    API_UNAUTHORISED = "api.unauthorised"
    INTEGRITY_FAILED = "integrity.failed"
    KERNEL_EXEC_REFUSED = "kernel.exec.refused"
    PASSWORD_EXPIRED = "password.expired"
    SESSION_IDLE_END = "session.idle_end"
    SESSION_LOGIN = "session.login"
    SESSION_LOGIN_FAILED = "session.login.failed"
    SESSION_TERMINATED = "session.terminated"
    SIGNATURE_FAILED = "signature.failed"
    SYSTEM_HEARTBEAT = "system.heartbeat"
    SYSTEM_INSTALL = "system.install"
    SYSTEM_RECOMPUTE = "system.recompute"
    SYSTEM_START = "system.start"
    SYSTEM_STOP = "system.stop"
    SYSTEM_VERIFY = "system.verify"


class ImageStatus(StrEnum):
    """Image status (requirements C1), derived from the results that pin the image."""

    ACQUIRING = "acquiring"
    ACQUIRED = "acquired"
    IN_ANALYSIS = "in_analysis"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETURNED = "returned"
    INVALIDATED = "invalidated"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"
    ABORTED = "aborted"
    INTEGRITY_HOLD = "integrity_hold"


class ResultStatus(StrEnum):
    """Where a result stands in its workflow (requirements C2 from *submitted* on)."""

    IN_ANALYSIS = "in_analysis"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETURNED = "returned"
    INVALIDATED = "invalidated"
    SUPERSEDED = "superseded"


class Role(StrEnum):
    """The eight shipped roles (requirements C4)."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    INSTRUMENT_MANAGER = "instrument_manager"
    RECORDS_MANAGER = "records_manager"
    SYSTEM_MANAGER = "system_manager"


class ServiceIdentity(StrEnum):
    """Machine identities; none can sign or sign in."""

    CLI = "cli"
    HUB = "hub"
    SYSTEM = "system"


class Meaning(StrEnum):
    """Meaning of an electronic signature (11.50(a)(3))."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"
    REJECTION = "rejection"
    INVALIDATION = "invalidation"


class Outcome(StrEnum):
    """How an entry ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class RecordKind(StrEnum):
    """Kinds of record; the value is the first part of a stream's name (``image:IMG-000001``)."""

    ACCOUNT = "account"
    ANALYSIS = "analysis"
    EXPORT = "export"
    IMAGE = "image"
    NOTEBOOK = "notebook"
    RESULT = "result"
    SESSION = "session"
    SIGNATURE = "signature"
    SYSTEM = "system"


#: Prefix of the identifier that people see, by kind of record (architecture, section 5).
PREFIX: dict[RecordKind, str] = {
    RecordKind.ACCOUNT: "ACC",
    RecordKind.ANALYSIS: "ANL",
    RecordKind.EXPORT: "EXP",
    RecordKind.IMAGE: "IMG",
    RecordKind.NOTEBOOK: "NBK",
    RecordKind.RESULT: "RES",
    RecordKind.SESSION: "SES",
    RecordKind.SIGNATURE: "SIG",
}


class Gesture(StrEnum):
    """What a person did to the shapes of an analysis; the verb of an ``analysis.edit`` entry."""

    SHAPE_ADD = "shape.add"
    SHAPE_MOVE = "shape.move"
    SHAPE_RESIZE = "shape.resize"
    SHAPE_RENAME = "shape.rename"
    SHAPE_DELETE = "shape.delete"
    BACKGROUND_SET = "background.set"
    UNDO = "undo"


class BackgroundMethod(StrEnum):
    """Background of a shape (formulas B7, B8, B11)."""

    NONE = "none"
    AVERAGE = "average"
    MEDIAN = "median"


class BackgroundSides(StrEnum):
    """Which sides of the border are used (formula B7)."""

    ALL = "all"
    TOP_BOTTOM = "top_bottom"
    LEFT_RIGHT = "left_right"


class ExportKind(StrEnum):
    """What an export is."""

    REPORT_PDF = "report_pdf"
    BUNDLE = "bundle"
