"""A time-stamping authority on the loopback, for tests: ``openssl ts`` behind a small server (RFC 3161)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """\
[ tsa ]
default_tsa = one
[ one ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


@dataclass
class Authority:
    """Where it answers, its root certificate, its private folder."""

    url: str
    root: Path
    folder: Path


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *(str(one) for one in arguments)], check=True, capture_output=True)


def _certificate(folder: Path, name: str, subject: str, *extensions: str, issuer: str | None = None) -> None:
    more = [word for one in extensions for word in ("-addext", one)]
    signed = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else []
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj", subject, "-keyout",
        folder / f"{name}.key", "-out", folder / f"{name}.pem", *signed, *more,
    )  # fmt: skip


@contextmanager
def running_authority(folder: Path) -> Iterator[Authority]:
    """Run an authority with a root of its own for the time of the block."""
    _certificate(folder, "root", "/CN=Root of the test")
    stamping = ("basicConstraints=critical,CA:FALSE", "extendedKeyUsage=critical,timeStamping")
    _certificate(folder, "tsa", "/CN=Time stamps of the test", *stamping, issuer="root")
    (folder / "serial").write_text("01\n")
    (folder / "ts.cnf").write_text(_CONFIG.format(folder=folder))
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            question, answer = folder / "question.tsq", folder / "answer.tsr"
            with turn:
                question.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                _openssl("ts", "-reply", "-config", folder / "ts.cnf", "-queryfile", question, "-out", answer)
                data = answer.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_address[1]}", folder / "root.pem", folder)
    finally:
        server.shutdown()
        server.server_close()
