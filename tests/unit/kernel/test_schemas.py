"""What no table can keep is refused before it is asked to."""

import pytest
from pydantic import TypeAdapter, ValidationError

from kernel.schemas import MAX_IDENT, Ident, Storable


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "店\udfff"])
def test_a_text_that_no_database_keeps_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Storable).validate_python(text)


@pytest.mark.parametrize("text", ["", "老王饭店", "𠮷野家", "a\nb"])
def test_every_other_text_passes_as_it_is(text: str) -> None:
    assert TypeAdapter(Storable).validate_python(text) == text


@pytest.mark.parametrize("ident", [0, -1, MAX_IDENT + 1])
def test_an_id_that_no_row_can_have_is_refused(ident: int) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Ident).validate_python(ident)
