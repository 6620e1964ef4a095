"""What `make test` counts, and when the set-up does a step again."""

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"
JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="broken"><error message="no"/></testcase>
<testcase classname="a" name="elsewhere"><skipped message="no shared/"/></testcase>
</testsuite></testsuites>"""
VITEST = {
    "testResults": [
        {
            "name": "age.test.ts",
            "status": "failed",
            "assertionResults": [
                {"status": "passed", "fullName": "age is shown"},
                {"status": "failed", "fullName": "age grows"},
                {"status": "pending", "fullName": "age rests"},
            ],
        },
        {"name": "syntax.test.ts", "status": "failed", "assertionResults": []},
    ]
}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(DEPLOY)
    module = import_module("run_tests")
    monkeypatch.setattr(module, "PYTEST_XML", tmp_path / "pytest.xml")
    monkeypatch.setattr(module, "VITEST_JSON", tmp_path / "vitest.json")
    return module


def test_failures_and_errors_of_pytest_are_failed_tests(runner: ModuleType) -> None:
    runner.PYTEST_XML.write_text(JUNIT)
    count = runner.count_pytest(runner.PYTEST_XML)
    assert str(count) == "1 passed, 2 failed, 1 skipped"
    assert count.names == ["a::bad", "a::broken"]


def test_a_vitest_file_that_does_not_even_load_is_a_failed_test(runner: ModuleType) -> None:
    runner.VITEST_JSON.write_text(json.dumps(VITEST))
    count = runner.count_vitest()
    assert str(count) == "1 passed, 2 failed, 1 skipped"
    assert count.names == ["age grows", "syntax.test.ts"]


@pytest.mark.parametrize(
    ("code", "counted"),
    [("", "1 passed, 0 failed, 0 skipped"), ("exit(3)", "0 passed, 1 failed, 0 skipped")],
)
def test_a_check_counts_as_one(
    runner: ModuleType, code: str, counted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    part = runner.Part("lint", [sys.executable, "-c", code])
    assert str(runner.perform(part)) == counted
    assert "== lint" in capfd.readouterr().out


def test_tests_that_leave_no_report_have_failed(runner: ModuleType) -> None:
    part = runner.Part(
        "tests",
        [sys.executable, "-c", "exit(2)"],
        count=lambda: runner.count_pytest(runner.PYTEST_XML),
    )
    assert str(runner.perform(part)) == "0 passed, 1 failed, 0 skipped"


def test_a_step_is_done_again_only_when_its_content_changed(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    setup = runner.setup
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.4")
    stamp = setup.Stamp("python", [lock])
    assert not stamp.fresh
    stamp.set()
    assert setup.Stamp("python", [lock]).fresh
    lock.write_text("numpy==2.5")
    assert not setup.Stamp("python", [lock]).fresh


def test_what_is_missing_is_known_by_what_it_gives(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = import_module("packages")
    monkeypatch.setattr(
        packages,
        "PACKAGES",
        (
            packages.Package("present", "", lambda: True),
            packages.Package("absent", "", lambda: False),
            packages.Package("exchange", "", lambda: False, packages.EXCHANGE),
            packages.Package("browser", "", lambda: False, packages.TESTS),
        ),
    )
    assert [package.debian for package in packages.missing("run")] == ["absent"]
    assert [p.debian for p in packages.missing("telephony")] == ["absent", "exchange"]
    assert [package.debian for package in packages.missing("test")] == [
        "absent",
        "exchange",
        "browser",
    ]
