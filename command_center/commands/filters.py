"""What the filters of the command line share: lines in, an answer out at once."""

import os
import sys


def answer(lines: bytes) -> None:
    """Write a filter's answer to stdout at once. Ends the command quietly when its reader has gone
    away; raises OSError where stdout takes no more."""
    try:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is still buffered goes nowhere, so that the interpreter ends in peace.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(0)
        raise
