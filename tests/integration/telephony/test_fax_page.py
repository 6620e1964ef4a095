"""Fax pages as a machine at the other end prints them."""

import subprocess
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from PIL import Image

from telephony import fax_page, programs
from telephony.outbox import Outbox

ROWS = [
    ("承办单位", "东城分局东华门市监所"),
    ("地址", "某街<12>号 & 院内"),
    ("事项", "核查过期食品"),
]
A4_FINE = (1728, 2292)


@pytest.fixture(scope="module")
def order() -> fax_page.Rendered:
    html = fax_page.form("调度指令", ROWS, "收到请回复 1\n编号 4821")
    return fax_page.render(html)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def frames(path: Path) -> list[Image.Image]:
    with Image.open(path) as image:
        assert (image.info["compression"], image.info["dpi"]) == ("group4", (204.0, 196.0))
        pages = []
        for number in range(image.n_frames):  # type: ignore[attr-defined]  # TIFF has frames
            image.seek(number)
            pages.append(image.convert("L").copy())
        return pages


def ink(page: Image.Image) -> float:
    """The share of black dots."""
    return page.histogram()[0] / (page.width * page.height)


def test_the_words_are_in_the_document_with_fonts_of_their_own(
    order: fax_page.Rendered, tmp_path: Path
) -> None:
    pdf = tmp_path / "order.pdf"
    pdf.write_bytes(order.pdf)
    words = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True)
    text = words.stdout.decode()
    for word in (
        "调度指令",
        "东城分局东华门市监所",
        "某街<12>号 & 院内",
        "编号 4821",
        "第1页/共1页",
    ):
        assert word in text
    fonts = subprocess.run(["pdffonts", pdf], capture_output=True, check=True).stdout.decode()
    lines = fonts.splitlines()[2:]
    assert lines
    assert all(line.split()[-5] == "yes" for line in lines)  # column "emb"
    assert all("CJK" in line for line in lines)


def test_a_page_is_group_4_at_fine_resolution(order: fax_page.Rendered, outbox: Outbox) -> None:
    name = outbox.store(order.pdf)
    (page,) = frames(outbox.tiff(name))
    assert page.size == A4_FINE
    assert 0.005 < ink(page) < 0.2


def test_a_long_order_has_the_pages_it_says(outbox: Outbox) -> None:
    long = fax_page.render(fax_page.form("调度指令", [("事项", "核查过期食品，" * 500)]))
    assert long.pages > 1
    assert len(frames(outbox.tiff(outbox.store(long.pdf)))) == long.pages


def test_a_repeat_is_marked_on_its_page(order: fax_page.Rendered, outbox: Outbox) -> None:
    name = outbox.store(order.pdf)
    first, again = outbox.tiff(name), outbox.tiff(name, repeat=True)
    top = (0, 0, A4_FINE[0], 150)
    assert ink(frames(first)[0].crop(top)) == 0
    assert ink(frames(again)[0].crop(top)) > 0


def test_the_same_document_is_kept_once(order: fax_page.Rendered, outbox: Outbox) -> None:
    name = outbox.store(order.pdf)
    assert outbox.store(order.pdf) == name
    outbox.tiff(name)
    outbox.tiff(name)
    assert sorted(path.suffix for path in outbox.folder.iterdir()) == [".pdf", ".tif"]
    assert outbox.pdf(name).stat().st_mode & 0o077 == 0


def test_a_page_fetches_nothing_from_anywhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("1", (400, 400)).save(secret)
    plain = fax_page.render("<p>令</p>")
    for source in (secret.as_uri(), "http://127.0.0.1:1/x.png"):
        page = fax_page.render(f'<p>令</p><img src="{source}">')
        assert b"/Image" not in page.pdf
        assert page.pages == plain.pages


def test_a_broken_document_leaves_nothing_behind(outbox: Outbox) -> None:
    name = outbox.store(b"%PDF-1.4 broken")
    with pytest.raises(fax_page.Unrenderable):
        outbox.tiff(name)
    assert [path.suffix for path in outbox.folder.iterdir()] == [".pdf"]


def test_a_machine_without_time_is_no_fault_of_the_document(
    order: fax_page.Rendered, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "PATIENCE_SECONDS", 0.001)
    with pytest.raises(programs.TooBusy, match="longer than"):
        outbox.tiff(outbox.store(order.pdf))
    assert [path.suffix for path in outbox.folder.iterdir()] == [".pdf"]


def test_who_waits_for_a_turn_lets_others_work(
    order: fax_page.Rendered, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax_page, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(fax_page, "AT_ONCE", BoundedSemaphore(1))
    name = outbox.store(order.pdf)
    with fax_page.AT_ONCE, pytest.raises(fax_page.OthersFirst):
        outbox.tiff(name)
    assert outbox.tiff(name).exists()
