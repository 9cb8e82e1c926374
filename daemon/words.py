"""The words of tables and pages, in the languages of our users."""

from typing import Literal

Language = Literal["en", "ru"]

_RUSSIAN = {
    "start": "начало",
    "direction": "направление",
    "caller": "кто звонил",
    "name": "имя",
    "called": "куда",
    "queue": "очередь",
    "trunk": "линия",
    "result": "итог",
    "answered by": "кто ответил",
    "agents": "сотрудники",
    "wait": "ожидание",
    "talk": "разговор",
    "total": "всего",
    "id": "номер звонка",
    "in": "входящий",
    "out": "исходящий",
    "internal": "внутренний",
    "answered": "отвечен",
    "abandoned": "не дождался",
    "short_abandoned": "сброшен сразу",
    "no_answer": "нет ответа",
    "busy": "занято",
    "unavailable": "недоступен",
    "ivr_only": "только меню",
    "failed": "не удался",
    "cancelled": "отменён",
    "service": "служебный",
    "unknown": "неизвестно",
    "live": "идёт",
    "missed": "пропущен",
    "yes": "да",
    "at": "время",
    "what": "что",
    "who": "кто",
    "lasted": "длилось",
    "outcome": "исход",
    "call": "звонок",
    "leg": "плечо",
    "ring": "вызов",
    "queue stay": "в очереди",
    "talk period": "разговор",
    "hold": "удержание",
    "end": "конец",
    "caller hung up": "положил трубку звонивший",
    "person hung up": "положил трубку ответивший",
    "pbx hung up": "завершила АТС",
    "elsewhere": "ответил другой",
    "forwarded": "переадресован",
    "timeout": "время вышло",
    "left": "вышел сам",
    "person": "сотрудник",
}


def word(text: str, language: Language) -> str:
    """The word in the language asked for; English words stand for themselves, and what has no translation stays."""
    return _RUSSIAN.get(text, text) if language == "ru" else text
