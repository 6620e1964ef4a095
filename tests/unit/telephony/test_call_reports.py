"""The journal of the exchange, line by line, to our web process."""

import threading
from pathlib import Path

import pytest

from kernel.settings import Settings
from telephony import callback
from telephony.call_reports import Follower, Report, begin_anew, read
from telephony.lifecycle import Kind

DIALLED = "job=fax-7-2&dial=ANSWER"
SENT = "job=fax-7-2&fax=SUCCESS&pages=3&rate=14400&error=HANGUP&remote=%2B9991"


@pytest.mark.parametrize(
    ("line", "kind", "pages"),
    [
        (SENT, Kind.DELIVERED, 3),
        ("job=fax-7-2&fax=FAILED&pages=1&rate=9600&error=dropped&remote=", Kind.DROPPED, 1),
        ("job=fax-7-2&fax=&pages=&rate=&error=&remote=", Kind.DROPPED, 0),
        ("job=fax-7-2&dial=BUSY", Kind.BUSY, 0),
        ("job=fax-7-2&dial=NOANSWER", Kind.NO_ANSWER, 0),
        ("job=fax-7-2&dial=CHANUNAVAIL", Kind.DROPPED, 0),
    ],
)
def test_how_a_call_ended(line: str, kind: Kind, pages: int) -> None:
    found = read(line)
    assert found is not None
    assert (found.message, found.attempt, found.kind, found.part) == (7, 2, kind, pages)


@pytest.mark.parametrize(
    ("line", "kind", "part"),
    [
        ("job=voice-7-2&key=1&part=1&at=1795402944", Kind.KEY, 1),
        ("job=voice-7-2&key=*&part=3&at=1795402944", Kind.KEY, 3),
        ("job=voice-7-2&key=%23&part=2&at=", Kind.KEY, 2),
        ("job=voice-7-2&voice=end&heard=1&keys=0&desk=", Kind.DELIVERED, 0),
        ("job=voice-7-2&voice=end&heard=0&keys=2&desk=ANSWER", Kind.DELIVERED, 0),
        ("job=voice-7-2&voice=end&heard=0&keys=0&desk=", Kind.DROPPED, 0),
        ("job=voice-7-2&voice=end&heard=&keys=&desk=", Kind.DROPPED, 0),
        ("job=voice-7-2&dial=NOANSWER", Kind.NO_ANSWER, 0),
        ("job=voice-7-2&dial=CANCEL", Kind.NO_ANSWER, 0),
    ],
)
def test_what_a_call_tells(line: str, kind: Kind, part: int) -> None:
    found = read(line)
    assert found is not None
    assert (found.engine, found.message, found.attempt) == ("voice_asterisk", 7, 2)
    assert (found.kind, found.part) == (kind, part)


@pytest.mark.parametrize(
    ("line", "news"),
    [
        ("job=conference-7-2&party=joined&at=1795402944", "joined"),
        ("job=conference-7-2&party=left&at=1795402944", "left"),
        ("job=conference-7-2&dial=BUSY&at=1795402944", "busy"),
        ("job=conference-7-2&dial=NOANSWER&at=1795402944", "no_answer"),
        ("job=conference-7-2&dial=CHANUNAVAIL&at=1795402944", "dropped"),
    ],
)
def test_what_became_of_a_party_s_line(line: str, news: str) -> None:
    found = read(line)
    assert found is not None
    assert (found.hook, found.body) == (
        "conference/party",
        {"conference": 7, "party": 2, "news": news, "at": "1795402944"},
    )


@pytest.mark.parametrize("line", ["job=conference-7-2&dial=ANSWER", "job=conference-7&party=left"])
def test_the_end_of_a_dialling_that_was_answered_is_no_news_of_the_party(line: str) -> None:
    assert read(line) is None


def test_a_page_is_told_once_when_it_begins(
    tmp_path: Path, office: "Office", monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([{"fax-7-1": 1}, {"fax-7-1": 1}, {"fax-7-1": 2, "": 3}, OSError(), {"fax-7-1": 3}])

    def under_way(_: Settings) -> dict[str, int]:
        look = next(looks, {})
        if isinstance(look, OSError):
            raise look
        return look

    monkeypatch.setattr("telephony.fax_progress.under_way", under_way)
    monkeypatch.setattr("telephony.call_reports.PAGES_SECONDS", 0)
    told: list[object] = []
    monkeypatch.setattr(
        callback, "told", lambda _s, _w, said: told.append((said["kind"], said["part"]))
    )
    follow(Settings(var_dir=tmp_path), tmp_path / "journal", office, 0)
    assert told == [(Kind.PAGE_BEGINS, page) for page in (1, 2, 3)], "nobody repeats what was lost"


def test_a_key_is_told_with_the_moment_it_was_pressed() -> None:
    found = read("job=voice-7-2&key=*&part=3&at=1795402944")
    assert found is not None
    assert (found.body["key"], found.body["at"], found.body["part"]) == ("*", "1795402944", 3)


@pytest.mark.parametrize(
    "line",
    [
        DIALLED,
        "",
        "job=&dial=BUSY",
        "job=fax-x-1&dial=BUSY",
        "job=fax-7&dial=BUSY",
        "job=voice-7-1",
        "job=sms-7-1&dial=BUSY",
        "\x00",
    ],
)
def test_what_tells_no_end_is_no_report(line: str) -> None:
    assert read(line) is None


def test_a_fax_that_came_in_is_told_with_its_number_and_pages(
    tmp_path: Path, office: "Office"
) -> None:
    settings, journal = Settings(var_dir=tmp_path), tmp_path / "journal"
    journal.write_text(
        "came=in-1790000000.7.tif&from=%2B9991000005001&to=12315&pages=2&fax=SUCCESS&at=1790000000\n"
        "came=in-1790000000.8.tif&from=%2B9991390000&to=12315&pages=0&fax=FAILED&at=1790000009\n"
        f"{SENT}\n",
        "utf-8",
    )
    size = journal.stat().st_size
    follow(settings, journal, office, 2)
    assert office.taken == [(2, "+9991000005001"), (7, "delivered")], "of no page nothing is told"
    left = journal.read_text("utf-8")
    assert "9991000005001" not in left, "whoever it was is kept sealed"
    assert "999139" not in left
    assert journal.stat().st_size == size
    assert left.endswith(f"{SENT}\n")


class Office:
    """The web process: takes reports, or does not."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, str]] = []
        self.refuses = 0
        self.follower: Follower | None = None

    def take(self, _: Settings, what: str, report: dict[str, object]) -> bool:
        if self.refuses:
            self.refuses -= 1
            return False
        if what == "fax/inbound":
            self.taken.append((int(str(report["pages"])), str(report["from"])))
            return True
        self.taken.append((int(str(report["message"])), str(report["kind"])))
        return True


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office()
    monkeypatch.setattr(callback, "told", office.take)
    monkeypatch.setattr("telephony.call_reports.LOOK_SECONDS", 0.01)
    return office


def follow(settings: Settings, journal: Path, office: Office, count: int) -> None:
    """Until so many reports were taken."""
    follower = Follower(settings, journal)
    thread = threading.Thread(target=follower.run)
    thread.start()
    for _ in range(500):
        if len(office.taken) >= count:
            break
        thread.join(0.01)
    thread.join(0.1)
    follower.stopping.set()
    thread.join()


def test_each_line_is_told_once_and_what_was_not_taken_again(
    tmp_path: Path, office: Office
) -> None:
    settings, journal = Settings(var_dir=tmp_path), tmp_path / "journal"
    journal.write_text(f"{DIALLED}\n{SENT}\njob=fax-8-1&dial=BUSY\njob=fax-9-1&di", "utf-8")
    office.refuses = 1
    follow(settings, journal, office, 2)
    assert office.taken == [(7, "delivered"), (8, "busy")]
    with journal.open("a", encoding="utf-8") as file:
        file.write("al=NOANSWER\n")
    follow(settings, journal, office, 3)
    assert office.taken[2:] == [(9, "no_answer")]


def test_a_journal_that_was_begun_anew_is_read_from_its_beginning(
    tmp_path: Path, office: Office
) -> None:
    settings, journal = Settings(var_dir=tmp_path), tmp_path / "journal"
    journal.write_text(f"{SENT}\n" * 3, "utf-8")
    follow(settings, journal, office, 3)
    journal.write_text("job=fax-9-1&dial=BUSY\n", "utf-8")
    follow(settings, journal, office, 4)
    assert office.taken[3:] == [(9, "busy")]


def test_a_report_names_what_the_engine_said() -> None:
    found = read(SENT)
    assert isinstance(found, Report)
    assert found.detail["rate"] == "14400"


@pytest.mark.parametrize(("told", "left"), [("all", 0), ("not all", 1_100), ("nothing", 1_100)])
def test_a_journal_is_emptied_at_the_exchanges_start_once_all_of_it_was_told(
    tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch, told: str, left: int
) -> None:
    monkeypatch.setattr("telephony.call_reports.MOST_BYTES", 1_000)
    settings, journal = Settings(var_dir=tmp_path), tmp_path / "journal"
    line = "job=fax-9-1&dial=BUSY".ljust(99, "&") + "\n"
    journal.write_text(line * 10, "utf-8")
    if told != "nothing":
        follow(settings, journal, office, 10)
    begin_anew(journal)
    assert journal.stat().st_size == 1_000, "as large as it may grow"
    with journal.open("a", encoding="utf-8") as file:
        file.write(line)
    if told == "all":
        follow(settings, journal, office, 11)
    begin_anew(journal)
    assert journal.stat().st_size == left
    with journal.open("a", encoding="utf-8") as file:
        file.write(SENT + "\n")
    follow(settings, journal, office, 12)
    assert len(office.taken) == 12
    assert office.taken[-1] == (7, "delivered")
