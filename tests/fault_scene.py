"""The world of the fault matrix: one API with three collections, paged and signed in any style.

`/items` has three pages, `/groups` two, and each group has members at `/groups/{}/members`;
`/teams` has one page. What is not signed as it should be is refused. The rows are the truth
that a resync is measured by.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from tests.fault_api import Answer, FaultApi, Handler, Reply, Request, answer
from tests.literals import Json
from tests.resync import resource
from workbench.store.model import JsonObject

PAGE_SIZE = 4
MAX_PAGES = 12

Paging = Literal["none", "offset", "page", "page_total", "cursor", "next_link", "header_link"]
PAGINGS: tuple[Paging, ...] = get_args(Paging)
COUNTED: frozenset[Paging] = frozenset({"offset", "page", "page_total"})
LED: frozenset[Paging] = frozenset({"cursor", "next_link", "header_link"})

Signing = Literal["none", "bearer", "basic", "api_key", "custom"]
SIGNINGS: tuple[Signing, ...] = get_args(Signing)

TOKEN, PASSWORD, KEY, LOGIN_SECRET = (
    f"{name}-that-nobody-may-read" for name in ("token", "password", "key", "secret")
)
BASIC = b64encode(f"user:{PASSWORD}".encode()).decode()
ISSUED = "session-that-nobody-may-read"
SECRETS = (TOKEN, PASSWORD, KEY, LOGIN_SECRET, BASIC, ISSUED)

SIGNING_SETTINGS: Mapping[Signing, Mapping[str, object]] = {
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

ITEMS, MEMBERS, TEAMS = "/items", "/groups/{group}/members", "/teams"
KINDS: Mapping[str, str] = {ITEMS: "item", MEMBERS: "child", TEAMS: "team"}
"""The kinds of a resync, in their order, and the blueprint of each."""
GROUPS = ("g1", "g2", "g3", "g4", "g5")

Rows = list[dict[str, str]]


def rows(*identifiers: str) -> Rows:
    """Rows with these ids, and names that are not ASCII."""
    return [{"id": one, "name": f"thé {one}"} for one in identifiers]


def members_path(group: str) -> str:
    """Where the members of a group are."""
    return f"/groups/{group}/members"


def mapping() -> list[JsonObject]:
    """The resources of a resync."""
    parent = {"endpoint": "/groups", "data_path": ".items", "field": ".id"}
    return [
        resource(ITEMS, KINDS[ITEMS], data_path=".items"),
        resource(MEMBERS, KINDS[MEMBERS], data_path=".items", path_parameters={"group": parent}),
        resource(TEAMS, KINDS[TEAMS], data_path=".items"),
    ]


@dataclass(frozen=True)
class Spot:
    """One page of one collection, counted from 1; the login is a spot, too."""

    path: str
    number: int = 1


@dataclass
class Scene:
    """The API, another origin that must never be asked, and the collections by path."""

    api: FaultApi
    elsewhere: FaultApi
    paging: Paging
    signing: Signing
    collections: dict[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.collections |= {
            ITEMS: rows(*(f"i{number}" for number in range(1, 11))),
            "/groups": rows(*GROUPS),
            TEAMS: rows("t1", "t2", "t3"),
            **{members_path(group): rows(f"{group}a", f"{group}b") for group in GROUPS},
        }
        for path in self.collections:
            self.api.serve(path, self.honest)
        self.api.serve("/login", self._login)

    @property
    def settings(self) -> dict[str, Json]:
        """The settings of an installation that reads this API, with Ocean's names."""
        paged = "page" if self.paging == "page_total" else self.paging
        return {
            "pagination_type": paged,
            "page_size": PAGE_SIZE,
            "max_pages": MAX_PAGES,
            **SIGNING_SETTINGS[self.signing],
        }

    def honest(self, request: Request) -> Reply:
        """What a faultless API answers."""
        if not self._is_signed(request):
            return answer({"error": "who are you?"}, 401)
        return self.page(self.spot(request))

    def spot(self, request: Request) -> Spot:
        """The page that a request asks for."""
        if self.paging == "offset":
            return Spot(request.path, request.number("offset", 0) // PAGE_SIZE + 1)
        name = {"cursor": "cursor", "next_link": "at", "header_link": "at"}.get(self.paging, "page")
        return Spot(request.path, request.number(name, 1))

    def last_page(self, path: str) -> int:
        """How many pages a collection has."""
        if self.paging == "none":
            return 1
        return max(1, -(-len(self.collections[path]) // PAGE_SIZE))

    def rows_of(self, spot: Spot) -> Rows:
        """The rows of a page."""
        everything = self.collections[spot.path]
        if self.paging == "none":
            return everything
        start = (spot.number - 1) * PAGE_SIZE
        return everything[start : start + PAGE_SIZE]

    def page(
        self,
        spot: Spot,
        *,
        leads_to: int | None = None,
        rows: Rows | None = None,
        total: int | None = None,
    ) -> Answer:
        """One page; `leads_to`, `rows` and `total` replace what is true."""
        path, number = spot.path, spot.number
        if leads_to is None and number < self.last_page(path):
            leads_to = number + 1
        body: dict[str, object] = {"items": self.rows_of(spot) if rows is None else rows}
        headers: dict[str, str] = {}
        link = None if leads_to is None else f"{self.api.url}{path}?at={leads_to}"
        match self.paging:
            case "page_total":
                body["total"] = len(self.collections[path]) if total is None else total
            case "cursor":
                body["next_cursor"] = leads_to
            case "next_link":
                body["next"] = link
            case "header_link":
                first = f'<{self.api.url}{path}>; rel="first"'
                headers["Link"] = first if link is None else f'{first}, <{link}>; rel="next"'
            case "none" | "offset" | "page":
                pass
        return answer(body, 200, **headers)

    def truth(self) -> dict[str, frozenset[str]]:
        """The ids that each kind has."""
        members = (members_path(row["id"]) for row in self.collections["/groups"])
        return {
            ITEMS: ids(self.collections[ITEMS]),
            MEMBERS: frozenset(one for path in members for one in ids(self.collections[path])),
            TEAMS: ids(self.collections[TEAMS]),
        }

    def honest_requests(self) -> int:
        """How many requests a resync without a fault takes."""
        walks = sum(self.last_page(path) for path in self.collections)
        # Items, groups, members and teams are each asked for a page 0, once; the short first
        # pages of members and teams for another one, once.
        page_zero = 4 if self.paging in {"page", "page_total"} else 0
        # The first pages of members are as long as each other: five of them are asked about.
        after_short = {"offset": 6, "page": 6, "page_total": 2}.get(self.paging, 0)
        # Where no total is told, the last pages of items and groups are followed by another one.
        after_last = 2 if self.paging in {"offset", "page"} else 0
        return walks + page_zero + after_short + after_last + (self.signing == "custom")

    def _is_signed(self, request: Request) -> bool:
        if self.signing == "none":
            return True
        name, value = _SIGNED[self.signing]
        return request.headers.get(name) == value

    def _login(self, request: Request) -> Reply:
        if request.json != {"client_secret": LOGIN_SECRET}:
            return answer({"error": "who are you?"}, 401)
        return answer({"token": ISSUED})


def ids(collection: Rows) -> frozenset[str]:
    """The ids of rows."""
    return frozenset(row["id"] for row in collection)


def echo(status: int, **headers: str) -> Handler:
    """An error that quotes the request with its credentials, as careless servers do."""

    def handler(request: Request) -> Reply:
        # First of all, as only the beginning of a body is ever shown.
        signed = {name: request.headers.get(name) for name in ("authorization", "x-api-key")}
        return answer({**signed, "body": request.body.decode()}, status, **headers)

    return handler
