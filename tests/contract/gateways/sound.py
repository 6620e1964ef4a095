"""What came through a telephone line, compared with what was spoken into it."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
WINDOW = RATE // 50
"""20 ms, a packet of speech."""
Samples = NDArray[np.float64]


def read(wav: Path) -> Samples:
    """The samples of 8 kHz mono, between -1 and 1."""
    with wave.open(str(wav), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0


def loudness(samples: Samples) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def likeness(spoken: Samples, heard: Samples) -> float:
    """How well the loudness of `spoken`, packet by packet, is found in `heard`: 1 is the same.

    Two seconds at a time, half of them as well or better: where a busy machine loses a packet,
    what follows is heard a packet earlier.
    """
    there = _envelope(heard)
    wanted = [_envelope(piece) for piece in pieces(spoken, seconds=2) or [spoken]]
    return float(np.median([_best(piece, there) for piece in wanted if piece.std() > 0]))


def _best(wanted: Samples, there: Samples) -> float:
    best = 0.0
    for begin in range(max(1, len(there) - len(wanted) + 1)):
        part = there[begin : begin + len(wanted)]
        if len(part) == len(wanted) and part.std() > 0:
            best = max(best, float(np.corrcoef(wanted, part)[0, 1]))
    return best


def tone(samples: Samples, hertz: float) -> float:
    """How loud a pure tone is in the half second where it is loudest: half its amplitude."""
    wave = np.exp(-2j * np.pi * hertz * np.arange(RATE // 2) / RATE)
    half = [samples[i : i + RATE // 2] for i in range(0, len(samples) - RATE // 2 + 1, WINDOW)]
    return max((float(abs(np.mean(one * wave))) for one in half), default=0.0)


def pieces(samples: Samples, seconds: int) -> list[Samples]:
    """Whole pieces of that length."""
    step = seconds * RATE
    return [samples[i : i + step] for i in range(0, len(samples) - step + 1, step)]


def _envelope(samples: Samples) -> Samples:
    whole = len(samples) // WINDOW * WINDOW
    return np.sqrt(np.mean(samples[:whole].reshape(-1, WINDOW) ** 2, axis=1))
