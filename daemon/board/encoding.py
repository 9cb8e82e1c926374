"""Payloads as bytes."""

import json

import orjson


def encoded(payload: object) -> bytes:
    """JSON in UTF-8, on one line. Half characters (lone surrogates), which no encoding knows, become `?`."""
    try:
        return orjson.dumps(payload)
    except TypeError:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")
