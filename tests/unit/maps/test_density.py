from hypothesis import given
from hypothesis import strategies as st

from maps import density
from maps.density import Cell

TIANANMEN = (116.3975, 39.9087)


def test_points_of_one_block_fall_into_one_hexagon() -> None:
    cells = density.hexagons([116.3975, 116.3976, 116.60], [39.9087, 39.9088, 39.80])
    assert sorted(cell.count for cell in cells) == [1, 2]
    assert density.cell_of(*TIANANMEN) in {cell.id for cell in cells}


def test_a_hexagon_is_about_a_kilometre_wide_and_surrounds_its_centre() -> None:
    cell = density.cell_of(*TIANANMEN)
    outline = density.outline_of(cell)
    assert outline[0] == outline[-1] and len(outline) == 7
    lon, lat = density.centre_of(cell)
    assert min(x for x, _ in outline) < lon < max(x for x, _ in outline)
    assert min(y for _, y in outline) < lat < max(y for _, y in outline)
    assert density.cell_of(lon, lat) == cell


def test_weights_are_summed_beside_the_count() -> None:
    assert density.counted(["a", "b", "a", None], [1.5, 2, 3, 9]) == [
        Cell("a", 2, 4.5),
        Cell("b", 1, 2),
    ]


def test_cells_with_fewer_than_three_reports_are_not_shown() -> None:
    cells = [Cell("a", 2, 2), Cell("b", 3, 3)]
    assert density.suppressed(cells) == [Cell("b", 3, 3)]


@given(st.lists(st.sampled_from("abcdef")))
def test_no_shown_cell_is_small_and_no_large_one_is_lost(ids: list[str]) -> None:
    shown = {cell.id: cell.count for cell in density.suppressed(density.counted(ids))}
    assert shown == {i: ids.count(i) for i in set(ids) if ids.count(i) >= density.FEWEST}


def test_a_rate_needs_a_base() -> None:
    cells = [Cell("a", 10, 10), Cell("b", 10, 10), Cell("c", 10, 10)]
    assert density.rates(cells, {"a": 1000, "b": 0}) == {"a": 10.0}
