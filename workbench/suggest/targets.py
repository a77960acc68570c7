"""The endpoints that were asked for: base URL, kinds, parameters, and who is whose parent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

import httpx

from transport.redaction import is_credential
from workbench.suggest.vocabulary import names_identity, words_of

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BRACES = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[A-Za-z][\w.:/-]*")
_VERSION = re.compile(
    r"api|rest|json|xml|v\d+(\.\d+)*|\d+(\.\d+)+|\d{4}-\d{2}(-\d{2})?", re.IGNORECASE
)


_VERBS = frozenset(["search", "list", "query", "browse", "all", "find", "index", "get"])


class UsageError(ValueError):
    """What was given on the command line cannot be meant."""


@dataclass(frozen=True)
class Target:
    """One endpoint: its path below the base URL, with placeholders, and its query parameters.

    ``by``: the parameter that says which list is meant, where several have the path; else "".
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    by: str = field(default="", compare=False)

    @property
    def shown(self) -> str:
        """What a person knows it by."""
        return f"{self.path}?{self.by}={dict(self.params)[self.by]}" if self.by else self.path

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path."""
        return tuple(self.path.strip("/").split("/"))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in braces, of the path first."""
        texts = (self.path, *(value for _, value in self.params))
        return tuple(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))

    @property
    def names_one(self) -> bool:
        """Whether the path ends in a placeholder, so that it is more likely one item's."""
        return bool(PLACEHOLDER.fullmatch(self.segments[-1]))

    @property
    def noun(self) -> str:
        """What one item is, in words: ``user`` for ``/api/users``, with an ending taken off."""
        return " ".join(singular(word) for word in words_of(self.stem)) or "item"

    @property
    def stem(self) -> str:
        """The last segment that names a thing: ``users`` for ``/users/list.json``.

        Or what the query says: ``users`` for ``?method=Directory.getUsers``.
        """
        *_, asked = re.split(r"[^\w-]", dict(self.params).get(self.by, ""))
        if words := [word for word in words_of(asked) if word not in _VERBS]:
            return "_".join(words)
        parts = list(self.segments)
        # `/users/list` are users; `/space/{space_id}/list` are lists.
        while len(parts) > 1 and _says_nothing(parts[-1]) and "{" not in parts[-2]:
            parts.pop()
        held = [PLACEHOLDER.fullmatch(part) for part in (*parts[1:], "")]
        literal = [
            part
            for part, behind in zip(parts, held, strict=True)
            if not PLACEHOLDER.search(part) and not (behind and _says_by(part, behind[1]))
        ]
        return re.sub(r"\.(json|xml|list)$", "", literal[-1]) if literal else "item"

    def before(self, name: str) -> tuple[str, ...]:
        """The segments before a placeholder."""
        held = [at for at, part in enumerate(self.segments) if f"{{{name}}}" in part]
        return self.segments[: held[0]] if held else ()

    def with_placeholder(self, at: int, name: str) -> Target:
        """The target with a segment replaced by a placeholder."""
        parts = list(self.segments)
        slash = "/" if self.path.endswith("/") else ""
        parts[at] = f"{{{name}}}"
        return replace(self, path="/" + "/".join(parts) + slash)

    def with_value(self, name: str) -> Target:
        """The target with a query parameter's value replaced by a placeholder of its name."""
        word = "_".join(words_of(name))
        params = tuple((key, f"{{{word}}}" if key == name else v) for key, v in self.params)
        return replace(self, params=params)


def _says_by(segment: str, placeholder: str) -> bool:
    """Whether a segment only says what stands behind it: ``by_ticket/{ticket}``."""
    words = words_of(segment)
    return len(words) > 1 and words[-1:] == words_of(placeholder)[-1:]


def _says_nothing(segment: str) -> bool:
    """Whether a segment names no thing: a verb, a version, or by what they are found."""
    is_said = segment.lower() in _VERBS or words_of(segment)[:1] == ("by",)
    return is_said or _VERSION.fullmatch(segment) is not None


def singular(word: str) -> str:
    """One of what a word names several of."""
    if re.search(r"..ies$", word):
        return word[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def plural(word: str) -> str:
    """A word for several of what it names."""
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


@dataclass(frozen=True)
class Site:
    """A base URL and the targets below it."""

    base_url: str
    targets: tuple[Target, ...]
    origins: frozenset[str] = field(default=frozenset())


def site_of(urls: Sequence[str], base_url: str | None) -> Site:
    """The base URL and the endpoints of some URLs; raises UsageError.

    Without ``base_url`` it is what the URLs have in common: up to a segment that looks like a
    version, else all but the last segments.
    """
    parsed = [
        _parsed(url) if "://" in url or base_url is None else _below(url, base_url) for url in urls
    ]
    if base_url is None:
        origin = _origin(parsed[0])
        if any(_origin(url) != origin for url in parsed):
            raise UsageError("the URLs have different hosts; suggest reads one API at a time")
        base_url = origin + _common_path([_path(url) for url in parsed])
    base = httpx.URL(base_url)
    prefix = _path(base).rstrip("/")
    targets = []
    for url in parsed:
        path = _path(url)
        if _origin(url) != _origin(base) or not path.startswith(prefix + "/"):
            raise UsageError(f"{_origin(url)}{path} does not lie below the base URL {base_url}")
        for braces in _BRACES.findall(path):
            if not PLACEHOLDER.fullmatch(braces):
                name = "_".join(words_of(braces)) or "id"
                raise UsageError(f"{braces} is no placeholder; write {{{name}}}")
        targets.append(Target(path[len(prefix) :], _params(url)))
    told = [replace(one, by=_telling(one, targets)) for one in dict.fromkeys(targets)]
    return Site(base_url.rstrip("/"), tuple(told))


def _telling(target: Target, targets: Sequence[Target]) -> str:
    """The parameter whose word tells a target from the others that have its path; "" for none."""
    same = [dict(one.params) for one in dict.fromkeys(targets) if one.path == target.path]
    for name in dict(target.params) if len(same) > 1 else ():
        words = {params.get(name, "") for params in same}
        if len(words) == len(same) and all(map(_WORD.fullmatch, words)):
            return name
    return ""


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError("give a URL such as https://api.example.com/v2/users")
    if url.userinfo:
        raise UsageError("the URL holds a user or password; give them with --settings")
    return url


def _below(path: str, base_url: str) -> httpx.URL:
    return _parsed(base_url.rstrip("/") + "/" + path.lstrip("/"))


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _path(url: httpx.URL) -> str:
    return unquote(url.raw_path.partition(b"?")[0].decode())


def _params(url: httpx.URL) -> tuple[tuple[str, str], ...]:
    params = tuple(parse_qsl(url.query.decode(), keep_blank_values=True))
    for name, value in params:
        if is_credential(name, value) and not PLACEHOLDER.search(value):
            raise UsageError(
                f"the parameter {name!r} of the URL looks like a credential; give it with"
                " --settings (authType api_key, apiKeyParam)"
            )
    return params


def _common_path(paths: Sequence[str]) -> str:
    split = [path.strip("/").split("/")[:-1] for path in paths]
    common: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1 or PLACEHOLDER.search(parts[0]):
            break
        common.append(parts[0])
    versions = [at for at, part in enumerate(common) if _VERSION.fullmatch(part)]
    if versions:
        common = common[: versions[-1] + 1]
    elif len(paths) == 1:
        common = []
    # A path that another one begins with is an endpoint, not a part of the base URL.
    while "/" + "/".join(common) in {path.rstrip("/") for path in paths}:
        common = common[:-1]
    return "".join(f"/{part}" for part in common)


def noun_words(placeholder: str) -> tuple[str, ...]:
    """What a placeholder stands for: ``zone`` for ``zone_id``."""
    words = [singular(word) for word in words_of(placeholder)]
    bare = [word for word in words if not names_identity(word) and word not in {"slug", "name"}]
    return tuple(bare or words)


def parent_path(target: Target, name: str, targets: Sequence[Target]) -> Target | None:
    """The target whose items give a placeholder's values: by the path before it, then by name."""
    before = target.before(name)
    shape = _shape(before)
    for other in targets:
        if before and other != target and _shape(other.segments) == shape:
            return other
    wanted = noun_words(name)
    named = [
        other
        for other in targets
        if other != target
        and other.noun.split()[-1:] == list(wanted[-1:])
        and name not in other.placeholders
    ]
    return min(named, key=lambda other: len(other.placeholders), default=None)


def _shape(segments: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        "{}" if PLACEHOLDER.search(part) else re.sub(r"\.json$", "", part) for part in segments
    )


def implied_parents(target: Target, name: str) -> list[Target]:
    """The lists before a placeholder, where nobody gave a URL: the whole path, or its end."""
    before = target.before(name)
    if not before or PLACEHOLDER.search(before[-1]):
        return []
    paths = dict.fromkeys(("/" + "/".join(before), "/" + before[-1]))
    return [Target(path) for path in paths if not PLACEHOLDER.search(path)]


def filled(target: Target, values: Mapping[str, str]) -> str:
    """The path with values in the place of placeholders, for a person."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), target.path)
