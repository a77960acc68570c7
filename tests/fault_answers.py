"""What is answered in place of a page: functions that make the answer of a struck request."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from json_values import Json
from tests import fault_api
from tests.fault_api import Answer, Handler, Raw, Reply, Request, answer, redirect
from tests.fault_cells import Make
from tests.fault_scene import ISSUED, Rows, Scene, Spot, Window, rows


def always(reply: Handler | Reply) -> Make:
    """One answer."""
    return lambda _scene, _spot: reply


def honest(scene: Scene, _: Spot) -> Handler:
    """What a healthy API answers."""
    return scene.honest


def altered(change: Callable[[Answer], Reply]) -> Make:
    """The true page, or the answer of the login, with something wrong about it."""
    return altered_by(lambda page, _: change(page))


def altered_by(change: Callable[[Answer, dict[str, Json]], Reply]) -> Make:
    """The same by words that are drawn, and stay the same."""

    def make(scene: Scene, spot: Spot) -> Handler:
        drawn = words(scene.drawn)

        def handler(request: Request) -> Reply:
            is_login = spot.path == "/login"
            true = answer({"token": ISSUED}) if is_login else scene.page(scene.window(request))
            return change(true, drawn)

        return handler

    return make


def words(drawn: Random) -> dict[str, Json]:
    """An object whose names nobody could list: one to three words with a value each."""
    return {_word(drawn): _value(drawn) for _ in range(drawn.randint(1, 3))}


def says_nothing(words: dict[str, Json]) -> dict[str, Json]:
    """The same names, and none says anything."""
    return {name: (False, 0, "")[at % 3] for at, name in enumerate(words)}


def _word(drawn: Random) -> str:
    return "".join(drawn.choices("abcdefghijklmnopqrstuvwxyzåéø", k=drawn.randint(5, 9)))


def _value(drawn: Random) -> Json:
    values: tuple[Json, ...] = (
        drawn.randint(1, 999),
        _word(drawn),
        f"{_word(drawn)} {_word(drawn)}",
        True,
        {_word(drawn): drawn.randint(1, 99)},
    )
    return drawn.choice(values)


# --- on the wire ----------------------------------------------------------------------------


def typed(page: Answer, kind: str) -> Answer:
    """A page with another content type."""
    others = tuple(pair for pair in page.headers if pair[0] != "Content-Type")
    return replace(page, headers=(*others, ("Content-Type", kind)))


def wrong_length(page: Answer, by: int) -> Raw:
    """A page whose length is told wrong."""
    told = f"Content-Length: {len(page.body) + by}".encode()
    encoded = page.encoded().replace(f"Content-Length: {len(page.body)}".encode(), told)
    return Raw(encoded, end="close" if by > 0 else "keep")


def truncated(page: Answer) -> Answer:
    """Half a page, as if it were all."""
    return replace(page, body=page.body[: len(page.body) // 2])


def in_latin_1(page: Answer) -> Answer:
    """A page in an encoding that it does not name."""
    text = json.dumps(json.loads(page.body), ensure_ascii=False)
    return replace(page, body=text.encode("latin-1", "replace"))


def dies(scene: Scene, _: Spot) -> Handler:
    """The API goes down."""

    def handler(_: Request) -> Reply:
        scene.api.go_down()
        return fault_api.RESET

    return handler


def gzipped(body: bytes) -> Answer:
    """A compressed body."""
    headers = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    return Answer(body, headers=headers)


UTF_16 = "application/json; charset=utf-16"
KLINGON = "application/json; charset=klingon"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
BOMB = gzip.compress(bytes(1024 * 1024))


def circle(_: Scene, spot: Spot) -> Handler:
    """A redirect to the same."""

    def handler(request: Request) -> Reply:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        return redirect(f"{spot.path}?{query}" if query else spot.path, 307)

    return handler


def elsewhere(status: int) -> Make:
    """A redirect to another origin."""
    return lambda scene, spot: redirect(f"{scene.elsewhere.url}{spot.path}", status)


def later(**delay: float) -> str:
    """A time from now, as a header has it."""
    return (datetime.now(UTC) + timedelta(**delay)).strftime("%a, %d %b %Y %H:%M:%S GMT")


# --- in the body ----------------------------------------------------------------------------

_MARKERS = frozenset({"next_cursor", "next"})
_MARKER_HEADERS = frozenset({"Link", "X-Continuation-Token"})


def with_body(page: Answer, **changed: Json) -> Answer:
    """A page with other values."""
    return replace(page, body=json.dumps(json.loads(page.body) | changed).encode())


def null_marker(page: Answer) -> Answer:
    """A page whose next one is null."""
    return with_body(page, **dict.fromkeys(_MARKERS & json.loads(page.body).keys()))


def no_marker(page: Answer) -> Answer:
    """A page that does not name the next one."""
    body = {name: value for name, value in json.loads(page.body).items() if name not in _MARKERS}
    headers = tuple(pair for pair in page.headers if pair[0] not in _MARKER_HEADERS)
    return replace(page, body=json.dumps(body).encode(), headers=headers)


def odd_marker(page: Answer) -> Answer:
    """A page that names the next one in another form: objects, numbers where links are wanted."""
    body = json.loads(page.body)
    if "next_cursor" in body:
        return with_body(page, next_cursor={"position": [4]})
    if "next" in body:
        return with_body(page, next=1700000000)
    return replace(page, headers=(*page.headers[:1], ("Link", "1700000000")))


# --- other pages ----------------------------------------------------------------------------


def _keep(_: Window) -> int | None:
    """Lead where the page leads."""
    return None


def page(
    place: Callable[[Window], Window] = lambda asked: asked,
    leads_to: Callable[[Window], int | None] = _keep,
) -> Make:
    """Another page than the one that was asked for, or one that leads elsewhere."""

    def make(scene: Scene, _: Spot) -> Handler:
        def handler(request: Request) -> Reply:
            asked = scene.window(request)
            return scene.page(place(asked), leads_to=leads_to(asked))

        return handler

    return make


def endless(scene: Scene, _: Spot) -> Handler:
    """After the last page there is always another one."""

    def handler(request: Request) -> Reply:
        asked = scene.window(request)
        end = asked.start + asked.size
        if asked.start < len(scene.collections[asked.path]):
            return scene.page(asked, leads_to=end)
        new = rows(*(f"endless-{asked.start}-{at}" for at in range(asked.size)))
        return scene.page(asked, rows=new, leads_to=end)

    return handler


def emptied(scene: Scene, _: Spot) -> Handler:
    """A page without its rows."""
    return lambda request: scene.page(scene.window(request), rows=[])


def everything(scene: Scene, _: Spot) -> Handler:
    """All rows, whatever is asked for."""
    return lambda request: scene.page(Window(request.path, 0, len(scene.collections[request.path])))


def first_page(scene: Scene, _: Spot) -> Handler:
    """The first page, whatever is asked for."""
    return lambda request: scene.page(scene.window_of(Spot(request.path)))


def total(lie: Callable[[int, int], int]) -> Make:
    """A total made of the true one and the number of the page."""

    def make(scene: Scene, _: Spot) -> Handler:
        def handler(request: Request) -> Reply:
            asked = scene.window(request)
            truth = len(scene.collections[asked.path])
            number = scene.spot(request).number
            return scene.page(asked, total=max(0, lie(truth, number)))

        return handler

    return make


def meanwhile(change: Callable[[Rows], object]) -> Make:
    """The true page, and then a change of the collection."""

    def make(scene: Scene, spot: Spot) -> Handler:
        def handler(request: Request) -> Reply:
            page = scene.page(scene.window(request))
            change(scene.collections[spot.path])
            return page

        return handler

    return make
