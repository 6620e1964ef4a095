"""Who waits for a hash, and who is refused."""

import threading
from threading import BoundedSemaphore

import pytest

from command_center.accounts import passwords
from kernel.errors import TooMany


def test_only_its_own_password_fits() -> None:
    stored = passwords.make("a good password")
    assert passwords.verify(stored, "a good password")
    assert not passwords.verify(stored, "another")
    assert not passwords.verify(None, "nobody's password")
    assert not passwords.verify("no hash", "a good password")


def test_whoever_comes_when_the_line_is_full_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_places", BoundedSemaphore(2))
    with passwords.place_in_line():
        with passwords.place_in_line(), pytest.raises(TooMany), passwords.place_in_line():
            pass
        with passwords.place_in_line():
            pass


def test_few_hashes_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    met, full, most, inside = threading.Lock(), threading.Event(), [0], [0]

    def work(_: str) -> bool:
        with met:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] > passwords.AT_ONCE:
                full.set()
        full.wait(0.1)
        with met:
            inside[0] -= 1
        return True

    threads = [
        threading.Thread(target=passwords._off_the_loop, args=(work, "x"), daemon=True)
        for _ in range(3 * passwords.AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [passwords.AT_ONCE]
