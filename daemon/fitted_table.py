"""Tables that fit the terminal: what matters least is left out, so that what is shown is shown whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from daemon.log import isolated

# Between columns.
_GAP = 2
# So much of a column is always shown; what is longer gives way before a column does.
_WIDE = 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its cells, and how soon it is left out: the highest `rank` first, 0 never."""

    title: str
    cells: Sequence[Text]
    rank: int = 0
    is_right: bool = False

    @property
    def width(self) -> int:
        """How wide it is with nothing cut, in terminal cells."""
        return max(cell_len(self.title), *(cell_len(cell.plain) for cell in self.cells), 0)


def fitted(columns: Sequence[Column], width: int) -> tuple[list[Column], list[Column]]:
    """The columns that fit into `width` in their order, and those that are left out for it.

    A column counts with at most 20 cells: what is longer there gets what is left over, and is else cut by an ellipsis.
    """
    kept = list(columns)
    while sum(min(column.width, _WIDE) for column in kept) + _GAP * (len(kept) - 1) > width:
        least = max(kept, key=lambda column: column.rank)
        if least.rank == 0:
            break
        kept.remove(least)
    return kept, [column for column in columns if column not in kept]


def drawn(columns: Sequence[Column], width: int, styles: Sequence[str | None]) -> Table:
    """A table of these columns within `width`; one style a row, None for plain."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    widths = []
    spare = width - sum(min(column.width, _WIDE) for column in columns) - _GAP * (len(columns) - 1)
    for column in columns:
        extra = max(0, min(column.width - _WIDE, spare))
        spare -= extra
        widths.append(min(column.width, _WIDE) + extra)
    while sum(widths) + _GAP * (len(columns) - 1) > width and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    for column, cells_wide in zip(columns, widths, strict=True):
        table.add_column(
            column.title,
            justify="right" if column.is_right else "left",
            no_wrap=True,
            width=cells_wide,
        )
    for cells, style in zip(zip(*(column.cells for column in columns), strict=True), styles, strict=True):
        table.add_row(*map(isolated_within, cells, widths), style=style)
    return table


def isolated_within(cell: Text, width: int) -> Text:
    """A text that turns nothing of what stands beside it; cut first, for an isolation that is cut off reaches into the next cell."""
    if isolated(cell.plain) == cell.plain:
        return cell
    cut = cell.copy()
    cut.truncate(width, overflow="ellipsis")
    return Text(isolated(cut.plain), style=cell.style)
