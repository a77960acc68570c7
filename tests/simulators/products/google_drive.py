"""Google Drive: folders, and the files in each.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list: ``pageSize`` is 100
unless given and at most 1000; ``nextPageToken`` goes into ``pageToken``, and is left out at the end.
Pages may be partial, or empty, before the end.
https://developers.google.com/workspace/drive/api/guides/fields-parameter: without ``fields`` a file is
kind, id, name and type; with it the answer is nothing but what it names, ``nextPageToken`` included.
https://developers.google.com/workspace/drive/api/guides/search-files: the clauses of ``q``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    at_end,
    drop,
)

_FOLDER = "application/vnd.google-apps.folder"
_DEFAULT_FIELDS = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"
_FIELD = re.compile(r"\s*(\w+)(?:\(([\w,\s]+)\))?\s*(?:,|$)")
_CLAUSE = re.compile(r"(?:'(?P<parent>[^']+)' in parents|(?P<key>\w+) = (?P<value>'[^']*'|false))$")


def _data() -> Data:
    folders: list[Row] = [
        {"id": f"folder-{n:02}", "name": f"Team {n}", "mimeType": _FOLDER, "parents": ["root"]}
        for n in range(45)
    ]
    files: list[Row] = [
        {
            "id": f"file-{at:02}-{n:02}",
            "name": f"Document {n}",
            "mimeType": "text/plain",
            "parents": [folder["id"]],
            "modifiedTime": f"2026-01-{n % 28 + 1:02}T10:00:00.000Z",
            # Left out of a page that was cut already: partial pages in the middle.
            "~withheld": at == 0 and n in {52, 53, 54},
        }
        for at, folder in enumerate(folders)
        for n in range(110 if at == 0 else at % 2)
    ]
    return {"files": [*folders, *files]}


def _asked_for(call: Call) -> Sequence[Row]:
    rows = [{"kind": "drive#file", "trashed": False, **row} for row in call.data["files"]]
    clauses = (call.param("q") or "trashed = false").split(" and ")
    for clause in (_CLAUSE.match(text) for text in clauses):
        if clause is None:
            raise RefusedError(400, "Invalid Value")
        if parent := clause["parent"]:
            rows = [row for row in rows if parent in row["parents"]]
        else:
            value = False if clause["value"] == "false" else clause["value"].strip("'")
            rows = [row for row in rows if row.get(clause["key"]) == value]
    return rows


class _Files(Collection):
    """A list of which only the ``fields`` asked for are sent."""

    def answer(self, call: Call) -> Answer:
        """The page, without what was not asked for."""
        answer = super().answer(call)
        wanted = dict(_FIELD.findall(call.param("fields") or _DEFAULT_FIELDS))
        body: Row = {key: value for key, value in answer.body.items() if key in wanted}
        if names := wanted.get("files"):
            kept = {name.strip() for name in names.split(",")}
            body["files"] = [
                {key: value for key, value in row.items() if key in kept} for row in body["files"]
            ]
        return replace(answer, body=body)


def _expected(data: Data) -> Iterator[Expected]:
    for row in data["files"]:
        if row["mimeType"] == _FOLDER:
            yield Expected("driveFolder", row["id"], title=row["name"])
        elif not row["~withheld"]:
            yield Expected(
                "driveFile",
                row["id"],
                relations={"folder": row["parents"][0]},
                properties={"type": row["mimeType"], "modifiedAt": row["modifiedTime"]},
                title=row["name"],
            )


def _error(status: int, reason: str) -> Json:
    return {"error": {"code": status, "message": reason, "errors": [{"reason": "invalid"}]}}


_FILES = "resources/1/selector"
_PARENT = f"{_FILES}/path_parameters/folder"

PRODUCT = Product(
    prefix="/drive/v3",
    auth=Bearer("your-access-token"),
    data=_data,
    endpoints=(
        _Files(
            "/files",
            _asked_for,
            Cursor(
                cursor="pageToken",
                size="pageSize",
                default=100,
                cap=1000,
                above_cap="refuse",
                tell={"nextPageToken": at_end("next_value")},
            ),
            wrap="files",
            beside={"kind": "drive#fileList", "incompleteSearch": False},
            keep=lambda row: not row.get("~withheld"),
        ),
    ),
    page_size=40,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["files"], "file-00-20"),
    mistakes=(
        Mistake("the place of the cursor spelt out", {"cursorPath": "nextPageToken"}),
        Mistake(
            "the cursor sent under the name it came by",
            {"paginationParam": "nextPageToken"},
            error="in the same walk",
        ),
        Mistake("a wrong place for the cursor", {"cursorPath": "next.token"}, error="'next.token'"),
        Mistake(
            "fields without the token",
            mapping={f"{_FILES}/query_params/fields": "files(id,name,mimeType,modifiedTime)"},
            error="cursorPath, unset,",
        ),
        Mistake(
            "fields of the parents without the token",
            mapping={f"{_PARENT}/query_params/fields": "files(id)"},
            error="cursorPath, unset,",
        ),
        Mistake(
            "fields without the list",
            mapping={"resources/0/selector/query_params/fields": "nextPageToken"},
            error="data_path '.files' gave null",
        ),
        Mistake(
            "fields of files as fields of the answer",
            mapping={"resources/0/selector/query_params/fields": "id,name"},
            error="data_path '.files' gave null",
        ),
        Mistake("the directory's name for the size", {"sizeParam": "maxResults"}),
        Mistake(
            "a size above the cap", {"pageSize": "1001"}, error="pageSize must be at most 1000"
        ),
        Mistake(
            "an id without quotes",
            mapping={f"{_FILES}/query_params/q": "{folder} in parents and trashed = false"},
            error="Invalid Value",
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="invalid pageToken"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a wrong field",
            mapping={f"{_PARENT}/field": ".folderId"},
            error="'.folderId' gave null",
        ),
        Mistake(
            "a wrong data path",
            mapping={f"{_FILES}/data_path": ".items"},
            error="data_path '.items'",
        ),
        Mistake("a token that ended", {"apiToken": "expired"}, error="401"),
    ),
)
