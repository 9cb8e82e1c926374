"""Words for what series are called: results of calls, states, reasons."""

from collections.abc import Mapping

from tests.grafana.made.parts import Override, Said, fixed

RESULTS: Mapping[str, tuple[Said, str]] = {
    "answered": (Said("answered", "отвечен"), "green"),
    "abandoned": (Said("abandoned", "не дождался"), "red"),
    "short_abandoned": (Said("given up at once", "сброшен сразу"), "#8e8e8e"),
    "no_answer": (Said("no answer", "нет ответа"), "orange"),
    "busy": (Said("busy", "занято"), "yellow"),
    "unavailable": (Said("unavailable", "недоступен"), "dark-orange"),
    "ivr_only": (Said("menu only", "только меню"), "blue"),
    "cancelled": (Said("cancelled", "отменён"), "#8e8e8e"),
    "failed": (Said("failed", "не удался"), "dark-red"),
    "unknown": (Said("unknown", "неизвестно"), "purple"),
}
CALL_STATES: Mapping[str, tuple[Said, str]] = {
    "ivr": (Said("in the menu", "в меню"), "blue"),
    "queued": (Said("in a queue", "в очереди"), "orange"),
    "ringing": (Said("ringing", "звонит"), "yellow"),
    "talking": (Said("talking", "разговор"), "green"),
    "held": (Said("on hold", "на удержании"), "purple"),
}
AGENT_STATES: Mapping[str, tuple[Said, str]] = {
    "available": (Said("available", "свободен"), "green"),
    "ringing": (Said("ringing", "звонит"), "yellow"),
    "talking": (Said("talking", "разговор"), "blue"),
    "held": (Said("on hold", "на удержании"), "purple"),
    "wrapup": (Said("wrap-up", "постобработка"), "#6ed0e0"),
    "paused": (Said("paused", "пауза"), "orange"),
    "unavailable": (Said("offline", "не в сети"), "#8e8e8e"),
}
STAYS: Mapping[str, tuple[Said, str]] = {
    "answered": (Said("answered", "отвечен"), "green"),
    "abandoned": (Said("abandoned", "не дождался"), "red"),
    "short_abandoned": (Said("given up at once", "сброшен сразу"), "#8e8e8e"),
    "timeout": (Said("waited too long", "вышло время"), "orange"),
    "left": (Said("left the queue", "вышел из очереди"), "purple"),
}
CONTACTS: Mapping[str, tuple[Said, str]] = {
    "outgoing": (Said("we called back", "перезвонили"), "green"),
    "incoming": (Said("called again himself", "дозвонился сам"), "blue"),
    "external": (Said("elsewhere", "другим способом"), "purple"),
}
DIRECTIONS: Mapping[str, tuple[Said, str]] = {
    "in": (Said("incoming", "входящие"), "blue"),
    "out": (Said("outgoing", "исходящие"), "orange"),
    "internal": (Said("internal", "внутренние"), "#8e8e8e"),
}


def dressed(words: Mapping[str, tuple[Said, str]]) -> tuple[Override, ...]:
    """Series of these names in their words and colours."""
    return tuple(("byName", name, {"displayName": said, **fixed(color)}) for name, (said, color) in words.items())
