"""An application with Sentry's own SDK for Python, for the test `sdk.rs`.

Speaks one JSON document a line: it reads {"dsn", "message"}, sends the message as an event with that DSN, and writes {"event_id"} once it
was sent. It ends with its standard input.
"""

import json
import sys

import sentry_sdk


def main():
    client = None
    for line in sys.stdin:
        asked = json.loads(line)
        if client is None or client.dsn != asked["dsn"]:
            # As an application does that reads its DSN anew. Uncompressed, so that the stand-in can read what was sent.
            client = sentry_sdk.Client(
                dsn=asked["dsn"], default_integrations=False, _experiments={"transport_compression_level": 0}
            )
        event_id = client.capture_event({"message": asked["message"], "level": "error"})
        client.flush(timeout=10)
        print(json.dumps({"event_id": event_id}), flush=True)


main()
