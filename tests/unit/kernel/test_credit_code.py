import pytest

from kernel import credit_code

VALID = ("91350100M000100Y43", "91110000802100433B", "91440300708461136T")


@pytest.mark.parametrize("code", VALID)
def test_issued_codes_are_valid(code: str) -> None:
    assert credit_code.is_valid(code)
    assert credit_code.organisation_check_character(code[8:16]) == code[16]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("91110000802100433", "length"),
        ("91110000802100433BB", "length"),
        ("110000802100433", "length"),
        ("9111000080210043OB", "characters"),
        ("91A10000802100433B", "characters"),
        ("91110000802100433b", "characters"),
        ("９１110000802100433B", "characters"),
        ("91110000802100433C", "check"),
        ("91110000802100343B", "check"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(code: str, problem: str) -> None:
    assert credit_code.problem(code) == problem


@pytest.mark.parametrize("code", VALID)
def test_any_single_wrong_character_is_noticed(code: str) -> None:
    for at in range(18):
        for other in credit_code.ALPHABET:
            if other != code[at]:
                assert not credit_code.is_valid(code[:at] + other + code[at + 1 :])


def test_department_and_class_may_be_letters() -> None:
    assert credit_code.is_valid(credit_code.make("N", "2", "110101", "DEM00001"))
