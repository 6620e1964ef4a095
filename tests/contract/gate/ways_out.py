"""Finds in source code every place where something could leave the house. Pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("command_center", "dispatch", "gps_ingest", "maps", "telephony", "kernel", "wsgi.py")
OUTWARD = frozenset(
    {"aiohttp", "asyncio", "boto3", "ftplib", "h11", "http.client", "http.server", "httpx",
     "imaplib", "nntplib", "multiprocessing", "paramiko", "poplib", "pycurl", "redis", "requests",
     "smtplib", "socket", "socketio", "flask_socketio", "engineio", "socketserver", "subprocess",
     "telnetlib", "urllib.request", "urllib3", "webbrowser", "websocket", "websockets", "xmlrpc",
     "zmq", "gevent.socket", "gevent.subprocess", "gevent.server", "ctypes", "cups", "serial"}
)  # fmt: skip
"""Modules that reach another program or machine: importing one is a way out."""
ANSWERS = frozenset({"Response", "make_response", "send_file", "send_from_directory", "jsonify",
                     "stream_with_context", "StreamingResponse"})  # fmt: skip
SENDS = frozenset({"emit", "send", "sendall", "sendto", "sendmail", "send_message", "publish",
                   "publish_json"})  # fmt: skip
WRITES = frozenset({"write_text", "write_bytes", "NamedTemporaryFile", "mkstemp", "TemporaryFile",
                    "TemporaryDirectory", "fdopen"})  # fmt: skip
STARTS = frozenset({"system", "popen", "execv", "execvp", "execve", "execvpe", "spawnv",
                    "posix_spawn", "fork"})  # fmt: skip
DYNAMIC = frozenset({"import_module", "__import__", "get_original", "exec", "eval"})


def modules(root: Path) -> Iterator[tuple[str, str]]:
    """(dotted name, source) of every module of the product."""
    for name in PACKAGES:
        path = root / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            dotted = ".".join(file.relative_to(root).with_suffix("").parts)
            yield dotted.removesuffix(".__init__"), file.read_text("utf-8")


def ways_out(source: str) -> set[str]:
    """What in the source could carry something out, each as a short word."""
    return {word for node in ast.walk(ast.parse(source)) for word in _words(node)}


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"import {one}" for alias in node.names for one in _outward(alias.name))
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"import {one}" for one in _outward(node.module))
        inner = (f"{node.module}.{alias.name}" for alias in node.names)
        yield from (f"import {name}" for name in inner if name in OUTWARD)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.stdout":
        yield "stdout"


def _outward(module: str) -> Iterator[str]:
    parts = module.split(".")
    above = {".".join(parts[: n + 1]) for n in range(len(parts))}
    yield from sorted(above & OUTWARD)


def _call(node: ast.Call) -> Iterator[str]:
    name = _name(node.func)
    if name in ANSWERS:
        yield f"{name}()"
    elif name in SENDS and isinstance(node.func, ast.Attribute):
        yield f".{name}()"
    elif name in WRITES or (name == "open" and _for_writing(node)):
        yield f"{name}()"
    elif name in STARTS and ast.unparse(node.func).startswith("os."):
        yield f"os.{name}()"
    elif name in DYNAMIC and not (
        isinstance(node.func, ast.Attribute) and name in ("exec", "eval")
    ):
        yield f"{name}()"
    elif ast.unparse(node.func) in ("click.echo", "print"):
        yield "stdout"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _for_writing(node: ast.Call) -> bool:
    """Whether a call of `open` writes, or may: a mode that is no literal may."""
    given = [*node.args, *(word.value for word in node.keywords if word.arg == "mode")]
    modes = [one for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if ast.unparse(node.func) == "os.open":
        return True
    if isinstance(node.func, ast.Attribute) or len(node.args) > 1 or node.keywords:
        return any(set(one.value) & set("wax+") and len(one.value) <= 3 for one in modes) or (
            isinstance(node.func, ast.Name) and len(node.args) > 1 and not modes
        )
    return False
