"""The part of an engine that archives cases, and knows where they are."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from svcflow.archiving import Archival, Archivist, Filing, Watch
from svcflow.clocks import utc
from svcflow.errors import InputError
from svcflow.inquiry import Inquiry
from svcflow.stores.archived import Archived, ArchiveQuery


def _unwatched(done: int, families: int) -> None:
    """Nobody looks how far it is."""


class Archives(Inquiry):
    """What an engine does with cases that have ended long ago: writes them into files, and knows where they are."""

    def archive(  # noqa: PLR0913 - all of them keywords
        self,
        folder: str | os.PathLike[str],
        *,
        older_than: timedelta,
        process: str | None = None,
        owner: str = "owner",
        private: bool = False,
        keep: bool = False,
        dry_run: bool = False,
        watch: Watch = _unwatched,
        tenant: str = "",
    ) -> Archival:
        """
        Write cases that ended longer ago than `older_than` into files in a folder, and take them out of the store.

        A case goes together with all that it ran, when nothing has happened in any of them for so long. What waits for
        hook calls, or is not whole, stays. `owner` is the person field that they are found by later. Private values
        are not written, and so forgotten, unless `private` puts them into a file beside each archive. With `keep` the
        cases stay in the store, with `dry_run` nothing is written. `watch` is told how many families of how many were
        looked at. An interrupted run is finished by the next one.

        Raises:
            InputError: If the folder is none, another run is at work, or the time is negative.
            BrokenArchive: If a file is not on the disk as it was written; nothing of it was taken out.
            OSError: If a file cannot be written, for example to a full disk; nothing of it was taken out.
        """
        if older_than < timedelta(0):
            raise InputError("`older_than` is a length of time, which is not negative")
        now = self._book.clock.now()
        filing = Filing(tenant, now - older_than, Path(folder), process, owner, keep, private, dry_run)
        return Archivist(self._book, filing, now, watch).run()

    def archived(
        self,
        *,
        process: str | None = None,
        owner: str | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        order: Literal["opened", "process", "owner"] = "opened",
        after: str | None = None,
        limit: int | None = None,
        tenant: str = "",
    ) -> tuple[Archived, ...]:
        """
        The archived cases that match all that is asked: which file each is in, and under which digest.

        `since` and `before` are times at which the case was opened. `after` is the id of the last case of the page
        before.
        """
        since, before = (None if one is None else utc(one) for one in (since, before))
        query = ArchiveQuery(tenant, process, owner, since, before, order, after, limit)
        return tuple(self._book.store.archived(query))
