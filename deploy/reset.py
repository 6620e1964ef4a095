"""Removes everything that one installation wrote: `python3 deploy/reset.py`.

Standard library only. Refuses while it runs, and refuses a folder that is not ours.
"""

import fcntl
import os
import shutil
import sys
from pathlib import Path


def main() -> str | None:
    """Remove var/; gives why not, if not."""
    var = Path(os.environ.get("CC_VAR_DIR", "var")).absolute()
    if not var.exists():
        return None
    lock = var / "run" / "up.lock"
    if not lock.exists():
        return f"{var} is not the folder of a command centre: nothing was removed"
    if os.environ.get("CC_MODE") == "production":
        return f"{var} belongs to a command centre in production: remove it by hand"
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"the command centre of {var} is running: stop it first"
        shutil.rmtree(var)
    return None


if __name__ == "__main__":
    sys.exit(main())
