"""A TCP line between a client and a server that fails in just the way it is told to."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Literal

from tests.daemon.free_port import closed_port

_CHUNK = 65_536
_END = b"\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)  # to linger for 0 s: what is closed so is reset

LineState = Literal["passing", "stalled", "black_hole", "refusing"]


class Line:
    """Listens on a port of its own and carries every connection there to one server, both ways, until told otherwise.

    `stall`: bytes wait, as behind a reader that reads no more; `restore` lets them go on, none is lost.
    `black_hole`: bytes and ends vanish and neither side hears of it; who connects gets no word. `restore` resets what was
    swallowed, for a stream with a hole in it is none.
    `refuse`: connections are reset, new ones are refused as where nobody listens; `restore` listens again.
    `cut`: connections are reset, and new ones are carried at once.
    `cut_in_mid_event`: the client gets an AMI message by half, then the end of the stream; new connections are carried.
    Where the server itself cannot be reached, a connection ends at once.
    """

    def __init__(self, host: str, port: int, listen_on: str = "127.0.0.1") -> None:
        self._server_at = (host, port)
        self._listen_on = listen_on
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._swallowed: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._goes = asyncio.Event()
        self._restored = asyncio.Event()
        self._halved: asyncio.Future[int] | None = None
        self.state: LineState = "passing"
        self.port = closed_port()
        self.connections = 0
        """How many have been carried so far."""
        self.carried = 0
        """Bytes that came to clients so far."""

    async def open(self) -> None:
        """Listen, always on the same port."""
        self._goes.set()
        self._server = await asyncio.start_server(self._taken, self._listen_on, self.port)

    async def close(self) -> None:
        """Everything ends."""
        await self._stop_listening()
        self.cut()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    # ---- what can go wrong

    def cut(self) -> None:
        """Reset every connection, both ends."""
        self._reset(self._writers)

    @staticmethod
    def _reset(writers: set[asyncio.StreamWriter]) -> None:
        for writer in [each for each in writers if not each.transport.is_closing()]:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def cut_in_mid_event(self) -> "asyncio.Future[int]":
        """End the stream within the next message from the server; once done, how many of its bytes came through."""
        self._halved = asyncio.get_running_loop().create_future()
        return self._halved

    def stall(self) -> None:
        """Carry nothing, keep everything."""
        self._set("stalled")

    def black_hole(self) -> None:
        """Carry nothing, keep nothing, say nothing."""
        self._set("black_hole")
        self._restored.clear()
        self._swallowed |= self._writers

    async def refuse(self) -> None:
        """Be nobody."""
        self._set("refusing")
        await self._stop_listening()
        self.cut()

    async def restore(self) -> None:
        """Carry again."""
        self._set("passing")
        self._restored.set()
        self._reset(self._swallowed)
        self._swallowed.clear()
        if self._server is None:
            await self.open()

    def _set(self, state: LineState) -> None:
        self.state = state
        if state == "stalled":
            self._goes.clear()
        else:
            self._goes.set()

    # ---- carrying

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self.state == "black_hole":
                self._swallowed.add(writer)
                await self._carry(reader, None, False)  # hears nothing for ever
            else:
                await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # what it carried has ended; asyncio would tell a cancelled one as a failure
        finally:
            self._forget(writer)
            self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._server_at)
        self.connections += 1
        self._writers.add(to_server)
        if self.state == "black_hole":  # since while we dialled
            self._swallowed |= {writer, to_server}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, to_server, False))
                both.create_task(self._carry(from_server, writer, True))
        except* OSError:
            pass  # one side has ended, and so has the other
        finally:
            self._forget(to_server)

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        self._swallowed.discard(writer)
        writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None, to_client: bool) -> None:
        while data := await reader.read(_CHUNK):
            await self._goes.wait()
            if writer is None or writer in self._swallowed:
                continue
            middle = self._middle(data) if to_client else None
            writer.write(data[:middle])
            if to_client:
                self.carried += len(data[:middle])
            await writer.drain()
            if middle is not None:
                break
        if writer in self._swallowed or writer is None:
            await self._restored.wait()  # the end vanishes too
        raise ConnectionAbortedError("one side has ended")

    def _middle(self, data: bytes) -> int | None:
        """Where in these bytes the middle of a message is, if the stream is to end in one."""
        begins = data.find(b"Event: ")
        ends = data.find(_END, begins)
        if self._halved is None or begins < 0 or ends < 0:
            return None
        middle = (begins + ends) // 2
        self._halved.set_result(middle - begins)
        self._halved = None
        return middle


@contextlib.asynccontextmanager
async def line_to(host: str, port: int, listen_on: str = "127.0.0.1") -> AsyncIterator[Line]:
    """A line to a server, open for the block."""
    line = Line(host, port, listen_on)
    await line.open()
    try:
        yield line
    finally:
        await line.close()
