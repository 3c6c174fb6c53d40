"""The settings under which Sentry runs alone: no worker, no event store, no Relay; everything else is as it is shipped."""

import os

from sentry.conf.server import *  # noqa: F401,F403

FOLDER = os.environ["CONFORMANCE_FOLDER"]

DATABASES = {
    "default": {
        "ENGINE": "sentry.db.postgres",
        "NAME": os.environ["CONFORMANCE_DATABASE"],
        "USER": "sentry",
        "PASSWORD": "",
        # The folder of a Unix socket.
        "HOST": os.environ["CONFORMANCE_SOCKET"],
        "PORT": "",
    }
}
SENTRY_OPTIONS["redis.clusters"] = {
    "default": {"hosts": {0: {"host": "127.0.0.1", "port": os.environ["CONFORMANCE_REDIS_PORT"], "db": "0"}}}
}
SENTRY_OPTIONS["system.secret-key"] = "of no use to anybody: this server lives on loopback for a few minutes"
# `Link` headers are made of this, and it is not where the server is asked: a client that follows them goes astray.
SENTRY_OPTIONS["system.url-prefix"] = "http://sentry.example"
SENTRY_OPTIONS["mail.backend"] = "dummy"
SENTRY_OPTIONS["filestore.backend"] = "filesystem"
SENTRY_OPTIONS["filestore.options"] = {"location": os.path.join(FOLDER, "files")}
# The ingestion front is a Relay to this server.
SENTRY_OPTIONS["relay.static_auth"] = {
    os.environ["CONFORMANCE_RELAY_ID"]: {"internal": True, "public_key": os.environ["CONFORMANCE_RELAY_PUBLIC_KEY"]}
}
SENTRY_USE_RELAY = False
SENTRY_USE_BIG_INTS = True
SENTRY_SINGLE_ORGANIZATION = False
SENTRY_PROJECT = None

# DSNs point at the ingestion front.
SENTRY_ENDPOINT = SENTRY_PUBLIC_ENDPOINT = os.environ["CONFORMANCE_FRONT_URL"]

# What a worker does elsewhere is done at once.
CELERY_ALWAYS_EAGER = True
CELERY_EAGER_PROPAGATES_EXCEPTIONS = False

SENTRY_EVENTSTREAM = "sentry.eventstream.base.EventStream"
SENTRY_TSDB = "sentry.tsdb.dummy.DummyTSDB"
SENTRY_DIGESTS = "sentry.digests.backends.dummy.DummyBackend"
SENTRY_METRICS_BACKEND = "sentry.metrics.dummy.DummyMetricsBackend"
SENTRY_RATELIMITER = "sentry.ratelimits.redis.RedisRateLimiter"
SENTRY_BUFFER = "sentry.buffer.Buffer"
SENTRY_QUOTAS = "sentry.quotas.Quota"
SENTRY_CACHE = "sentry.cache.redis.RedisCache"
# Several processes look at one database: none may remember what another has changed.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
JS_SDK_LOADER_DEFAULT_SDK_URL = "https://browser.sentry-cdn.com/%s/bundle.min.js"

INSTALLED_APPS = tuple(INSTALLED_APPS) + ("plan.Plan",)

SENTRY_WEB_HOST = "127.0.0.1"
SENTRY_WEB_PORT = int(os.environ["CONFORMANCE_WEB_PORT"])
SENTRY_WEB_OPTIONS = {"workers": 2, "threads": 4, "log-master": False, "memory-report": False}
