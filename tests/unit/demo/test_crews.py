from random import Random

from command_center.demo.crews import Crew, Task, codes_in


def task(state: str) -> Task:
    return Task(9, "4711", state, 116.4, 39.9)


def test_a_crew_answers_each_step_once_and_only_after_a_pause() -> None:
    crew = Crew(Random(1))
    assert crew.reply(task("ISSUED"), 0, has_text=True, arrived=False) is None
    assert crew.reply(task("ISSUED"), 60, has_text=True, arrived=False) == "4711 1"
    assert crew.reply(task("ISSUED"), 90, has_text=True, arrived=False) is None


def test_nobody_answers_an_order_that_has_not_reached_the_phone() -> None:
    crew = Crew(Random(1))
    crew.reply(task("ISSUED"), 0, has_text=False, arrived=False)
    assert crew.reply(task("ISSUED"), 600, has_text=False, arrived=False) is None


def test_a_crew_reports_the_scene_only_when_the_car_is_there() -> None:
    crew = Crew(Random(1))
    crew.reply(task("EN_ROUTE"), 0, has_text=True, arrived=False)
    assert crew.reply(task("EN_ROUTE"), 300, has_text=True, arrived=False) is None
    assert crew.reply(task("EN_ROUTE"), 301, has_text=True, arrived=True) == "4711 3"


def test_the_code_is_found_in_the_words_of_an_order() -> None:
    assert codes_in("【执法调度】一般指令DD202609220001，码0815。请打开APP。回复 码 1接令") == [
        "0815"
    ]
