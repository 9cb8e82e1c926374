"""A socket that never blocks, name look-up and TLS handshake included: whoever waits for it can be stopped at any moment."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

# How long an address may say nothing before the next one is tried beside it.
NEXT_AFTER_S = 0.25


async def _addresses(host: str, port: int) -> list[Any]:
    """What `getaddrinfo` says, asked in a thread that no stop waits for: without a network a look-up takes half a minute."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Any]] = loop.create_future()

    def tell(addresses: list[Any], failure: OSError | None) -> None:
        if not found.done():
            found.set_exception(failure) if failure is not None else found.set_result(addresses)

    def look_up() -> None:
        addresses: list[Any] = []
        failure: OSError | None = None
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(partial(tell, addresses, failure))

    Thread(target=look_up, name="mqtt-look-up", daemon=True).start()
    return await found


async def dial(host: str, port: int) -> socket.socket:
    """A connection to the first address that answers. Raises OSError.

    An address that swallows what is sent to it must not use up the time of the others: the next one is tried beside it.
    """
    addresses = await _addresses(host, port)
    failure = OSError("no address")
    made: list[socket.socket] = []
    try:
        async with asyncio.TaskGroup() as tasks:
            tries: set[asyncio.Task[OSError | None]] = set()
            while not made and (addresses or tries):
                if addresses:
                    tries.add(tasks.create_task(_try(addresses.pop(0), made), name="mqtt-dial"))
                patience = NEXT_AFTER_S if addresses else None
                done, tries = await asyncio.wait(tries, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    failure = each.result() or failure
            for each in tries:
                each.cancel()
        if not made:
            raise failure
        return made.pop(0)
    finally:  # of two that answered at once, or of one that answered to nobody any more
        for sock in made:
            sock.close()


async def _try(to: Any, made: list[socket.socket]) -> OSError | None:
    """Add the connected socket to those that are made, or return why there is none."""
    family, kind, protocol, _, address = to
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError as error:  # a kernel without IPv6
        return error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except OSError as error:
        sock.close()
        return error
    except BaseException:
        sock.close()
        raise
    made.append(sock)
    return None


async def secured(sock: socket.socket, tls: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """The same connection with TLS, once both sides have agreed. Raises OSError, of which ssl.SSLError is one."""
    wrapped = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(wrapped, reading=True)
            except ssl.SSLWantWriteError:
                await _ready(wrapped, reading=False)
            else:
                return wrapped
    except BaseException:
        wrapped.close()
        raise


def _ready(sock: socket.socket, *, reading: bool) -> Awaitable[None]:
    """Wait until the socket can be read from, or written to."""
    loop = asyncio.get_running_loop()
    add, remove = (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)

    async def wait() -> None:
        ready: asyncio.Future[None] = loop.create_future()
        add(sock, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            remove(sock)

    return wait()
