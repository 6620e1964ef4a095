"""What the bits of a location mean, by edition. Bit 0 is the lowest of the DWORD.

Source: JT/T 808 chapter 8, message 0x0200 (alarms: 2013 table 24, 2019 table 25).
"""

SOS = 1 << 0
POSITIONED, SOUTH, WEST = 1 << 1, 1 << 2, 1 << 3
ACC_ON = 1 << 0
SHIFTED = 1 << 5
"""Coordinates encrypted by the secrecy plug-in. Vendors abroad set it with meanings of their
own, so positions are never changed for this bit alone."""

ALARMS = {
    0: "sos",
    1: "overspeed",
    2: "fatigue",
    3: "danger",
    4: "gnss_fault",
    5: "antenna_open",
    6: "antenna_short",
    7: "power_low",
    8: "power_off",
    9: "display_fault",
    10: "tts_fault",
    11: "camera_fault",
    12: "card_module_fault",
    13: "overspeed_warning",
    14: "fatigue_warning",
    15: "illegal_driving",
    16: "tyre_pressure",
    17: "right_blind_spot",
    18: "driving_time",
    19: "parked_too_long",
    20: "area_crossed",
    21: "route_crossed",
    22: "segment_time",
    23: "off_route",
    24: "vss_fault",
    25: "fuel_abnormal",
    26: "stolen",
    27: "illegal_ignition",
    28: "illegal_move",
    29: "collision",
    30: "roll_over",
    31: "illegal_door",
}
STATUS = {
    0: "acc_on",
    1: "positioned",
    2: "south",
    3: "west",
    4: "out_of_service",
    5: "encrypted",
    6: "forward_collision",
    7: "lane_departure",
    10: "fuel_cut",
    11: "power_cut",
    12: "doors_locked",
    13: "door_1_open",
    14: "door_2_open",
    15: "door_3_open",
    16: "door_4_open",
    17: "door_5_open",
    18: "gps",
    19: "beidou",
    20: "glonass",
    21: "galileo",
    22: "moving",
}
LOADS = ("empty", "half", "reserved", "full")
"""By status bits 8 and 9, since 2013."""

_SINCE_2013 = {12, 13, 14, 29, 30, 31}
_SINCE_2019 = {15, 16, 17}
_STATUS_SINCE_2013 = {*range(13, 22)}
_STATUS_SINCE_2019 = {6, 7, 22}
_CLEARED_BY_ACK = {0, 20, 21, 22, 27, 28}


def alarms(bits: int, edition: int) -> list[str]:
    """The names of the alarms that are set and that the edition knows."""
    unknown = set() if edition >= 2019 else set(_SINCE_2019)
    unknown |= _SINCE_2013 if edition < 2013 else {31} if edition >= 2019 else set()
    return [name for bit, name in ALARMS.items() if bits >> bit & 1 and bit not in unknown]


def statuses(bits: int, edition: int) -> list[str]:
    """The names of the states that are set and that the edition knows, then the load."""
    unknown = set() if edition >= 2019 else set(_STATUS_SINCE_2019)
    unknown |= set() if edition >= 2013 else _STATUS_SINCE_2013
    names = [name for bit, name in STATUS.items() if bits >> bit & 1 and bit not in unknown]
    load = bits >> 8 & 3
    return [*names, f"load_{LOADS[load]}"] if load and edition >= 2013 else names


def cleared_by_ack(edition: int) -> int:
    """Alarm bits that the terminal clears when its report is answered: persist them before."""
    bits = _CLEARED_BY_ACK | ({3, 31} if edition == 2013 else {3} if edition < 2013 else set())
    return sum(1 << bit for bit in bits)
