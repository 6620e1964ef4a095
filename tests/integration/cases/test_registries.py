"""Where facts about a business come from: what was imported, or an authority that may be silent."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.orm import Session

from command_center.cases.registries import (
    Breaker,
    ImportedRegistry,
    RemoteRegistry,
    registry_of,
)
from dispatch.subjects.ports import FOUND, NOT_FOUND, TIMEOUT, UNAVAILABLE, Asked
from kernel.settings import Settings
from tests.factories.bureau import CREDIT_CODE, Bureau

BY_CODE, BY_NAME = Asked(CREDIT_CODE, "别的名字"), Asked("", "老王饭店")
SECONDS = 0.4


def test_what_was_imported_is_found_by_code_else_by_name(session: Session, bureau: Bureau) -> None:
    bureau.business.scope, bureau.business.promises = "餐饮服务", "七日退换"
    session.flush()
    registry = ImportedRegistry(lambda: nullcontext(session))
    for asked in (BY_CODE, BY_NAME):
        answer = registry.find(asked)
        assert (answer.outcome, answer.facts.scope, answer.facts.promises) == (
            FOUND, "餐饮服务", "七日退换"
        )  # fmt: skip
        assert answer.fetched_at == bureau.business.fetched_at
        assert answer.facts.legal_representative == "王建国"
    assert registry.find(Asked("", "没有的店")).outcome == NOT_FOUND


class Authority:
    """A registration authority's service on loopback; `answers` says what it does."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.answers: Callable[[BaseHTTPRequestHandler], None] = lambda h: h.send_error(500)
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authority.asked.append(parse_qs(urlsplit(self.path).query))
                authority.answers(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/business"

    def says(self, body: str, code: int = 200) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(code)
            handler.end_headers()
            handler.wfile.write(body.encode())

        self.answers = answer


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_an_authority_is_told_the_business_and_nothing_else(authority: Authority) -> None:
    authority.says(
        '{"name": "老王饭店", "scope": "餐饮", "fetched_at": "2026-09-01T00:00:00Z", "x": 1}'
    )
    answer = RemoteRegistry(authority.url, SECONDS).find(BY_CODE)
    assert (answer.outcome, answer.source, answer.facts.scope) == (FOUND, "remote", "餐饮")
    assert answer.fetched_at == datetime(2026, 9, 1, tzinfo=UTC)
    assert authority.asked == [{"credit_code": [CREDIT_CODE], "name": ["别的名字"]}]


@pytest.mark.parametrize(
    ("body", "code", "outcome"),
    [
        ("{}", 404, NOT_FOUND),
        ("", 500, UNAVAILABLE),
        ("", 302, UNAVAILABLE),
        ("<html>", 200, UNAVAILABLE),
        ('{"name": 7}', 200, UNAVAILABLE),
        ('{"name": "' + "x" * 300_000 + '"}', 200, UNAVAILABLE),
    ],
)
def test_what_else_it_may_answer(authority: Authority, body: str, code: int, outcome: str) -> None:
    authority.says(body, code)
    assert RemoteRegistry(authority.url, SECONDS).find(BY_NAME).outcome == outcome


def dribble(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(8):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        sleep(SECONDS / 3)


@pytest.mark.parametrize("answers", [lambda _: sleep(SECONDS * 2), dribble])
def test_one_that_takes_its_time_is_not_waited_for(
    authority: Authority, answers: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    authority.answers = answers
    assert RemoteRegistry(authority.url, SECONDS).find(BY_NAME).outcome == TIMEOUT


def test_after_three_silences_nobody_waits_for_a_minute(authority: Authority) -> None:
    moment = [0.0]
    remote = RemoteRegistry(authority.url, SECONDS, Breaker(clock=lambda: moment[0]))
    for _ in range(5):
        assert remote.find(BY_NAME).outcome == UNAVAILABLE
    assert len(authority.asked) == 3
    moment[0] = 61
    authority.says("{}")
    assert remote.find(BY_NAME).outcome == FOUND
    authority.says("", 500)
    remote.find(BY_NAME)
    assert not remote.breaker.is_open


def test_the_service_is_asked_where_one_is_set(settings: Settings) -> None:
    assert isinstance(registry_of(settings, Session), ImportedRegistry)
    remote = settings.model_copy(update={"registry_url": "http://127.0.0.1:9/"})
    assert isinstance(registry_of(remote, Session), RemoteRegistry)
