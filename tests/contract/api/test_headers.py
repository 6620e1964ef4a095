"""What every answer tells the browser that it must not do."""

import re

import pytest
from apiflask import APIFlask

from command_center.app import DIST, create_app
from command_center.insight.views import HEATMAP_CSP
from kernel.settings import Settings


@pytest.fixture(scope="module")
def app(settings: Settings) -> APIFlask:
    return create_app(settings)


def policy(csp: str) -> dict[str, list[str]]:
    return {part.split()[0]: part.split()[1:] for part in csp.split(";")}


@pytest.mark.parametrize(
    "path", ["/", "/dispatch", "/api/v1/config", "/api/v1/session", "/none.js"]
)
def test_every_answer_carries_them(app: APIFlask, path: str) -> None:
    with app.test_client().get(path) as answer:
        headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]
    rules = policy(headers["Content-Security-Policy"])
    assert rules["default-src"] == ["'self'"]
    assert rules["script-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'self'"]


def test_what_people_ask_the_api_is_kept_nowhere(app: APIFlask) -> None:
    assert app.test_client().get("/api/v1/config").headers["Cache-Control"] == "no-store"


def test_over_tls_the_browser_is_told_to_stay_with_it(app: APIFlask) -> None:
    plain = app.test_client().get("/api/v1/config").headers
    secure = app.test_client().get("/api/v1/config", base_url="https://localhost").headers
    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_no_other_site_is_let_in(app: APIFlask) -> None:
    headers = (
        app.test_client()
        .get("/api/v1/config", headers={"Origin": "https://elsewhere.example"})
        .headers
    )
    assert not [name for name in headers.keys() if name.startswith("Access-Control-")]


def test_the_heatmap_s_page_brings_its_own_script_and_reaches_nothing() -> None:
    rules = policy(HEATMAP_CSP)
    assert rules["default-src"] == ["'none'"]
    assert rules["sandbox"] == ["allow-scripts", "allow-downloads"]  # no origin of its own
    assert "connect-src" not in rules
    assert rules["frame-ancestors"] == ["'self'"]


def test_the_desks_page_has_no_script_of_its_own() -> None:
    page = (DIST / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.S)
    assert scripts
    assert all("src=" in attributes and not body.strip() for attributes, body in scripts)
    assert not re.search(r"\son\w+=", page)
