"""A product as an ASGI application that remembers every request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from workbench.simulators.endpoints import Endpoint, Template
from workbench.simulators.model import Answer, Call, Json, Recorded, RefusedError
from workbench.simulators.product import Product

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def simulate(product: Product) -> Simulator:
    """A new simulator of a product, with fresh data."""
    return Simulator(product)


class Simulator:
    """An ASGI application; ``data`` may be changed meanwhile, ``requests`` are what it got."""

    def __init__(self, product: Product) -> None:
        self.data = product.data()
        self.requests: list[Recorded] = []
        self._product = product
        self._door = product.auth.door()
        self._logins = [(Template(login.path), login) for login in self._door.endpoints]
        self._endpoints = [
            (Template(product.prefix + endpoint.path), endpoint) for endpoint in product.endpoints
        ]
        self._put_off: set[str] = set()
        self._app = Starlette(routes=[Route("/{path:path}", self._serve, methods=_METHODS)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        # Matched as it was sent: an encoded slash is part of a segment.
        path = request.scope["raw_path"].decode("ascii")
        body = _decoded(await request.body(), request.headers.get("content-type", ""))
        params = parse_qs(request.url.query, keep_blank_values=True)
        call = Call(
            method=request.method,
            origin=str(request.base_url).rstrip("/"),
            path=path,
            at={},
            params=params,
            headers=dict(request.headers),
            body=body,
            data=self.data,
        )
        answer = self._answer(call)
        self.requests.append(
            Recorded(
                method=call.method,
                path=path,
                params=params,
                headers=call.headers,
                body=body,
                status=answer.status,
            )
        )
        return _response(answer)

    def _answer(self, call: Call) -> Answer:
        try:
            return self._admitted(call)
        except RefusedError as refused:
            said = self._product.error(refused.status, refused.reason)
            return said if isinstance(said, Answer) else Answer(status=refused.status, body=said)

    def _admitted(self, call: Call) -> Answer:
        for template, login in self._logins:
            if template.match(call.path) is not None and login.method == call.method:
                return login.answer(call)
        if not self._door.admits(call):
            raise RefusedError(401, "unauthorized")
        if (answer := self._throttled(call)) is not None:
            return answer
        found = list(self._at(call.path))
        for endpoint, at in found:
            if endpoint.method == call.method:
                self._refuse_unknown(call, endpoint)
                return endpoint.answer(replace(call, at=at))
        raise RefusedError(405 if found else 404, "method not allowed" if found else "not found")

    def _at(self, path: str) -> Iterator[tuple[Endpoint, dict[str, str]]]:
        for template, endpoint in self._endpoints:
            if (at := template.match(path)) is not None:
                yield endpoint, at

    def _refuse_unknown(self, call: Call, endpoint: Endpoint) -> None:
        status, known = self._product.unknown_parameters, endpoint.parameters
        if status is not None and known is not None:
            for name in call.params:
                if name not in known:
                    raise RefusedError(status, f"unknown parameter {name}")

    def _throttled(self, call: Call) -> Answer | None:
        throttle = self._product.throttle
        key = f"{call.method} {call.url({})} {call.body}"
        if throttle is None or (len(self.requests) + 1) % throttle.every or key in self._put_off:
            return None
        self._put_off.add(key)
        said = self._product.error(throttle.status, "too many requests")
        body = said.body if isinstance(said, Answer) else said
        return Answer(status=throttle.status, body=body, headers=throttle.headers)


def _decoded(body: bytes, content_type: str) -> Json:
    if not body:
        return None
    if "x-www-form-urlencoded" in content_type:
        return {name: values[-1] for name, values in parse_qs(body.decode()).items()}
    try:
        return json.loads(body)
    except ValueError:
        return None


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers, media_type="text/html")
    return Response(
        json.dumps(answer.body).encode(), answer.status, headers, media_type="application/json"
    )
