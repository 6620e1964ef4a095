"""Asterisk in a private tree: Debian stable has no package, and another suite's must not touch it.

The packages are laid out, not installed: no script of theirs runs, and nothing outside the tree
changes. Signatures are verified as apt does.
"""

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SUITE = "sid"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INCLUDED = "asterisk,asterisk-moh-opsound-gsm,base-files,libc-bin,dash,coreutils"
SBIN = "/usr/sbin:/usr/local/sbin"


def is_wanted(tree: Path) -> bool:
    """Whether this machine has no Asterisk yet, and can run Debian's; others install their own."""
    own = shutil.which("asterisk") or shutil.which("asterisk", path=SBIN)
    is_there = own or (tree / "usr/sbin/asterisk").exists()
    return not is_there and platform.machine() == "x86_64" and bool(mirror())


def mirror() -> str:
    """Where this system gets Debian from; empty where it is no Debian."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    except OSError:
        return ""
    return next((uri for uri in sorted(told) if uri.rstrip("/").endswith("/debian")), "")


def lay_out(tree: Path, run: Callable[[list[str]], None], as_root: list[str]) -> None:
    """Make the tree, whole or not at all; half a minute and 300 MB."""
    scratch = tree.with_name(f"{tree.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    options = ('APT::Install-Recommends "false"', 'Acquire::Check-Valid-Until "false"',
               'Acquire::Languages "none"')  # fmt: skip
    run(
        [
            *as_root,
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=extract",
            "--architectures=amd64",
            *(f"--aptopt={option}" for option in options),
            f"--include={INCLUDED}",
            SUITE,
            str(scratch),
            f"deb [signed-by={KEYS}] {mirror()} {SUITE} main",
        ]
    )
    scratch.rename(tree)
    print(f"set-up: Asterisk in {tree.name}", file=sys.stderr, flush=True)
