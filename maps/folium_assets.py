"""Writes what a folium page loads from outside into the page itself.

Folium links Leaflet and its plugins from public servers. A bureau's network is closed and its
leaders open the page from a mail, so every script, sheet and picture becomes part of the file.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

import folium

BUILT: Final = Path(__file__).parent.parent / "static" / "dist" / "vendor"
"""Where the front-end build puts the packages' files (see static/vite.config.ts)."""
FOLIUM: Final = Path(folium.__file__).parent / "templates"

_LOCAL: Final[tuple[tuple[str, Path], ...]] = (
    (r"/leaflet@[\d.]+/dist/leaflet\.js$", BUILT / "leaflet" / "leaflet.js"),
    (r"/leaflet@[\d.]+/dist/leaflet\.css$", BUILT / "leaflet" / "leaflet.css"),
    (r"/leaflet_heat\.min\.js$", FOLIUM / "leaflet_heat.min.js"),
)
_SCRIPT = re.compile(r'<script src="([^"]+)"></script>')
_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"\s*/>')
_PICTURE = re.compile(r"url\(([^)]+)\)")
_OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//""")


class OutsideAddress(LookupError):
    """The page would load something from outside that has no local file."""


def inlined(html: str) -> str:
    """The page with everything it loads written into it.

    Raises OutsideAddress for an address without a local file, FileNotFoundError before the
    front-end was built.
    """
    bare = _SHEET.sub("", _SCRIPT.sub("", html))
    if left := _OUTSIDE.search(bare):
        raise OutsideAddress(bare[left.start() : left.start() + 120])
    return _SHEET.sub(_with(_sheet), _SCRIPT.sub(_with(_script), html))


def available() -> bool:
    """Whether the front-end build has left its files."""
    return all(path.exists() for _, path in _LOCAL)


def _with(write: Callable[[Path], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: write(_local(found[1]))


def _local(address: str) -> Path:
    for pattern, path in _LOCAL:
        if re.search(pattern, address):
            return path
    raise OutsideAddress(address)


def _script(path: Path) -> str:
    # A script's text may not contain the end of its own element.
    return f"<script>{path.read_text().replace('</script', '<' + chr(92) + '/script')}</script>"


def _sheet(path: Path) -> str:
    return f"<style>{_PICTURE.sub(_picture_beside(path), path.read_text())}</style>"


def _picture_beside(sheet: Path) -> Callable[[re.Match[str]], str]:
    def data(found: re.Match[str]) -> str:
        name = found[1].strip("\"'")
        if name.startswith(("#", "data:")):
            return found[0]
        path = sheet.parent / name
        if not path.exists():
            # Marker pictures: these pages have no markers.
            return "none"
        return f"url(data:image/png;base64,{b64encode(path.read_bytes()).decode()})"

    return data
