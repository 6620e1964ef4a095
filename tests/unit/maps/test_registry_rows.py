import io

import pytest

from maps.registry.rows import BadRow, RegistryRow, read

HEAD = "name,address,credit_code,lon,lat"


def parsed(text: str, encoding: str = "utf-8") -> list[RegistryRow | BadRow]:
    return list(read(io.BytesIO(text.encode(encoding))))


def said(text: str) -> list[str]:
    return [str(row) if isinstance(row, BadRow) else row.name for row in parsed(text)]


def test_columns_come_in_any_order_and_others_are_ignored() -> None:
    row = parsed("lat,注,address,name,lon\n39.9,x,建国路88号,老王饭店,116.4\n")[0]
    assert isinstance(row, RegistryRow)
    assert (row.name, row.lon, row.lat, row.street, row.number) == (
        "老王饭店",
        116.4,
        39.9,
        "建国路",
        "88",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_the_usual_encodings_are_understood(encoding: str) -> None:
    row = parsed(f"{HEAD}\n老王饭店,北京市朝阳区建国路88号,,,\n", encoding)[0]
    assert isinstance(row, RegistryRow)
    assert (row.name, row.district) == ("老王饭店", "朝阳区")


def test_bytes_that_are_no_text_spoil_their_own_row_only() -> None:
    good = f"{HEAD}\n老王,建国路1号,,,\n".encode()
    rows = list(read(io.BytesIO(good + b"\xff\xfe\x80,x,,,\n" + "老李,建国路2号,,,\n".encode())))
    assert [isinstance(row, BadRow) for row in rows] == [False, True, False]
    assert isinstance(rows[1], BadRow) and (rows[1].line, rows[1].field) == (3, "name")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (",x,,,", "name: is empty"),
        ("x,,,,", "address: is empty"),
        ("x,y,91110000802100433C,,", "credit_code: check character does not match"),
        ("x,y,123,,", "credit_code: must have 18 characters"),
        ("x,y,,116,", "lat: is empty"),
        ("x,y,,,39", "lon: is empty"),
        ("x,y,,abc,39", "lon: is not a number"),
        ("x,y,,1_16.4,39", "lon: is not a number"),
        ("x,y,,nan,39", "lon: must lie between -180 and 180"),
        ("x,y,,200,39", "lon: must lie between -180 and 180"),
        ("x,y,,116,99", "lat: must lie between -90 and 90"),
        ("x,y,,0,0", "lon: 0, 0 lies outside China (lon, lat in degrees, WGS-84)"),
        ("x,y,,", "row: 4 fields, the header has 5"),
        ("x\0,y,,,", "name: contains a NUL character"),
        ("x" * 201 + ",y,,,", "name: longer than 200 characters"),
    ],
)
def test_a_bad_row_names_line_field_and_reason(row: str, complaint: str) -> None:
    assert said(f"{HEAD}\n{row}\n老李,建国路2号,,,\n") == [f"line 2: {complaint}", "老李"]


def test_line_numbers_are_those_of_an_editor() -> None:
    text = f'{HEAD}\n"老王","建国路\n88号",,,\n\n,x,,,\n老李,建国路2号,,,\n'
    assert said(text) == ["老王", "line 5: name: is empty", "老李"]


def test_an_unclosed_quote_spoils_only_its_own_line() -> None:
    text = f'{HEAD}\n老王,"建国路1号,,,\n老李,建国路2号,,,\n老张,"建国路3号",,,\n,x,,,\n'
    assert said(text) == [
        "line 2: row: ',' expected after '\"'",
        "老李",
        "老张",
        "line 5: name: is empty",
    ]


def test_a_thousand_unclosed_quotes_are_a_thousand_bad_rows() -> None:
    text = f"{HEAD}\n" + '老王,"建国路1号,,,\n' * 1000 + "老李,建国路2号,,,\n"
    assert sum(isinstance(row, BadRow) for row in parsed(text)) == 1000


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: name: required column is missing"),
        ("name,phone\nx,1\n", "line 1: address: required column is missing"),
        ("name,address,name\nx,y,z\n", "line 1: name: column appears twice"),
        ('"name,address\n甲,乙\n', "line 1: header: unexpected end of data"),
        ('"name"x,address\n甲,乙\n', "line 1: header: ',' expected after '\"'"),
        (
            f"name,address,{'x' * 200_000}\n甲,乙,\n",
            "line 1: header: field larger than field limit (131072)",
        ),
    ],
)
def test_without_a_proper_header_nothing_is_read(text: str, complaint: str) -> None:
    assert said(text) == [complaint]


def test_codes_are_written_large_and_addresses_fill_what_columns_leave_open() -> None:
    row = parsed(f"{HEAD}\n老王,北京市海淀区知春路甲3号,91110000802100433b,,\n")[0]
    assert isinstance(row, RegistryRow)
    assert row.credit_code == "91110000802100433B"
    assert (row.district, row.street, row.number) == ("海淀区", "知春路", "甲3")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str) -> None:
    lines = [HEAD, '老王,"建国路', '88号",,,', ",x,,,", "老李,建国路2号,,,"]
    assert said(end.join(lines)) == ["老王", "line 4: name: is empty", "老李"]


@pytest.mark.parametrize("number", ["88-11", "88—11号", "８８－１１", "88 - 11 号"])
def test_a_door_of_two_numbers_is_read_from_its_column(number: str) -> None:
    row = parsed(f"name,address,number\n老王,建国路8811号,{number}\n")[0]
    assert isinstance(row, RegistryRow)
    assert row.number == "88-11"


def test_a_row_knows_which_columns_the_file_does_not_have() -> None:
    row = parsed("name,address,phone\n老王,建国路1号,\n")[0]
    assert isinstance(row, RegistryRow)
    assert "phone" not in row.untold
    assert {"scope", "district"} <= set(row.untold)
