"""What the law asks of a submission before it can be a case (SPEC §3.1-3.3). Pure."""

from collections.abc import Mapping

REQUIRED: dict[str, tuple[str, ...]] = {
    # Order 121 art. 10: true identity, a respondent with an address, a request, its facts.
    "TS": (
        "person.name",
        "person.phone",
        "person.address",
        "subject.name",
        "subject.address",
        "demands",
        "dispatch_facts",
    ),
    # Art. 28: a subject that can be found and a concrete lead; identity only if real-name.
    "JB": ("subject.name", "dispatch_facts"),
    "ZX": ("question",),
}


def missing(kinds: list[str], given: Mapping[str, object]) -> list[str]:
    """The required fields, by their names on the form, that are not filled in; each once."""
    wanted = dict.fromkeys(name for kind in kinds for name in REQUIRED[kind])
    return [name for name in wanted if given.get(name) in (None, "", [])]
