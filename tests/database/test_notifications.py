"""Notifications that leave: mail to a real server, a signed webhook to a real one, escalation, what time does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from blotter_records.adapters.notifying.messengers import make_messengers
from blotter_records.contract.notifications import Acknowledgement, NotificationRuleRequest
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import RecordFilter, TrailFilter
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.operating.account_watch import AccountWatch
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.operating.delivering import Delivering
from blotter_records.vocabulary import Alarm, Event, RecordKind, Severity
from laboratory import open_laboratory

SECRET = b"shared with the laboratory's own server"


class Clock:
    """The database's time, moved by the test."""

    def __init__(self, ledger):
        self._ledger = ledger
        self.offset = timedelta()

    def now(self):
        return self._ledger.now() + self.offset


class Mailbox:
    """Keeps what the SMTP server got."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802 - aiosmtpd names it
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        await asyncio.sleep(0)
        return "250 kept"


@pytest.fixture
def mailbox():
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def hook():
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), body))
            self.send_response(self.server.answer)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answer = got, 204
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def lab(postgres, tmp_path):
    lab = open_laboratory(postgres.new_database(), tmp_path)
    yield lab
    lab.ledger.close()


@pytest.fixture
def bench(lab, mailbox, hook, tmp_path):
    """Return what delivers, with both ways, and a clock for each of its times."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "notify.toml").write_text(
        f'[mail]\nto = ["qa@example.org"]\nsender = "blotter@example.org"\nhost = "127.0.0.1"\n'
        f'port = {mailbox.port}\ntls = "none"\n'
        f'[webhook]\nurl = "http://127.0.0.1:{hook.server_port}/blotter"\nsecret_file = "{tmp_path / "secret"}"\n'
    )
    messengers = make_messengers(tmp_path / "notify.toml")

    class Bench:
        def __init__(self):
            self.clock, self.seconds = Clock(lab.ledger), 0.0
            self.delivering = self.another()

        def another(self):
            return Delivering(lab.ledger, self.clock, lambda: self.seconds, messengers, "blotter/test")

        def actor(self):
            with lab.ledger.begin() as work:
                return system_actor("a test", lab.services.configurations.current(work))

        def step(self, delivering=None):
            return (delivering or self.delivering).step(self.actor())

        def alarm(self, alarm=Alarm.LOCKED_OUT, severity=Severity.WARNING, about="x", **more):
            with lab.ledger.begin() as work:
                made = raise_alarm(work, self.actor(), alarm, severity, "Somebody is locked out", about=about, **more)
                work.commit()
            return made.record_id

    return Bench()


def entries(lab, event):
    with lab.ledger.begin() as work:
        return [one.body for one in work.entries(TrailFilter(actions=[event]))]


def alarms(lab, alarm):
    with lab.ledger.begin() as work:
        found = work.search(RecordFilter(RecordKind.NOTIFICATION, keys=((f"alarm:{alarm.value}",),)))
        return [one.revision.content for one in found]


def test_a_notification_goes_out_once_by_mail_and_by_signed_webhook(lab, bench, mailbox, hook):
    notification = bench.alarm(recipients=["owner@example.org"])
    assert bench.step() == 2
    [(to, mail)] = mailbox.mails
    assert to == ["owner@example.org", "qa@example.org"]
    assert mail["Subject"] == "[blotter/test] warning: Somebody is locked out"
    assert "owner@example.org" not in mail.as_string()
    assert notification in mail.get_payload()
    [(headers, body)] = hook.got
    signed = hmac.new(SECRET, headers["X-Blotter-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Blotter-Signature"] == f"sha256={signed}"
    assert json.loads(body)["alarm"] == "account.locked"
    assert bench.step() == 0
    assert bench.step(bench.another()) == 0  # another housekeeper, or this one after a start
    sent = entries(lab, Event.NOTIFICATION_SEND)
    assert [one["new"]["by"] for one in sent] == ["mail", "webhook"]
    assert all(one["new"]["seconds_after"] < 5 for one in sent)


def test_what_nobody_acknowledges_keeps_nothing_newer_waiting(lab, bench, mailbox, hook, monkeypatch):
    monkeypatch.setattr("blotter_records.services.operating.delivering._PAGE", 2)
    for at in range(5):
        bench.alarm(about=f"old {at}")
        bench.step()
    assert len(mailbox.mails) == len(hook.got) == 5
    bench.clock.offset += timedelta(days=2)
    bench.step()
    assert len(entries(lab, Event.NOTIFICATION_ESCALATE)) == 5


def test_a_way_that_fails_is_tried_again_later_and_keeps_the_other_waiting_for_nothing(lab, bench, mailbox, hook):
    hook.answer = 500
    bench.alarm()
    assert bench.step() == 1
    assert len(mailbox.mails) == 1
    [failed] = entries(lab, Event.NOTIFICATION_SEND_FAILED)
    assert "answered 500" in failed["summary"]
    bench.step()
    assert len(hook.got) == 1  # not yet again
    bench.seconds = 5
    bench.step()
    assert len(hook.got) == 2
    assert len(entries(lab, Event.NOTIFICATION_SEND_FAILED)) == 1
    hook.answer, bench.seconds = 204, 60
    assert bench.step() == 1
    assert len(mailbox.mails) == 1


def test_what_nobody_acknowledges_is_told_again_and_to_others(lab, bench, mailbox):
    bench.alarm()
    quiet = bench.alarm(Alarm.TRAINING_EXPIRING, Severity.INFORMATION)
    bench.step()
    bench.clock.offset = timedelta(hours=3, minutes=59)
    assert bench.step() == 0
    bench.clock.offset = timedelta(hours=4, minutes=1)
    assert bench.step() == 2
    assert "Nobody has acknowledged it" in mailbox.mails[-1][1].get_payload()
    assert bench.step() == 0
    mia = lab.people["mia"]
    shown = {one.notification: one.is_escalated for one in lab.services.notifications.list(mia)}
    assert shown[quiet] is False
    assert sum(shown.values()) == 1
    done = bench.alarm(Alarm.DISABLED)
    lab.services.notifications.acknowledge(mia, done, Acknowledgement(comment="Seen, and talked about"))
    bench.step()
    bench.clock.offset = timedelta(hours=9)
    assert bench.step() == 0


def test_a_rule_says_who_is_told_and_some_cannot_be_weakened(lab, bench, mailbox):
    mia, rules = lab.people["mia"], lab.services.notification_rules
    with lab.ledger.begin() as work:
        of_the_session = system_actor("a test", lab.services.configurations.current(work))
    request = NotificationRuleRequest(
        expected_version=rules.list(mia)[0].version,
        severity=Severity.CRITICAL,
        emails=["it@example.org"],
        webhook=False,
        reason="Decided by the quality board",
    )
    view = rules.edit(mia, Alarm.LOCKED_OUT, request)
    assert (view.severity, view.emails, view.is_default) == (Severity.CRITICAL, ["it@example.org"], False)
    bench.alarm()
    assert bench.step() == 1  # the mail alone
    assert mailbox.mails[-1][0] == ["it@example.org", "qa@example.org"]
    assert mailbox.mails[-1][1]["Subject"].startswith("[blotter/test] critical")
    # Sessions that are older than the rule raise alarms by the rule, too.
    with lab.ledger.begin() as work:
        made = raise_alarm(work, of_the_session, Alarm.LOCKED_OUT, Severity.WARNING, "Again", about="older session")
        assert made.content["severity"] == "critical"
    with pytest.raises(Conflict) as stale:
        rules.edit(mia, Alarm.LOCKED_OUT, request.model_copy(update={"emails": []}))
    assert stale.value.code == "conflict.stale"
    again = {"severity": Severity.INFORMATION, "expected_version": view.version}
    with pytest.raises(Invalid) as fixed:
        rules.edit(mia, Alarm.BREAKGLASS, request.model_copy(update=again))
    assert fixed.value.code == "notification.fixed"


def test_a_file_that_cannot_be_followed_is_named(tmp_path):
    file = tmp_path / "notify.toml"
    assert make_messengers(file) == []
    file.write_text('[mail]\nhost = "x"\n')
    with pytest.raises(Invalid, match=r"mail\.sender"):
        make_messengers(file)


def test_unused_accounts_are_disabled_once_and_the_last_managers_never(lab):
    watch, clock = AccountWatch(lab.ledger), Clock(lab.ledger)
    with lab.ledger.begin() as work:
        actor = system_actor("a test", lab.services.configurations.current(work))
    watch.look(actor, clock.now())
    assert entries(lab, Event.ACCOUNT_DISABLE) == []
    clock.offset = timedelta(days=91)
    watch.look(actor, clock.now())
    watch.look(actor, clock.now())
    disabled = {one["record_id"] for one in entries(lab, Event.ACCOUNT_DISABLE)}
    with lab.ledger.begin() as work:
        accounts = [Account.from_json(one.content) for one in work.records(RecordKind.ACCOUNT)]
    assert {one.account for one in accounts if not one.is_active} == disabled
    assert {one.user_name for one in accounts if one.is_active} == {"mia", "max"}
    assert len(entries(lab, Event.ACCOUNT_DISABLE)) == len(disabled) == 5
    assert len(alarms(lab, Alarm.DISABLED)) == 5
    assert any("disabled" in one["new"]["cause"] for one in entries(lab, Event.SESSION_TERMINATED))


def test_what_is_overdue_is_told_once(lab):
    watch, clock = AccountWatch(lab.ledger), Clock(lab.ledger)
    with lab.ledger.begin() as work:
        actor = system_actor("a test", lab.services.configurations.current(work))
    for days in (0, 8, 8, 370):
        clock.offset = timedelta(days=days)
        watch.look(actor, clock.now())
        if days == 0:
            assert len(alarms(lab, Alarm.LETTER_MISSING)) == 1
            assert alarms(lab, Alarm.LOG_REVIEW_OVERDUE) == []
        if days == 8:
            assert len(alarms(lab, Alarm.LOG_REVIEW_OVERDUE)) == 1
            assert alarms(lab, Alarm.ACCESS_REVIEW_OVERDUE) == []
    assert len(alarms(lab, Alarm.ACCESS_REVIEW_OVERDUE)) == 1
    assert len(alarms(lab, Alarm.LETTER_MISSING)) == 1
