"""Adding a way out that does not pass the gate fails the build."""

import inspect
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from command_center.cases import papers
from dispatch.delivery.channels.base import Outgoing
from dispatch.delivery.service import DeliveryService
from kernel import web
from kernel.gate.gate import Cleared
from kernel.gate.purposes import TABLE
from maps import folium_page
from telephony import outbound
from tests.contract.gate.reviewed import FILES_WITHOUT_SCHEMA, REVIEWED, UNSCANNED
from tests.contract.gate.ways_out import modules, ways_out

ROOT = Path(__file__).parents[3]
WHAT_TO_DO = """
{module} can send something out of the house: {ways}.
 1. Give it a purpose in kernel/gate/purposes.py: its way, the fields it may tell, what a hit does.
 2. Take a `Cleared` value where it sends (`kernel.gate.gate.clear`), and `for_way` to open it.
 3. Add a probe to tests/e2e/test_canary.py and the module to tests/contract/gate/reviewed.py.
"""
GATED = ("made_of", "clear_record", "enclosed", "restored")


def unreviewed(module: str, source: str) -> str:
    """What a builder reads; empty when every way out of the module was looked at."""
    strange = ways_out(source) - REVIEWED.get(module, (frozenset(), ""))[0]
    return WHAT_TO_DO.format(module=module, ways=", ".join(sorted(strange))) if strange else ""


SOURCES = dict(modules(ROOT))


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_every_way_out_was_looked_at(module: str) -> None:
    assert unreviewed(module, SOURCES[module]) == ""


def test_nothing_reviewed_is_gone() -> None:
    """An entry for what no longer stands there would let the next one in unseen."""
    stale = {
        module: sorted(ways - ways_out(SOURCES.get(module, "")))
        for module, (ways, _) in REVIEWED.items()
        if ways - ways_out(SOURCES.get(module, ""))
    }
    assert stale == {}


@pytest.mark.parametrize(
    ("offence", "word"),
    [
        ("import smtplib", "import smtplib"),
        ("from smtplib import SMTP", "import smtplib"),
        ("def f():\n    import requests\n    requests.post('http://x')", "import requests"),
        ("from urllib import request", "import urllib.request"),
        ("from gevent import socket", "import gevent.socket"),
        ("import subprocess\nsubprocess.run(['lp', page])", "import subprocess"),
        ("os.system('mail x < case')", "os.system()"),
        ("return Response(words)", "Response()"),
        ("return flask.send_file(path)", "send_file()"),
        ("self.socketio.emit('case', whole)", ".emit()"),
        ("gateway.send(outgoing)", ".send()"),
        ("open('/srv/share/cases.csv', 'w')", "open()"),
        ("open(path, mode)", "open()"),
        ("path.open('a')", "open()"),
        ("Path('/srv/x').write_text(words)", "write_text()"),
        ("importlib.import_module('smtp' + 'lib')", "import_module()"),
        ("__import__('ftplib')", "__import__()"),
        ("print(informant)", "stdout"),
        ("sys.stdout.write(informant)", "stdout"),
    ],
)
def test_a_new_way_out_is_seen_and_told_what_to_do(offence: str, word: str) -> None:
    body = offence if not offence.startswith("return") else f"def view():\n    {offence}"
    told = unreviewed("command_center.cases.leak", body)
    assert word in told
    assert "kernel/gate/purposes.py" in told and "test_canary.py" in told


@pytest.mark.parametrize(
    "harmless",
    ["path.open('rb')", "open(path)", "open(path, 'rb')", "path.read_text()", "vault.open(x, y)",
     "from flask import Response", "import urllib.parse", "regex.exec('x')", "_open(session, x)"],
)  # fmt: skip
def test_reading_is_no_way_out(harmless: str) -> None:
    assert ways_out(harmless) == set()


def test_a_known_module_cannot_grow_a_second_way_unseen() -> None:
    assert unreviewed("maps.views", "import smtplib\nResponse()") != ""


# -- what sends takes nothing else ------------------------------------------------------------

SENDERS: list[tuple[Any, str]] = [
    (outbound.queue_sms, "words"),
    (outbound.queue_fax, "document"),
    (Outgoing, "message"),
    (DeliveryService.queue, "message"),
    (papers.render, "data"),
    (folium_page.render, "cleared"),
    (web.handed_out, "content"),
]


@pytest.mark.parametrize(("sender", "what"), SENDERS)
def test_what_sends_takes_only_what_is_cleared(sender: Any, what: str) -> None:
    hint = get_type_hints(sender)[what]
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    assert {get_origin(part) for part in parts} == {Cleared}


def test_only_the_gate_makes_what_is_cleared() -> None:
    makers = {m for m, source in SOURCES.items() if "Cleared(" in source or "_MADE_HERE" in source}
    assert makers == {"kernel.gate.gate"}
    assert "made" in inspect.signature(Cleared.__init__).parameters


def test_whoever_passes_the_gate_unscanned_is_on_a_short_list() -> None:
    found = {
        module
        for module, source in SOURCES.items()
        if any(f"gate.{name}(" in source or f"def {name}(" in source for name in GATED)
    }
    assert found == set(UNSCANNED)


def test_every_purpose_named_in_a_review_exists() -> None:
    named = {
        name.strip()
        for _, why in REVIEWED.values()
        if why.startswith("gate:")
        for name in why.removeprefix("gate:").split(",")
    }
    assert named | set(FILES_WITHOUT_SCHEMA.values()) <= set(TABLE)
