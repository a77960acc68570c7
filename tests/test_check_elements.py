"""``check`` on expressions that read elements of a list, or keys with a minus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check_scene import Mistake, Scene, listed, person, serving, swap
from tests.fault_api import FaultApi, Json

_HELD: dict[str, Json] = {
    "addresses": [{"kind": "home", "place": {"city": "Berlin"}}, {"kind": "work", "place": {}}],
    "labels": ["one", "two"],
    "vcs-type": "git",
}
_ROWS = [person(number) | _HELD for number in range(12)]
_LISTS = swap('"phone": {\n     "type": "string"', '"phone": {\n     "type": "array"', "blueprints")


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (".addresses[0].kynd", "phone: '.addresses[0].kind'"),
        (".addresses[0].place.town", "phone: '.addresses[0].place.city'"),
        (".addresses[0].zip.town", "its elements have kind, place"),
        (".labels[0].name", "phone: '.labels[0]'"),
        (".vcs-type", 'phone: ."vcs-type"'),
    ],
)
async def test_what_is_null_in_every_item_is_told(
    wrong: str, remedy: str, tmp_path: Path, api: FaultApi
) -> None:
    """With the key that elements have, or without one where they are texts."""
    await Mistake(
        [serving(listed(_ROWS)), swap("phone: .phone", f"phone: {wrong}")],
        f"phone: {wrong}",
        remedy,
    ).is_told(Scene(tmp_path, api))


async def test_a_list_of_texts_is_taken_whole(tmp_path: Path, api: FaultApi) -> None:
    """Where the blueprint says that the property is one."""
    await Mistake(
        [serving(listed(_ROWS)), _LISTS, swap("phone: .phone", "phone: .labels[0].name")],
        "phone: .labels[0].name",
        "write phone: .labels",
    ).is_told(Scene(tmp_path, api))


async def test_an_empty_list_of_the_same_name_is_none_to_take(
    tmp_path: Path, api: FaultApi
) -> None:
    """What is in the objects of the list is, where the property is one of texts."""
    rows = [{**row, "phones": [{"id": 7, "number": "+1"}], "old_phones": []} for row in _ROWS]
    of_texts = '"phone": {\n     "type": "array", "items": {"type": "string"}'
    await Mistake(
        [
            serving(listed(rows)),
            swap('"phone": {\n     "type": "string"', of_texts, "blueprints"),
            swap("phone: .phone", "phone: .phones"),
        ],
        "phone: .phones",
        "write phone: '[.phones[] | .number]'",
    ).is_told(Scene(tmp_path, api))
