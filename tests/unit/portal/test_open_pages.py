"""What everybody may ask of the whole application, and what it does not tell."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import request
from flask.testing import FlaskClient

from command_center import app as application
from kernel.settings import Settings
from kernel.web import public

INDEX = "the desks' page"


@pytest.fixture
def make_app(settings: Settings) -> Callable[..., APIFlask]:
    def make(**changes: object) -> APIFlask:
        return application.create_app(settings.model_copy(update=changes))

    return make


@pytest.fixture
def client(
    make_app: Callable[..., APIFlask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").write_text(INDEX)
    (dist / "logo.svg").write_text("a picture")
    (tmp_path / "secret.txt").write_text("a secret")
    monkeypatch.setattr(application, "DIST", dist)
    return make_app().test_client()


@pytest.mark.parametrize(
    "address",
    ["/", "/dispatch", "/..%2fsecret.txt", "/..%2fabsent.txt", "/..%2f..%2fpyproject.toml",
     "/%2fetc%2fpasswd", "/" + "x" * 300, "/" + "y/" * 2000, "/%00", "/assets", "/logo.svg/x"],
)  # fmt: skip
def test_every_name_that_is_no_file_of_ours_gives_the_same_page(
    client: FlaskClient, address: str
) -> None:
    with client.get(address) as answer:
        assert (answer.status_code, answer.text) == (200, INDEX)


def test_our_files_are_given(client: FlaskClient) -> None:
    with client.get("/logo.svg") as answer:
        assert (answer.status_code, answer.text) == (200, "a picture")


@pytest.mark.parametrize("address", ["/assets/..%2findex.html", "/assets/" + "x" * 300])
def test_an_asset_that_is_none_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/public/submissions", "/api/v1/public/query"])
def test_a_stranger_s_json_without_a_bottom_is_a_bad_request(
    client: FlaskClient, path: str
) -> None:
    answer = client.post(path, data="[" * 200_000, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.9", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.9"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.9"}, 404),
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_counters_are_for_this_machine_only(
    make_app: Callable[..., APIFlask],
    proxies: int,
    peer: str,
    headers: dict[str, str],
    status: int,
) -> None:
    client = make_app(trusted_proxies=proxies).test_client()
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == status
    if status == 404:
        assert answer.get_json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, ["10.0.0.1", "inside:8300", "http"]),
        (1, ["192.0.2.2", "desk.example", "https"]),
        (2, ["192.0.2.1", "inside:8300", "http"]),
    ],
)
def test_as_many_proxies_are_believed_as_were_set(
    make_app: Callable[..., APIFlask], proxies: int, seen: list[str]
) -> None:
    app = make_app(trusted_proxies=proxies, host=seen[1].split(":")[0])

    @app.get("/seen")
    @public
    def look() -> list[str]:
        return [request.remote_addr or "", request.host, request.scheme]

    answer = app.test_client().get(
        "/seen",
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
        headers={
            "Host": "inside:8300",
            "X-Forwarded-For": "192.0.2.1, 192.0.2.2",
            "X-Forwarded-Host": "desk.example",
            "X-Forwarded-Proto": "https",
        },
    )
    assert answer.get_json() == seen
