"""Metabase: the rows of saved questions, exported as CSV.

https://www.metabase.com/docs/latest/api (card): ``GET /api/card`` lists the questions as a bare
array, ``POST /api/card/{id}/query/csv`` answers the rows of one, all of them, with a header row.
Its options come as a form. A question that fails is told as JSON, with a good status. Keys:
https://www.metabase.com/docs/latest/people-and-groups/api-keys.
"""

import csv
import io
from collections.abc import Iterator

from tests.simulators import (
    Answer,
    Call,
    Collection,
    Custom,
    Data,
    Expected,
    KeyHeader,
    Mistake,
    Product,
    Row,
    drop,
    find,
    table,
)

_COLUMNS = ("ID", "Name", "Owning Team", "Tier")


def _data() -> Data:
    cards: list[Row] = [
        {"id": 7, "name": "Port: services", "archived": False},
        {"id": 8, "name": "Port: empty", "archived": False},
        {"id": 9, "name": "Revenue", "archived": False},
    ]
    services: list[Row] = [
        {
            "ID": f"svc-{number}",
            "Name": f'Service "{number}", the\n{number}th; ü',
            "Owning Team": "" if number % 5 == 0 else f"team-{number % 3}",
            "Tier": str(number % 4),
        }
        for number in range(31)
    ]
    return {"cards": cards, "services": services}


def _export(call: Call) -> Answer:
    card = find(call, "cards", "id", call.at["card"])
    if card["name"] == "Revenue":
        return Answer(body={"status": "failed", "error": "You don't have permissions to do that."})
    if (call.body or {}).get("format_rows") != "false":
        return Answer(body={"error": "options are missing"})
    rows = call.data["services"] if card["id"] == 7 else []
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, _COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    headers = {"Content-Type": "text/csv", "Content-Disposition": "attachment"}
    return Answer(body=written.getvalue().encode(), headers=headers)


def _expected(data: Data) -> Iterator[Expected]:
    for row in data["services"]:
        yield Expected(
            "metabaseService",
            row["ID"],
            title=row["Name"],
            properties={"team": row["Owning Team"] or None, "tier": int(row["Tier"])},
        )


_CARD = "resources/0/selector/path_parameters/card"

PRODUCT = Product(
    prefix="/api",
    auth=KeyHeader("x-api-key", "your-key"),
    data=_data,
    endpoints=(
        Collection("/card", table("cards")),
        Custom("/card/{card}/query/csv", _export, method="POST"),
    ),
    expected=_expected,
    vanish=lambda data: drop(data["services"], "svc-3", key="ID"),
    mistakes=(
        Mistake(
            "a question that nobody may ask",
            mapping={f"{_CARD}/filter": None},
            error="not the csv it should be: line 1 begins with '{': it is JSON",
        ),
        Mistake(
            "no options",
            mapping={"resources/0/selector/body_form": None},
            error="it is JSON",
        ),
        Mistake(
            "the format of other APIs",
            mapping={"resources/0/selector/response_format": None},
            error="not the JSON it should be",
        ),
        Mistake(
            "another delimiter",
            mapping={"resources/0/selector/csv": {"delimiter": ";"}},
            error="not the csv it should be",
        ),
        Mistake("positions nobody heeds", {"paginationType": "offset"}),
        Mistake(
            "a header row of one's own",
            mapping={
                "resources/0/selector/csv": {"columns": ["ID", "Name", "Owning Team", "Tier"]}
            },
        ),
        Mistake("a wrong header", {"apiKeyHeader": "X-Metabase-Key"}, error="401 Unauthorized"),
    ),
)
