"""Marks of a stored fix."""

from enum import IntFlag


class FixFlag(IntFlag):
    """What is remarkable about a stored fix; kept as one number."""

    ESTIMATED = 1
    MANUAL = 2
    SIMULATED = 4
    MOCK = 8
    DATE_INFERRED = 16
    RECEIVE_TIME = 32
    WEEK_CORRECTED = 64
    ZONE_SUSPECT = 128
    LATE = 256
