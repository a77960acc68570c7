"""What the values of the integration are made of: structs of msgspec.

Python compiles the methods of a dataclass when its module is loaded, a millisecond for each class,
and sets the fields of a frozen one by calls, each time one is made. msgspec does both in C.
https://jcristharif.com/msgspec/structs.html
"""

from typing import override

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """A value that may hold what nobody should see: it is shown by the name of its class."""

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
