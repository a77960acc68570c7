"""All endpoints together: parents before children, relations last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from paging.model import PageRequest
from paging.paginator import PaginationSettings
from resync.path_parameters import Binding, request_for
from resync.session import Session
from workbench.suggest.addresses import own_addresses
from workbench.suggest.asking import FOR_READING, MOST_REQUESTS, Asker, BudgetError, SilenceError
from workbench.suggest.cursors import row_cursor
from workbench.suggest.endpoint import (
    House,
    missing_rows,
    rows_at_first,
    study_list,
)
from workbench.suggest.fields import columns
from workbench.suggest.mapping import selector
from workbench.suggest.measure import Paging
from workbench.suggest.naming import study_fields
from workbench.suggest.openapi import Document, Hints
from workbench.suggest.parent_trials import find_parents
from workbench.suggest.parents import (
    Option,
    asked_by_example,
    bindings,
    candidates_for,
    literal_parent,
    options_for,
)
from workbench.suggest.proof import read
from workbench.suggest.refused import study_children
from workbench.suggest.study import Parent, Study
from workbench.suggest.targets import Target, implied_parents, noun_words, parent_path
from workbench.suggest.together import refuse_faults, relate
from workbench.suggest.vocabulary import words_of


@dataclass
class Suggestion:
    """What was found for every endpoint that was asked for, in their order."""

    studies: list[Study]

    @property
    def written(self) -> list[Study]:
        """The endpoints that can be written; those first whose items others are looked for in.

        Port finds an entity by its name only once that is there.
        """
        found = [study for study in self.studies if study.wanted and not study.refusal]
        return sorted(found, key=_searches)

    @property
    def refused(self) -> list[Study]:
        """The endpoints that cannot."""
        return [study for study in self.studies if study.wanted and study.refusal]


def _searches(study: Study, above: tuple[Study, ...] = ()) -> int:
    """How many endpoints must be there before one, as it looks for their items."""
    targets = [one.target for one in study.relations if one.by and one.target not in above]
    return max(
        (1 + _searches(one, (*above, study)) for one in targets if one is not study), default=0
    )


Progress = Callable[[str], None]


class Suggester:
    """One run over some endpoints of an API."""

    def __init__(
        self,
        session: Session,
        *,
        document: Document | None = None,
        is_whole: bool = False,
        given: PaginationSettings | None = None,
        progress: Progress = lambda _: None,
    ) -> None:
        self._document = document
        self._session = session
        self._client = session.client
        self._settings = session.settings
        self._progress = progress
        sizes, positions = _names(given) if given else ([], [])
        self._house = House(sizes, positions, is_whole=is_whole)
        self._studies: dict[Target, Study] = {}
        self._askers: dict[Target, Asker] = {}
        self._blueprints: set[str] = set()

    async def suggest(self, targets: Sequence[Target]) -> Suggestion:
        """Study every endpoint."""
        waiting = await self._ordered(targets)
        for target in waiting:
            await self._study(target, waiting)
        for study in [*self._studies.values()]:
            await self._again(study)
        order = {target: number for number, target in enumerate(targets)}
        wanted = sorted(
            (study for study in self._studies.values() if study.wanted),
            key=lambda study: order.get(study.asked or study.target, 0),
        )
        hidden = [study for study in self._studies.values() if not study.wanted]
        relate([*wanted, *hidden])
        suggestion = Suggestion([*hidden, *wanted])
        refuse_faults(suggestion.written)
        return suggestion

    async def _ordered(self, targets: Sequence[Target]) -> list[Target]:
        """Parents before children; of each the longest list first, which shows the most."""
        rows: dict[Target, int] = {}
        for target in targets:
            if not target.placeholders and not self._silence:
                start = self._start(target)
                self._progress(target.path)
                rows[target] = await rows_at_first(self._asker(target), start, target)
        return sorted(targets, key=lambda target: (len(target.placeholders), -rows.get(target, 0)))

    @property
    def _silence(self) -> str:
        """What came of the requests so far, where none of them got an answer; else ""."""
        askers = self._askers.values()
        if any(asker.is_answered for asker in askers):
            return ""
        return next((asker.silence for asker in askers if asker.silence), "")

    def _asker(self, target: Target) -> Asker:
        return self._askers.setdefault(target, Asker(self._client))

    def _start(self, target: Target) -> PageRequest:
        """The request of a target without placeholders."""
        return self._request(Study(target, ""), Binding())

    async def _again(self, study: Study) -> None:
        """Try what only later endpoints have shown, where an endpoint's own paging is open."""
        asker = self._asker(study.asked or study.target)
        names = self._house.shown - study.tried
        is_open = study.paging.type == "none" or study.size_param is None
        if study.place.single or not study.bound or not is_open or not names:
            return
        if asker.left <= FOR_READING or (study.refusal and not study.paging.is_open):
            return
        trial = replace(study, refusal="", findings=[], paging=Paging("none"), size_param=None)
        house = replace(self._house, sizes=_in(self._house.sizes, names), only_these=True)
        house = replace(house, positions=_in(self._house.positions, names))
        self._progress(f"{study.target.path} again")
        asker.keep_some()
        try:
            await self._lists(asker, trial, house)
            if trial.refusal or (trial.paging.type == "none" and study.paging.type != "none"):
                return
            if trial.paging.type == study.paging.type and trial.size_param == study.size_param:
                return
            await self._reads(asker, trial)
        except BudgetError:
            return
        finally:
            study.requests = asker.spent
        if not trial.refusal:
            study.take(trial)
            self._house.learn(study)

    async def _study(
        self, target: Target, targets: Sequence[Target], *, wanted: bool = True
    ) -> Study:
        for known in self._studies.values():
            if target in {known.target, known.asked}:
                return known
        study = Study(target, "", wanted, asked=target)
        self._studies[target] = study
        asker = self._asker(target)
        if self._silence and not asker.spent:
            study.refusal = "not asked, as nothing answered before"
            return study
        study.tried = self._house.shown
        self._progress(target.path)
        try:
            await self._parents(asker, study, targets)
            if not study.refusal:
                await self._lists(asker, study)
            if not study.refusal:
                await self._reads(asker, study)
        except SilenceError as error:
            study.refusal = str(error)
        except BudgetError:
            study.refusal = study.refusal or f"{asker.spent} requests were not enough"
        study.requests = asker.spent
        study.blueprint = self._blueprint(study)
        if not study.refusal:
            self._house.learn(study)
        elif study.paging.is_open:  # yet its rows came at once, where a shorter list has its all
            self._house.unpaged.append(study)
        return study

    def _blueprint(self, study: Study) -> str:
        words = words_of(study.noun.replace(" ", "_")) or ("item",)
        name = base = words[0] + "".join(word.capitalize() for word in words[1:])
        number = 2
        while name in self._blueprints:
            name, number = f"{base}{number}", number + 1
        self._blueprints.add(name)
        return name

    # --- placeholders --------------------------------------------------------------------

    async def _parents(self, asker: Asker, study: Study, targets: Sequence[Target]) -> None:
        given = study.target
        if not given.placeholders and (known := literal_parent(study, self._studies)):
            at, whole = known
            name = "_".join(words_of(whole.target.noun.replace(" ", "_"))) or "parent"
            study.target = study.target.with_placeholder(at, name)
        for name in asked_by_example(study, self._studies.values()):
            study.target = study.target.with_value(name)
        options = {}
        unread = ""
        for name in study.target.placeholders:
            near = await self._near(study, name, targets)
            unread = unread or (_without_parent(name, near) if near and near.refusal else "")
            candidates = candidates_for(study, name, near, self._studies)
            options[name] = options_for(name, candidates, self._studies.values())
            if not options[name]:
                _leave(study, given, self._silence or _without_parent(name, near))
                return
        if not options:
            return
        found = await self._shown_parents(asker, study, options)
        if found is None:
            names = ", ".join(f"{{{name}}}" for name in options)
            why = (
                f"no field of the endpoints at hand gives {names}: every value was refused; give"
                " the URL of the list whose items it is for"
            )
            _leave(study, given, unread or why)
            return
        study.parents = found
        for parent in found:
            shown = f"{{{parent.name}}}: {parent.study.target.shown} {parent.column.path}"
            study.note("parent", shown, parent.proof)

    async def _shown_parents(
        self, asker: Asker, study: Study, options: Mapping[str, Sequence[Option]]
    ) -> list[Parent] | None:
        """The parents, by children asked for in the formats seen: that of the likeliest first."""
        likeliest = [some[0][0] for some in options.values()]
        for other in dict.fromkeys(one.format for one in (*likeliest, *self._studies.values())):
            study.format = other
            if found := await find_parents(asker, study, options, self._settings.base_url):
                return found
        return None

    async def _near(self, study: Study, name: str, targets: Sequence[Target]) -> Study | None:
        """The endpoint whose path or name says that its items give a placeholder's values."""
        studied = [other.target for other in self._studies.values()]
        path = parent_path(study.target, name, studied) or parent_path(study.target, name, targets)
        if path is not None:
            return await self._study(path, targets)
        wanted = set(noun_words(name))
        listed = [one for one in self._studies.values() if one.items and wanted & one.nouns]
        if listed:  # the key of a list that was given says so
            return min(listed, key=lambda one: len(one.target.placeholders))
        for implied in implied_parents(study.target, name):
            found = await self._study(implied, targets, wanted=False)
            if found.items:
                return found
        return None

    # --- one endpoint --------------------------------------------------------------------

    async def _lists(self, asker: Asker, study: Study, house: House | None = None) -> None:
        study.bound = bindings(study.parents) if study.parents else [Binding()]
        starts = [self._request(study, binding) for binding in study.bound]
        if not starts:
            study.refusal = "its parents have no items at the moment"
            return
        if house is None:
            hints = self._document.hints(study.target) if self._document else Hints()
            house = self._house.with_hints(hints)
        await study_list(asker, study, starts, house)
        self._house.strict = self._house.strict or house.strict
        if study.parents and not study.refusal:
            await study_children(asker, study, partial(self._request, study))

    def _request(self, study: Study, binding: Binding) -> PageRequest:
        return request_for(study.endpoint(), binding, self._settings.base_url)

    async def _reads(self, asker: Asker, study: Study) -> None:
        """A bounded reading by the integration, and what its items are."""
        resource: dict[str, Any] = {
            "kind": study.target.path,
            "selector": selector(study),
            "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": '"x"'}}},
        }
        before = self._client.counts.requests
        found = await read(self._session, resource, study.bound, MOST_REQUESTS - asker.spent)
        asker.charge(self._client.counts.requests - before)
        study.items, study.is_complete = found.items, found.is_complete
        if found.error:
            study.refusal = f"what was found does not hold: {found.error}"
            return
        if lost := missing_rows(study):
            study.refusal = f"what was found does not hold: {lost} of the first rows do not come"
            return
        part = "the whole list" if found.is_complete else "a part"
        of = f" of {found.readings} parents" if study.parents else ""
        study.note("reading", f"{len(found.items)} items{of}, {part}", "by the integration itself")
        leading = row_cursor(study.paging)
        study.columns = [column for column in columns(study.items) if column.path != leading]
        study.addresses = list(own_addresses(study.columns, study.target))
        detail = None
        if not study.parents:
            detail = request_for(study.endpoint(), Binding(), self._settings.base_url)
        await study_fields(asker, study, detail)


def _names(given: PaginationSettings) -> tuple[list[str], list[str]]:
    """The parameters of size and position that somebody set."""
    return [*filter(None, [given.size_param])], [*filter(None, [given.pagination_param])]


def _in(names: Sequence[str], chosen: frozenset[str]) -> list[str]:
    return [name for name in names if name in chosen]


def _leave(study: Study, given: Target, why: str) -> None:
    """Read an example as it was given; refuse placeholders that somebody wrote."""
    if given.placeholders:
        study.refusal = why
    else:
        study.target = given


def _without_parent(name: str, near: Study | None) -> str:
    """Why nothing fills a placeholder: its parent cannot be read, or nobody named one."""
    if near is not None and near.refusal:
        return f"{{{name}}} takes its values from {near.target.path}, which cannot be read"
    return (
        f"no endpoint is known whose items give {{{name}}}; give the URL of the list of its parents"
        " as well"
    )
