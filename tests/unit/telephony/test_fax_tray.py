"""Faxes that came in, as the exchange lays them down, read as pages."""

from pathlib import Path

import pytest
from PIL import Image

from telephony import fax_tray
from telephony.fax_tray import FaxTray

NAME = "in-1790000000.7.tif"


def fax(
    folder: Path, pages: int = 1, size: tuple[int, int] = (1728, 1100), name: str = NAME
) -> None:
    """As a modem leaves it: twice as fine across as down."""
    sheets = [Image.new("1", size, n % 2) for n in range(pages)]
    sheets[0].save(
        folder / name, "TIFF", save_all=True, append_images=sheets[1:],
        compression="group4", dpi=(204, 98),
    )  # fmt: skip


def test_each_page_is_a_page_of_square_dots(tmp_path: Path) -> None:
    fax(tmp_path, pages=3)
    pdf = FaxTray(tmp_path).pdf(NAME)
    assert pdf is not None
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 3
    assert b"/Height 2290" in pdf


@pytest.mark.parametrize(
    "name", ["", "..", "in-1.1.tif/../../secret", "../in-1.1.tif", "in-1.1.tiff", "in-x.1.tif"]
)
def test_no_other_name_is_looked_for(tmp_path: Path, name: str) -> None:
    assert FaxTray(tmp_path).pdf(name) is None


@pytest.mark.parametrize("content", [b"", b"II*\0", b"GIF89a", b"\0" * 4096])
def test_what_is_no_picture_has_no_pages(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert FaxTray(tmp_path).pdf(NAME) is None


def test_a_page_that_no_machine_makes_is_not_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax_tray, "MOST_PIXELS", 1_000_000)
    fax(tmp_path, size=(1728, 1100))
    assert FaxTray(tmp_path).pdf(NAME) is None


def test_no_more_pages_than_a_reader_can_bear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax_tray, "MOST_PAGES", 2)
    fax(tmp_path, pages=4)
    pdf = FaxTray(tmp_path).pdf(NAME)
    assert pdf is not None
    assert b"/Count 2" in pdf
