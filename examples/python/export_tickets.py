"""Exports all tickets to tickets.csv, page by page, each ticket once."""

import csv
from pathlib import Path

from zhifuyun import Client

COLUMNS = [
    "id",
    "title",
    "status",
    "priority",
    "assignee_id",
    "customer_email",
    "created_at",
    "updated_at",
]


def cell(value: object) -> str:
    """Spreadsheets take text that begins with these for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


# utf-8-sig, so that spreadsheets recognise the encoding.
with (
    Client.from_env() as client,
    Path("tickets.csv").open("w", encoding="utf-8-sig", newline="") as file,
):
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    tickets = client.tickets.iter(consistency="strict")
    for ticket in tickets:
        writer.writerow([cell(getattr(ticket, column)) for column in COLUMNS])
    print(f"{tickets.report.items} tickets in tickets.csv; complete: {tickets.report.complete}")
