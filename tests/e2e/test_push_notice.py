"""A push wakes the browser's worker: one notice that says nothing, and a way to the page."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.system import until

DIST = Path(__file__).parents[2] / "static" / "dist"


class Pages(SimpleHTTPRequestHandler):
    """The built front end, every page being the same document."""

    def do_GET(self) -> None:
        if self.path in ("/field", "/dispatch"):
            self.path = "/index.html"
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=str(DIST)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


NOTICES = """async (home) => {
  const held = await navigator.serviceWorker.getRegistration(home)
  const notices = await held.getNotifications()
  return notices.map(({ title, body, tag, data }) => ({ title, body, tag, data }))
}"""
ACTIVE = """async (home) => {
  const held = await navigator.serviceWorker.register('/field-worker.js', { scope: home })
  await navigator.serviceWorker.ready
  return held.active.state
}"""


def pushed(page: Page, address: str, home: str, said: str) -> None:
    """As the browser's push service would deliver it (DevTools protocol)."""
    tools = page.context.new_cdp_session(page)
    known: list[dict[str, Any]] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda e: known.extend(e["registrations"]))
    tools.send("ServiceWorker.enable")

    def of_home() -> str | None:
        page.wait_for_timeout(50)
        scope = f"{address}{home}"
        return next((r["registrationId"] for r in known if r["scopeURL"] == scope), None)

    ident = until(of_home, 10, "the worker's registration")
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": address, "registrationId": ident, "data": said},
    )


@pytest.mark.parametrize("home", ["/field", "/dispatch"])
@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "有新的指令"), ("en-GB", "There is a new order")]
)
def test_a_push_shows_one_general_notice(
    browser: Browser, address: str, home: str, language: str, title: str
) -> None:
    context = browser.new_context(locale=language)
    context.grant_permissions(["notifications"], origin=address)
    page = context.new_page()
    page.goto(f"{address}{home}")
    page.evaluate(ACTIVE, home)
    for said in ("", "whatever somebody else puts into it"):
        pushed(page, address, home, said)
    notices = until(lambda: page.evaluate(NOTICES, home), 10, "the notice")
    page.wait_for_timeout(300)
    assert page.evaluate(NOTICES, home) == notices
    assert [(one["title"], one["tag"], one["data"]) for one in notices] == [(title, "order", None)]
    assert "somebody else" not in str(notices)
    context.close()
