"""The local catalog and the sample API, over real HTTP; and the real Ocean against the catalog."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench import catalog, sample_api
from workbench.catalog import CatalogStore
from workbench.sail import sail_once
from workbench.sample_api import CLIENT_ID, CLIENT_SECRET, Faults, Helpdesk
from workbench.scenario import check_second, demo
from workbench.serve import serving

USER_AGENT = "port-ocean/custom/1.0.0/mine/exporter"
TEAM: dict[str, Any] = {"identifier": "team"}
SERVICE: dict[str, Any] = {
    "identifier": "service",
    "schema": {
        "properties": {
            "language": {"type": "string", "enum": ["go", "python"]},
            "code": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 4},
            "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
            "odds": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "marks": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True},
            "lines": {"type": "number"},
            "public": {"type": "boolean"},
            "tags": {"type": "array"},
        },
        "required": [],
    },
    "relations": {
        "owner": {"target": "team", "required": True},
        "friends": {"target": "team", "many": True},
    },
}
UPSERT = {"upsert": "true", "merge": "true"}
CREATING = {**UPSERT, "create_missing_related_entities": "true"}


class Site:
    """A server that stays while the applications of the tests come and go.

    To start and stop one takes longer than most of these tests.
    """

    url: str
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the application of the test."""
        if scope["type"] == "http":  # not the lifespan: there is no application yet
            await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The server of this module's tests."""
    site = Site()
    with serving(site) as site.url:
        yield site


@pytest.fixture
def store() -> Iterator[CatalogStore]:
    """An empty catalog."""
    with CatalogStore() as store:
        yield store


@pytest.fixture
def anonymous(site: Site, store: CatalogStore) -> Iterator[httpx.Client]:
    """A client of the catalog that has not logged in."""
    site.app = catalog.create_app(store)
    with httpx.Client(base_url=site.url) as client:
        yield client


@pytest.fixture
def port(anonymous: httpx.Client) -> httpx.Client:
    """A client of the catalog that has logged in as Ocean would."""
    credentials = {"clientId": "me", "clientSecret": "mine"}
    login = anonymous.post("/v1/auth/access_token", json=credentials).json()
    anonymous.headers["Authorization"] = f"{login['tokenType']} {login['accessToken']}"
    anonymous.headers["User-Agent"] = USER_AGENT
    return anonymous


@pytest.fixture
def services(port: httpx.Client) -> httpx.Client:
    """The same client, with the blueprints `team` and `service` and the team `red`."""
    for blueprint in (TEAM, SERVICE):
        assert port.post("/v1/blueprints", json=blueprint).status_code == 201
    assert port.post("/v1/blueprints/team/entities", json={"identifier": "red"}).is_success
    return port


def service(identifier: str | dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 — any JSON
    """The body of a service owned by the team `red`."""
    return {"identifier": identifier, "relations": {"owner": "red"}, **fields}


def upsert(
    client: httpx.Client, *entities: dict[str, Any], params: dict[str, str] = UPSERT
) -> httpx.Response:
    """The answer to a bulk upsert of services."""
    url = "/v1/blueprints/service/entities/bulk"
    return client.post(url, params=params, json={"entities": entities})


def search(client: httpx.Client, *rules: dict[str, Any], combinator: str = "and") -> list[str]:
    """The identifiers of the services that the rules find."""
    scope = {"property": "$blueprint", "operator": "=", "value": "service"}
    inner = {"combinator": combinator, "rules": list(rules)}
    query = {"combinator": "and", "rules": [scope, inner]}
    found = client.post("/v1/entities/search", json=query).json()["entities"]
    return [entity["identifier"] for entity in found]


# The catalog: who may come in, and what is not there


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("Bearer a.b.c", id="invented"),
        pytest.param("Basic bWU6bWluZQ==", id="another scheme"),
    ],
)
def test_a_call_without_a_token_of_the_catalog_is_refused(
    anonymous: httpx.Client, authorization: str | None
) -> None:
    """Every route but the login answers 401 to a request without a genuine token."""
    headers = {"Authorization": authorization} if authorization else {}
    response = anonymous.get("/v1/organization", headers=headers)
    assert (response.status_code, response.json()["ok"]) == (401, False)


def test_a_changed_token_is_refused(port: httpx.Client) -> None:
    """A token with other claims than those signed is no token."""
    header, _, signature = port.headers["Authorization"].split(".")
    forged = {"Authorization": f"{header}.eyJleHAiOjk5OTk5OTk5OTl9.{signature}"}
    assert port.get("/v1/organization", headers=forged).status_code == 401


def test_an_expired_token_is_refused(store: CatalogStore) -> None:
    """A token is of no use after its lifetime."""
    app = catalog.create_app(store, token_lifetime_seconds=0)
    with serving(app) as url, httpx.Client(base_url=url) as client:
        credentials = {"clientId": "me", "clientSecret": "mine"}
        login = client.post("/v1/auth/access_token", json=credentials).json()
        headers = {"Authorization": f"Bearer {login['accessToken']}"}
        assert login["expiresIn"] == 0
        assert client.get("/v1/organization", headers=headers).status_code == 401


def test_a_login_without_credentials_is_refused(anonymous: httpx.Client) -> None:
    """An empty client id or secret gets no token."""
    login = {"clientId": "me", "clientSecret": ""}
    assert anonymous.post("/v1/auth/access_token", json=login).status_code == 401


def test_unknown_routes_are_refused_and_remembered(store: CatalogStore, port: httpx.Client) -> None:
    """A route the catalog does not have answers 404 in Port's form, and a test can ask for it."""
    answers = [port.get("/v1/kafka-credentials"), port.put("/v1/organization")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["error"] == "not_found"
    assert store.unknown_requests() == ["GET /v1/kafka-credentials", "PUT /v1/organization"]


def test_requests_are_counted_by_route(store: CatalogStore, services: httpx.Client) -> None:
    """Calls are counted under the route's template, whatever its parameters are."""
    services.get("/v1/blueprints/team")
    services.get("/v1/blueprints/service")
    assert store.requests()["GET /v1/blueprints/{blueprint}"] == 2
    assert store.requests()["POST /v1/auth/access_token"] == 1


def test_a_body_that_is_not_json_is_refused(services: httpx.Client) -> None:
    """A broken body is the caller's fault (422), not the server's."""
    assert services.post("/v1/blueprints", content=b"{").status_code == 422


# Blueprints


def test_a_blueprint_comes_back_with_what_ocean_relies_on(services: httpx.Client) -> None:
    """`many` and `required` of a relation are always there, given or not."""
    blueprint = services.get("/v1/blueprints/service").json()["blueprint"]
    assert blueprint["relations"]["owner"] == {"target": "team", "many": False, "required": True}
    assert blueprint["schema"] == SERVICE["schema"]


def test_a_patch_replaces_the_named_keys_of_a_blueprint(services: httpx.Client) -> None:
    """Other keys of the blueprint stay as they are."""
    services.patch("/v1/blueprints/team", json={"title": "Team", "relations": {}})
    blueprint = services.get("/v1/blueprints/team").json()["blueprint"]
    assert (blueprint["title"], blueprint["identifier"]) == ("Team", "team")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(TEAM, 409, id="exists"),
        pytest.param({"identifier": "x", "relations": {"y": {"target": "z"}}}, 422, id="no target"),
        pytest.param({"title": "x"}, 422, id="no identifier"),
    ],
)
def test_a_blueprint_that_does_not_fit_is_refused(
    services: httpx.Client, body: dict[str, Any], status: int
) -> None:
    """A name is given once, and relations lead to blueprints that exist."""
    assert services.post("/v1/blueprints", json=body).status_code == status


def test_a_blueprint_in_use_is_not_deleted(store: CatalogStore, services: httpx.Client) -> None:
    """Entities and relations of others keep a blueprint; without them it goes."""
    upsert(services, service("api"))
    assert services.delete("/v1/blueprints/service").status_code == 409
    assert services.delete("/v1/blueprints/team").status_code == 409
    services.post("/v1/blueprints/service/bulk/entities/delete", json={"entities": ["api"]})
    assert services.delete("/v1/blueprints/service").status_code == 200
    assert [blueprint["identifier"] for blueprint in store.blueprints()] == ["team"]


# Upserts


def test_what_a_resync_changed_is_known(store: CatalogStore, services: httpx.Client) -> None:
    """An entity that is sent as it was is none of it; null is nothing, relations have no order."""

    def resync(name: str, *entities: dict[str, Any]) -> None:
        report = {"eventId": name, "kind": "/services", "kindIndex": 3, "blueprint": '"service"'}
        reports = {"syncKindsMetrics": [{**report, "syncState": "syncing", "metrics": {}}]}
        services.post("/ingest/metrics/syncMetrics", json=reports)
        upsert(services, *entities, params={**CREATING, "ocean_info_resync_id": name})

    def friends(*names: str) -> dict[str, Any]:
        return {"owner": "red", "friends": list(names)}

    resync(
        "first",
        service("api", title="API", properties={"lines": 7}),
        service("web", relations=friends("a", "b")),
    )
    resync(
        "second",
        service("api", title="API", properties={"lines": 8, "language": None}),
        service("web", relations=friends("b", "a"), properties={"public": None}),
        service("new"),
    )
    assert (store.write_counts("first"), store.changes("first")) == ({3: 2}, [])
    (change,) = store.changes("second")
    assert store.write_counts("second") == {3: 2}
    assert (change.identifier, change.differences) == ("api", {"lines": (7, 8)})
    assert services.get("/resyncs").text.count('<td class="right">2</td>') == 2


def test_an_upsert_creates_and_then_changes(store: CatalogStore, services: httpx.Client) -> None:
    """The first upsert creates, the second changes; the entity knows both times and its writer."""
    resync = {**UPSERT, "ocean_info_resync_id": "resync-1"}
    first = upsert(services, service("api", title="API"), params=resync)
    created = store.entity("service", "api")
    second = upsert(services, service("api", title="The API"))
    changed = store.entity("service", "api")
    assert first.json()["entities"] == [{"index": 0, "identifier": "api", "created": True}]
    assert second.json()["entities"] == [{"index": 0, "identifier": "api", "created": False}]
    assert (created.author.datasource, created.author.resync_id) == (USER_AGENT, "resync-1")
    assert (created.title, changed.title) == ("API", "The API")
    assert created.created_at == created.updated_at == changed.created_at < changed.updated_at


@pytest.mark.parametrize(
    ("merge", "properties"),
    [
        pytest.param("true", {"language": "go", "lines": 7}, id="merge"),
        pytest.param("false", {"lines": 7}, id="replace"),
    ],
)
def test_merge_decides_about_what_an_upsert_does_not_name(
    store: CatalogStore, services: httpx.Client, merge: str, properties: dict[str, Any]
) -> None:
    """Merging keeps properties the body does not name, replacing drops them."""
    upsert(services, service("api", properties={"language": "go", "lines": 1}))
    params = {"upsert": "true", "merge": merge}
    upsert(services, service("api", properties={"lines": 7}), params=params)
    assert store.entity("service", "api").properties == properties


def test_without_upsert_an_entity_is_created_only_once(services: httpx.Client) -> None:
    """A plain creation of an entity that exists is a conflict."""
    url = "/v1/blueprints/team/entities"
    assert services.post(url, json={"identifier": "blue"}).status_code == 201
    assert services.post(url, json={"identifier": "blue"}).status_code == 409
    assert services.post(url, json={"identifier": "blue"}, params=UPSERT).status_code == 200


@pytest.mark.parametrize("suffix", ["", "/bulk"])
def test_an_unknown_blueprint_is_not_found(services: httpx.Client, suffix: str) -> None:
    """Ocean recognises an unmet dependency by 404, ok false and the error not_found."""
    body = {"identifier": "x", "entities": [{"identifier": "x"}]}
    response = services.post(f"/v1/blueprints/nothing/entities{suffix}", json=body)
    answer = response.json()
    assert (response.status_code, answer["ok"], answer["error"]) == (404, False, "not_found")


def test_a_missing_related_entity_fails_that_entity_only(
    store: CatalogStore, services: httpx.Client
) -> None:
    """A bulk answer of 207 tells by index which entities were refused and why."""
    stray = service("web", relations={"owner": "green"})
    response = upsert(services, service("api"), stray)
    answer = response.json()
    assert response.status_code == 207
    assert answer["entities"] == [{"index": 0, "identifier": "api", "created": True}]
    assert [(error["index"], error["identifier"]) for error in answer["errors"]] == [(1, "web")]
    assert (answer["errors"][0]["statusCode"], answer["errors"][0]["error"]) == (404, "not_found")
    assert [entity.identifier for entity in store.entities("service")] == ["api"]


def test_missing_related_entities_are_created_when_asked(
    store: CatalogStore, services: httpx.Client
) -> None:
    """They are bare: an identifier, and nothing else, of the same writer."""
    web = service("web", relations={"owner": "green", "friends": ["red", "blue"]})
    assert upsert(services, web, params=CREATING).status_code == 200
    assert [team.identifier for team in store.entities("team")] == ["blue", "green", "red"]
    bare = store.entity("team", "green")
    assert (bare.title, bare.properties, bare.author.datasource) == (None, {}, USER_AGENT)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        pytest.param({"properties": {"colour": "red"}}, "no property colour", id="property"),
        pytest.param({"properties": {"lines": "7"}}, "type number", id="type"),
        pytest.param({"properties": {"lines": True}}, "type number", id="a flag is no number"),
        pytest.param({"properties": {"language": "c"}}, "one of", id="enum"),
        *(
            pytest.param({"properties": {name: value}}, f"with the {bound} of", id=bound)
            for name, value, bound in (
                ("code", "AB", "pattern"),
                ("code", "a", "minLength"),
                ("code", "abcde", "maxLength"),
                ("share", -1, "minimum"),
                ("share", 1, "exclusiveMaximum"),
                ("odds", 0, "exclusiveMinimum"),
                ("odds", 2, "maximum"),
                ("marks", [], "minItems"),
                ("marks", ["a", "b", "c"], "maxItems"),
                ("marks", ["a", "a"], "uniqueItems"),
            )
        ),
        pytest.param({"relations": {"owner": None}}, "owner is required", id="required"),
        pytest.param({"relations": {"owner": ["red"]}}, "an identifier", id="not many"),
        pytest.param({"relations": {"owner": "red", "friends": "red"}}, "a list", id="many"),
        pytest.param({"relations": {"owner": "red", "boss": "red"}}, "no relation", id="relation"),
    ],
)
def test_an_entity_that_does_not_fit_its_blueprint_is_refused(
    services: httpx.Client, fields: dict[str, Any], complaint: str
) -> None:
    """The error names the property or the relation at fault."""
    (error,) = upsert(services, service("api", **fields)).json()["errors"]
    assert error["statusCode"] == 422
    assert complaint in error["message"]


def test_null_is_kept_as_a_value(store: CatalogStore, services: httpx.Client) -> None:
    """A property sent as null is there and null: Ocean compares it with what it mapped."""
    assert upsert(services, service("api", properties={"lines": None})).status_code == 200
    assert store.entity("service", "api").properties == {"lines": None}


def test_a_validation_writes_nothing(store: CatalogStore, services: httpx.Client) -> None:
    """`validation_only` finds faults as an upsert would, and leaves no entity behind."""
    params = {**CREATING, "validation_only": "true"}
    web = service("web", relations={"owner": "green"})
    assert upsert(services, web, params=params).status_code == 200
    assert upsert(services, service("web", properties={"lines": ""}), params=params).is_success
    assert [entity.identifier for entity in store.entities()] == ["red"]


def test_what_port_does_not_take_in_one_request_is_refused(services: httpx.Client) -> None:
    """More than 20 entities, and more than a mebibyte, are too much."""
    many = [service(f"s{number}") for number in range(21)]
    assert upsert(services, *many).status_code == 422
    assert upsert(services, service("api", title="x" * 2**20)).status_code == 413


def test_a_search_may_stand_for_an_identifier(store: CatalogStore, services: httpx.Client) -> None:
    """One match is the entity that is meant; without any, the error's identifier is "unknown"."""
    upsert(services, service("api", properties={"lines": 7}))
    rule = {"property": "lines", "operator": "=", "value": 7}
    query = {"combinator": "and", "rules": [rule]}
    nothing = {"combinator": "and", "rules": [{**rule, "value": 8}]}
    answer = upsert(services, service(query, title="API")).json()
    failed = upsert(services, service(nothing)).json()
    assert answer["entities"][0]["identifier"] == "api"
    assert store.entity("service", "api").title == "API"
    assert failed["errors"][0]["identifier"] == "unknown"


def test_a_search_may_stand_for_a_related_entity(
    store: CatalogStore, services: httpx.Client
) -> None:
    """What the search finds is related; a list of all in a relation to many."""
    rule = {"property": "$identifier", "operator": "beginsWith", "value": "re"}
    query = {"combinator": "and", "rules": [rule]}
    upsert(services, service("api", relations={"owner": query, "friends": query}))
    assert store.entity("service", "api").relations == {"owner": "red", "friends": ["red"]}


# Searches and listings


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        pytest.param("=", 20, ["b"], id="equal"),
        pytest.param("!=", 20, ["a", "c"], id="not equal"),
        pytest.param(">", 10, ["b"], id="more"),
        pytest.param("<=", 20, ["a", "b"], id="at most"),
        pytest.param("in", [10, 20, 30], ["a", "b"], id="in"),
        pytest.param("in", [], [], id="in nothing"),
        pytest.param("notIn", [10], ["b"], id="not in"),
        pytest.param("isEmpty", None, ["c"], id="empty"),
        pytest.param("isNotEmpty", None, ["a", "b"], id="not empty"),
    ],
)
def test_search_operators(
    services: httpx.Client, operator: str, value: object, found: list[str]
) -> None:
    """Each operator finds the services whose `lines` it fits; c has none."""
    upsert(
        services,
        service("a", properties={"lines": 10}),
        service("b", properties={"lines": 20}),
        service("c"),
    )
    assert search(services, {"property": "lines", "operator": operator, "value": value}) == found


def test_search_rules_combine(services: httpx.Client) -> None:
    """`and` wants all rules, `or` one of them; data sources are searched by their parts."""
    upsert(services, service("a"), service("b"))
    rules: list[dict[str, Any]] = [
        {"property": "$identifier", "operator": "in", "value": ["a", "x"]},
        {"property": "$datasource", "operator": "contains", "value": "/mine/exporter"},
    ]
    assert search(services, *rules) == ["a"]
    assert search(services, *rules, combinator="or") == ["a", "b"]


def test_search_returns_the_fields_it_is_asked_for(services: httpx.Client) -> None:
    """`include` names fields and parts of them; a property that is not there is left out."""
    upsert(services, service("a", title="A", properties={"lines": 1, "language": "go"}))
    include = ["identifier", "properties.lines", "properties.public", "relations.owner"]
    rule = {"property": "$identifier", "operator": "=", "value": "a"}
    answer = services.post(
        "/v1/entities/search",
        params={"include": include},
        json={"combinator": "and", "rules": [rule]},
    )
    assert answer.json()["entities"] == [
        {"identifier": "a", "properties": {"lines": 1}, "relations": {"owner": "red"}}
    ]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"combinator": "xor", "rules": []}, id="combinator"),
        pytest.param({"property": "lines", "operator": "~", "value": 1}, id="operator"),
        pytest.param({"property": "lines", "operator": "in", "value": 1}, id="no list"),
        pytest.param({"property": "$secret", "operator": "=", "value": 1}, id="meta property"),
    ],
)
def test_a_search_the_catalog_cannot_run_is_refused(
    services: httpx.Client, query: dict[str, Any]
) -> None:
    """Better an error than an empty result, by which Ocean would delete or write again."""
    assert services.post("/v1/entities/search", json=query).status_code == 422


def test_a_listing_of_a_data_source_comes_in_pages(services: httpx.Client) -> None:
    """Following `next` gives each entity of this integration once, and none of another."""
    upsert(services, *(service(f"s{number}") for number in range(5)))
    services.headers["User-Agent"] = "port-ocean/custom/1.0.0/other/exporter"
    upsert(services, service("stranger"))
    query = {"datasource_prefix": "port-ocean/custom/", "datasource_suffix": "/mine/exporter"}
    pages: list[list[str]] = []
    start = None
    while not pages or start:
        body = {**query, "limit": 2, **({"from": start} if start else {})}
        answer = services.post("/v1/blueprints/entities/datasource-entities", json=body).json()
        pages.append([entity["identifier"] for entity in answer["entities"]])
        start = answer["next"]
    assert pages == [["s0", "s1"], ["s2", "s3"], ["s4", "red"]]


def test_a_listing_leaves_out_what_was_updated_since(
    store: CatalogStore, services: httpx.Client
) -> None:
    """`before` is how Ocean finds what a resync did not touch, in any time zone."""
    upsert(services, service("old"), service("new"))
    upsert(services, service("new"))
    moment = store.entity("service", "new").updated_at.replace("Z", "+00:00")
    query = {"datasource_prefix": "port-ocean/", "datasource_suffix": "/exporter"}
    body = {**query, "before": moment}
    answer = services.post("/v1/blueprints/entities/datasource-entities", json=body).json()
    assert [entity["identifier"] for entity in answer["entities"]] == ["old", "red"]


def test_a_cursor_made_elsewhere_is_refused(services: httpx.Client) -> None:
    """A listing does not start anew when its cursor makes no sense."""
    query = {"datasource_prefix": "", "datasource_suffix": "", "from": "elsewhere"}
    answer = services.post("/v1/blueprints/entities/datasource-entities", json=query)
    assert answer.status_code == 422


# Deletions


def test_deletions_are_logged(store: CatalogStore, services: httpx.Client) -> None:
    """Only what was there is deleted, and the log says what, by whom and why."""
    upsert(services, service("api", title="API"), service("web"))
    url = "/v1/blueprints/service/bulk/entities/delete"
    answer = services.post(url, json={"entities": ["api", "nothing"]})
    (deletion,) = store.deletions()
    assert answer.json()["deletedEntities"] == ["api"]
    assert (deletion.identifier, deletion.title, deletion.cause) == ("api", "API", "requested")
    assert deletion.author.datasource == USER_AGENT
    assert [entity.identifier for entity in store.entities("service")] == ["web"]


def test_a_needed_entity_goes_only_with_its_dependents(
    store: CatalogStore, services: httpx.Client
) -> None:
    """A required relation protects its target; `delete_dependents` deletes both ends."""
    upsert(services, service("api"))
    url = "/v1/blueprints/team/bulk/entities/delete"
    kept = services.post(url, json={"entities": ["red"]}).json()["deletedEntities"]
    single = services.delete("/v1/blueprints/team/entities/red")
    params = {"delete_dependents": "true"}
    gone = services.post(url, params=params, json={"entities": ["red"]}).json()["deletedEntities"]
    causes = {(entry.identifier, entry.cause) for entry in store.deletions()}
    assert (kept, single.status_code, gone) == ([], 409, ["red"])
    assert causes == {("red", "requested"), ("api", "dependent of team/red")}
    assert store.entities() == []


def test_other_relations_to_a_deleted_entity_are_cleared(
    store: CatalogStore, services: httpx.Client
) -> None:
    """An entity that merely mentions a deleted one stays, without the mention."""
    services.post("/v1/blueprints/team/entities", json={"identifier": "blue"})
    upsert(services, service("api", relations={"owner": "red", "friends": ["red", "blue"]}))
    assert services.delete("/v1/blueprints/team/entities/blue").status_code == 200
    assert store.entity("service", "api").relations == {"owner": "red", "friends": ["red"]}


def test_entities_that_need_each_other_are_deleted_together(
    store: CatalogStore, port: httpx.Client
) -> None:
    """A circle of required relations ends."""
    relation = {"target": "part", "required": True}
    port.post("/v1/blueprints", json={"identifier": "part", "relations": {"next": relation}})
    url = "/v1/blueprints/part/entities"
    for identifier, following in (("a", "b"), ("b", "a")):
        body = {"identifier": identifier, "relations": {"next": following}}
        port.post(url, params=CREATING, json=body)
    port.delete(f"{url}/a", params={"delete_dependents": "true"})
    assert store.entities() == []


def test_identifiers_arrive_percent_encoded(store: CatalogStore, services: httpx.Client) -> None:
    """A slash, a plus, a space and a letter beyond ASCII are parts of one segment of a path."""
    identifier = "org/repo + größe"
    upsert(services, service(identifier))
    url = "/v1/blueprints/service/entities/org%2Frepo+%2B+gr%C3%B6%C3%9Fe"
    assert services.get(url).json()["entity"]["identifier"] == identifier
    assert services.delete(url).status_code == 200
    assert services.delete(url).status_code == 404
    assert store.entities("service") == []


def test_all_entities_of_a_blueprint_are_deleted(
    store: CatalogStore, services: httpx.Client
) -> None:
    """The deletion is a migration that is complete, and the blueprint goes with it when asked."""
    upsert(services, service("a"), service("b"))
    url = "/v1/blueprints/service/all-entities"
    migration = services.delete(url, params={"delete_blueprint": "true"}).json()["migrationId"]
    report = services.get(f"/v1/migrations/{migration}").json()["migration"]
    assert (report["status"], report["sourceBlueprint"]) == ("COMPLETE", "service")
    assert len(store.deletions()) == 2
    assert services.get("/v1/blueprints/service").status_code == 404


# Integrations and reports


def test_an_integration_is_created_read_and_changed(port: httpx.Client) -> None:
    """Its record keeps the mapping and says where logs and progress are to be sent."""
    body = {"installationId": "mine", "config": {"resources": []}, "version": "1"}
    url = "/v1/integration/mine"
    assert port.get(url).status_code == 404
    assert port.post("/v1/integration", json=body).status_code == 200
    assert port.post("/v1/integration", json=body).status_code == 409
    port.patch(url, json={"version": "2"})
    port.patch(f"{url}/config", json={"config": {"resources": [{"kind": "/a"}]}})
    record = port.get(url).json()["integration"]
    assert (record["version"], record["config"]["resources"]) == ("2", [{"kind": "/a"}])
    assert record["metricAttributes"]["ingestUrl"] == str(port.base_url.join("/ingest/metrics"))
    assert port.delete(url).status_code == 200
    assert port.get(url).status_code == 404


def test_the_resync_state_is_told_from_other_changes(
    store: CatalogStore, port: httpx.Client
) -> None:
    """After a report the record and its state have one time, after a change they have two."""
    port.post("/v1/integration", json={"installationId": "mine"})
    url = "/v1/integration/mine"
    port.patch(f"{url}/resync-state", json={"status": "running", "lastResyncStart": "now"})
    reported = port.patch(f"{url}/resync-state", json={"status": "completed"}).json()["integration"]
    changed = port.patch(url, json={"config": {}}).json()["integration"]
    assert reported["updatedAt"] == reported["resyncState"]["updatedAt"]
    assert changed["updatedAt"] > changed["resyncState"]["updatedAt"]
    state = store.resync_state()
    assert (state["status"], state["lastResyncStart"]) == ("completed", "now")


def test_reports_of_a_resync_are_kept(store: CatalogStore, port: httpx.Client) -> None:
    """The last report on each kind counts; a kind is a path, encoded into one segment."""
    counts = {"object_count_type": {"loaded": {"object_count": 12.0}}}
    report = {
        "eventId": "resync-1",
        "kind": "/api/tickets",
        "kindIndex": 0,
        "blueprint": '"ticket"',
        "syncState": "syncing",
        "metrics": {},
    }
    final = {**report, "syncState": "completed", "metrics": {"phase": {"load": counts}}}
    metrics = "/ingest/metrics/syncMetrics"
    answers = [
        port.post(metrics, json={"syncKindsMetrics": [report]}),
        port.put(
            f"{metrics}/resync/resync-1/kind/%2Fapi%2Ftickets-0", json={"syncKindMetrics": final}
        ),
        port.post("/ingest/metrics/heartbeat", json={"eventId": "resync-1"}),
        port.post("/ingest/logs", json={"logs": [{"message": "hello", "level": "INFO"}]}),
        port.post(
            "/v1/integration/mine/kinds/%2Fapi%2Ftickets/examples", json={"examples": [{"id": 1}]}
        ),
    ]
    (status,) = store.kind_statuses()
    assert [answer.status_code for answer in answers] == [200] * 5
    assert (status.resync_id, status.kind, status.state) == (
        "resync-1",
        "/api/tickets",
        "completed",
    )
    assert (status.count("load", "loaded"), status.count("load", "failed")) == (12, 0)
    assert store.logs()[0]["message"] == "hello"
    assert store.examples("/api/tickets") == [{"id": 1}]


def test_the_position_of_an_incremental_resync_is_kept(port: httpx.Client) -> None:
    """There is none before the first, and each kind has its own."""
    url, params = "/v1/integration/mine/cursor", {"kind": "/api/tickets", "index": "0"}
    assert port.get(url, params=params).json()["cursor"] is None
    port.put(url, params=params, json={"primary": "2025-01-06T08:00:00+00:00"})
    assert port.get(url, params=params).json()["cursor"]["primary"].startswith("2025")
    assert port.get(url, params={**params, "index": "1"}).json()["cursor"] is None


def test_what_ocean_creates_beside_blueprints_is_kept(
    store: CatalogStore, services: httpx.Client
) -> None:
    """Pages, actions and scorecards are taken, though nothing here shows them."""
    services.post("/v1/pages", json={"identifier": "home"})
    services.post("/v1/actions", json={"identifier": "restart"})
    services.post("/v1/blueprints/team/scorecards", json={"identifier": "health"})
    kept = [store.resources(category)[0]["identifier"] for category in _CATEGORIES]
    assert kept == ["home", "restart", "health"]


_CATEGORIES = ("pages", "actions", "scorecards")


def test_a_catalog_in_a_file_is_there_the_next_time(tmp_path: Path) -> None:
    """A database that exists is used on."""
    database = tmp_path / "catalog.sqlite"
    with CatalogStore(database) as store:
        store.create_blueprint(TEAM)
    with CatalogStore(database) as store:
        assert [blueprint["identifier"] for blueprint in store.blueprints()] == ["team"]


def test_a_server_is_gone_after_its_block(store: CatalogStore) -> None:
    """It is ready inside the block, and refuses connections after it."""
    with serving(catalog.create_app(store)) as url:
        assert httpx.get(f"{url}/v1/organization").status_code == 401
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


# The sample API


@pytest.fixture
def helpdesk(request: pytest.FixtureRequest) -> Helpdesk:
    """A help desk without faults, unless the test asks for some."""
    return Helpdesk(faults=getattr(request, "param", Faults(0, 0)))


@pytest.fixture
def stranger(site: Site, helpdesk: Helpdesk) -> Iterator[httpx.Client]:
    """A client of the sample API that has not logged in."""
    site.app = sample_api.create_app(helpdesk)
    with httpx.Client(base_url=site.url) as client:
        yield client


@pytest.fixture
def api(stranger: httpx.Client) -> httpx.Client:
    """A client of the sample API that has logged in."""
    answer = stranger.post(
        "/oauth/token", json={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    )
    stranger.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return stranger


def test_a_login_with_a_wrong_secret_is_refused(helpdesk: Helpdesk, stranger: httpx.Client) -> None:
    """It gets 401 and no token, and is counted."""
    login = {"client_id": CLIENT_ID, "client_secret": "guess"}
    assert stranger.post("/oauth/token", json=login).status_code == 401
    assert (helpdesk.counts.logins, helpdesk.counts.refused_logins) == (0, 1)


def test_the_sample_api_wants_a_token(helpdesk: Helpdesk, stranger: httpx.Client) -> None:
    """Without one, and with an invented one, the answer is 401."""
    invented = {"Authorization": "Bearer invented"}
    assert stranger.get("/api/agents").status_code == 401
    assert stranger.get("/api/agents", headers=invented).status_code == 401
    assert helpdesk.counts.unauthorized == 2


def test_a_session_can_end_early(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """After the sessions are ended a client must log in again."""
    assert api.get("/api/agents").status_code == 200
    helpdesk.revoke_tokens()
    assert api.get("/api/agents").status_code == 401


def test_a_token_ends_with_its_lifetime() -> None:
    """The login says how long a token is valid, and it is not valid longer."""
    helpdesk = Helpdesk(token_lifetime_seconds=0)
    token = helpdesk.log_in(CLIENT_ID, CLIENT_SECRET)
    assert token
    assert not helpdesk.admit(token)


def test_tickets_come_in_pages(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """All pages together hold every ticket once; a page beyond the last is empty."""
    answers = [
        api.get("/api/tickets", params={"page": page, "per_page": 50}).json()
        for page in (1, 2, 3, 4)
    ]
    numbers = [ticket["id"] for answer in answers for ticket in answer["tickets"]]
    assert [len(answer["tickets"]) for answer in answers] == [50, 50, 37, 0]
    assert numbers == [ticket.id for ticket in helpdesk.tickets()]
    assert answers[1]["meta"] == {"total": 137, "page": 2}


@pytest.mark.parametrize("params", [{"page": "0"}, {"page": "x"}, {"per_page": "-1"}])
def test_a_page_that_cannot_be_is_refused(api: httpx.Client, params: dict[str, str]) -> None:
    """A wrong parameter is an error, not the first page."""
    assert api.get("/api/tickets", params=params).status_code == 400


def test_comments_belong_to_tickets(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """A ticket has its own comments, one that is not there has none to ask for."""
    comments = api.get("/api/tickets/3/comments").json()["comments"]
    assert [comment["id"] for comment in comments] == [c.id for c in helpdesk.comments(3)]
    assert {comment["ticket_id"] for comment in comments} == {3}
    assert api.get("/api/tickets/999/comments").status_code == 404


def test_agents_are_a_bare_array(api: httpx.Client) -> None:
    """There is no object around them and there are no pages."""
    agents = api.get("/api/agents", params={"page": 2}).json()
    assert [agent["id"] for agent in agents] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("helpdesk", [Faults(unavailable_every=3)], indirect=True)
def test_every_so_often_a_request_meets_a_503(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """Made again it is answered, even when its turn has come again."""
    pages = [api.get("/api/tickets", params={"page": page}).status_code for page in (1, 2, 3, 4, 5)]
    again = api.get("/api/tickets", params={"page": 3})
    assert pages == [200, 200, 503, 200, 200]
    assert again.status_code == 200
    assert helpdesk.counts.unavailable == 1


@pytest.mark.parametrize("helpdesk", [Faults(0, throttled_every=2)], indirect=True)
def test_every_so_often_a_request_meets_a_429(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """The answer says how many seconds to wait."""
    assert api.get("/api/agents").status_code == 200
    throttled = api.get("/api/agents")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "1")
    assert api.get("/api/agents").status_code == 200
    assert (helpdesk.counts.requests, helpdesk.counts.throttled) == (3, 1)


def test_the_sample_api_can_be_changed(helpdesk: Helpdesk, api: httpx.Client) -> None:
    """Tickets are renamed and removed, over HTTP and from within."""
    assert api.patch("/api/tickets/1", json={"title": "New"}).status_code == 204
    assert api.delete("/api/tickets/3").status_code == 204
    helpdesk.remove_ticket(2)
    tickets = api.get("/api/tickets", params={"per_page": 2}).json()["tickets"]
    assert [ticket["id"] for ticket in tickets] == [1, 4]
    assert tickets[0]["title"] == "New"
    assert api.get("/api/tickets/3/comments").status_code == 404
    assert api.delete("/api/tickets/3").status_code == 404
    assert api.patch("/api/tickets/3", json={"title": "x"}).status_code == 404


def test_the_sample_data_is_always_the_same() -> None:
    """Two help desks hold the same tickets and comments."""
    one, other = Helpdesk(), Helpdesk()
    assert (one.tickets(), one.comments()) == (other.tickets(), other.comments())


# The real Ocean against the catalog

INTEGRATION_CODE = """
import json
import os
from pathlib import Path

from port_ocean.context.ocean import ocean


@ocean.on_resync()
async def resync(kind):
    source = json.loads(Path(os.environ["SOURCE"]).read_text())
    yield source["items"]
    if source["fails"]:
        raise RuntimeError("the source broke off")
"""
MAPPING = {
    "resources": [
        {
            "kind": "/api/items",
            "selector": {"query": "true"},
            "port": {
                "entity": {
                    "mappings": {
                        "identifier": ".id",
                        "title": ".title",
                        "blueprint": '"item"',
                        "relations": {"box": ".box"},
                    }
                }
            },
        }
    ]
}


@pytest.fixture
def integration(tmp_path: Path) -> Path:
    """A folder with the smallest integration there is: its items come from a file."""
    folder = tmp_path / "integration"
    (folder / ".port").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "0.0.1"\n')
    (folder / ".port" / "spec.yaml").write_text("type: small\nfeatures: []\nconfigurations: []\n")
    (folder / "main.py").write_text(INTEGRATION_CODE)
    # Settings of another installation, with which Ocean would not start here.
    (folder / ".env").write_text("OCEAN__RUNTIME=Saas\n")
    return folder


@pytest.mark.exhaustive  # the demo does; this one does it without our integration
def test_ocean_syncs_into_the_catalog(
    store: CatalogStore, integration: Path, tmp_path: Path
) -> None:
    """Ocean creates, keeps relations, deletes what is missing, and nothing after a failure."""
    store.create_blueprint({"identifier": "box"})
    store.create_blueprint({"identifier": "item", "relations": {"box": {"target": "box"}}})
    store.create_integration({"installationId": "small", "config": MAPPING})
    items = [{"id": f"i/{n}", "title": f"Item {n}", "box": f"b{n % 3}"} for n in range(30)]
    source, log = tmp_path / "source.json", tmp_path / "ocean.log"

    def sync(url: str, remaining: list[dict[str, str]], *, fails: bool = False) -> object:
        source.write_text(json.dumps({"items": remaining, "fails": fails}))
        environment = {
            "SOURCE": str(source),
            "OCEAN__PORT__BASE_URL": url,
            "OCEAN__PORT__CLIENT_ID": "me",
            "OCEAN__PORT__CLIENT_SECRET": "mine",
            "OCEAN__INTEGRATION__IDENTIFIER": "small",
            "OCEAN__INITIALIZE_PORT_RESOURCES": "false",
            "OCEAN__CACHING_STORAGE_MODE": "memory",
        }
        sail_once(environment, log, directory=integration)
        return store.resync_state()["status"]

    with serving(catalog.create_app(store)) as url:
        assert sync(url, items) == "completed"
        assert len(store.entities("item")) == 30
        assert store.entity("item", "i/4").relations == {"box": "b1"}
        assert [box.identifier for box in store.entities("box")] == ["b0", "b1", "b2"]
        assert sync(url, items[1:], fails=True) == "failed"
        assert store.deletions() == []
        assert sync(url, items[1:]) == "completed"
    assert [entry.identifier for entry in store.deletions()] == ["i/0"]
    assert {status.state for status in store.kind_statuses()} == {"completed"}
    assert store.unknown_requests() == []


def test_the_demo_shows_what_it_is_for(tmp_path: Path) -> None:
    """Both resyncs agree with the sample API, and the second changes what changed there."""
    with demo(tmp_path) as running:
        first = running.resync("first")
        running.change_source()
        second = running.resync("second")
        check_second(second)
    assert len(first.created()) == len(first.after) == 6 + 137 + 274
    assert first.counts.unavailable > 0
    # What it keeps (the database with logs and examples, Ocean's own logs) holds no secret.
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"Ready to read" in kept
    assert CLIENT_SECRET.encode() not in kept
    assert not re.search(rb"session-\d+-[\w-]{8}", kept), "a token of the sample API"
    assert first.counts.throttled > 0
