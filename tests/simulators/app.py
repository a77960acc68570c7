"""A product as an ASGI application that remembers every request."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.simulators.endpoints import Endpoint, Template
from tests.simulators.model import Answer, Call, Json, Recorded, RefusedError
from tests.simulators.product import Product

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
        endpoint, answer, refused = self._answer(call)
        self.requests.append(
            Recorded(
                endpoint=endpoint,
                method=call.method,
                path=path,
                params=params,
                headers=call.headers,
                body=body,
                status=answer.status,
                refused=refused,
            )
        )
        return _response(replace(answer, headers={**self._product.headers, **answer.headers}))

    def _answer(self, call: Call) -> tuple[str, Answer, int | None]:
        """The path of the endpoint that answers, its answer, and what it was refused with."""
        path = ""
        try:
            for template, login in self._logins:
                if template.match(call.path) is not None and login.method == call.method:
                    return login.path, login.answer(call), None
            if not self._door.admits(call):
                raise RefusedError(401, "unauthorized")  # noqa: TRY301 — as any endpoint refuses
            self._throttle()
            endpoint, at = self._at(call)
            path = endpoint.path
            self._refuse_unknown(call, endpoint)
            return path, endpoint.answer(replace(call, at=at)), None
        except RefusedError as refused:
            said = self._product.error(refused.status, refused.reason)
            if not isinstance(said, Answer):
                said = Answer(status=refused.status, body=said)
            said = replace(said, headers={**said.headers, **refused.headers})
            return path, said, refused.status

    def _at(self, call: Call) -> tuple[Endpoint, dict[str, str]]:
        """The endpoint a call is for, and the placeholders' values."""
        pairs = ((template.match(call.path), endpoint) for template, endpoint in self._endpoints)
        found = [(endpoint, at) for at, endpoint in pairs if at is not None]
        for endpoint, at in found:
            if endpoint.method == call.method:
                return endpoint, at
        raise RefusedError(405 if found else 404, "method not allowed" if found else "not found")

    def _refuse_unknown(self, call: Call, endpoint: Endpoint) -> None:
        status, known = self._product.unknown_parameters, endpoint.parameters
        if status is not None and known is not None:
            for name in call.params:
                if name not in known:
                    raise RefusedError(status, f"unknown parameter {name}")

    def _throttle(self) -> None:
        throttle = self._product.throttle
        if throttle is not None and len(self.requests) + 1 == throttle.at:
            raise RefusedError(throttle.status, "too many requests", throttle.headers)


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
