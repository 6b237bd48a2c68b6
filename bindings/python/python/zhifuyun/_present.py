"""Tables for notebooks and data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 100
SHOWN_CHARACTERS = 200


def frame(columns: Sequence[str], items: Iterable[Any]) -> pd.DataFrame:
    """A data frame with one row per item."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("to_pandas() needs pandas: pip install 'zhifuyun[pandas]'") from error
    made: pd.DataFrame = pd.DataFrame([[getattr(item, c) for c in columns] for item in items], columns=list(columns))
    return made


def table_html(title: str, columns: Sequence[str], items: Sequence[Any]) -> str:
    """A table with one row per item; everything in it is escaped."""
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(getattr(item, c))}</td>" for c in columns) + "</tr>"
        for item in items[:SHOWN_ROWS]
    )
    more = len(items) - SHOWN_ROWS
    rest = f"<p>… and {more} more</p>" if more > 0 else ""
    return f"<p>{escape(title)}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{rest}"


def record_html(fields: Mapping[str, Any], name: str) -> str:
    """A table with one row per field; lists of records become tables of their own."""
    rows: list[str] = []
    tables: list[str] = []
    for field, value in fields.items():
        if field == "trends" and value:
            tables.append(_nested(field, value))
        elif value not in (None, {}, []):
            rows.append(f"<tr><th>{escape(field)}</th><td>{_cell(value)}</td></tr>")
    return f"<p>{escape(name)}</p><table><tbody>{''.join(rows)}</tbody></table>{''.join(tables)}"


def _nested(title: str, records: list[dict[str, Any]]) -> str:
    columns = [c for c in records[0] if c != "extra"]
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(record[c])}</td>" for c in columns) + "</tr>" for record in records[:SHOWN_ROWS]
    )
    return f"<p>{escape(title)}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…")
