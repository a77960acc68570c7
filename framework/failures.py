"""Errors of ours on their way through Ocean: logged once, as a sentence, without a traceback.

Ocean logs what a kind raises at once, with its traceback. Only an OceanAbortException is counted
and not logged. So our errors pass through Ocean as one, and are logged at the end of the kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from port_ocean.exceptions.core import OceanAbortException

from errors import ConfigurationError, MappingError, OceanCustomError


class KindFailedError(OceanAbortException):
    """A kind failed; the cause is an error of ours, or a group of those of its children."""


@contextmanager
def handed_to_ocean() -> Iterator[None]:
    """Raise our errors as KindFailedError, and all others as they are."""
    try:
        yield
    except OceanCustomError as error:
        raise KindFailedError(str(error)) from error.with_traceback(None)
    except ExceptionGroup as group:
        if not is_ours(group):
            raise
        raise KindFailedError(group.message) from group.with_traceback(None)


def is_ours(error: BaseException | None) -> bool:
    """Whether an error is one of our tree, a group of nothing else, or Ocean's word for one."""
    match error:
        case OceanCustomError():
            return True
        case BaseExceptionGroup():
            return all(map(is_ours, error.exceptions))
        case OceanAbortException():
            return is_ours(error.__cause__)
        case _:
            return False


def sentence_of(errors: Sequence[BaseException]) -> str:
    """What a person must know of a kind's errors, in one line: the first, and how many others."""
    texts = (str(leaf) for error in errors for leaf in leaves_of(error))
    sentences = list(dict.fromkeys("; ".join(text.splitlines()) for text in texts))
    others = f"; and {len(sentences) - 1} more errors" if len(sentences) > 1 else ""
    return f"{sentences[0]}{others}"


def is_about_settings(error: BaseException) -> bool:
    """Whether an error, or one within it, is of the installation's settings and not of a kind."""
    causes = [leaf.__cause__ or leaf for leaf in leaves_of(error)]
    return any(
        isinstance(cause, ConfigurationError) and not isinstance(cause, MappingError)
        for cause in causes
    )


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group that are no groups themselves."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves_of(inner)
    else:
        yield error
