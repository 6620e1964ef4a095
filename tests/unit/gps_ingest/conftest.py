import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A machine that is busy with other things makes no example wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT.parent / "shared" / "vectors"


@pytest.fixture(scope="session")
def published() -> Callable[[str], list[dict[str, Any]]]:
    """Rows of the published vectors; skips the test where they are not at hand."""

    def rows(name: str) -> list[dict[str, Any]]:
        if not (PUBLISHED / name).exists():
            pytest.skip(f"the published vectors ({name}) are not on this machine")
        return [json.loads(line) for line in (PUBLISHED / name).read_text("utf-8").splitlines()]

    return rows


@pytest.fixture(scope="session")
def published_bytes() -> Callable[[str], bytes]:
    return lambda name: (PUBLISHED / name).read_bytes()
