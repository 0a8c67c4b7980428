"""An S3 bucket under object lock on the loopback, for tests: what of the protocol putting, getting, listing needs.

Signatures (SigV4) are checked, ``If-None-Match`` is obeyed, an upload without its MD5 is refused as under object lock,
nothing is replaced or deleted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit
from xml.sax.saxutils import escape

BUCKET, KEY, SECRET = "anchors", "AKIATEST", "secret-of-the-test"


@dataclass
class Bucket:
    """What is in it, where it answers, and what it was asked."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False


@contextmanager
def running_bucket() -> Iterator[Bucket]:
    """Serve a bucket for the time of the block."""
    bucket = Bucket()

    class Handler(_Handler):
        held = bucket

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bucket.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    held: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        name = self._name()
        if not self._is_ours(data):
            return
        if self.headers["Content-MD5"] != base64.b64encode(hashlib.md5(data).digest()).decode():
            self._answer(400, "<Error><Code>MissingUploadObjectWithObjectLockHeaders</Code></Error>")
        elif self.headers["If-None-Match"] != "*":
            self._answer(403, "<Error><Code>AccessDenied</Code></Error>")
        elif name in self.held.objects:
            self._answer(412, "<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self.held.objects[name] = data
            self._answer(200, "")

    def do_GET(self):
        if not self._is_ours(b""):
            return
        name = self._name()
        if name:
            data = self.held.objects.get(name)
            self._answer(404 if data is None else 200, data or b"")
            return
        prefix = dict(parse_qsl(urlsplit(self.path).query)).get("prefix", "")
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size><ETag>&quot;x&quot;</ETag>"
            "<LastModified>2026-11-26T00:00:00.000Z</LastModified></Contents>"
            for key, data in sorted(self.held.objects.items())
            if key.startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>")

    def _name(self) -> str:
        return urlsplit(self.path).path.removeprefix(f"/{BUCKET}").strip("/")

    def _is_ours(self, data: bytes) -> bool:
        """Tell whether the request is signed with the secret; answer it if it is not."""
        self.held.asked.append(f"{self.command} {self.path}")
        if self.held.is_down:
            self._answer(503, "<Error><Code>SlowDown</Code></Error>")
            return False
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?"
            r"Signature=([0-9a-f]+)",
            self.headers["Authorization"] or "",
        )
        if found is not None:
            key, day, region, names, given = found.groups()
            parts = urlsplit(self.path)
            asked = sorted(parse_qsl(parts.query, keep_blank_values=True))
            query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in asked)
            headers = "".join(f"{name}:{' '.join(self.headers[name].split())}\n" for name in names.split(";"))
            digest = self.headers["x-amz-content-sha256"]
            request = f"{self.command}\n{parts.path}\n{query}\n{headers}\n{names}\n{digest}"
            scope = f"{day}/{region}/s3/aws4_request"
            hashed = hashlib.sha256(request.encode()).hexdigest()
            text = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{hashed}"
            secret = f"AWS4{SECRET}".encode()
            for part in (day, region, "s3", "aws4_request"):
                secret = hmac.digest(secret, part.encode(), "sha256")
            right = hmac.digest(secret, text.encode(), "sha256").hex()
            if key == KEY and given == right and digest == hashlib.sha256(data).hexdigest():
                return True
        self._answer(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
        return False

    def _answer(self, status: int, body: str | bytes) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Thu, 26 Nov 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass
