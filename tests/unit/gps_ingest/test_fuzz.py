"""Whatever comes, a decoder gives messages and errors, and never fails. Seconds by FUZZ_SECONDS."""

import os
import random
import time
from itertools import islice

import pytest

from gps_ingest.protocols import base
from tests.fuzz import MOST, captured, corpus, mutants, read, seeds

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
TOGETHER = 40
PROTOCOLS = list(base.MODULES)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_earlier_hunts_found_is_read(protocol: str) -> None:
    assert corpus(protocol)
    for frame in corpus(protocol):
        data = captured(protocol, frame)
        assert read(protocol, data, 3) == read(protocol, data), frame.hex()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_broken_frames_of_new_kinds_are_read(protocol: str) -> None:
    chance, until = random.Random(SEED), time.monotonic() + SECONDS
    broken, rounds = mutants(protocol, chance, seeds(protocol)), 0
    while time.monotonic() < until or not rounds:
        rounds += 1
        data = b"".join(captured(protocol, frame) for frame in islice(broken, TOGETHER))
        try:
            whole = read(protocol, data, len(data))
            assert read(protocol, data, chance.randint(1, MOST)) == whole
        except Exception as error:
            error.add_note(f"FUZZ_SEED={SEED}: {data.hex()}")
            raise
    assert rounds > 0
