"""`command-center audit` as an operator and the upper tier use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from command_center.accounts import service as accounts
from kernel.access import system
from kernel.db import Database
from tests.conftest import Server

pytestmark = pytest.mark.timeout(240)
SOMEBODY = system("test")


@pytest.fixture
def address(database: Database) -> str:
    """A database with a bureau, whose founding is the log's first entry."""
    with database.unit_of_work(SOMEBODY) as session:
        accounts.create_organisation(
            session, parent=None, code="b", kind="bureau", name="演示市局", region_code="110000"
        )
    return database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


def audit(var: Path, address: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command_center", "audit", *words],
        env={**os.environ, "CC_VAR_DIR": str(var), "CC_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_the_chain_is_anchored_proved_and_its_break_named_in_one_line(
    address: str, tmp_path: Path, server: Server, database: Database
) -> None:
    anchor = json.loads(audit(tmp_path, address, "anchor").stdout)
    key = Ed25519PublicKey.from_public_bytes(
        bytes.fromhex(audit(tmp_path, address, "anchor", "--public-key").stdout.strip())
    )
    signature = bytes.fromhex(anchor.pop("signature"))
    said = json.dumps(anchor, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    key.verify(signature, said.encode())
    assert (anchor["position"], anchor["bureau"]) == (1, "110000 演示市局")

    whole = audit(tmp_path, address, "verify")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("whole; 1 links, 1 anchors; unchained tail 1, oldest ")
    name = database.engine.url.database or ""
    with psycopg.connect(server.admin_url + name, autocommit=True) as connection:
        connection.execute("alter table kernel.audit disable trigger append_only")
        connection.execute("update kernel.audit set actor = 'nobody' where id = 1")
    broken = audit(tmp_path, address, "verify")
    assert broken.returncode == 1
    assert broken.stdout.startswith("BROKEN: altered position 1 entry 1; 0 links")
    told = json.loads(audit(tmp_path, address, "verify", "--json").stdout)
    assert told["broken"] == {"what": "altered", "position": 1, "entry_id": 1, "anchor": None}
