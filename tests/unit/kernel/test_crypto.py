import pytest

from kernel.crypto import Broken, Vault


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
    with pytest.raises(Broken):
        Vault("another master key").open(sealed, b"r")


def test_a_blind_index_matches_equal_texts_only() -> None:
    vault = Vault("a master key")
    assert vault.blind_index(" 13800000000 ") == vault.blind_index("13800000000")
    assert vault.blind_index("13800000000") != vault.blind_index("13800000001")
