"""What phones do around a gap: how a call stands when the line breaks, what happens unseen, and how it goes on.

Each situation is played twice: with a daemon that knew the call before (`gap`), and with one that first hears of it afterwards
(`met`). What must be told of it is written down from the phones' own log: a duration in words (`truth.py`), None: it must not be told.
"""

from tests.asterisk.gap_situations import from_inside, passed_on, talks, unanswered
from tests.asterisk.gap_situations.registry import SITUATIONS, Told

__all__ = ["SITUATIONS", "Told", "from_inside", "passed_on", "talks", "unanswered"]
