"""Online geocoders, each played by a labelled simulator on loopback: none of them is ever real."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.orm import Session

from kernel.settings import Settings
from maps.datums import gcj02_to_wgs84, wgs84_to_gcj02
from maps.geocoding.resolver import candidates, with_others
from maps.geocoding.sources.online import SURE, Online, chosen
from maps.registry import load
from maps.registry.rows import RegistryRow

AT = (116.46, 39.92)
PLACE = "鲸鱼塔东门"
SECONDS = 0.3


class Simulator:
    """Stands for a geocoding service; `says` is its answer, `waits` how long it takes."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.says: object = []
        self.status, self.waits = 200, 0.0
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulator.asked.append(parse_qs(urlsplit(self.path).query))
                sleep(simulator.waits)
                self.send_response(simulator.status)
                self.end_headers()
                self.wfile.write(json.dumps(simulator.says).encode())

            def log_message(self, *_: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/search"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    made = Simulator()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def nominatim(simulator: Simulator) -> Settings:
    return Settings(place_nominatim_url=simulator.url, place_seconds=SECONDS)


def house(lon: float, lat: float) -> list[dict[str, str]]:
    return [{"lon": str(lon), "lat": str(lat), "display_name": PLACE, "category": "tourism"}]


def find(source: Online, text: str = PLACE) -> list[tuple[float | None, ...]]:
    return [(c.lon, c.lat) for c in source.find(text)]


def test_none_is_asked_unless_it_is_named() -> None:
    assert chosen(Settings()) == ()


def test_nominatim_answers_in_wgs84(session: Session, simulator: Simulator) -> None:
    simulator.says = house(*AT)
    here = candidates(session, PLACE)
    [found] = with_others(here, PLACE, chosen(nominatim(simulator)))
    assert (found.lon, found.lat, found.level, found.source) == (*AT, "landmark", "nominatim")
    assert (found.confidence, found.evidence) == (SURE["landmark"], ("remote:nominatim",))
    assert simulator.asked == [
        {"q": [PLACE], "format": ["jsonv2"], "limit": ["3"], "countrycodes": ["cn"]}
    ]


def test_amap_is_converted_from_its_datum(simulator: Simulator) -> None:
    lon, lat = wgs84_to_gcj02(*AT)
    one = {"formatted_address": PLACE, "location": f"{lon:.6f},{lat:.6f}", "level": "门牌号"}
    simulator.says = {"status": "1", "geocodes": [one]}
    [source] = chosen(Settings(place_amap_url=simulator.url, place_amap_key="k"))
    [found] = source.find(PLACE)
    assert (found.lon, found.lat) == pytest.approx(gcj02_to_wgs84(lon, lat), abs=2e-6)
    assert (found.lon, found.lat) == pytest.approx(AT, abs=2e-6)
    assert (found.level, simulator.asked[0]["key"]) == ("door", ["k"])


def test_tianditu(simulator: Simulator) -> None:
    where = {"lon": AT[0], "lat": AT[1], "level": "兴趣点", "keyWord": PLACE}
    simulator.says = {"status": "0", "location": where}
    [source] = chosen(Settings(place_tianditu_url=simulator.url, place_tianditu_key="k"))
    [found] = source.find(PLACE)
    assert (found.lon, found.lat, found.level) == (*AT, "landmark")
    assert json.loads(simulator.asked[0]["ds"][0]) == {"keyWord": PLACE}


def test_who_is_sure_here_asks_nobody(session: Session, simulator: Simulator) -> None:
    row = RegistryRow("鲸鱼塔饭店", "朝阳区建国路9号", lon=AT[0], lat=AT[1])
    load.load(session, [row], source="registry")
    here = candidates(session, "鲸鱼塔饭店")
    found = with_others(here, "鲸鱼塔饭店", chosen(nominatim(simulator)))
    assert found[0].source == "registry"
    assert simulator.asked == []


def test_words_that_lead_to_a_person_do_not_leave(simulator: Simulator) -> None:
    [source] = chosen(nominatim(simulator))
    for text in ("13812345678说的店", "幸福小区3号楼2单元301"):
        assert find(source, text) == []
    assert simulator.asked == []


def test_an_answer_is_kept_for_who_asks_again(simulator: Simulator) -> None:
    simulator.says = house(*AT)
    [source] = chosen(nominatim(simulator))
    assert find(source) == find(source) == [AT]
    assert len(simulator.asked) == 1


@pytest.mark.parametrize(
    "says", [{"error": "quota"}, [{"lat": "nan"}], [{"lon": "1e9", "lat": "0"}], "x", 7, None]
)
def test_another_shape_is_no_answer(simulator: Simulator, says: object) -> None:
    simulator.says = says
    [source] = chosen(nominatim(simulator))
    assert find(source) == []


def test_a_point_abroad_is_left_out(simulator: Simulator) -> None:
    simulator.says = house(2.35, 48.85)
    [source] = chosen(nominatim(simulator))
    assert find(source) == []


def test_nobody_waits_for_a_silent_service(simulator: Simulator) -> None:
    moment = [0.0]
    [chosen_source] = chosen(nominatim(simulator))
    source = Online(chosen_source.service, SECONDS, clock=lambda: moment[0])
    simulator.waits = 2 * SECONDS
    for n in range(4):
        assert find(source, f"{PLACE}{n}") == []
    assert len(simulator.asked) == 3
    simulator.waits, simulator.says, moment[0] = 0, house(*AT), 61
    assert find(source) == [AT]
