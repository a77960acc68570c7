"""The world of the fault matrix: one API with three collections, in any style and shape.

`/items` has three pages or four, `/groups` two, and each group has members at
`/groups/{}/members`; `/teams` has one page. What is not signed as it should be is refused. The
rows are the truth that a resync is measured by. A healthy API may be harder to read than a plain
one: that is its shape.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, get_args

from tests.fault_api import Answer, FaultApi, Handler, Reply, Request, answer
from tests.literals import Json
from tests.resync import resource
from workbench.store.model import JsonObject

PAGE_SIZE = 4
MAX_PAGES = 12

Paging = Literal[
    "none", "offset", "page", "page_total", "cursor", "header_cursor", "next_link", "header_link"
]  # fmt: skip
PAGINGS: tuple[Paging, ...] = get_args(Paging)
COUNTED: frozenset[Paging] = frozenset({"offset", "page", "page_total"})
LED: frozenset[Paging] = frozenset({"cursor", "header_cursor", "next_link", "header_link"})

Shape = Literal["plain", "small pages", "hidden rows", "full last page", "constants", "no ids"]
"""What is odd about the lists of a healthy API.

The server gives fewer rows than are asked for; some rows are not given but counted; every list
fills its last page and says nothing of an end; words stand around every list; no row has an `id`,
and rows change from one answer to the next.
"""
SHAPES: tuple[Shape, ...] = get_args(Shape)

Signing = Literal["none", "bearer", "basic", "api_key", "custom"]
SIGNINGS: tuple[Signing, ...] = get_args(Signing)

TOKEN, PASSWORD, KEY, LOGIN_SECRET = (
    f"{name}-that-nobody-may-read" for name in ("token", "password", "key", "secret")
)
BASIC = b64encode(f"user:{PASSWORD}".encode()).decode()
ISSUED = "session-that-nobody-may-read"
SECRETS = (TOKEN, PASSWORD, KEY, LOGIN_SECRET, BASIC, ISSUED)

SIGNING_SETTINGS: Mapping[Signing, Mapping[str, Json]] = {
    "none": {},
    "bearer": {"auth_type": "bearer_token", "api_token": TOKEN},
    "basic": {"auth_type": "basic", "username": "user", "password": PASSWORD},
    "api_key": {"auth_type": "api_key", "api_key": KEY},
    "custom": {
        "auth_type": "custom",
        "custom_auth_request": {"endpoint": "/login", "body": {"client_secret": LOGIN_SECRET}},
        "custom_auth_request_template": {"headers": {"Authorization": "Bearer {{.token}}"}},
    },
}
_SIGNED: Mapping[Signing, tuple[str, str]] = {
    "bearer": ("authorization", f"Bearer {TOKEN}"),
    "basic": ("authorization", f"Basic {BASIC}"),
    "api_key": ("x-api-key", KEY),
    "custom": ("authorization", f"Bearer {ISSUED}"),
}
_PAGING_SETTINGS: Mapping[Paging, Mapping[str, Json]] = {
    "page_total": {"pagination_type": "page"},
    "header_cursor": {"pagination_type": "cursor", "cursor_path": "header:x-continuation-token"},
    "next_link": {"pagination_type": "next_link", "size_param": "limit"},
    "header_link": {"pagination_type": "header_link", "size_param": "limit"},
}

ITEMS, MEMBERS, TEAMS = "/items", "/groups/{group}/members", "/teams"
KINDS: Mapping[str, str] = {ITEMS: "item", MEMBERS: "child", TEAMS: "team"}
"""The kinds of a resync, in their order, and the blueprint of each."""
STRUCK_GROUP = "g3"
"""The group whose members a fault strikes."""

CONSTANTS: Mapping[str, Json] = {"code": 0, "stat": "fine", "meta": {"api": "v1"}}
_SMALL = 3
_HIDDEN = frozenset({"i2", "i6", "g2", "g1b", "t2"})

Rows = list[dict[str, str]]


def rows(*identifiers: str) -> Rows:
    """Rows with these ids, and names that are not ASCII."""
    return [{"id": one, "name": f"thé {one}"} for one in identifiers]


def ids(collection: Rows) -> frozenset[str]:
    """The ids of rows."""
    return frozenset(row["id"] for row in collection)


def members_path(group: str) -> str:
    """Where the members of a group are."""
    return f"/groups/{group}/members"


@dataclass(frozen=True)
class Spot:
    """One page of one collection, counted from 1; the login is a spot, too."""

    path: str
    number: int = 1


@dataclass(frozen=True)
class Window:
    """What a request asks for: so many rows of a collection, from a position on."""

    path: str
    start: int
    size: int

    def moved(self, pages: int) -> Window:
        """The window so many pages later."""
        return replace(self, start=self.start + pages * self.size)


@dataclass
class Scene:
    """The API, another origin that must never be asked, and the collections by path.

    `drawn` draws the words of answers that nobody could list.
    """

    api: FaultApi
    elsewhere: FaultApi
    paging: Paging
    signing: Signing
    shape: Shape = "plain"
    drawn: Random = field(default_factory=lambda: Random(0))  # noqa: S311 (words, not secrets)
    collections: dict[str, Rows] = field(default_factory=dict)
    _answers: int = 0

    def __post_init__(self) -> None:
        is_full = self.shape == "full last page"
        groups = [f"g{number}" for number in range(1, 9 if is_full else 6)]
        members = "abcd" if is_full else "ab"
        self.collections |= {
            ITEMS: rows(*(f"i{number}" for number in range(1, 13 if is_full else 11))),
            "/groups": rows(*groups),
            TEAMS: rows(*(f"t{number}" for number in range(1, 5 if is_full else 4))),
            **{members_path(group): rows(*(group + one for one in members)) for group in groups},
        }
        for path in self.collections:
            self.api.serve(path, self.honest)
        self.api.serve("/login", self._login)

    @property
    def settings(self) -> dict[str, Json]:
        """The settings of an installation that reads this API, with Ocean's names."""
        return {
            "page_size": PAGE_SIZE,
            "max_pages": MAX_PAGES,
            **_PAGING_SETTINGS.get(self.paging, {"pagination_type": self.paging}),
            **SIGNING_SETTINGS[self.signing],
        }

    @property
    def key(self) -> str:
        """Where a row has its identifier."""
        return "name" if self.shape == "no ids" else "id"

    def mapping(self) -> list[JsonObject]:
        """The resources of a resync."""
        parent = {"endpoint": "/groups", "data_path": ".items", "field": f".{self.key}"}
        path, own = ".items", f".{self.key}"
        of_groups = {"group": parent}
        return [
            resource(ITEMS, KINDS[ITEMS], identifier=own, data_path=path),
            resource(
                MEMBERS,
                KINDS[MEMBERS],
                identifier=own,
                data_path=path,
                path_parameters=of_groups,
            ),
            resource(TEAMS, KINDS[TEAMS], identifier=own, data_path=path),
        ]

    # --- what is asked for ---------------------------------------------------------------------

    @property
    def page_rows(self) -> int:
        """The most rows of a page, however many are asked for."""
        return _SMALL if self.shape == "small pages" else PAGE_SIZE

    def window(self, request: Request) -> Window:
        """The rows that a request asks for."""
        if self.paging == "none":
            return Window(request.path, 0, len(self.collections[request.path]))
        is_paged = self.paging in {"page", "page_total"}
        size = min(request.number("size" if is_paged else "limit", PAGE_SIZE), self.page_rows)
        if is_paged:
            start = (request.number("page", 1) - 1) * size
        elif self.paging == "offset":
            start = request.number("offset", 0)
        else:
            at = request.param("cursor") or request.param("at") or "0"
            start = int(at.removeprefix("c"))
        return Window(request.path, start, size)

    def spot(self, request: Request) -> Spot:
        """The page in which a request begins; a login has but one."""
        if self.paging == "none":
            return Spot(request.path)
        return Spot(request.path, self.window(request).start // self.page_rows + 1)

    def window_of(self, spot: Spot) -> Window:
        """The rows of a whole page."""
        if self.paging == "none":
            return Window(spot.path, 0, len(self.collections[spot.path]))
        return Window(spot.path, (spot.number - 1) * self.page_rows, self.page_rows)

    def last_page(self, path: str) -> int:
        """How many pages a collection has."""
        if self.paging == "none":
            return 1
        return max(1, -(-len(self.collections[path]) // self.page_rows))

    # --- what is answered ----------------------------------------------------------------------

    def honest(self, request: Request) -> Reply:
        """What a faultless API answers."""
        if not self._is_signed(request):
            return answer({"error": "who are you?"}, 401)
        return self.page(self.window(request))

    def visible(self, path: str) -> Rows:
        """The rows of a collection that are given."""
        return self._given(self.collections[path])

    def rows_of(self, window: Window) -> Rows:
        """The rows that a page gives."""
        start = max(0, window.start)
        stop = max(0, window.start + window.size)
        return self._given(self.collections[window.path][start:stop])

    def page(
        self,
        window: Window,
        *,
        leads_to: int | None = None,
        rows: Rows | None = None,
        total: int | None = None,
    ) -> Answer:
        """One page; `leads_to` (a position), `rows` and `total` replace what is true."""
        everything = self.collections[window.path]
        if leads_to is None and window.start + window.size < len(everything):
            leads_to = window.start + window.size
        given = self.rows_of(window) if rows is None else rows
        body: dict[str, Json] = {"items": [self._shown(row) for row in given]}
        if self.shape == "constants":
            body |= CONSTANTS
        if self.paging == "page_total":
            body["total"] = len(everything) if total is None else total
        headers = self._lead(window, leads_to, body)
        return answer(body, 200, **headers)

    def _lead(self, window: Window, leads_to: int | None, body: dict[str, Json]) -> dict[str, str]:
        """Say in the body, or in the headers given back, where the list goes on."""
        if leads_to is None and (self.shape == "full last page" or self.paging not in LED):
            return {}
        path = f"{self.api.url}{window.path}"
        match self.paging:
            case "cursor":
                body["next_cursor"] = None if leads_to is None else f"c{leads_to}"
            case "header_cursor" if leads_to is not None:
                return {"X_Continuation_Token": f"c{leads_to}"}
            case "next_link":
                link = f"{path}?at=c{leads_to}&limit={window.size}"
                body["next"] = None if leads_to is None else link
            case "header_link":
                first = f'<{path}>; rel="first"'
                link = f'<{path}?at={leads_to}&limit={window.size}>; rel="next"'
                return {"Link": first if leads_to is None else f"{first}, {link}"}
            case _:
                pass
        return {}

    def _given(self, some: Rows) -> Rows:
        hidden = _HIDDEN if self.shape == "hidden rows" else frozenset[str]()
        return [row for row in some if row["id"] not in hidden]

    def _shown(self, row: dict[str, str]) -> Json:
        """A row as it is answered."""
        if self.shape != "no ids":
            return {**row}
        self._answers += 1
        return {"name": row["id"], "title": row["name"], "uptime": self._answers}

    # --- what is true --------------------------------------------------------------------------

    def truth(self) -> dict[str, frozenset[str]]:
        """The ids that each kind has."""
        return {
            ITEMS: ids(self.visible(ITEMS)),
            MEMBERS: self.members_of(ids(self.visible("/groups"))),
            TEAMS: ids(self.visible(TEAMS)),
        }

    def members_of(self, groups: frozenset[str]) -> frozenset[str]:
        """The ids of the members of groups."""
        paths = (members_path(group) for group in groups)
        return frozenset(one for path in paths for one in ids(self.visible(path)))

    def _is_signed(self, request: Request) -> bool:
        if self.signing == "none":
            return True
        name, value = _SIGNED[self.signing]
        return request.headers.get(name) == value

    def _login(self, request: Request) -> Reply:
        if request.json != {"client_secret": LOGIN_SECRET}:
            return answer({"error": "who are you?"}, 401)
        return answer({"token": ISSUED})


def echo(status: int, **headers: str) -> Handler:
    """An error that quotes the request with its credentials, as careless servers do."""

    def handler(request: Request) -> Reply:
        # First of all, as only the beginning of a body is ever shown.
        signed = {name: request.headers.get(name) for name in ("authorization", "x-api-key")}
        return answer({**signed, "body": request.body.decode()}, status, **headers)

    return handler
