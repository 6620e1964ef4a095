"""What the sources must not do, found by reading them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "command_center": 180, "dispatch": 90, "gps_ingest": 55, "kernel": 28, "maps": 30,
    "telephony": 20,
}  # fmt: skip
"""Packages, and how many files of each are read at least."""
PAGES = ROOT / "static" / "src"
EXECUTING = {"text", "exec_driver_sql", "execute", "scalar", "scalars", "SQL", "DDL"}
BUILT = {
    "command_center/cases/identity/keeping.py": "names of our own sealed columns",
    "command_center/engines/postgres.py": "the private cluster's own roles, as identifiers",
    "command_center/demo/past_cases.py": "names of sequences and columns of the demo",
    "command_center/migrations": "the schema is made of it; no stranger's words are there",
    "kernel/jobs.py": "listen, with a channel of the module",
    "gps_ingest/fleet.py": "listen, with a channel of the module",
    "gps_ingest/switchboard.py": "the same",
    "kernel/audit_check.py": "our own names",
    "kernel/audit_chain.py": "our own names",
    "maps/registry/load.py": "column names of the module",
    "gps_ingest/history.py": "column names of the module",
    "gps_ingest/days.py": "a number of seconds of the module, and column names",
}
"""Files (or folders) in which a statement is put together, and of what."""


def sources() -> Iterator[tuple[str, ast.Module, str]]:
    for package, least in PACKAGES.items():
        files = sorted((ROOT / package).rglob("*.py"))
        assert len(files) > least, package
        for file in files:
            words = file.read_text("utf-8")
            yield file.relative_to(ROOT).as_posix(), ast.parse(words), words


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_built(node: ast.expr) -> bool:
    """An f-string with a value in it, `%`, `+` or `.format` on a text."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(one, ast.FormattedValue) for one in node.values)
    if isinstance(node, ast.BinOp):
        return any(isinstance(one, ast.Constant | ast.JoinedStr) for one in (node.left, node.right))
    return (
        isinstance(node, ast.Call)
        and called(node) in ("format", "join")
        and isinstance(getattr(node.func, "value", None), ast.Constant | ast.JoinedStr)
    )


def test_statements_are_put_together_in_few_reviewed_places() -> None:
    statements = [
        (name, node.args[0])
        for name, tree, _ in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in EXECUTING and node.args
    ]
    assert len(statements) > 450
    found = {name for name, statement in statements if is_built(statement)}
    assert len(found) > 8
    unknown = [name for name in found if not any(name.startswith(known) for known in BUILT)]
    assert unknown == []


def test_every_exception_of_the_linter_for_sql_says_why() -> None:
    seen = 0
    for name, _, words in sources():
        if "migrations/" in name:
            continue
        for line in words.splitlines():
            if "noqa: S608" in line:
                seen += 1
                assert re.search(r"noqa: S608 \(.{5,}\)", line), (name, line)
                assert any(name.startswith(known) for known in BUILT), name
    assert seen > 10


FORBIDDEN = {"eval", "exec", "compile", "__import__", "system", "popen", "getoutput", "mktemp",
             "unsafe_load", "render_template_string"}  # fmt: skip
PARSERS = {"command_center/engines/kannel.py": "Kannel's own status page, on loopback"}
MODULES = {"pickle", "marshal", "shelve", "yaml", "xml.etree.ElementTree", "lxml", "dill"}
ALLOWED = {
    ("compile", "re"),
}
SYSTEM_PARTS = "system"
"""`kernel.access.system` makes a principal; `os.system` is what is forbidden."""


def test_nothing_runs_or_unpacks_what_it_is_given() -> None:
    wrong, calls, imports = [], 0, 0
    for name, tree, _ in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                calls += 1
                on = getattr(getattr(node.func, "value", None), "id", "")
                what = called(node)
                if what in FORBIDDEN and (what, on) not in ALLOWED and not (
                    what == SYSTEM_PARTS and on != "os"
                ):  # fmt: skip
                    wrong.append((name, node.lineno, what))
                if any(k.arg == "shell" and getattr(k.value, "value", 0) for k in node.keywords):
                    wrong.append((name, node.lineno, "shell"))
            if isinstance(node, ast.Import | ast.ImportFrom) and name not in PARSERS:
                imports += 1
                named = {a.name for a in node.names} | {getattr(node, "module", "") or ""}
                wrong += [(name, node.lineno, module) for module in named & MODULES]
    assert calls > 17_000
    assert imports > 3_200
    assert wrong == []


TEMPLATES = {
    "command_center/cases/papers.py": "two papers of our own, values escaped",
    "command_center/cases/handover/paper.py": "one paper of our own, values escaped",
    "dispatch/orders/ledger.py": "one page of our own, values escaped",
    "maps/folium_page.py": "one line of our own, its value as JSON",
}


def test_templates_are_constants_in_few_reviewed_places() -> None:
    found = {
        name
        for name, tree, _ in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and called(node) in ("Template", "from_string", "render_template_string", "Environment")
    }
    assert found == set(TEMPLATES)


RAW = re.compile(
    r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|createContextualFragment"
    r"|DOMParser|srcdoc|\beval\(|new Function|dangerously|v-bind:href=\"[^\"]*\bfile\b"
)
RAW_ALLOWED = {"map/LocationPicker.vue": "the pin's picture, a constant"}


def pages() -> Iterator[tuple[str, str]]:
    sources = (file for file in sorted(PAGES.rglob("*")) if file.suffix in (".ts", ".vue"))
    files = [file for file in sources if not file.name.endswith(".test.ts")]
    assert len(files) > 260
    for file in files:
        yield file.relative_to(PAGES).as_posix(), file.read_text("utf-8")


def test_no_page_writes_html_of_what_it_was_told() -> None:
    found = {name for name, words in pages() if RAW.search(words)}
    assert found == set(RAW_ALLOWED)
    picker = (PAGES / "map" / "LocationPicker.vue").read_text("utf-8")
    written = re.findall(r"innerHTML\s*=\s*(.)", picker)
    assert written == ["'"], "only a constant"


BOUND = re.compile(r"""\s(?::|v-bind:)(?:href|src|formaction|xlink:href)="([^"]+)\"""")
OWN = re.compile(
    r"address\(|source$|playing\.url|picture$|downloadUrl|mapUrl|providerUrl|apiUrl\(|^sheet$"
    r"|^navigation$|^url$|^api\.certificate\(|^api\.ledgerSheet\(|^(?:api\.)?pages\(|^api\.paper\("
)
"""Made by `apiUrl`, a blob of our own, or `geo:` with two numbers."""


def test_every_address_of_a_page_is_our_own() -> None:
    """What a stranger wrote never becomes an address: `javascript:` is one."""
    wrong, seen = [], 0
    for name, words in pages():
        for bound in BOUND.findall(words):
            seen += 1
            if not OWN.search(bound) and not bound.startswith("`tel:${"):
                wrong.append((name, bound))
    assert seen > 18
    assert wrong == []
