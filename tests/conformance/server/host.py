"""What stands beside the real server: an ingestion front, because there is no Relay, and the control, which does what a
person does in the user interface and what no API offers.

Both answer at CONFORMANCE_FRONT_URL: ingestion under /api/, the control at /control. A line says when the server answers
and ingestion, too.
"""

import json
import os
import re
import signal
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from sentry.runner import configure

configure()

from django.db import connections  # noqa: E402
from sentry_relay.auth import SecretKey  # noqa: E402

import control  # noqa: E402

WEB = f"http://127.0.0.1:{os.environ['CONFORMANCE_WEB_PORT']}"
RELAY_ID = os.environ["CONFORMANCE_RELAY_ID"]
SIGNER = SecretKey.parse(os.environ["CONFORMANCE_RELAY_SECRET_KEY"])
KEY = re.compile(r"^[0-9a-f]{32}$")
ENVELOPE = re.compile(r"^/api/(\d+)/envelope/?$")


def project_config(key):
    """What the server tells its Relays about a key. The first question makes it, the next ones get it."""
    for _ in range(3):
        body, signature = SIGNER.pack({"publicKeys": [key], "fullConfig": True})
        headers = {
            "Content-Type": "application/json",
            "X-Sentry-Relay-Id": RELAY_ID,
            "X-Sentry-Relay-Signature": signature,
        }
        request = Request(f"{WEB}/api/0/relays/projectconfigs/?version=3", body, headers)
        with urlopen(request, timeout=20) as answer:
            configs = json.load(answer)["configs"]
        if key in configs:
            return configs[key]
    raise RuntimeError("the server has no configuration for a key, and none that says it is disabled")


def sender(headers, query):
    """The key that a request names: two sources are an error, as is none."""
    found = []
    for name in ("X-Sentry-Auth", "Authorization"):
        scheme, _, fields = (headers.get(name) or "").strip().partition(" ")
        if scheme.lower() == "sentry":
            found += [field.strip()[11:] for field in fields.split(",") if field.strip().startswith("sentry_key=")]
    found += query.get("sentry_key", [])
    if len(found) == 1:
        return found[0]
    raise Refused(401, "multiple authorization sources" if found else "missing authorization information")


def items(body):
    """The header of an envelope and the types of its items."""
    head, _, rest = body.partition(b"\n")
    try:
        header, types = json.loads(head), []
        while rest.strip():
            line, _, rest = rest.lstrip(b"\n").partition(b"\n")
            item = json.loads(line)
            types.append(item["type"])
            length = item.get("length")
            rest = rest.partition(b"\n")[2] if length is None else rest[length:]
        return header, types
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "bad envelope data")


class Refused(Exception):
    def __init__(self, status, detail):
        super().__init__(status, detail)
        self.status, self.detail = status, detail


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        envelope = ENVELOPE.match(url.path)
        try:
            if envelope:
                status, answer = 200, self.receive(envelope[1], parse_qs(url.query), body)
            elif url.path == "/control":
                order = json.loads(body)
                status, answer = 200, getattr(control, order.pop("do"))(**order)
            else:
                status, answer = 404, {}
        except Refused as refused:
            status, answer = refused.status, {"detail": refused.detail, "causes": []}
        except Exception:
            status, answer = 500, {"detail": traceback.format_exc()}
        finally:
            connections.close_all()
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def receive(self, project, query, body):
        key = sender(self.headers, query)
        if not KEY.match(key):
            raise Refused(400, "bad sentry DSN public key")
        header, types = items(body)
        event_id = header.get("event_id")
        answer = {"id": event_id.replace("-", "")} if event_id else {}
        if not types:
            return answer
        config = project_config(key)
        if config.get("disabled") or str(config.get("projectId")) != project:
            raise Refused(403, "event submission rejected with_reason: ProjectId")
        return answer

    def log_message(self, form, *values):
        pass


def await_server():
    end = time.monotonic() + 120
    while True:
        try:
            with urlopen(f"{WEB}/api/0/", timeout=20):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main():
    address = urlsplit(os.environ["CONFORMANCE_FRONT_URL"])
    server = ThreadingHTTPServer((address.hostname, address.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    await_server()
    print("ready", flush=True)
    signal.pause()


main()
