"""The roads beside plain JSON by cursor: formats, cursors, bodies, values in step, sign-ins.

And very long bodies in other formats.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.jobs import CERTIFICATES, Job, RoadsJob, RoadTaken
from benchmarks.mapping import LARGE, resource
from benchmarks.measure import MEGABYTE, answer, in_turns
from benchmarks.results import Figure, Result
from benchmarks.runs import above_idle, medians, ratios, serving, watched
from benchmarks.server import CONTINUATION, Workload
from tests.certificates import signed_by
from workbench.store.model import JsonObject

PLAIN = "JSON by cursor"
"""What every other road is compared with."""

_CURSOR: JsonObject = {"type": "cursor"}
_HEADER: JsonObject = {"type": "cursor", "cursor_path": f"header:{CONTINUATION}"}
_STEP: JsonObject = {"endpoint": "/repositories", "pagination": {"type": "none"}}


def _no_settings(url: str) -> JsonObject:
    del url
    return {}


def _oauth2(url: str, **settings: object) -> JsonObject:
    return {
        "auth_type": "oauth2",
        "oauth_token_url": f"{url}/token",
        "oauth_client_id": "reader",
        **settings,
    }


_KEY = "our-own-server-takes-any-text-of-thirty-two-characters"
_BY_SECRET = partial(_oauth2, oauth_client_secret=_KEY)
_BY_TOKEN = partial(_oauth2, oauth_grant_type="refresh_token", oauth_refresh_token=_KEY)
_BY_JWT = partial(
    _oauth2,
    oauth_grant_type="jwt_bearer",
    oauth_jwt_algorithm="HS256",
    oauth_jwt_key=_KEY,
)


def _login(url: str, template: str, *steps: JsonObject) -> JsonObject:
    """A login, of several requests where there are steps after the first."""
    del url
    first: JsonObject = {"endpoint": "/login", "body": {"user": "reader"}}
    return {
        "auth_type": "custom",
        "custom_auth_request": {"steps": [first, *steps]} if steps else first,
        "custom_auth_request_template": {"headers": {"X-Token": template}},
    }


_ANSWER: JsonObject = {"endpoint": "/login", "headers": {"X-Challenge": "{{ $text }}"}}


def _sent_at_most(url: str) -> JsonObject:
    """A rate that is never reached, and what keeping count of it takes."""
    del url
    return {"requests_per_minute": 60_000, "request_burst": 1000}


def _client_certificate(url: str) -> JsonObject:
    del url
    folder = Path(os.environ[CERTIFICATES])
    pem = (folder / "client.pem").read_text()
    authority = (folder / "authority.pem").read_text()
    return {"client_certificate": pem, "client_key": pem, "ca_certificate": authority}


@dataclass(frozen=True)
class Road:
    """A way to the same items: a resource, and what it needs of settings, by the API's URL.

    ``most``: how many times the CPU of plain JSON it may take. ``tls``: over TLS.
    """

    resource: JsonObject
    most: float
    settings: Callable[[str], JsonObject] = field(default=_no_settings)
    tls: bool = False


def _items(kind: str = "/road/json", **pagination: object) -> JsonObject:
    return resource(kind, data_path=".items", pagination={**_CURSOR, **pagination})


def _post(**body: object) -> JsonObject:
    return resource("/road/list", "item", method="POST", pagination=_HEADER, **body)


ROADS: Mapping[str, Road] = {
    PLAIN: Road(_items(), most=1),
    "cursor in a header": Road(resource("/road/list", pagination=_HEADER), most=1.25),
    "cursor as an array": Road(
        resource(
            "/road/array",
            data_path=".items",
            method="POST",
            pagination={**_CURSOR, "send_in": "body", "cursor_path": ".next_cursor"},
        ),
        most=1.25,
    ),
    "cursor alone": Road(_items(cursor_alone=True), most=1.25),
    "rows counted from one": Road(
        _items("/road/offset", type="offset", pagination_param="startIndex", start_offset=1),
        most=1.25,
    ),
    "pages in order": Road(_items("/items", type="page", in_order=True), most=1.25),
    "text as the body": Road(_post(body="items.find()"), most=1.25),
    "a form as the body": Road(_post(body_form={"state": ["open", "new"]}), most=1.25),
    "an array as the body": Road(_post(body=[{"state": "open"}]), most=1.25),
    "gzip file": Road(resource("/road/gzip", pagination=_HEADER), most=1.75),
    "ndjson": Road(
        resource("/road/ndjson", response_format="ndjson", pagination=_HEADER), most=1.5
    ),
    "csv": Road(resource("/road/csv", response_format="csv", pagination=_HEADER), most=2),
    "xml": Road(
        resource("/road/xml", response_format="xml", data_path=".items.item", pagination=_HEADER),
        most=4,
    ),
    "values in step": Road(
        resource(
            "/repositories/{owner}/{name}/items",
            path_parameters={
                "owner": {**_STEP, "field": ".owner"},
                "name": {**_STEP, "field": ".name"},
            },
            pagination={"type": "none"},
        ),
        most=1.5,
    ),
    "windows": Road(
        resource(
            "/window",
            query_params={"from": "{{ ($window | tonumber) * 500 }}"},
            path_parameters={"window": {**_STEP, "field": ".name"}},
            pagination={"type": "none"},
        ),
        most=2,
    ),
    "limits told in a body": Road(_items("/road/limited"), most=1.25),
    "requestsPerMinute with a burst": Road(_items(), 1.25, _sent_at_most),
    "oauth2 client credentials": Road(_items(), 1.5, _BY_SECRET),
    "oauth2 refresh token": Road(_items(), 1.5, _BY_TOKEN),
    "oauth2 JWT": Road(_items(), 1.5, _BY_JWT),
    "login, token in a header": Road(
        _items(), 1.5, partial(_login, template='{{ $headers["x-auth-token"] }}')
    ),
    "login, token as text": Road(_items(), 1.5, partial(_login, template="{{ $text }}")),
    "login, cookie": Road(_items(), 1.5, partial(_login, template="{{ $cookies.session }}")),
    "login in two steps": Road(_items(), 1.5, lambda url: _login(url, "{{ $text }}", _ANSWER)),
    "client certificate": Road(_items(), 1.5, _client_certificate, tls=True),
}

LARGE_BODIES: Mapping[str, Road] = {
    "json": Road(LARGE, most=1),
    "ndjson": Road(resource("/large", response_format="ndjson"), most=2),
    "csv": Road(resource("/large", response_format="csv"), most=4),
}


def large_formats(*, quick: bool) -> Result:
    """One very long response in each format: memory, and CPU beside JSON's."""
    size, rounds = (2 * MEGABYTE, 1) if quick else (200 * MEGABYTE, 3)

    def taken(name: str) -> tuple[float, float]:
        """Megabytes above the idle process, and milliseconds of CPU for a megabyte."""
        with serving(Workload(large=size, large_format=name)) as api:
            reading, watch = watched(Job("ours", api, "large", road=name), None)
        return above_idle(reading, watch), 1000 * reading.cpu / (size / MEGABYTE)

    columns = in_turns(rounds, *(partial(taken, name) for name in LARGE_BODIES))
    by_name = dict(zip(LARGE_BODIES, columns, strict=True))
    plain_memory, plain_cpu = zip(*by_name.pop("json"), strict=True)
    figures = []
    for name, runs in by_name.items():
        memory, cpu = zip(*runs, strict=True)
        said = medians("MB", **{name: memory, "json": plain_memory})
        peak = f"{name}: peak memory above the idle process"
        figures.append(Figure(peak, memory, said, unit="MB", most=150))
        said = medians("ms/MB", **{name: cpu, "json": plain_cpu})
        most = LARGE_BODIES[name].most
        figures.append(Figure(f"{name}: CPU, of JSON's", ratios(cpu, plain_cpu), said, most=most))
    return Result(f"One response of {size // MEGABYTE} MB in other formats", figures)


def roads(*, quick: bool) -> Result:
    """Each format, style, body and sign-in beside plain JSON by cursor: requests and CPU."""
    items, size, rounds = (2000, 500, 1) if quick else (20_000, 500, 5)
    workload = Workload(items=items, parents=items // size)
    with tempfile.TemporaryDirectory() as folder:
        make_certificates(Path(folder))
        found = [_taken(workload, size, folder, backwards=bool(n % 2)) for n in range(rounds)]
    plain = [one[PLAIN] for one in found]
    others = [road for road in ROADS if road != PLAIN]
    figures = [_figure(road, [one[road] for one in found], plain) for road in others]
    most = max(one[road].requests / one[PLAIN].requests for one in found for road in others)
    said = "one or two more for the token, or for the parents"
    figures.append(Figure(f"requests of any road, of {PLAIN}", [most], said, most=1.05))
    title = f"Roads: {items:,} items of 700 bytes, {size} a page, without Ocean's work"
    return Result(title, figures)


def make_certificates(folder: Path) -> None:
    """An authority for 127.0.0.1, and a server's and a client's certificate with its key."""
    authority, key = signed_by(None, None, name="authority")
    (folder / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    for name in ("server", "client"):
        certificate, own = signed_by(authority, key, name=name)
        private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(private + certificate.public_bytes(Encoding.PEM))


def _taken(workload: Workload, size: int, folder: str, *, backwards: bool) -> dict[str, RoadTaken]:
    """What each road took, one after the other in one process."""
    behind_tls = msgspec.structs.replace(workload, certificates=folder)
    with serving(workload) as api, serving(behind_tls) as secure:
        roads = list(ROADS)[:: -1 if backwards else 1]
        urls = {road: secure if ROADS[road].tls else api for road in roads}
        job = RoadsJob(urls, workload.items, size, folder)
        return answer("benchmarks.road_reader", job, dict[str, RoadTaken])


def _figure(road: str, runs: Sequence[RoadTaken], plain: Sequence[RoadTaken]) -> Figure:
    """A road's CPU beside plain JSON's of the same round."""
    cpu, plain_cpu = [one.cpu for one in runs], [one.cpu for one in plain]
    return Figure(
        f"{road}: CPU for a thousand items, of {PLAIN}",
        ratios(cpu, plain_cpu),
        f"{medians('ms', **{road: cpu, PLAIN: plain_cpu})};"
        f" requests {runs[0].requests} and {plain[0].requests}",
        most=ROADS[road].most,
    )
