"""The sockets under the live line."""

from typing import Any, cast

from engineio.async_drivers.gevent import WebSocketWSGI
from flask_socketio import SocketIO


class BoundedSocket(WebSocketWSGI):  # type: ignore[misc]  # engineio carries no types
    """A socket that ends a message beyond the server's limit while it comes.

    Engine.IO looks at a message's length once it has all of it, before anybody has signed in.
    """

    def __init__(self, handler: Any, server: Any):
        super().__init__(handler, server)
        self.server_args["max_message_size"] = server.max_http_buffer_size


def bound(socketio: SocketIO) -> None:
    """Let this server's sockets be bounded; for gevent's alone, which serve the desks."""
    server = cast(Any, socketio).server.eio
    server._async = {**server._async, "websocket": BoundedSocket}
