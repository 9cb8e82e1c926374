"""What is counted: `python -P counted.py STREAM` hears a stream up to each part in turn, by the handlers on the module path.

For `tests.bench.instructions`, with the handlers of any version: nothing but those may be imported here. STREAM is a file
with two lists by marshal: what warms up, and what is counted. A call of `sched_yield`, which nothing else here makes, marks where
counting begins and ends.
"""

import gc
import marshal
import os
import sys
from pathlib import Path

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.rules import Rules

PARTS = ("framing", "decoding", "core")


class Listener:
    """Takes what comes as far as one part; the parts before it included."""

    def __init__(self, part: str) -> None:
        self._framer, self._decoder, self._core = Framer(WANTED, banner=False), Decoder(), Core(Rules())
        self._decodes, self._follows = part != PARTS[0], part == PARTS[2]

    @property
    def heard(self) -> int:
        """The events so far."""
        return sum(self._framer.events.values())

    def hear(self, pieces: list[tuple[float, bytes]]) -> None:
        """Pieces of the stream with the moments at which they came."""
        for at, data in pieces:
            blocks = self._framer.feed(data)
            if self._decodes:
                for block in blocks:
                    event = self._decoder.decode(block, at)
                    if self._follows and event is not None:
                        self._core.handle(event)


if __name__ == "__main__":
    warming_up, counted = marshal.loads(Path(sys.argv[1]).read_bytes())
    for part in PARTS:
        listener = Listener(part)
        listener.hear(warming_up)
        gc.collect()
        os.sched_yield()
        listener.hear(counted)
        os.sched_yield()
        print(listener.heard)
