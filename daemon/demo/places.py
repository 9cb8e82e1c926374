"""Where to look at the demo: the pages, the token that they ask for, the metrics, the broker, as lines for a terminal."""

from dataclasses import dataclass

from rich.text import Text

from daemon.demo.broker import HOST, DemoBroker, NoBroker
from daemon.log import harmless
from daemon.words import Language, word

_LINE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Places:
    """`http` is the address of the daemon's pages, without a slash at its end; `root` the first levels of all topics; `token` reads and writes."""

    http: str
    root: str
    broker: DemoBroker | NoBroker
    token: str

    def lines(self, language: Language) -> list[tuple[str, str]]:
        """What there is, and where; the wallboard first."""
        return [
            (word("wallboard", language), f"{self.http}/wallboard/"),
            (word("call back", language), f"{self.http}/callback/"),
            (word("reports", language), f"{self.http}/reports/"),
            (word("token", language), self.token),
            (word("metrics", language), f"{self.http}/metrics"),
            (word("broker", language), self._broker(language)),
        ]

    def _broker(self, language: Language) -> str:
        match self.broker:
            case DemoBroker(port=port, websocket=websocket):
                return f"mqtt://{HOST}:{port}  {websocket}  {self.root}/#"
            case NoBroker(reason=None):
                return word("none: extra ringtally[demo] is missing; the wallboard does without", language)
            case NoBroker(reason=reason):
                return f"{word('none', language)}: {reason}"


def heading(places: Places, language: Language) -> Text:
    """The lines above the picture; what does not fit is cut off."""
    lines = places.lines(language)
    indent = max(len(name) for name, _ in lines) + 2
    text = Text(no_wrap=True, overflow="ellipsis")
    for number, (name, where) in enumerate(lines):
        text.append(f"{name:{indent}}", style="default")
        text.append(harmless(where, _LINE_LIMIT), style="bold green" if number == 0 else "default")
        text.append("  Ctrl-C\n" if number == 0 else "\n", style="dim" if number == 0 else "default")
    text.right_crop(1)
    return text
