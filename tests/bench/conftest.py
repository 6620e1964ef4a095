"""The whole system, for the figures that need it; loads and limits in C."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import browser, running_system, signed_in

__all__ = ["browser", "native", "running_system", "signed_in"]


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled programs; skips where there is no C compiler."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("native")
    for source in (Path(__file__).parent / "native").glob("*.c"):
        subprocess.run(
            ["cc", "-O2", "-o", str(folder / source.stem), str(source), "-lm"], check=True
        )
    return folder
