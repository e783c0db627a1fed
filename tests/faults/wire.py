"""A wire between a store and its PostgreSQL that can be cut just when it matters."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from faults.fragile import Fault
from svcflow.stores.postgres_server import PostgresServer

FAREWELL = b"X"


class Wire:
    """
    Passes on what client and server say, and cuts the line when `fault` strikes.

    That is before a question reaches the server, or when it has answered and the client has not heard it.
    """

    def __init__(self, url: str, folder: Path) -> None:
        known = conninfo_to_dict(PostgresServer.from_url(url).conninfo)
        self._server = str(known["host"])
        self._port = int(known.get("port") or 5432)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self.url = url.replace(f"host={self._server}", f"host={folder}").replace(f"@{self._server}", f"@{folder}")
        self.fault = Fault()
        self._losing = False
        self._ends = [self._listener]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def _start(self, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._dial()
                self._ends += (client, server)
                self._start(partial(self._pass_on, client, server, self._cuts_question))
                self._start(partial(self._pass_on, server, client, self._cuts_answer))

    def _dial(self) -> socket.socket:
        if not self._server.startswith("/"):
            return socket.create_connection((self._server, self._port))
        made = socket.socket(socket.AF_UNIX)
        made.connect(f"{self._server}/.s.PGSQL.{self._port}")
        return made

    def _pass_on(self, source: socket.socket, target: socket.socket, cuts: Callable[[bytes], bool]) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and not cuts(data):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _cuts_question(self, data: bytes) -> bool:
        if data[:1] == FAREWELL or not self.fault.strikes():
            return False
        self._losing = self.fault.afterwards
        return not self._losing

    def _cuts_answer(self, _data: bytes) -> bool:
        losing, self._losing = self._losing, False
        return losing
