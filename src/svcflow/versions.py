"""The part of an engine that issues versions of processes: from when each is in force, and that one is retired."""

from __future__ import annotations

from datetime import datetime

from svcflow.clocks import utc
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.form import LONGEST_TEXT
from svcflow.core.process import Process
from svcflow.errors import DefinitionError, ProcessNotFound
from svcflow.inquiry import Inquiry, checked, said, text_of
from svcflow.published import Issue, Publishable
from svcflow.stores.base import ProcessRecord, Retirement, Standing
from svcflow.stranded import misfits


class Versions(Inquiry):
    """What an engine does with versions of processes: publishes them, lists them, and lets no new case begin on one."""

    def publish(
        self,
        *what: Publishable,
        effective_from: datetime | None = None,
        owner: str = "",
        reviewed_by: str = "",
        note: str = "",
        tenant: str = "",
        actor: Actor = SYSTEM,
        connection: object | None = None,
    ) -> tuple[Process, ...]:
        """
        Publish files or loaded processes, and with a file all that it runs or starts; answers all of them.

        A version is published once: the same content again changes nothing. For all that is new, `effective_from` is
        the instant from which it is in force, by default at once: cases that are opened before it begin on the version
        that is in force then. `owner` answers for it, `reviewed_by` has looked it over; `note` says what is new. They
        are kept with who publishes it and when.

        Raises:
            DefinitionError: If a file has errors, the engine's machine cannot run it, or a version was published before
                with other content.
            ProcessNotFound: If a process runs or starts another one that is not published.
            InputError: If something is no file and no process, or was published before, to be in force from another
                date. What comes along keeps its own.
        """
        for text, name in ((owner, "`owner`"), (reviewed_by, "`reviewed_by`"), (tenant, "`tenant`")):
            text_of(text, name)
        text_of(note, "`note`", LONGEST_TEXT)
        standing = Standing(None if effective_from is None else utc(effective_from), owner, reviewed_by, note)
        issue = Issue(tenant, checked(actor).id, self._book.clock.now(), standing)
        return self._book.published.publish(what, issue, connection)

    def retire(
        self,
        process: str,
        version: int,
        *,
        reason: str,
        actor: Actor,
        tenant: str = "",
        connection: object | None = None,
    ) -> bool:
        """
        Let no new case begin on a version from now on; False if it was retired before.

        Cases that run on it go on. New ones begin on the newest version that is still in force, if there is one; one
        that another case runs or starts begins in any case. `versions` says who retired it, when and why.

        Raises:
            DefinitionError: If an earlier version would be in force again whose ends a parent does not handle, or that
                does not handle the ends of what it runs.
            ProcessNotFound: If this tenant has published no such version.
            InputError: If the reason is empty.
        """
        why = said(reason, "`reason`", "retiring a version needs a reason")
        found = self._book.store.process(tenant, process, version, connection=connection)
        if found is None or found.tenant != tenant:
            raise ProcessNotFound(process, version)
        end = Retirement(self._book.clock.now(), checked(actor).id, why)
        known = self._book.store.processes(tenant, connection=connection)
        waiting = tuple(misfits(known, found, end.at, self._book.published.compiled))
        if waiting:
            raise DefinitionError(waiting)
        return self._book.store.retire(tenant, process, version, end, connection=connection)

    def versions(
        self, process: str | None = None, *, tenant: str = "", connection: object | None = None
    ) -> tuple[ProcessRecord, ...]:
        """Every version that this tenant can use, of one process or all, by name and number: texts and standing."""
        known = self._book.store.processes(tenant, connection=connection)
        return tuple(one for one in known if process in {None, one.name})

    def process(
        self, name: str, version: int | None = None, *, tenant: str = "", connection: object | None = None
    ) -> Process:
        """
        A published process, by default its newest version in force; if none is, the last that was, or the newest.

        Raises:
            ProcessNotFound: If there is none.
        """
        now = self._book.clock.now() if version is None else None
        return self._book.published.within(connection).find(tenant, name, version, on=now)
