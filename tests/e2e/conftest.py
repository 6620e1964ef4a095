import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kernel.settings import PORTS, load
from tests.e2e.system import System
from tests.ports import free_port_base

EXCHANGE: dict[str, Any] = (
    {"fax_engine": "asterisk", "voice_engine": "asterisk"} if os.environ.get("EXCHANGE") else {}
)
"""`EXCHANGE=1`: faxes and calls go over two real exchanges instead of the fax simulator."""


@pytest.fixture(scope="session")
def running_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system with a small past, started once for all end-to-end tests."""
    var = tmp_path_factory.mktemp("system")
    settings = load(
        var_dir=var / "var",
        port_base=free_port_base(),
        **{name: 0 for name in PORTS},
        demo_past_cases=600,
        demo_businesses=5_000,
        simulate=False,
        **EXCHANGE,
    )
    system = System(settings, var / "up.log")
    system.start()
    yield system
    system.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one named by CC_CHROMIUM."""
    path = load().chromium or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("no browser: install chromium or set CC_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(running_system: System, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a desk as a demo account: `signed_in("agent", "/desk")`."""
    contexts = []

    def open_as(account: str, path: str, *, phone: bool = False) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1366, "height": 768}
        context = browser.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=phone,
            reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{running_system.settings.base_url}/login")
        page.get_by_test_id("account").fill(account)
        page.get_by_test_id("password").fill("demo-12315")
        page.get_by_test_id("sign-in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(running_system.settings.base_url + path)
        return page

    yield open_as
    for context in contexts:
        context.close()
