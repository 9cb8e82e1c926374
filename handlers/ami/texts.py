"""How long a text may be that the PBX tells: of names, numbers, contexts, queues, variables, all that somebody may have chosen.

Asterisk has bounds of its own, 80 bytes of most and 256 of a caller's name in a program's Originate, but not of all: chan_sip takes
a number as long as a packet, and a dialplan may set any name. What is longer is cut here, once, before anybody keeps it: a name
of 64 KiB would else be in each event, each retained topic and each row of its call. Ids are the PBX's own and are not cut.
"""

TEXT_LIMIT = 256
"""Characters, the ellipsis of a text that was cut included."""
SHORT = rf"[^\r]{{0,{TEXT_LIMIT}}}+"
"""The pattern of a header's value that is within the bound."""


def bounded(text: str) -> str:
    """The text, cut where it is too long: what is left ends in an ellipsis, so that a number is none any more."""
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def bounded_if_any(text: str | None) -> str | None:
    """The same where there may be none."""
    return None if text is None else bounded(text)
