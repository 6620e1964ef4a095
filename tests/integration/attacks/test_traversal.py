"""Paths and names that lead out of their folder."""

from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from werkzeug.http import parse_options_header

from command_center.app import DIST
from telephony.simulated_fax import DOCUMENT, Fax, delivered_path
from tests.factories.pictures import picture
from tests.factories.siege import ALL, Siege

UP = ("../", "..\\", "%2e%2e/", "%2e%2e%2f", "..%2f", "%252e%252e%252f", "..%5c", "..%c0%af",
      "..／", "․․/", "....//", "..;/", "%00../", "./../", "..%00/", "/../")  # fmt: skip
TARGETS = ("pyproject.toml", "etc/passwd", "static/package.json", "var/secrets/secret_key",
           "command_center/app.py")  # fmt: skip
INSIDES = ("[build-system]", "root:x:0", "devDependencies", "create_app", "from gevent")
ABSOLUTE = ("/etc/passwd", "C:/windows/win.ini", "file:///etc/passwd", "\\\\host\\share",
            "/proc/self/environ", "/dev/zero", "~root/.ssh/id_rsa", "CON", "x" * 4_000)  # fmt: skip


def raw(path: str) -> str:
    """As WSGI hands it over."""
    return path.encode().decode("latin-1")


def test_no_address_reads_a_file_outside_the_built_pages(besieged: Siege) -> None:
    wrong, tried = [], 0
    client = besieged.app.test_client()
    for path in (f"/assets/{next((DIST / 'assets').iterdir()).name}", "/favicon.svg"):
        with client.open("/", environ_overrides={"PATH_INFO": raw(path)}) as answer:
            assert answer.get_data() == (DIST / path[1:]).read_bytes(), "this way leads to files"
    paths = [up * depth + target for up in UP for depth in (1, 2, 3, 8) for target in TARGETS]
    for path in (*paths, *ABSOLUTE, str(DIST.parent / "package.json")):
        for prefix in ("/", "/assets/", "/assets//", "/api/v1/", "/hooks/", "/vendor/"):
            for sent in (unquote(prefix + path), prefix + path):
                with client.open("/", environ_overrides={"PATH_INFO": raw(sent)}) as answer:
                    text = answer.get_data(as_text=True)
                tried += 1
                if answer.status_code >= 500 or any(inside in text for inside in INSIDES):
                    wrong.append((sent, answer.status_code))
    assert tried > 3_900
    assert wrong == []


NAMES = (
    "../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\x.jpg", "a\0.jpg.html",
    "x\r\nSet-Cookie: planted=1", 'x"; filename="evil.html', "x' onerror='alert(1)", "..", ".", "",
    "．．／．．／x", "con", "x" * 5_000, "‮gpj.exe", "<img src=x onerror=alert(1)>.jpg", "a/../../b",
    "%2e%2e%2fx", "x;y", "é".encode("latin-1").decode("utf-8", "surrogateescape"),
)  # fmt: skip


NO_NAMES = (NAMES[5], "", NAMES[-1])
"""A form in which such a name stands is none: refused as a whole."""


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_is_only_a_name(besieged: Siege, name: str) -> None:
    path = f"/api/v1/field/assignments/{besieged.ids['assignment_id']}/photos"
    with besieged.database.attack():
        before, colour = written(besieged), f"#{0x0B0D11 * (NAMES.index(name) + 1):06x}"
        quoted = name.encode("utf-8", "surrogateescape").replace(b'"', b'\\"')
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + quoted
        body = head + b'"\r\n\r\n' + picture("JPEG", colour) + b"\r\n--x--\r\n"
        answer = besieged.request(
            "officer", "POST", path, data=body, content_type="multipart/form-data; boundary=x"
        )
        if name in NO_NAMES:
            assert answer.status_code == 422
            return
        assert answer.status_code == 201, answer.text
        new = written(besieged) - before
        assert len(new) == 1, "every picture is another"
        for file in new:
            assert file.is_relative_to(besieged.settings.var_dir), file
            assert all(letter in "0123456789abcdef" for letter in file.name)
        got = besieged.request(ALL, "GET", f"/api/v1/attachments/{answer.get_json()['id']}")
    said = got.headers["Content-Disposition"]
    how, given = parse_options_header(said)
    shown = given["filename"]
    assert (how, got.headers.get("Set-Cookie")) == ("inline", None)
    assert shown not in ("", ".", "..")
    assert not set(shown) & set("/\\\0\r\n‮"), shown
    assert len(shown) <= 200
    assert said.isascii()


def written(besieged: Siege) -> set[Path]:
    """Every file of the installation, and what lies beside it."""
    var = besieged.settings.var_dir
    engines = {var / "postgres", var / "redis"}
    return {
        file
        for file in var.parent.rglob("*")
        if file.is_file() and not engines.intersection(file.parents)
    }


@pytest.mark.parametrize("name", [up + target for up in UP for target in TARGETS])
def test_the_fax_engine_takes_no_path(name: str) -> None:
    for document in (name, f"{'a' * 64}.tif/{name}", f"{'a' * 64}.tif\n", f"{'a' * 64}.TIF"):
        assert not DOCUMENT.fullmatch(document)
    fax = Fax(1, 1, "+99910005", name, f"DD/{name}", 1, f"{'a' * 64}.tif")
    path = delivered_path(fax)
    assert path.parts[0] == "fax"
    assert len(path.parts) == 3
    assert ".." not in path.parts


def test_a_documents_number_leads_nowhere(besieged: Siege) -> None:
    """Papers, certificates and recordings are found by number alone."""
    for kind, ident in (("documents", "document_id"), ("attachments", "attachment_id")):
        found = besieged.send(ALL, "GET", f"/api/v1/{kind}/{besieged.ids[ident]}")
        assert found.status_code == 200, kind
    for kind in ("documents", "attachments", "archive/destructions"):
        for name in ("../1", "1/../2", "1%00", "1.pdf", "-1", "1;2", "0x1", "1e1"):
            end = "/certificate" if kind.startswith("archive") else ""
            answer = besieged.send(ALL, "GET", f"/api/v1/{kind}/{quote(name, safe='')}{end}")
            assert answer.status_code == 404, (kind, name, answer.status_code)


def test_a_recording_of_any_name_is_kept_under_a_random_one(besieged: Siege) -> None:
    with besieged.database.attack():
        before = written(besieged)
        form = {"file": (BytesIO(b"RIFF\0\0\0\0WAVEfmt x"), "../../../../x.wav"), "kind": "call"}
        path = f"/api/v1/cases/{besieged.ids['case_id']}/recordings"
        answer = besieged.request("agent", "POST", path, data=form)
    assert answer.status_code == 201, answer.text
    new = written(besieged) - before
    assert {file.parent.parent.name for file in new} == {"recordings"}
