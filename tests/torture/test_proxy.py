"""The line that fails on purpose does just what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.torture.proxy import Line, line_to

WITHIN_S = 5.0
EVENT = b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 1.1\r\n\r\n"


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Bench:
    """A server, a line to it, and the ends of what was connected."""

    def __init__(self, line: Line, taken: asyncio.Queue[Ends]) -> None:
        self.line = line
        self.taken = taken
        self._open: list[asyncio.StreamWriter] = []

    async def dial(self) -> Ends:
        """A client's end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.line.port)
        self._open.append(writer)
        return reader, writer

    async def connected(self) -> tuple[Ends, Ends]:
        """A client's end and the server's end of one connection through the line."""
        client = await self.dial()
        server = await self.taken.get()
        self._open.append(server[1])
        return client, server

    async def close(self) -> None:
        for writer in self._open:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def benched() -> AsyncIterator[Bench]:
    taken: asyncio.Queue[Ends] = asyncio.Queue()
    listening = await asyncio.start_server(lambda *ends: taken.put_nowait(ends), "127.0.0.1", 0)
    try:
        async with asyncio.timeout(WITHIN_S), line_to("127.0.0.1", listening.sockets[0].getsockname()[1]) as line:
            bench = Bench(line, taken)
            try:
                yield bench
            finally:
                await bench.close()
    finally:
        listening.close()


async def is_over(reader: asyncio.StreamReader) -> bool:
    """Did the stream end, with nothing more in it?"""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def hears_nothing(*readers: asyncio.StreamReader) -> None:
    """Neither a word nor an end, for as long as a test can wait for nothing."""
    reads = [asyncio.ensure_future(reader.read(1)) for reader in readers]
    done, waiting = await asyncio.wait(reads, timeout=0.1)
    assert not done
    for read in waiting:
        read.cancel()
    await asyncio.wait(waiting)


async def test_what_is_said_comes_through_both_ways() -> None:
    async with benched() as bench:
        (reader, writer), (from_client, to_client) = await bench.connected()
        writer.write(b"hello")
        assert await from_client.readexactly(5) == b"hello"
        to_client.write(EVENT)
        assert await reader.readexactly(len(EVENT)) == EVENT
        assert (bench.line.connections, bench.line.carried) == (1, len(EVENT))
        writer.close()
        assert await from_client.read() == b""


async def test_a_cut_resets_both_ends_and_the_next_connection_is_carried() -> None:
    async with benched() as bench:
        (reader, _writer), (from_client, _to_client) = await bench.connected()
        bench.line.cut()
        assert await is_over(reader)
        assert await is_over(from_client)
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        to_client.write(EVENT)
        assert await reader.readexactly(len(EVENT)) == EVENT


async def test_a_cut_in_mid_event_gives_half_a_message_and_then_the_end() -> None:
    async with benched() as bench:
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        cut = bench.line.cut_in_mid_event()
        to_client.write(EVENT * 3)
        got = await reader.read()
        assert 0 < len(got) == await cut < len(EVENT)
        assert EVENT.startswith(got)
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        for _ in range(2):
            to_client.write(EVENT)
            assert await reader.readexactly(len(EVENT)) == EVENT


async def test_what_is_stalled_comes_later_and_whole() -> None:
    async with benched() as bench:
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        bench.line.stall()
        for _ in range(2000):
            to_client.write(EVENT)
        await hears_nothing(reader)
        await bench.line.restore()
        assert await reader.readexactly(2000 * len(EVENT)) == EVENT * 2000


async def test_a_stalled_line_makes_the_sender_wait() -> None:
    async with benched() as bench:
        _client, (_from_client, to_client) = await bench.connected()
        bench.line.stall()
        to_client.write(bytes(32_000_000))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await to_client.drain()
        to_client.transport.abort()


async def test_a_black_hole_swallows_words_and_ends_and_resets_them_once_restored() -> None:
    async with benched() as bench:
        (reader, writer), (from_client, to_client) = await bench.connected()
        (other, _writer), (_reader, other_to_client) = await bench.connected()
        bench.line.black_hole()
        to_client.write(EVENT)
        writer.write(b"anybody?")
        other_to_client.close()
        newcomer, _ = await bench.dial()
        await hears_nothing(reader, from_client, other, newcomer)
        assert bench.taken.empty()
        await bench.line.restore()
        for each in (reader, from_client, other, newcomer):
            assert await is_over(each)
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        to_client.write(EVENT)
        assert await reader.readexactly(len(EVENT)) == EVENT


async def test_who_is_refused_hears_so_at_once_until_the_line_is_restored_on_its_port() -> None:
    async with benched() as bench:
        (reader, _writer), _ = await bench.connected()
        await bench.line.refuse()
        assert await is_over(reader)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", bench.line.port)
        await bench.line.restore()
        (reader, _writer), (_from_client, to_client) = await bench.connected()
        to_client.write(EVENT)
        assert await reader.readexactly(len(EVENT)) == EVENT
