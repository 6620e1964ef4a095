"""A fan-out and nothing else, for gunicorn: our transport, or Flask-SocketIO as it comes.

FANOUT_HZ messages a second with FANOUT_ROWS positions each, to everybody. STOCK=1 takes the stock
transport.
"""

from gevent import monkey; monkey.patch_all()  # fmt: skip

import os
import time
from typing import Any

import gevent
from flask import Flask
from flask_socketio import SocketIO, join_room

from command_center.console import transport

HZ, ROWS = float(os.environ["FANOUT_HZ"]), int(os.environ["FANOUT_ROWS"])
STOCK = os.environ.get("STOCK") == "1"
ours: dict[str, Any] = {} if STOCK else {"client_manager": transport.Fanout()}
app = Flask("fanout")
socketio = SocketIO(app, async_mode="gevent", transports=["websocket"], **ours)
if not STOCK:
    transport.install(socketio)


@socketio.on("connect")
def connect(*_: Any) -> None:
    join_room("everybody")


def tell() -> None:
    due = time.monotonic()
    while True:
        now = int(time.time() * 1000)
        rows = [[1000 + n, 116.4012345, 39.9012345, 87.5, 36.5, now] for n in range(ROWS)]
        socketio.emit("positions", {"seq": 1, "t": 1, "units": rows}, to="everybody")
        due = max(due + 1 / HZ, time.monotonic() - 1)
        gevent.sleep(max(0.0, due - time.monotonic()))


gevent.spawn(tell)
