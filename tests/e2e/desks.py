"""The desks as the people at them use them: what they type and press, what they see."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

SECONDS = 30_000
"""The longest that anything may take to appear, ms."""


@dataclass(frozen=True)
class Desk:
    """A page with somebody in front of it."""

    page: Page

    def sit(self, address: str) -> None:
        """Open the desk's page."""
        self.page.goto(address)

    def leave(self) -> None:
        """Close the page's map: software rendering of several at once starves a small machine."""
        self.page.goto("about:blank")

    def at(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def press(self, testid: str) -> None:
        self.at(testid).click(timeout=SECONDS)

    def write(self, testid: str, text: str) -> None:
        self.at(testid).fill(text, timeout=SECONDS)


@dataclass(frozen=True)
class Submission:
    """What a caller tells."""

    kind: str
    words: str
    narrative: str
    facts: str
    name: str = ""
    phone: str = ""
    address: str = ""
    id_number: str = ""


class IntakeDesk(Desk):
    """The agent's page."""

    def register(self, told: Submission) -> str:
        """Type it in, choose the business, confirm its pin, save; gives the case number."""
        self.press(f"kind-{told.kind}")
        if told.name:
            self.write("person-name", told.name)
            self.write("person-phone", told.phone)
            self.write("person-address", told.address)
        if told.id_number:
            self.at("person-with-id").check()
            self.write("person-id-number", told.id_number)
        self.write("subject-search", told.words)
        self.press("candidate-0")
        self.press("pin-confirm")
        self.write("sealed-narrative", told.narrative)
        self.write("dispatch-facts", told.facts)
        if told.kind == "TS":
            self.page.locator("[data-testid^=demand-]").first.click()
        self.press("save-submission")
        return self.at("case-no").first.inner_text(timeout=SECONDS).strip()

    def escalate(self, level: int, reason: str) -> None:
        self.press("escalate")
        self.press(f"escalate-level-{level}")
        self.write("escalate-reason", reason)
        self.press("escalate-confirm")
        expect(self.at("escalated").first).to_be_visible(timeout=SECONDS)

    def next_call(self) -> None:
        self.press("next-submission")


class DispatchDesk(Desk):
    """The map, the queue and the composer."""

    def open_case(self, case_id: int) -> None:
        self.press(f"queue-case-{case_id}")
        expect(self.at("case-head")).to_be_visible(timeout=SECONDS)

    def sees_case_on_map(self, case_id: int) -> None:
        """The case is among those that the map draws."""
        self.page.wait_for_function(
            "id => window.__cc?.map.cases().some(item => item.id === id)",
            arg=case_id,
            timeout=SECONDS,
        )

    def sees_unit_near(self, unit_id: int, lon: float, lat: float) -> None:
        """The unit is drawn within about five metres of that place."""
        self.page.wait_for_function(
            """([id, lon, lat]) => {
                const at = window.__cc?.fleet.drawn(id)
                return at && Math.abs(at.lon - lon) < 0.00005 && Math.abs(at.lat - lat) < 0.00005
            }""",
            arg=[unit_id, lon, lat],
            timeout=SECONDS,
        )

    def compose(self, unit_id: int, branch_id: int, override_reason: str) -> list[str]:
        """Choose recipients, by fax too, and look at the exact texts; gives them."""
        self.press(f"rec-unit-{unit_id}-choose")
        self.press(f"rec-branch-{branch_id}-choose")
        if self.at("compose-channel-fax").get_attribute("aria-pressed") != "true":
            self.press("compose-channel-fax")
        self.press("compose-preview")
        expect(self.at("order-preview")).to_be_visible(timeout=SECONDS)
        expect(self.at("preview-text-0")).to_be_visible(timeout=SECONDS)
        if self.at("override-reason").count():
            self.write("override-reason", override_reason)
        return self.page.locator("[data-testid^=preview-text-]").all_inner_texts()

    def send(self) -> None:
        self.press("send-order")
        expect(self.page.locator("[data-testid^=board-order-]").first).to_be_visible(
            timeout=SECONDS
        )

    def approve(self) -> None:
        """Read the exact words, then let them go."""
        expect(self.at("preview-text-0").first).to_be_visible(timeout=SECONDS)
        self.at("approve-order").first.click(timeout=SECONDS)

    def sees_assignment(self, assignment_id: int, state: str) -> None:
        """The channel board shows the state, in words."""
        expect(self.at(f"board-assignment-{assignment_id}-state")).to_have_text(
            re.compile(state), timeout=SECONDS
        )


class CasePage(Desk):
    """One case and its legal steps."""

    def step(self, action: str, **given: str) -> None:
        """Take a step with the data that it asks for."""
        button, more = self.at(f"action-{action}"), self.at("more-actions")
        expect(button.or_(more).first).to_be_visible(timeout=SECONDS)
        if not button.first.is_visible():
            more.click(timeout=SECONDS)
        button.first.click(timeout=SECONDS)
        for need, value in given.items():
            field = self.at(f"need-{need}")
            field.wait_for(timeout=SECONDS)
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.press("action-confirm")
        expect(self.at("action-confirm")).to_be_hidden(timeout=SECONDS)

    def shows(self, state: str) -> None:
        expect(self.at("detail-state")).to_have_text(re.compile(state), timeout=SECONDS)


class Cockpit(Desk):
    """Leadership's numbers."""

    def cases_of(self, region_code: str) -> int:
        text = self.at(f"region-count-{region_code}").inner_text(timeout=SECONDS)
        return int(text.replace(",", ""))


class FieldPhone(Desk):
    """An officer's phone, in one hand."""

    def sign_on(self, unit_id: int) -> None:
        """Stand on the crew of that vehicle, unless one stands there already."""
        expect(self.at("duty-panel").or_(self.at("sign-off"))).to_be_visible(timeout=SECONDS)
        if self.at("duty-panel").is_visible():
            self.press(f"sign-on-{unit_id}")
            expect(self.at("sign-off")).to_be_visible(timeout=SECONDS)

    def feed_back(self, words: str) -> None:
        """The big button: handling, then feedback with what was found."""
        self.press("step-HANDLING")
        self.press("step-FED_BACK")
        self.page.locator("[data-testid^=result-]").first.click(timeout=SECONDS)
        self.write("report-words", words)
        self.press("report-send")
        expect(self.at("step-CLEARED")).to_be_visible(timeout=SECONDS)

    def clear(self) -> None:
        self.press("step-CLEARED")
        expect(self.at("no-task")).to_be_visible(timeout=SECONDS)
