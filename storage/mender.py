"""A store that is locked, full, read-only, gone or damaged: mended where that is in our hands, told to the operator where it is not.

Told once for each reason when it begins, and once when it is over.
"""

from collections.abc import Callable, Iterable

import structlog

from handlers.case_facts import Case
from storage.database import Database
from storage.errors import StorageError, cure
from storage.opening import Mended, tell_set_aside
from storage.outbox import Outbox

REPLACED_CURE = "none, if that was meant; to go on with one that was moved away: stop ringtally, move it back, start it"

log = structlog.get_logger()


class Mender:
    """Looks after the writer's database.

    `standing` gives the cases that wait, for a new file in the place of a damaged one; `waiting`, how many calls wait, is logged.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox | None,
        standing: Callable[[], Iterable[Case]],
        waiting: Callable[[], int],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._standing = standing
        self._waiting = waiting
        self._reasons_told: set[str] = set()
        self._on_another: list[Callable[[], None]] = []
        self.trouble: Exception | None = None
        """What is to be looked into before anything else is stored."""
        self.reason: str | None = None
        """What is wrong and what to do about it, in one line; None: nothing is."""
        self.set_aside = 0
        """Files that were damaged."""

    def when_another(self, call: Callable[[], None]) -> None:
        """Whom to tell when storing goes on in another file."""
        self._on_another.append(call)

    async def mend(self, trouble: Exception) -> bool:
        """Make the database usable again, if that is in our hands; False: it is not usable now, and the operator is told."""
        self.trouble = None
        try:
            mended = await self._database.mend(trouble, list(self._standing()))
            if mended is not None and mended.is_another and self._outbox is not None:
                await self._outbox.recount()
        except Exception as error:  # whatever it is, it is tried again and the operator is told
            self.trouble = error
            self._degrade(self._words(error))
            return False
        if mended is None:
            self._degrade(self._words(trouble))
            return False
        if mended.is_another:
            self._tell_another(mended, self._words(trouble))
            for call in self._on_another:
                call()
        return True

    def recovered(self, dropped: int) -> None:
        """It stores again; so many calls were dropped meanwhile and before."""
        if self.reason is not None:
            self.reason = None
            self._reasons_told.clear()
            log.info("store_recovered", database=str(self._database.path), waiting=self._waiting(), dropped=dropped)

    def _degrade(self, reason: str) -> None:
        self.reason = reason
        if reason not in self._reasons_told:
            self._reasons_told.add(reason)
            log.error("store_degraded", reason=reason, waiting=self._waiting())

    def _tell_another(self, mended: Mended, reason: str) -> None:
        path = self._database.path
        if mended.aside is None:
            log.error(
                "database_replaced", reason=reason, database=str(path), waiting=self._waiting(), cure=REPLACED_CURE
            )
            return
        self.set_aside += 1
        tell_set_aside(mended, path, reason)

    def _words(self, error: Exception) -> str:
        return str(error) if isinstance(error, StorageError) else f"{self._database.path} {cure(error)}"
