"""``check`` finds by trying how the same credentials are answered: a remedy is a line to write."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.check_scene import Scene, Spoil, person, serving, settings, signed, swap, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer, redirect, text
from tests.repairs import checked_again

PREFIX = "OCEAN__INTEGRATION__CONFIG__"
KEY, SECOND = "the-key-of-the-scene", "the-second-of-the-scene"
PAIR = base64.b64encode(f"me@example.com:{KEY}".encode()).decode()
ALL = ("/v1/people", "/v1/teams", "/v1/teams/{}/notes")
PEOPLE: list[dict[str, Json]] = [person(number) for number in range(9)]
TEAMS: list[dict[str, Json]] = [
    {"id": f"team-{n}", "name": f"Team {n}", "key": f"T{n}", "open": True} for n in range(4)
]


@dataclass(frozen=True)
class Case:
    """A mistake, the setting whose line is to change, and what is to be written."""

    spoils: list[Spoil]
    setting: str
    remedy: str


def open_to(is_known: Callable[[Request], bool], refused: Reply) -> Spoil:
    """The lists of the scene for those who are known, a refusal for the others."""

    def handler(request: Request) -> Reply:
        if not is_known(request):
            return refused
        is_first = request.number("page", 1) == 1
        if request.path.endswith("/notes"):
            return answer([{"id": request.path, "text": "hello"}] if is_first else [])
        rows = PEOPLE if request.path.endswith("people") else TEAMS
        return answer({"data": rows if is_first else [], "errors": []})

    return serving(handler, *ALL)


def by_header(name: str, value: str, refused: Reply | None = None) -> Spoil:
    """Known by a header."""
    return open_to(
        lambda request: request.headers.get(name.lower()) == value,
        refused or answer({"message": "Unauthorized"}, 401),
    )


def spoken_to(sent: str, words: str, is_known: Callable[[Mapping[str, str]], bool]) -> Spoil:
    """Known by headers; those who send another one are refused in other words."""

    def handler(request: Request) -> Reply:
        if is_known(request.headers):
            is_first, is_people = request.number("page", 1) == 1, request.path.endswith("people")
            if request.path.endswith("/notes"):
                return answer([{"id": request.path, "text": "hello"}] if is_first else [])
            rows = PEOPLE if is_people else TEAMS
            return answer({"data": rows if is_first else [], "errors": []})
        return answer({"message": words}, 403) if sent in request.headers else _UNAUTHORIZED

    return serving(handler, *ALL)


def by_key_or_user(request: Request) -> bool:
    """Whether the key is in a header, or the user of a sign-in without a password."""
    user = base64.b64encode(f"{KEY}:".encode()).decode()
    headers = request.headers
    return headers.get("x-acme-key") == KEY or headers.get("authorization") == f"Basic {user}"


def by_words(scene: Scene) -> None:
    """Nobody is known, and a key is refused in other words than none is."""

    def handler(request: Request) -> Reply:
        words = "Invalid API key." if "x-acme-key" in request.headers else "Please sign in."
        return answer({"detail": words}, 401, WWW_Authenticate="Basic realm=a")

    serving(handler, *ALL)(scene)


def by_params(refused: Reply, **wanted: str) -> Spoil:
    """Known by query parameters."""
    return open_to(
        lambda request: all(request.param(name) == one for name, one in wanted.items()), refused
    )


def keyed(**others: str | None) -> Spoil:
    """Settings that send a key."""
    return settings(**{"auth_type": "api_key", "api_token": None, "api_key": KEY, **others})


def login_by(is_right: Callable[[Request], bool], given: Json, path: str = "/v1/login") -> Spoil:
    """A login that gives an answer to those who send what is right."""
    refused = answer({"error": "wrong"}, 400)
    return serving(lambda request: answer(given) if is_right(request) else refused, path)


def logging_in(request: Json, template: Json) -> Spoil:
    """Settings with a login."""
    return settings(
        auth_type="custom",
        api_token=None,
        custom_auth_request=json.dumps(request),
        custom_auth_request_template=json.dumps(template),
    )


def in_form(request: Request) -> bool:
    """Whether a login comes as a form."""
    return request.body == b"user=me&password=hush-hush-hush"


def in_json(request: Request) -> bool:
    """Whether a login comes as JSON."""
    return request.method == "POST" and request.body.startswith(b"{") and request.json == WHO


WHO = {"user": "me", "password": "hush-hush-hush"}
ISSUED, TOKEN = "token-that-was-issued", "the-token-of-the-scene"
BEARER = {"headers": {"Authorization": "Bearer {{.token}}"}}
_UNAUTHORIZED = answer({"message": "Unauthorized"}, 401)
_TRELLO = {"key": KEY, "token": SECOND}
_PAGE = text("<html><body>Sign in to Acme</body></html>", kind="text/html")

_ACCOUNT = {"accountId": "acme-7", "secret": "hush-hush-hush"}


def of_account(refused: Reply) -> Spoil:
    """A login that knows its fields by their names alone."""

    def handler(request: Request) -> Reply:
        is_right = request.body.startswith(b"{") and request.json == _ACCOUNT
        return answer({"token": ISSUED}) if is_right else refused

    return serving(handler, "/v1/login")


_RENAMED = {"account_id": "acme-7", "secret": "hush-hush-hush"}

CASES = {
    "a field of a login that is spelled otherwise": Case(
        [
            logging_in({"endpoint": "/login", "body": _RENAMED}, BEARER),
            of_account(_UNAUTHORIZED),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "accountId" for "account_id" in "body"',
    ),
    "a login that is refused with the status of a success": Case(
        [
            logging_in({"endpoint": "/login", "body": _RENAMED}, BEARER),
            of_account(answer({"code": "E-LOGIN", "info": "not possible", "token": None})),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "accountId" for "account_id" in "body"',
    ),
    "a parameter of all requests that is spelled otherwise": Case(
        [
            settings(query_params='{"account_id": "acme-7"}'),
            by_params(answer({"message": "no"}, 400), accountId="acme-7"),
        ],
        "query_params",
        f"write accountId for account_id in {PREFIX}QUERY_PARAMS",
    ),
    "a header that nothing names": Case(
        [by_header("X-Auth-Token", "the-token-of-the-scene")],
        "auth_type",
        f"{PREFIX}AUTH_TYPE=api_key, {PREFIX}API_KEY_HEADER=X-Auth-Token, "
        f"{PREFIX}API_KEY=<the value of {PREFIX}API_TOKEN>",
    ),
    "a header that is misspelt": Case(
        [keyed(api_key_header="X-Access-Tokn"), by_header("X-Access-Token", KEY)],
        "api_key_header",
        f"write {PREFIX}API_KEY_HEADER=X-Access-Token: so signed it answers",
    ),
    "a parameter that is misspelt": Case(
        [
            keyed(api_key_param="apikee"),
            by_params(answer({"error": "apikey is missing"}, 401), apikey=KEY),
        ],
        "api_key_param",
        f"write {PREFIX}API_KEY_PARAM=apikey",
    ),
    "a parameter in place of a header": Case(
        [keyed(api_key_header="X-Key"), by_params(_UNAUTHORIZED, access_token=KEY)],
        "api_key_header",
        f"write {PREFIX}API_KEY_PARAM=access_token and remove {PREFIX}API_KEY_HEADER",
    ),
    "a token that is a user and a password": Case(
        [
            settings(api_token=f"me@example.com:{KEY}"),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "auth_type",
        f"{PREFIX}AUTH_TYPE=basic, with what is sent now up to the colon as",
    ),
    "user and password swapped": Case(
        [
            settings(auth_type="basic", api_token=None, username=KEY, password="me@example.com"),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "username",
        f"swap {PREFIX}USERNAME and {PREFIX}PASSWORD",
    ),
    "a quoted token": Case(
        [
            settings(api_token="\"'the-token-of-the-scene'\""),
            by_header("Authorization", "Bearer the-token-of-the-scene"),
        ],
        "api_token",
        "without the quotes",
    ),
    "a token that was copied with its name and a sign": Case(
        [
            settings(api_token="token=the-token-of-the-scene;"),
            by_header("Authorization", "Bearer the-token-of-the-scene"),
        ],
        "api_token",
        "signs around it: so signed it answers",
    ),
    "a token in the place of a user": Case(
        [
            settings(auth_type="basic", api_token=None, username=KEY, password="x"),
            by_header("Authorization", f"Bearer {KEY}"),
        ],
        "auth_type",
        f"{PREFIX}AUTH_TYPE=bearer_token, {PREFIX}API_TOKEN=<the value of {PREFIX}USERNAME>",
    ),
    "a token without a word in a header of all requests": Case(
        [
            settings(
                auth_type=None, api_token=None, custom_headers=f'{{"Authorization": "{KEY}"}}'
            ),
            by_header("Authorization", f"Bearer {KEY}"),
        ],
        "custom_headers",
        f"write 'Bearer ' before the value of Authorization in {PREFIX}CUSTOM_HEADERS",
    ),
    "another word before the key": Case(
        [
            keyed(api_key=f"Token {KEY}", api_key_header="Authorization"),
            by_header("Authorization", f"Api-Key {KEY}"),
        ],
        "api_key",
        f"{PREFIX}API_KEY=Api-Key <the value of {PREFIX}API_KEY without its first word>",
    ),
    "a wrong token where all is public": Case(
        [open_to(lambda request: "authorization" not in request.headers, _UNAUTHORIZED)],
        "api_token",
        f"correct {PREFIX}API_TOKEN, or write {PREFIX}AUTH_TYPE=none",
    ),
    "a page in place of a refusal": Case(
        [by_header("X-API-Key", "the-token-of-the-scene", _PAGE)],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=X-API-Key",
    ),
    "no such path in place of a refusal": Case(
        [by_header("X-API-Key", "the-token-of-the-scene", answer({"message": "Not Found"}, 404))],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=X-API-Key",
    ),
    "a redirect to another host in place of a refusal": Case(
        [by_header("X-API-Key", "the-token-of-the-scene", redirect("https://sso.example/login"))],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=X-API-Key",
    ),
    "a success that reports a refusal": Case(
        [
            by_header(
                "X-API-Key", "the-token-of-the-scene", answer({"ok": False, "error": "not_authed"})
            )
        ],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=X-API-Key",
    ),
    "a usual word before the key that no answer names": Case(
        [by_header("Authorization", "Api-Key the-token-of-the-scene")],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=Authorization, {PREFIX}API_KEY=Api-Key <the value of",
    ),
    "an answer that finds a fault in the request of those it knows": Case(
        [
            keyed(api_key_header="Authorization"),
            serving(
                lambda request: (
                    answer({"errors": [{"message": "variable $n is missing"}], "data": None})
                    if request.headers.get("authorization") == f"Token {KEY}"
                    else _UNAUTHORIZED
                ),
                *ALL,
            ),
        ],
        "api_key",
        "so signed it answers",
    ),
    "a word of the API's own before the key": Case(
        [
            by_header(
                "Authorization",
                "GenieKey the-token-of-the-scene",
                answer({"message": "Authorization should be GenieKey <key>"}, 401),
            )
        ],
        "auth_type",
        f"{PREFIX}API_KEY=GenieKey <the value of {PREFIX}API_TOKEN>: so signed it answers",
    ),
    "a second header that nothing sends": Case(
        [
            keyed(api_key_header="Acme-Key"),
            open_to(lambda _: False, answer({"message": "Acme-App header missing"}, 403)),
        ],
        "custom_headers",
        f'write {PREFIX}CUSTOM_HEADERS={{"Acme-App": "<its value>"}}',
    ),
    "a wrong token where other schemes are taken too": Case(
        [
            open_to(
                lambda _: False,
                answer({"m": "no"}, 401, WWW_Authenticate="Basic realm=a, Bearer realm=a"),
            )
        ],
        "api_token",
        f"correct {PREFIX}API_TOKEN",
    ),
    "a header that every resource lacks": Case(
        [open_to(lambda _: False, answer({"message": "Missing X-Tenant header"}, 400))],
        "custom_headers",
        f'misses "X-Tenant": add it with its value to {PREFIX}CUSTOM_HEADERS',
    ),
    "a second credential that is misspelt": Case(
        [
            keyed(api_key_param="token", query_params=json.dumps({"kee": SECOND})),
            by_params(answer("invalid key", 401), key=SECOND, token=KEY),
        ],
        "query_params",
        f"write key for kee in {PREFIX}QUERY_PARAMS",
    ),
    "a second credential that is missing": Case(
        [
            keyed(api_key_param="token"),
            by_params(answer({"message": "parameter key is required"}, 401), key=SECOND, token=KEY),
        ],
        "query_params",
        f'write {PREFIX}QUERY_PARAMS={{"key": "<its value>"}}',
    ),
    "two credentials that are swapped": Case(
        [
            keyed(api_key_param="token", query_params=json.dumps({"key": SECOND})),
            by_params(answer({"message": "invalid token"}, 401), key=KEY, token=SECOND),
        ],
        "query_params",
        f"swap the values of {PREFIX}API_KEY and of key in {PREFIX}QUERY_PARAMS",
    ),
    "a second credential in the other place": Case(
        [
            keyed(api_key_header="Acme-Key", query_params=json.dumps({"Acme-App": SECOND})),
            open_to(
                lambda request: (
                    request.headers.get("acme-key") == KEY
                    and request.headers.get("acme-app") == SECOND
                ),
                answer({"message": "Forbidden"}, 403),
            ),
        ],
        "query_params",
        f"move Acme-App from {PREFIX}QUERY_PARAMS to {PREFIX}CUSTOM_HEADERS",
    ),
    "a login by a form": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_form, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        f'move what is in "body" to "bodyForm" in {PREFIX}CUSTOM_AUTH_REQUEST',
    ),
    "a login by the query": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(lambda request: dict(request.query) == WHO, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'move what is in "body" to "queryParams"',
    ),
    "a login by another method": Case(
        [
            logging_in({"endpoint": "/login", "method": "PUT", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "method": "POST"',
    ),
    "a login's field that is misspelt": Case(
        [
            logging_in(
                {"endpoint": "/login", "body": {"usr": "me", "password": WHO["password"]}}, BEARER
            ),
            login_by(lambda request: request.json.get("user") == "me", {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "user" for "usr" in "body"',
    ),
    "a login's parameter that is misspelt": Case(
        [
            logging_in(
                {"endpoint": "/login", "method": "GET", "queryParams": {"apikee": KEY}}, BEARER
            ),
            login_by(lambda request: request.param("apiKey") == KEY, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "apiKey" for "apikee" in "queryParams"',
    ),
    "a login beside the base URL": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED}, "/login"),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        '/login" in',
    ),
    "a token in a list of the login's answer": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"sessions": [{"accessToken": ISSUED, "scope": "a b"}]}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request_template",
        "Bearer {{.sessions[0].accessToken}}",
    ),
    "another token of the login's answer": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": "refresh-only-token", "data": {"idToken": ISSUED}}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request_template",
        "Bearer {{.data.idToken}}",
    ),
    "a login's token in another header": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED}),
            by_header("X-Auth-Token", ISSUED),
        ],
        "custom_auth_request_template",
        '{"headers": {"X-Auth-Token": "{{.token}}"}}',
    ),
    "a login's token without the word before it": Case(
        [
            logging_in(
                {"endpoint": "/login", "body": WHO}, {"headers": {"Authorization": "{{.token}}"}}
            ),
            login_by(in_json, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request_template",
        '{"headers": {"Authorization": "Bearer {{.token}}"}}',
    ),
}


ME = settings(auth_type="basic", api_token=None, username="me@example.com", password=KEY)
CASES |= {
    "a refusal of what is sent, by an API that reads another header": Case(
        [
            spoken_to(
                "authorization", "insufficient scope", lambda r: r.get("x-auth-token") == TOKEN
            )
        ],
        "auth_type",
        f"{PREFIX}API_KEY_HEADER=X-Auth-Token",
    ),
    "a refusal of what is sent, by an API that reads a parameter": Case(
        [
            open_to(
                lambda request: request.param("api_key") == TOKEN,
                answer({"message": "account not permitted"}, 403),
            )
        ],
        "auth_type",
        f"{PREFIX}API_KEY_PARAM=api_key",
    ),
    "a second header, of which the API only says that it lets nobody in": Case(
        [
            keyed(api_key_header="X-API-Key", custom_headers=json.dumps({"X-App": SECOND})),
            spoken_to("x-api-key", "not permitted", lambda r: r.get("x-app-key") == SECOND),
        ],
        "custom_headers",
        f"write X-App-key for X-App in {PREFIX}CUSTOM_HEADERS",
    ),
    "a pair that is twice in base64": Case(
        [
            settings(
                auth_type="api_key",
                api_token=None,
                api_key=f"Basic {base64.b64encode(PAIR.encode()).decode()}",
                api_key_header="Authorization",
            ),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "auth_type",
        "both as they were before base64: so signed it answers",
    ),
    "a pair that is not in base64": Case(
        [
            settings(
                auth_type="api_key",
                api_token=None,
                api_key=f"Basic me@example.com:{KEY}",
                api_key_header="Authorization",
            ),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "auth_type",
        f"{PREFIX}AUTH_TYPE=basic, with what is sent now up to the colon as",
    ),
    "a password in base64": Case(
        [
            ME,
            settings(password=base64.b64encode(KEY.encode()).decode()),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "password",
        f"write {PREFIX}PASSWORD as it was before base64: so signed it answers",
    ),
    "a password that is the pair in base64": Case(
        [ME, settings(password=PAIR), by_header("Authorization", f"Basic {PAIR}")],
        "password",
        f"write what is in {PREFIX}PASSWORD, as it was before base64, up to the colon as",
    ),
    "a user with the password behind it": Case(
        [
            ME,
            settings(username=f"me@example.com:{KEY}", password=None),
            by_header("Authorization", f"Basic {PAIR}"),
        ],
        "username",
        f"write what is in {PREFIX}USERNAME up to the colon as",
    ),
    "a key behind the name of its header": Case(
        [
            keyed(api_key=f"X-Acme-Key: {KEY}", api_key_header="X-Acme-Key"),
            by_header("X-Acme-Key", KEY),
        ],
        "api_key",
        f"write {PREFIX}API_KEY=<the value of {PREFIX}API_KEY without its first word>",
    ),
    "a quoted key, where the API takes a key as a user, too": Case(
        [
            keyed(api_key=f"\"'{KEY}'\"", api_key_header="X-Acme-Key"),
            open_to(by_key_or_user, answer({"m": "no"}, 401, WWW_Authenticate="Basic realm=a")),
        ],
        "api_key",
        f"write {PREFIX}API_KEY without the quotes",
    ),
    "a word before a key, where the API takes a key as a user, too": Case(
        [
            keyed(api_key=f"Bearer {KEY}", api_key_header="X-Acme-Key"),
            open_to(by_key_or_user, answer({"m": "no"}, 401, WWW_Authenticate="Basic realm=a")),
        ],
        "api_key",
        f"write {PREFIX}API_KEY=<the value of {PREFIX}API_KEY without its first word>",
    ),
    "a login's answer that has the word before the token": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED, "token_type": "AcmeTicket"}),
            by_header("Authorization", f"AcmeTicket {ISSUED}"),
        ],
        "custom_auth_request_template",
        '{"headers": {"Authorization": "{{.token_type}} {{.token}}"}}',
    ),
    "a login's answer that has the header of the token": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED, "header": "Acme-Ticket"}),
            by_header("Acme-Ticket", ISSUED),
        ],
        "custom_auth_request_template",
        "the name that the login's answer has at .header, with {{.token}}",
    ),
    "a login's answer that speaks of the header of the token": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED, "usage": "send it as X-Acme-Ticket"}),
            by_header("X-Acme-Ticket", ISSUED),
        ],
        "custom_auth_request_template",
        '{"headers": {"X-Acme-Ticket": "{{.token}}"}}',
    ),
    "a login's answer that has the name of the cookie": Case(
        [
            logging_in(
                {"endpoint": "/login", "body": WHO},
                {"headers": {"Authorization": "Bearer {{.session.value}}"}},
            ),
            login_by(in_json, {"session": {"name": "ACMESESSION", "value": ISSUED}}),
            by_header("Cookie", f"ACMESESSION={ISSUED}"),
        ],
        "custom_auth_request_template",
        '{"headers": {"Cookie": "{{.session.name}}={{.session.value}}"}}',
    ),
    "a login that sets a cookie": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            serving(
                lambda request: (
                    answer({"ok": True}, Set_Cookie=f"sid={ISSUED}; Path=/")
                    if in_json(request)
                    else _UNAUTHORIZED
                ),
                "/v1/login",
            ),
            by_header("Cookie", f"sid={ISSUED}"),
        ],
        "custom_auth_request_template",
        "sid={{$cookies",
    ),
    "a login's token in the query": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            login_by(in_json, {"token": ISSUED}),
            by_params(_UNAUTHORIZED, access_token=ISSUED),
        ],
        "custom_auth_request_template",
        '{"queryParams": {"access_token": "{{.token}}"}}',
    ),
    "a login by a pair that is not in base64": Case(
        [
            logging_in(
                {"endpoint": "/login", "headers": {"Authorization": f"Basic me@example.com:{KEY}"}},
                BEARER,
            ),
            login_by(
                lambda request: request.headers.get("authorization") == f"Basic {PAIR}",
                {"token": ISSUED},
            ),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write in "Authorization" Basic, a blank, and user:password in base64, once',
    ),
}


def wanting(path: str, words: str, status: int, **fields: str) -> Spoil:
    """A login that gives a token for these fields, and says what it wants."""
    wanted = WHO | fields

    def handler(request: Request) -> Reply:
        is_right = request.body.startswith(b"{") and request.json == wanted
        return answer(
            {"token": ISSUED} if is_right else {"error": words}, status - is_right * (status - 200)
        )

    return serving(handler, path)


CASES |= {
    "a value of a login that the words name": Case(
        [
            logging_in({"endpoint": "/login", "body": {**WHO, "realm": "acm"}}, BEARER),
            wanting("/v1/login", "unknown realm; known are test, acme", 400, realm="acme"),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "realm": "acme"',
    ),
    "a path of a login that the words name": Case(
        [
            logging_in({"endpoint": "/login", "body": WHO}, BEARER),
            serving(lambda _: answer({"error": "gone: POST /v1/fresh-ones"}, 404), "/v1/login"),
            wanting("/v1/fresh-ones", "no", 401),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "endpoint": "/fresh-ones"',
    ),
    "a login below what all lists are below": Case(
        [
            settings(base_url="{api}"),
            lambda scene: setattr(
                scene,
                "mapping",
                scene.mapping.replace(" /people", " /v1/people").replace(" /teams", " /v1/teams"),
            ),
            logging_in({"endpoint": "/auth/start", "body": WHO}, BEARER),
            serving(lambda _: _UNAUTHORIZED, "/auth/start"),
            wanting("/v1/auth/start", "no", 401),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ],
        "custom_auth_request",
        'write "endpoint": "/v1/auth/start"',
    ),
    "a list that is open to all, beside those that are not": Case(
        [
            settings(auth_type="basic", api_token=None, username=TOKEN),
            by_header("Authorization", f"Bearer {TOKEN}"),
            serving(
                lambda request: (
                    _UNAUTHORIZED
                    if request.headers.get("authorization", "Bearer ")[:7] != "Bearer "
                    else answer({"data": PEOPLE if request.number("page", 1) == 1 else []})
                ),
                "/v1/people",
            ),
        ],
        "username",
        f"correct {PREFIX}USERNAME, or write {PREFIX}AUTH_TYPE=none",
    ),
    "a key that is refused, beside a header that all are told": Case(
        [keyed(api_key="old", api_key_header="X-Acme-Key"), by_words],
        "api_key",
        f"sees these credentials and refuses them: correct {PREFIX}API_KEY",
    ),
}


def by_client(words: str, **wanted: str) -> list[Spoil]:
    """A client that gets a token where its form says what is wanted."""

    def handler(request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        is_right = form.items() >= wanted.items()
        return answer({"access_token": ISSUED}) if is_right else answer({"error": words}, 400)

    client = {"oauth_token_url": "{api}/token", "oauth_client_id": "me"}
    return [
        settings(auth_type="oauth2", api_token=None, oauth_client_secret=KEY, **client),
        serving(handler, "/token"),
        by_header("Authorization", f"Bearer {ISSUED}"),
    ]


def by_audience(scene: Scene) -> None:
    """Tokens that the API takes only where they were asked for as its own."""

    def handler(request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        is_own = form.get("audience") == f"{scene.api.url}/v1"
        return answer({"access_token": ISSUED if is_own else "a-token-of-nobody"})

    scene.api.serve("/token", handler)


CASES |= {
    "a scope that the words name": Case(
        [
            *by_client("invalid_scope: known are people.read, people.all", scope="people.read"),
            settings(oauth_scope="people:raed"),
        ],
        "oauth_scope",
        f"write {PREFIX}OAUTH_SCOPE=people.read: so the token is given",
    ),
    "an audience that the client may not have": Case(
        [*by_client("access_denied", audience="acme-api"), settings(oauth_audience="acme")],
        "oauth_audience",
        f"correct {PREFIX}OAUTH_AUDIENCE, or grant the client access to it",
    ),
    "a token that is for nobody without an audience": Case(
        [*by_client("no"), by_audience],
        "oauth_audience",
        f"write {PREFIX}OAUTH_AUDIENCE=http://",
    ),
    "a token that opens nothing": Case(
        [*by_client("no"), open_to(lambda _: False, _UNAUTHORIZED)],
        "oauth_scope",
        f"correct {PREFIX}OAUTH_SCOPE or {PREFIX}OAUTH_AUDIENCE, or grant the client access",
    ),
    "a token where a user and a password are wanted": Case(
        [open_to(lambda _: False, answer({"m": "no"}, 401, WWW_Authenticate="Basic realm=a"))],
        "auth_type",
        f"wants Basic: write {PREFIX}AUTH_TYPE=basic, and {PREFIX}USERNAME and {PREFIX}PASSWORD",
    ),
    "a base URL with the other scheme": Case(
        [lambda scene: scene.settings.update(base_url=scene.api.url.replace("http", "https"))],
        "base_url",
        f"write {PREFIX}BASE_URL=http://",
    ),
    "an audience that the words name": Case(
        by_client("audience must be https://acme.example/api", audience="https://acme.example/api"),
        "oauth_audience",
        f"write {PREFIX}OAUTH_AUDIENCE=https://acme.example/api: so the token is given",
    ),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=pytest.mark.exhaustive if number % 3 else ())
        for number, (name, case) in enumerate(CASES.items())
    ],
)
async def test_another_way_to_sign_in_is_tried(case: Case, tmp_path: Path, api: FaultApi) -> None:
    """One finding, in the line of the setting, and no credential in it."""
    scene = Scene(tmp_path, api)
    report = await scene.spoilt(case.spoils)

    name = case.setting.upper()
    places = [
        scene.place(f"{PREFIX}{name}=", "settings") if case.setting in scene.settings else None
    ]
    found = [
        one for one in report.findings if case.remedy in one.remedy and one.file.endswith(".env")
    ]
    assert found, told(report.findings)
    assert places == [None] or (found[0].file, found[0].line) in places, told(report.findings)
    said = json.dumps(report.as_json()["findings"])
    assert not [one for one in (KEY, SECOND, ISSUED, WHO["password"]) if one in said], said


_LOGGED = {"endpoint": "/login", "body": WHO}
_MISSPELT = {"endpoint": "/login", "body": {"user": "me", "pasword": WHO["password"]}}


@pytest.mark.parametrize(
    ("login", "template"),
    [
        pytest.param(_MISSPELT, {"headers": {"Authorization": "Bearer {{.token}}"}}, id="login"),
        pytest.param(_LOGGED, {"headers": {"Authorization": "Bearer {{.access}}"}}, id="template"),
    ],
)
async def test_what_a_login_comes_to_is_written_without_a_secret(
    login: Json, template: Json, tmp_path: Path, api: FaultApi
) -> None:
    """What stays is named by where it stands, so that a program can write the whole login."""
    scene = Scene(tmp_path, api)
    report = await scene.spoilt(
        [
            logging_in(login, template),
            login_by(in_json, {"token": ISSUED}),
            by_header("Authorization", f"Bearer {ISSUED}"),
        ]
    )
    assert WHO["password"] not in json.dumps(report.as_json()["findings"])
    paths = scene.write()

    mended = await checked_again(report, paths)

    assert mended.findings == [], told(mended.findings)


async def test_what_a_path_has_of_a_logins_answer_is_shown(tmp_path: Path, api: FaultApi) -> None:
    """It stands in the mapping in plain text, so a remedy may hold it; the token it may not."""
    scene = Scene(tmp_path, api)
    site = "b6ecc851-9eaf-5424-99f3"
    people = {"data": PEOPLE, "errors": []}
    api.serve(f"/v1/sites/{site}/users", lambda _: answer(people))

    report = await scene.spoilt(
        [
            logging_in(_LOGGED, {"headers": {"Authorization": "Bearer {{.token}}"}}),
            login_by(in_json, {"token": ISSUED, "site": {"id": site}}),
            by_header("Authorization", f"Bearer {ISSUED}"),
            swap("kind: /people", f"kind: /sites/{site}/user"),
        ]
    )

    assert f"write kind: /sites/{site}/users" in report.findings[0].remedy, told(report.findings)
    assert ISSUED not in json.dumps(report.as_json())


async def test_a_setting_that_is_to_be_removed_is_removed(tmp_path: Path, api: FaultApi) -> None:
    """What is to be written is what the words say: nothing is put in the place of what goes."""
    scene = Scene(tmp_path, api)
    by_param = open_to(
        lambda request: request.param("api_key") == KEY, answer({"message": "Unauthorized"}, 401)
    )
    key = settings(auth_type="api_key", api_token=None, api_key=KEY, api_key_header="X-Key")
    report = await scene.spoilt([key, by_param])

    mended = await checked_again(report, scene.write())

    assert "API_KEY_HEADER" not in (tmp_path / ".env").read_text()
    assert mended.findings == [], told(mended.findings)


async def test_a_token_that_is_seen_may_want_another_word(tmp_path: Path, api: FaultApi) -> None:
    """Where the API tells a token that it refuses from none."""

    def handler(request: Request) -> Reply:
        words = "invalid token" if signed(request) else "sign in"
        return answer({"message": words}, 401)

    report = await Scene(tmp_path, api).spoilt([serving(handler)])

    assert "wants something else than 'Authorization: Bearer …'" in report.findings[0].remedy
