"""Whatever comes, a decoder gives messages and errors, and never fails. Seconds by FUZZ_SECONDS."""

import json
import os
import random
import time
from collections import Counter
from itertools import islice

import pytest

from gps_ingest.protocols import base
from tests.fuzz import MOST, captured, corpus, mutants, read, seeds

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
TOGETHER = 40
LEAST = 10 * TOGETHER
"""Frames, however few the seconds."""
PROTOCOLS = list(base.MODULES)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_earlier_hunts_found_is_read(protocol: str) -> None:
    kept, messages = corpus(protocol), 0
    assert kept
    for frame in kept:
        data = captured(protocol, frame)
        whole = read(protocol, data)
        assert read(protocol, data, 3) == whole, frame.hex()
        messages += len(whole)
    assert messages > len(kept) / 2  # the others are noise alone


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_broken_frames_of_new_kinds_are_read(protocol: str) -> None:
    chance, until = random.Random(SEED), time.monotonic() + SECONDS
    broken, frames, kinds = mutants(protocol, chance, seeds(protocol)), 0, Counter[str]()
    while time.monotonic() < until or frames < LEAST:
        frames += TOGETHER
        data = b"".join(captured(protocol, frame) for frame in islice(broken, TOGETHER))
        try:
            whole = read(protocol, data, len(data))
            assert read(protocol, data, chance.randint(1, MOST)) == whole
        except Exception as error:
            error.add_note(f"FUZZ_SEED={SEED}: {data.hex()}")
            raise
        kinds.update(json.loads(line)["kind"] for line in whole)
    # Most of them say something, if only what is wrong; and not every one is wrong.
    assert kinds.total() > frames / 2, f"FUZZ_SEED={SEED}: {kinds}"
    assert kinds.total() - kinds["error"] > frames / 50, f"FUZZ_SEED={SEED}: {kinds}"
