"""Message catalogues for texts that the server writes itself (errors, SMS, papers)."""

import json
from functools import cache
from pathlib import Path


@cache
def _catalogue(lang: str) -> dict[str, str]:
    path = Path(__file__).with_name(f"{lang}.json")
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def translate(key: str, lang: str | None = "zh", **params: object) -> str:
    """The text for a key, Chinese unless English is asked for; an unknown key is shown as it is."""
    text = _catalogue("en" if lang == "en" else "zh").get(key)
    if text is None:
        return key
    try:
        return text.format(**params)
    except (KeyError, IndexError):
        return text
