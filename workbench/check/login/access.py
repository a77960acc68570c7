"""What lets requests in: the base URL, and what signs them."""

from __future__ import annotations

from dataclasses import dataclass

from errors import OceanCustomError
from paging.model import PageRequest
from workbench.check.login.bases import Bases
from workbench.check.login.changes import Blame
from workbench.check.login.sign_in import SignIn


@dataclass(frozen=True)
class Access:
    """Both, for where nothing of a mapping is answered: which of them it is, is tried."""

    bases: Bases
    sign_in: SignIn

    async def other(self, error: OceanCustomError, request: PageRequest | None) -> Blame | None:
        """The setting with which a request is answered, and what to write; None for none."""
        if base := await self.bases.other(error.report.words):
            return "baseUrl", base
        return None if request is None else await self.sign_in.other(error, request)
