import pytest

from kernel.crypto import Broken, KeyMissing, Vault

FIRST_VERSION = (
    "01c37730a95e043a384b3e8186543051bf77456a4ff5208b9e62bd71c3798fd8e4d03f6070fb18c5"
    "869694d9d3235e647344e8bf47afe78ea0d3ec6cffd81b2338bd5329078e2dc89dbe051db979cf2c"
    "af3473bf517cc5b55e44c10c7b3187"
)


def test_what_is_sealed_comes_back_only_for_its_own_record() -> None:
    vault = Vault("a master key of some length")
    sealed = vault.seal("王建国 13800000000".encode(), b"record 1")
    assert vault.open(sealed, b"record 1").decode() == "王建国 13800000000"
    with pytest.raises(Broken):
        vault.open(sealed, b"record 2")


def test_sealing_twice_gives_different_bytes_that_hide_the_text() -> None:
    vault = Vault("a master key of some length")
    one, two = vault.seal(b"13800000000", b"r"), vault.seal(b"13800000000", b"r")
    assert one != two
    assert b"13800000000" not in one


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    vault = Vault("a master key of some length")
    with pytest.raises(Broken):
        vault.open(vault.seal(b"secret", b"r")[:cut], b"r")


def test_another_master_key_opens_nothing() -> None:
    sealed = Vault("one master key").seal(b"secret", b"r")
    with pytest.raises(KeyMissing) as refused:
        Vault("another master key").open(sealed, b"r")
    assert refused.value.params == {"key": sealed[1:5].hex()}, "which key it needs"


def test_what_was_sealed_before_keys_had_names_still_opens() -> None:
    """Written by the first version with this master key."""
    sealed = bytes.fromhex(FIRST_VERSION)
    assert Vault("a master key of some length").open(sealed, b"record 1") == b"secret"
    assert Vault("a master key of some length").rewrapped(sealed, b"record 1")[:1] == b"\x02"
    with pytest.raises(Broken):
        Vault("another master key").open(sealed, b"record 1")


def test_rewrapping_keeps_the_content_and_its_record() -> None:
    vault = Vault("a master key of some length")
    sealed = vault.seal(b"secret", b"r")
    again = vault.rewrapped(sealed, b"r")
    assert again != sealed and again[65:] == sealed[65:]
    assert vault.open(again, b"r") == b"secret"
    with pytest.raises(Broken):
        vault.rewrapped(sealed, b"another row")


def test_the_prints_of_two_purposes_never_compare() -> None:
    vault = Vault("a master key")
    assert vault.print("informant", "13800000000") != vault.print("complainant", "13800000000")
    assert vault.print("informant", " 13800000000") in vault.prints("informant", "13800000000")


def test_a_blind_index_matches_equal_texts_only() -> None:
    vault = Vault("a master key")
    assert vault.blind_index(" 13800000000 ") == vault.blind_index("13800000000")
    assert vault.blind_index("13800000000") != vault.blind_index("13800000001")
