"""Other programs that make pages and sound, each in a process of its own: what they may compute is
limited, a busy machine is waited for.
"""

import resource
import subprocess
from contextlib import suppress

CPU_SECONDS = 20
"""More than any order needs. Of computing, not of waiting: where everything is slow, a program that
was stopped and begun anew would never end."""
PATIENCE_SECONDS = 120
"""Then others get the slot; what was begun is begun anew."""


class NotMade(Exception):
    """The program refuses, or computes too long; the message says why."""


class TooBusy(Exception):
    """The machine has no time for it now; the same may be made later."""


def run(argv: list[str], given: bytes = b"") -> None:
    """Run it to its end, with these bytes as its input. Raises NotMade, TooBusy.

    Words are given over the pipe: the list of processes shows everybody's arguments.
    """
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe)
    except FileNotFoundError as error:
        raise NotMade(f"{argv[0]} is not installed") from error
    with process:
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        try:
            process.communicate(given, timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise TooBusy(f"{argv[0]}: longer than {PATIENCE_SECONDS} s") from error
    if process.returncode:
        raise NotMade(f"{argv[0]} ended with {process.returncode}")
