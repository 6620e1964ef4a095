"""The whole system, for the figures that need it; loads and limits in C."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from kernel.access import Principal
from kernel.db import Database
from tests.e2e.conftest import browser, running_system, signed_in

__all__ = ["browser", "native", "running_system", "signed_in"]

ROUNDS = 20


def milliseconds(database: Database, who: Principal, what: Callable[..., object]) -> float:
    """The median of what it takes as that person, each time in a transaction of its own."""
    spent = []
    for _ in range(ROUNDS):
        with database.unit_of_work(who) as session:
            start = time.perf_counter()
            what(session)
            spent.append((time.perf_counter() - start) * 1000)
    return median(spent)


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
