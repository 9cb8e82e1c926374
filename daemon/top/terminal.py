"""The terminal that it is shown in: its own screen, its keys, its size, and going to sleep in the shell."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.live import Live

from daemon import clock
from daemon.top.heard import Heard
from daemon.top.keys import keys_in
from daemon.top.listener import Door, listen
from daemon.top.screen import screen
from daemon.top.view import View
from daemon.words import Language

TICK_S = 0.5
_READ = 1024


async def show(door: Door, heard: Heard, language: Language) -> None:
    """Show it until somebody quits. Raises TurnedAwayError."""
    view, wake = View(), asyncio.Event()
    sleep = _Asleep(wake)
    loop = asyncio.get_running_loop()

    def end() -> None:
        view.is_over = True
        wake.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGWINCH, wake.set)
    loop.add_signal_handler(signal.SIGTSTP, sleep.ask)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen(door, heard, wake.set), name="listener")
        while not view.is_over:
            await _draw(heard, view, wake, sleep, language, end)
            sleep.fall()
        listening.cancel()


class _Asleep:
    """Ctrl-Z: the shell gets its terminal as it was, and gives it back with `fg`."""

    def __init__(self, wake: asyncio.Event) -> None:
        self._wake = wake
        self.is_due = False

    def ask(self) -> None:
        """Somebody wants the shell."""
        self.is_due = True
        self._wake.set()

    def fall(self) -> None:
        """Stand still until the shell says otherwise, if somebody wants that."""
        if self.is_due:
            self.is_due = False
            os.kill(os.getpid(), signal.SIGSTOP)


async def _draw(
    heard: Heard, view: View, wake: asyncio.Event, sleep: _Asleep, language: Language, end: Callable[[], None]
) -> None:
    """Show it until somebody quits or wants the shell."""
    console = Console()
    drawn_at = clock.now()

    def press(key: str) -> None:
        view.press(key)
        wake.set()

    with (
        _keys_to(press, end),
        Live(console=console, auto_refresh=False, screen=True) as live,
    ):
        while not view.is_over and not sleep.is_due:
            if not view.is_paused:
                drawn_at = clock.now()
            at = heard.server_time(drawn_at)
            live.update(screen(heard, view, at, language, console.size), refresh=True)
            wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await wake.wait()


@contextmanager
def _keys_to(take: Callable[[str], None], gone: Callable[[], None]) -> Iterator[None]:
    """Each key goes there at once, and is not echoed; only where stdin is a terminal. `gone`: nobody is there any more."""
    if not sys.stdin.isatty():
        yield
        return
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(stdin)

    def read() -> None:
        raw = b""
        with suppress(OSError):
            raw = os.read(stdin, _READ)
        if not raw:
            loop.remove_reader(stdin)
            gone()
        for key in keys_in(raw):
            take(key)

    tty.setcbreak(stdin)
    loop.add_reader(stdin, read)
    try:
        yield
    finally:
        loop.remove_reader(stdin)
        with suppress(termios.error):  # it is gone
            termios.tcsetattr(stdin, termios.TCSADRAIN, before)
