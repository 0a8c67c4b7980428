"""Where checkpoints go besides the own folder: a folder, a bucket under object lock, a mailbox, time stamps."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from blotter_records.adapters.anchors.configuration import read_places
from blotter_records.adapters.anchors.places import make_places
from blotter_records.domain.note import Checkpoint, SigningKey
from blotter_records.errors import IntegrityBroken, Invalid, Unavailable
from object_store_server import BUCKET, KEY, SECRET, running_bucket
from time_stamp_authority import running_authority

ORIGIN = "blotter/0123456789abcdef"
SIGNING = SigningKey.make(ORIGIN)
NOTE = SIGNING.sign(Checkpoint(ORIGIN, 42, bytes(32)), 1_700_000_000)
OTHER = SIGNING.sign(Checkpoint(ORIGIN, 42, bytes([1]) * 32), 1_700_000_000)
NAME = f"{ORIGIN}/{42:020d}.note"


def place(folder, text):
    """Return the one place of an ``anchors.toml``."""
    (folder / "anchors.toml").write_text(f"[[place]]\n{text}")
    [made] = make_places(folder / "anchors.toml", [ORIGIN], folder / "time-stamps")
    return made


# A folder


def test_a_folder_keeps_a_checkpoint_and_never_changes_it(tmp_path):
    (tmp_path / "worm").mkdir()
    worm = place(tmp_path, f'name = "worm"\nkind = "folder"\npath = "{tmp_path}/worm"\n')
    worm.send(42, NOTE)
    worm.send(42, NOTE)
    file = tmp_path / "worm" / NAME
    assert file.read_text() == NOTE
    assert file.stat().st_mode & 0o777 == 0o444
    assert list(worm.kept()) == [(f"worm {file.name}", NOTE)]
    with pytest.raises(IntegrityBroken, match="holds another checkpoint"):
        worm.send(42, OTHER)
    assert file.read_text() == NOTE


def test_a_disk_that_is_not_mounted_is_a_fault_not_a_new_folder(tmp_path):
    worm = place(tmp_path, f'name = "worm"\nkind = "folder"\npath = "{tmp_path}/worm"\n')
    with pytest.raises(Unavailable, match="not mounted"):
        worm.send(42, NOTE)
    assert not (tmp_path / "worm").exists()


# A bucket


@pytest.fixture
def bucket():
    with running_bucket() as bucket:
        yield bucket


def in_bucket(folder, bucket, secret=SECRET):
    (folder / "secret.json").write_text(json.dumps({"aws_access_key_id": KEY, "aws_secret_access_key": secret}))
    return place(
        folder,
        f'name = "bucket"\nkind = "object_store"\nurl = "s3://{BUCKET}"\nsecret_file = "{folder}/secret.json"\n'
        f'options = {{ aws_endpoint = "{bucket.url}", aws_region = "eu-central-1" }}\n',
    )


def test_a_bucket_under_object_lock_takes_a_checkpoint_once(tmp_path, bucket):
    made = in_bucket(tmp_path, bucket)
    made.send(42, NOTE)
    made.send(42, NOTE)
    assert bucket.objects == {NAME: NOTE.encode()}
    bucket.objects["blotter/ffffffffffffffff/00000000000000000001.note"] = b"of another installation"
    assert list(made.kept()) == [(f"bucket {NAME}", NOTE)]
    with pytest.raises(IntegrityBroken, match="holds another checkpoint"):
        made.send(42, OTHER)
    assert bucket.objects[NAME] == NOTE.encode()


def test_a_bucket_that_is_down_or_refuses_is_named(tmp_path, bucket):
    with pytest.raises(Unavailable, match=r"bucket did not take it: .*SignatureDoesNotMatch|403"):
        in_bucket(tmp_path, bucket, secret="wrong").send(42, NOTE)
    bucket.is_down = True
    with pytest.raises(Unavailable, match="bucket did not take it: "):
        in_bucket(tmp_path, bucket).send(42, NOTE)
    assert bucket.objects == {}


# A mailbox


class Inbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(  # noqa: N802 - the library names it
        self, _server, session, envelope
    ):
        self.messages.append((session.authenticated, session.ssl is not None, envelope))
        return "250 kept"


@pytest.fixture
def mail(tmp_path):
    """A real SMTP server that wants TLS and a password."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "mail.key", "-out", tmp_path / "mail.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "mail.pem", tmp_path / "mail.key")

    def check(_server, _session, _envelope, _mechanism, given):
        return AuthResult(success=(given.login, given.password) == (b"blotter", b"its password"), handled=False)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inbox = Inbox()
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=check,
    )
    controller.start()
    controller.inbox = inbox
    yield controller
    controller.stop()


def by_mail(folder, port, password="its password", more=""):
    (folder / "mail.password").write_text(f"{password}\n")
    return place(
        folder,
        'name = "qa"\nkind = "mail"\nto = ["qa@lab.example", "keeper@lab.example"]\nsender = "blotter@lab.example"\n'
        f'host = "127.0.0.1"\nport = {port}\nca_file = "{folder}/mail.pem"\n'
        f'user = "blotter"\npassword_file = "{folder}/mail.password"\n{more}',
    )


def test_a_checkpoint_arrives_by_mail_over_tls_as_text_and_as_file(tmp_path, mail):
    from email import message_from_bytes, policy

    by_mail(tmp_path, mail.port).send(42, NOTE)
    [(is_authenticated, is_tls, envelope)] = mail.inbox.messages
    assert is_authenticated
    assert is_tls
    assert envelope.rcpt_tos == ["qa@lab.example", "keeper@lab.example"]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == f"Checkpoint of {ORIGIN} over 42 entries"
    [attached] = message.iter_attachments()
    assert attached.get_filename() == f"{42:020d}.note"
    assert attached.get_content() == NOTE.encode()
    assert NOTE in message.get_body().get_content().replace("\r\n", "\n")


def test_a_wrong_password_or_a_certificate_that_nobody_trusts_is_named(tmp_path, mail):
    with pytest.raises(Unavailable, match="qa did not take it: "):
        by_mail(tmp_path, mail.port, password="wrong").send(42, NOTE)
    made = by_mail(tmp_path, mail.port)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
         tmp_path / "other.key", "-out", tmp_path / "mail.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(Unavailable, match="certificate"):
        made.send(42, NOTE)
    assert mail.inbox.messages == []
    assert list(made.kept()) == []


# Time stamps


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "tsa"
    folder.mkdir()
    with running_authority(folder) as authority:
        yield authority


def stamped(folder, authority, roots=None):
    return place(
        folder,
        f'name = "tsa"\nkind = "time_stamp"\nurl = "{authority.url}"\nroots_file = "{roots or authority.root}"\n',
    )


def test_a_time_stamp_is_verified_and_kept_and_openssl_agrees(tmp_path, authority):
    made = stamped(tmp_path, authority)
    made.send(42, NOTE)
    made.send(42, NOTE)
    token = tmp_path / "time-stamps" / "tsa" / f"{42:020d}.tsr"
    note = token.with_suffix(".note")
    verified = subprocess.run(
        ["openssl", "ts", "-verify", "-data", note, "-in", token, "-CAfile", authority.root], capture_output=True,
        check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stderr
    assert list(made.kept()) == [(f"tsa {note.name}", NOTE)]
    note.chmod(0o600)
    note.write_text(OTHER)
    assert list(made.kept()) == [(f"tsa {note.name} (its time stamp does not verify)", "")]
    with pytest.raises(IntegrityBroken, match="holds another checkpoint"):
        made.send(42, NOTE)


def test_a_token_of_an_authority_that_is_not_trusted_is_refused(tmp_path, authority):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Somebody", "-keyout",
         tmp_path / "x.key", "-out", tmp_path / "x.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(Unavailable, match="tsa did not take it: "):
        stamped(tmp_path, authority, roots=tmp_path / "x.pem").send(42, NOTE)
    assert not (tmp_path / "time-stamps").exists()


# The file


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[place]]\nname = "a"\nkind = "pigeon"\n', "kind"),
        ('[[place]]\nname = "A b"\nkind = "folder"\npath = "/x"\n', "name"),
        ('[[place]]\nname = "a"\nkind = "folder"\n', "path"),
        ('[[place]]\nname = "a"\nkind = "folder"\npath = "/x"\npassword = "secret"\n', "password"),
        ('[[place]]\nname = "a"\nkind = "folder"\npath = "/x"\n' * 2, "two places have one name"),
        (
            '[[place]]\nname = "a"\nkind = "mail"\nto = ["q@x"]\nsender = "b"\nhost = "h"\ntls = "none"\nuser = "u"\n',
            "a user needs a password_file, and tls",
        ),
        ("[[place\n", "line 1"),
    ],
)
def test_a_wrong_file_is_told_and_what_is_wrong_in_it(tmp_path, text, why):
    (tmp_path / "anchors.toml").write_text(text)
    with pytest.raises(Invalid, match=why):
        read_places(tmp_path / "anchors.toml")


def test_without_a_file_there_is_no_other_place(tmp_path):
    assert read_places(tmp_path / "anchors.toml") == []
