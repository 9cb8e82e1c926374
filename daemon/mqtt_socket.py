"""A socket that never blocks, name look-up and TLS handshake included: whoever waits for it can be stopped at any moment."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any


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
    """A connection to the first address that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, address in await _addresses(host, port):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


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
