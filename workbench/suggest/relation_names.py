"""What a field's name says of the items that it refers to, and what its relation is called."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from workbench.suggest.study import Study
from workbench.suggest.targets import plural, singular
from workbench.suggest.vocabulary import ends_in_id, names_identity, words_of

_LONG = 5  # letters of a word that no other ends in by chance
SYNONYMS = tuple(
    frozenset(words.split())
    for words in (
        (
            "user users person people member author owner assignee creator reporter account agent"
            " employee contact customer requester manager lead admin assigned assignedto by"
            " approver reviewer submitter sender supervisor"
        ),
        "team teams group groups squad department",
        "project projects repository repositories repo repos",
        "organization organizations org orgs organisation company tenant workspace",
    )
)


def is_self(keys: tuple[str, ...]) -> bool:
    """Whether a field's name speaks of another one of the same items."""
    return bool({"parent", "ancestor", "manager", "supersedes"}.intersection(words_in(keys)))


def words_in(keys: tuple[str, ...]) -> list[str]:
    """The words of some keys, each in the singular: `hostid` speaks of a host."""
    words = [word for key in keys for word in words_of(key)]
    return [singular(word.removesuffix("id") if ends_in_id(word) else word) for word in words]


def speaks_of(keys: tuple[str, ...], target: Study) -> bool:
    """Whether a field's name speaks of a target: by its noun, or by a word for the same."""
    words = set(words_in(keys))
    nouns = set(words_in(tuple(target.nouns)))
    if words & nouns or any(len(w) >= _LONG and n.endswith(w) for w in words for n in nouns):
        return True  # the groups of a host are host groups, `hostgroups`
    return any(words & group and nouns & group for group in SYNONYMS)


def is_headed(keys: tuple[str, ...], target: Study) -> bool:
    """Whether a field's name ends in the noun of a target: the role of a device, no device type."""
    *_, last = _words_of_keys(keys, target)
    nouns = set(words_in(tuple(target.nouns)))
    heads = {singular(last)} | {
        one for group in SYNONYMS if singular(last) in group for one in group
    }
    return bool(heads & nouns)


_DULL = frozenset(
    ["ids", "slug", "name", "data", "relationships", "attributes", "fields", "login", "sys",
     "value", "properties", "links", "associations", "results", "items", "to", "object", "href",
     "url", "uri", "ref", "reference", "self"]
)  # fmt: skip


def _telling(key: str) -> tuple[str, ...]:
    """The words of a key that say what it refers to."""
    return tuple(w for w in words_of(key) if w not in _DULL and not names_identity(w))


def _words_of_keys(keys: Sequence[str], target: Study) -> list[str]:
    """The words of some keys or, where they say nothing, of the target."""
    return [word for key in keys for word in _telling(key)] or target.noun.split()


def names_of(
    keys: Sequence[str], target: Study, *, listed: str = "", around: Collection[str] = ()
) -> tuple[str, str]:
    """What a relation is called, and by all the words that there are, where that is taken.

    ``around``: keys of objects that hold most of an item; ``listed``: the key of a list. A list, or
    an object that speaks of the target, gives its own name: ``owner.account_id`` is an owner. Else
    a value is what it is called: ``general.site.id`` is a site. Of a list of ids the name is a
    plural.
    """
    last = words_of(keys[-1])[-1:]
    own = [key for key in keys if key not in around and _telling(key)]
    named = [key for key in own if key == listed or speaks_of((key,), target)]
    short = named[:1] if named and (listed or named[-1] == own[-1]) else own
    is_several = bool(listed) and last == ("ids",)
    return _joined(short, target, is_several), _joined(own, target, is_several)


def _joined(keys: Sequence[str], target: Study, is_several: bool) -> str:  # noqa: FBT001 (private)
    words = _words_of_keys(keys, target)
    if is_several and singular(words[-1]) == words[-1]:
        words[-1] = plural(words[-1])
    return words[0] + "".join(word.capitalize() for word in words[1:])
