from gevent import monkey; monkey.patch_all()  # fmt: skip  # psycopg picks its wait at import

import psycopg.waiting

from command_center.app import create_app

if psycopg.waiting.wait is getattr(psycopg.waiting, "wait_c", None):
    raise RuntimeError("psycopg was imported before gevent's patch: every query would block")

app = create_app()
app.extensions["hub"].start()
