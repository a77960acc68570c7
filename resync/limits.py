"""Bounded readings: as much of a resource as a look at it needs, and never for a deletion."""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True):
    """How much is read at most: pages of a walk, children and items of a resource; None: all.

    A parent's walk is a walk: of its values, no more than the limit of children are followed.
    """

    pages: int | None = None
    children: int | None = None
    items: int | None = None


NO_LIMITS = Limits()


class Bounds(Struct):
    """The limits of a reading, and whether one of them cut it short."""

    limits: Limits = NO_LIMITS
    truncated: bool = False

    @property
    def are_set(self) -> bool:
        """Whether anything limits the reading: then nothing is asked for ahead."""
        return self.limits != NO_LIMITS

    def after[Request](self, pages: int, upcoming: Request | None) -> Request | None:
        """The request that follows so many pages of a walk; None: the walk is over."""
        is_over = upcoming is not None and self._cut(self.limits.pages, pages)
        return None if is_over else upcoming

    def end_children(self, children: int) -> bool:
        """Whether no child follows so many, though there is one."""
        return self._cut(self.limits.children, children)

    def end_items(self, items: int) -> bool:
        """Whether so many items are enough."""
        return self._cut(self.limits.items, items)

    def _cut(self, most: int | None, count: int) -> bool:
        is_over = most is not None and count >= most
        self.truncated = self.truncated or is_over
        return is_over
