"""create_app(): blueprints, the door, errors, the desks' pages."""

from pathlib import Path
from typing import Any, cast

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Flask, Response, jsonify, request, send_from_directory
from flask_socketio import SocketIO
from gunicorn.http.errors import ParseException
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from command_center.accounts import demonstration
from command_center.accounts import web as door
from command_center.accounts.schemas import ConfigOut
from command_center.console import transport
from command_center.console.hub import Hub
from command_center.console.transport import DeskManager
from command_center.wiring import House, blueprints, build
from kernel.gate import gate
from kernel.log import configure
from kernel.schemas import MAX_IDENT
from kernel.settings import Settings, load
from kernel.web import PROBLEM, handed_out, install_error_handlers, problem, public, require

DIST = Path(__file__).parent.parent / "static" / "dist"
MAX_BODY_BYTES = 20 << 20
HSTS = "max-age=63072000; includeSubDomains"
CSP = (
    "default-src 'self'; script-src 'self'; object-src 'none';"
    " img-src 'self' data: blob:; style-src 'self' 'unsafe-inline';"
    " media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' ws: wss:;"
    " frame-src 'self';"
    " frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)


def create_app(settings: Settings | None = None) -> APIFlask:
    """The web application; its Socket.IO server and hub lie in `extensions`."""
    settings = settings or load()
    configure(json=settings.log_json or not settings.is_demo, level=settings.log_level)
    app = APIFlask(
        __name__,
        title="Command Center",
        version="1",
        static_folder=cast(str, None),
        spec_path="/api/v1/openapi.json",
        docs_path=cast(str, None),
    )
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        TRUSTED_HOSTS=settings.host_names,
        SPEC_FORMAT="json",
        OPENAPI_VERSION="3.1.0",
        VALIDATION_ERROR_STATUS_CODE=422,
    )
    cast(Any, app.json).ensure_ascii = False
    house = build(settings)
    app.extensions.update(house=house, settings=settings, database=house.database)
    app.error_processor(_problem_of_validation)
    install_error_handlers(app)
    app.register_error_handler(ParseException, lambda _: problem(400, "bad_request"))
    door.install(app)
    for blueprint in blueprints(house):
        app.register_blueprint(blueprint)
    _install_operator_pages(app, house)
    _install_desks(app)
    _open_documentation(app)
    app.after_request(_headers)
    _install_console(app, house)
    _believe_proxies(app, settings.trusted_proxies)
    return app


def _believe_proxies(app: Flask, count: int) -> None:
    """See the sender's address and our own name as the nearest `count` proxies tell them.

    Comes after the console, whose sockets need the same truth.
    """
    cast(Any, app).wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)


def _install_console(app: Flask, house: House) -> None:
    socketio: SocketIO = cast(Any, SocketIO)(
        app,
        async_mode="gevent",
        client_manager=DeskManager(house.bus),
        transports=["websocket"],
        ping_interval=10,
        ping_timeout=10,
        max_http_buffer_size=64 << 10,
    )
    transport.install(socketio)
    hub = Hub(app, socketio, house.database, house.bus)
    hub.install()
    app.extensions.update(socketio=socketio, hub=hub)


def _problem_of_validation(error: HTTPError) -> tuple[Any, int, dict[str, str]]:
    """APIFlask's validation errors in the house's one problem shape: the first wrong field."""
    detail = error.detail if isinstance(error.detail, dict) else {}
    for fields in detail.values():
        for field in fields or {}:
            response = problem(error.status_code, "bad_input", field=str(field))
            return response.get_json(), error.status_code, {"Content-Type": response.content_type}
    response = problem(error.status_code, "bad_request")
    return response.get_json(), error.status_code, {"Content-Type": response.content_type}


def _install_operator_pages(app: APIFlask, house: House) -> None:
    @app.get("/healthz")
    @app.doc(hide=True)
    @public
    def healthz() -> tuple[Response, int]:
        state = house.health()
        return jsonify(state), 200 if state["ok"] else 503

    @app.get("/metrics")
    @app.doc(hide=True)
    @public
    def metrics() -> Response:
        if not _is_from_this_machine():
            return problem(404, "not_found")
        cleared = gate.made_of("operator.metrics", house.metrics(), ("metrics",))
        return handed_out(cleared, media_type=CONTENT_TYPE_LATEST)

    @app.get("/api/v1/config")
    @app.output(ConfigOut)
    @app.doc(operation_id="getConfig", tags=["Accounts"])
    @public
    def config() -> dict[str, Any]:
        return {
            "mode": house.settings.mode,
            "timezone": house.settings.timezone,
            "hotlines": ["12315", "12365", "96315"],
            "channels": list(house.dispatch.deliveries.channels),
            "region_code": house.settings.region_code,
            "map": house.settings.map_view,
            "supervision": house.settings.supervision_limits,
            "trusted_device_days": house.settings.trusted_device_days,
            "provider": {"label": house.settings.oidc_label} if house.settings.has_oidc else None,
            "demo_accounts": demonstration.offered() if house.settings.is_demo else [],
        }


def _is_from_this_machine() -> bool:
    """Whether the peer is loopback and speaks for nobody else."""
    address = request.remote_addr or ""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return (address == "::1" or address.startswith("127.")) and not forwarded


def _install_desks(app: APIFlask) -> None:
    """The built front end: hashed assets for ever, every desk's address gives the same page."""

    @app.get("/assets/<path:name>")
    @app.doc(hide=True)
    @public
    def assets(name: str) -> Response:
        return send_from_directory(DIST / "assets", name, max_age=31_536_000)

    @app.get("/")
    @app.get("/<path:name>")
    @app.doc(hide=True)
    @public
    def page(name: str = "") -> Response:
        if name.startswith(("api/", "hooks/")):
            return problem(404, "not_found")
        try:
            return send_from_directory(DIST, name, max_age=3600)
        except NotFound:
            return send_from_directory(DIST, "index.html", max_age=0)


def _open_documentation(app: APIFlask) -> None:
    """The generated OpenAPI document is for whoever is signed in."""
    cast(Any, app.spec_processor)(_tell_of_problems)
    app.view_functions["openapi.spec"] = require()(app.view_functions["openapi.spec"])


def _tell_of_problems(document: dict[str, Any]) -> dict[str, Any]:
    """The one error shape of every operation, and what an id in an address is."""
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refusal = {"description": "Refused", "content": {"application/problem+json": reference}}
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                    parameter["schema"] = {"type": "integer", "minimum": 0, "maximum": MAX_IDENT}
            answers = operation["responses"]
            for status in answers:
                if int(status) >= 400:
                    answers[status]["content"] = refusal["content"]
            answers["default"] = refusal
    return document


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", HSTS)
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
    if request.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    return response
