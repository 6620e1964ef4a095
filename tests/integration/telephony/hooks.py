"""The web process's door for engines, on a real port, remembering what came through it."""

import base64
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request
from sqlalchemy import select
from werkzeug.serving import make_server

from kernel.db import Database
from kernel.jobs import Job
from kernel.settings import Settings
from kernel.web import install_error_handlers
from telephony import receipts
from telephony.sending import WORKER
from telephony.views import DONE, hooks


def hook_app(settings: Settings, database: Database) -> Flask:
    """Only the hooks, without accounts: they know engines by a token."""
    app = Flask("hooks")
    app.extensions.update(settings=settings, database=database)
    install_error_handlers(app)
    app.register_blueprint(hooks)
    app.after_request(lambda answer: _settled(database, answer))
    return app


def _settled(database: Database, answer: Response) -> Response:
    """A worker stands behind the door, and does at once what a report asks for."""
    if answer.status_code == DONE:
        with database.unit_of_work(WORKER) as session:
            wanted = select(Job).where(Job.kind == receipts.REPORT).with_for_update()
            found = session.scalars(wanted.order_by(Job.id)).all()
            for job in found:
                session.delete(job)
            if found:
                receipts.settle(session, [job.payload for job in found])
    return answer


def authorization(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"engine:{token}".encode()).decode()}


@dataclass
class Door:
    """What engines have called; they can be made to call it all again."""

    settings: Settings
    calls: list[tuple[str, str, bytes]] = field(default_factory=list)

    def repeat(self) -> None:
        """Every callback once more, as an engine does that heard no answer."""
        for method, target, body in list(self.calls):
            again = urllib.request.Request(
                f"http://127.0.0.1:{self.settings.http_port}{target}",
                data=body or None,
                method=method,
                headers={
                    **authorization(self.settings.hook_token),
                    "Content-Type": "application/json",
                },
            )
            with urllib.request.urlopen(again, timeout=10) as response:
                assert response.status == DONE


@contextmanager
def open_door(settings: Settings, database: Database) -> Iterator[Door]:
    """Listen on `settings.http_port` while the block runs."""
    door, app = Door(settings), hook_app(settings, database)

    @app.before_request
    def remember() -> None:
        door.calls.append((request.method, request.full_path, request.get_data()))

    server = make_server("127.0.0.1", settings.http_port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield door
    server.shutdown()
    thread.join()
    server.server_close()
