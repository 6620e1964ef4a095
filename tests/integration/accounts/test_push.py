"""Browsers that are woken: by whom, through which service, until when, and saying nothing."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.utils import format_datetime

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from command_center.accounts import sessions
from command_center.accounts.models import Organisation, User
from command_center.accounts.push import sender, vapid
from command_center.accounts.push.models import PushSubscription
from command_center.accounts.push.sender import Pusher
from command_center.accounts.push.service import PUSH, Waker
from kernel.access import Principal
from kernel.clock import FixedClock
from kernel.jobs import MAX_ATTEMPTS, Handlers, Job, Worker
from kernel.pause import Pause
from kernel.settings import Settings
from tests.factories import door
from tests.factories.desk import OneTransaction
from tests.factories.door import SETTER, Browser
from tests.fakes.push_service import Simulator

CONTACT = "mailto:duty@bureau.example"


@pytest.fixture
def service() -> Iterator[Simulator]:
    simulator = Simulator()
    yield simulator
    simulator.stop()


@pytest.fixture
def offered(settings: Settings) -> Settings:
    return settings.model_copy(update={"push_hosts": "127.0.0.1", "push_contact": CONTACT})


@pytest.fixture
def places(rooms: OneTransaction, people: dict[str, int]) -> dict[str, Organisation]:
    """Two branches with one desk each, an officer and a dispatcher at the bureau."""
    with rooms.unit_of_work(SETTER) as session:
        root = session.get_one(User, people["disp"]).organisation
        found = {}
        for name in ("east", "west"):
            found[name] = door.bureau(session, root, name)
            found[name].kind = "branch"
            door.account(session, found[name], f"{name}-desk", "UNIT")
            door.account(session, found[name], f"{name}-clerk", "ENTRY")
        door.account(session, found["east"], "officer", "OFFICER")
        return found


@pytest.fixture
def app(rooms: OneTransaction, offered: Settings, places: dict[str, Organisation]) -> APIFlask:
    return door.open_door(rooms, offered)


def signed_in(app: APIFlask, account: str) -> Browser:
    browser = Browser(app)
    assert browser.sign_in(account).status_code == 200
    return browser


def switched_on(app: APIFlask, service: Simulator, account: str) -> Browser:
    """The endpoint is the browser's own secret: nothing in it may be logged."""
    browser = signed_in(app, account)
    endpoint = f"{service.origin}/secret-{account}"
    assert browser.put("/account/push", endpoint=endpoint).status_code == 204
    return browser


class Post:
    """The worker's side."""

    def __init__(self, rooms: OneTransaction, settings: Settings, clock: FixedClock):
        self.rooms, self.clock = rooms, clock
        handlers = Handlers()
        handlers.manual(PUSH, Pusher(settings, rooms).handle)  # type: ignore[arg-type]
        self.worker = Worker(rooms, handlers, sender.WAKER)  # type: ignore[arg-type]

    def wake(self, *, user_ids: Sequence[int] = (), branch: Organisation | None = None) -> None:
        """As in the dispatcher's own transaction, who may read no subscription."""
        dispatcher = Principal(7, "李文涛", organisation_path="/")
        with self.rooms.unit_of_work(dispatcher) as session:
            if branch is not None:
                Waker().branch(session, branch.id)
            Waker().crew(session, user_ids)

    def work(self, **passed: float) -> None:
        self.clock.advance(**passed)
        self.worker.run_due()

    def left(self) -> list[Job]:
        with self.rooms.unit_of_work(SETTER) as session:
            return list(session.scalars(select(Job).where(Job.kind == PUSH)))

    def subscriptions(self) -> int:
        with self.rooms.unit_of_work(SETTER) as session:
            return session.scalar(select(func.count()).select_from(PushSubscription)) or 0

    def user(self, account: str) -> int:
        with self.rooms.unit_of_work(SETTER) as session:
            return session.scalars(select(User.id).where(User.account == account)).one()


@pytest.fixture
def post(rooms: OneTransaction, offered: Settings, clock: FixedClock) -> Post:
    return Post(rooms, offered, clock)


def test_a_branch_s_desk_is_woken_by_an_empty_message_that_we_signed(
    app: APIFlask, service: Simulator, post: Post, offered: Settings,
    places: dict[str, Organisation],
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    post.wake(branch=places["east"])
    post.work()
    (heard,) = service.heard
    assert (heard.path, heard.body) == ("/secret-east-desk", b"")
    told = {name: heard.headers[name] for name in ("ttl", "urgency", "topic", "content-length")}
    assert told == {"ttl": "14400", "urgency": "high", "topic": "orders", "content-length": "0"}
    assert heard.headers["authorization"] == vapid_like(heard.headers["authorization"], offered)
    assert not {"cookie", "content-type", "referer", "content-encoding"} & heard.headers.keys()
    assert post.left() == []


def vapid_like(header: str, settings: Settings) -> str:
    """The same header, if its key is ours; what it signs is tested with the unit tests."""
    token = header.removeprefix("vapid t=").partition(",")[0]
    return f"vapid t={token}, k={vapid.public_key(settings.push_key)}"


def test_nobody_of_another_branch_and_nobody_who_may_read_no_order_is_woken(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation]
) -> None:
    for account in ("east-desk", "west-desk", "officer"):
        switched_on(app, service, account)
    post.wake(branch=places["west"])
    post.work()
    assert [heard.path for heard in service.heard] == ["/secret-west-desk"]


def test_a_crew_is_woken_by_name_and_several_orders_at_once_are_one_message(
    app: APIFlask, service: Simulator, post: Post
) -> None:
    switched_on(app, service, "officer")
    switched_on(app, service, "east-desk")
    for _ in range(3):
        post.wake(user_ids=[post.user("officer")])
    post.work()
    assert [heard.path for heard in service.heard] == ["/secret-officer"]


@pytest.mark.parametrize("account", ["disp", "admin", "east-clerk"])
def test_whoever_nothing_would_wake_is_not_offered_it(
    app: APIFlask, service: Simulator, account: str
) -> None:
    browser = signed_in(app, account)
    answer = browser.put("/account/push", endpoint=f"{service.origin}/x")
    assert answer.status_code in (403, 409)
    shown = browser.get("/account/push")
    assert shown.status_code == 403 or shown.get_json()["offered"] is False


def test_a_bureau_that_names_no_push_service_offers_nothing(
    rooms: OneTransaction, settings: Settings, places: dict[str, Organisation]
) -> None:
    browser = signed_in(door.open_door(rooms, settings), "east-desk")
    assert browser.get("/account/push").get_json()["offered"] is False
    answer = browser.put("/account/push", endpoint="https://fcm.googleapis.com/x")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "push_not_offered")


@pytest.mark.parametrize(
    "endpoint", ["https://attacker.example/x", "http://169.254.169.254/latest", "file:///etc"]
)
def test_an_address_elsewhere_is_refused_and_never_asked(
    app: APIFlask, post: Post, endpoint: str
) -> None:
    browser = signed_in(app, "east-desk")
    answer = browser.put("/account/push", endpoint=endpoint)
    assert (answer.status_code, answer.get_json()["field"]) == (422, "endpoint")
    assert post.subscriptions() == 0


def test_a_browser_is_switched_on_and_off(app: APIFlask, service: Simulator, post: Post) -> None:
    browser = switched_on(app, service, "east-desk")
    shown = browser.get("/account/push").get_json()
    assert (shown["offered"], shown["on"], len(shown["key"])) == (True, True, 87)
    assert signed_in(app, "east-desk").get("/account/push").get_json()["on"] is False
    assert browser.delete("/account/push").status_code == 204
    assert browser.get("/account/push").get_json()["on"] is False
    assert post.subscriptions() == 0


def test_signing_out_ends_it(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation]
) -> None:
    browser = switched_on(app, service, "east-desk")
    post.wake(branch=places["east"])
    assert browser.delete("/session").status_code == 204
    post.wake(branch=places["east"])
    post.work()
    assert (post.subscriptions(), service.heard, post.left()) == (0, [], [])


def test_a_session_that_is_over_wakes_nobody_before_it_is_swept(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation],
    clock: FixedClock, rooms: OneTransaction,
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    clock.advance(hours=13)
    post.wake(branch=places["east"])
    post.work()
    assert (post.subscriptions(), service.heard) == (1, [])
    with rooms.unit_of_work(SETTER) as session:
        sessions.sweep(session)
    assert post.subscriptions() == 0


def test_a_shared_browser_is_woken_for_whoever_asked_last(
    app: APIFlask, service: Simulator, post: Post
) -> None:
    endpoint = {"endpoint": f"{service.origin}/one-machine"}
    first, second = signed_in(app, "east-desk"), signed_in(app, "officer")
    for browser in (first, second):
        assert browser.put("/account/push", **endpoint).status_code == 204
    assert first.get("/account/push").get_json()["on"] is False
    assert second.get("/account/push").get_json()["on"] is True
    assert post.subscriptions() == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_has_taken_it_back_is_forgotten(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation], status: int
) -> None:
    browser = switched_on(app, service, "east-desk")
    service.status = status
    post.wake(branch=places["east"])
    post.work()
    assert (post.subscriptions(), post.left()) == (0, [])
    assert browser.get("/account/push").get_json()["on"] is False


@pytest.mark.parametrize("asked", ["120", "date"])
def test_a_busy_service_is_asked_again_when_it_says(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation],
    clock: FixedClock, asked: str,
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    until = clock.at + timedelta(seconds=120)
    service.status = 429
    service.headers = {"Retry-After": format_datetime(until) if asked == "date" else asked}
    post.wake(branch=places["east"])
    post.work()
    service.status, service.headers = 201, {}
    post.work(seconds=118)
    assert len(service.heard) == 1
    post.work(seconds=3)
    assert (len(service.heard), post.left()) == (2, [])


@pytest.mark.parametrize("asked", ["soon", "-5", "", "Tue, 99 Foo 2026"])
def test_a_service_that_fails_without_a_time_is_asked_again_with_patience(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation], asked: str
) -> None:
    switched_on(app, service, "east-desk")
    service.status, service.headers = 503, {"Retry-After": asked}
    post.wake(branch=places["east"])
    for _ in range(MAX_ATTEMPTS + 2):
        post.work(seconds=301)
    (job,) = post.left()
    assert (len(service.heard), job.dead_at is not None) == (MAX_ATTEMPTS, True)


def test_no_redirect_is_followed_and_no_word_of_the_address_is_logged(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation],
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    service.status, service.headers = 302, {"Location": f"{service.origin}/elsewhere"}
    post.wake(branch=places["east"])
    post.work()
    assert [heard.path for heard in service.heard] == ["/secret-east-desk"]
    assert post.left() == []
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "push_refused" in logged
    assert "secret-east-desk" not in logged


def test_a_service_that_is_away_is_tried_again_and_named_nowhere(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation],
    rooms: OneTransaction,
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    with rooms.unit_of_work(SETTER) as session:
        session.scalars(select(PushSubscription)).one().endpoint = "http://127.0.0.1:1/secret"
    post.wake(branch=places["east"])
    post.work()
    (job,) = post.left()
    assert (job.attempt, job.last_error) == (1, "ConnectionError")


def test_a_pause_of_everything_outbound_holds_it_back_however_long(
    app: APIFlask, service: Simulator, post: Post, places: dict[str, Organisation],
    rooms: OneTransaction, clock: FixedClock,
) -> None:  # fmt: skip
    switched_on(app, service, "east-desk")
    with rooms.unit_of_work(SETTER) as session:
        session.add(Pause(began_at=clock.at, began_by=1, began_by_name="赵刚", reason="演练"))
    post.wake(branch=places["east"])
    for _ in range(MAX_ATTEMPTS * 2):
        post.work(seconds=16)
    assert service.heard == []
    with rooms.unit_of_work(SETTER) as session:
        session.scalars(select(Pause)).one().ended_at = clock.at
    post.work(seconds=16)
    assert (len(service.heard), post.left()) == (1, [])
