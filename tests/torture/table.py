"""What came of a fault over all its bouts, and the table of them all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.torture.verdict import Verdict

COLUMNS = (
    "times",
    "calls",
    "stored",
    "unseen",
    "lost",
    "doubled",
    "invented",
    "marked",
    "mismarked",
    "gaps",
    "ungapped",
    "beside",
    "stalls",
)


@dataclass(slots=True)
class Result:
    """Sums over bouts; `findings` say which bout, by its seed, and which call."""

    fault: str
    seconds: float = 0.0
    figures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    findings: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    """The states of the calls that lived when the fault came, where that was looked at."""

    def add(self, seed: int, times: int, verdict: Verdict) -> None:
        """One more bout."""
        of_bout = {
            "times": times,
            "calls": verdict.made,
            "stored": verdict.stored,
            "unseen": verdict.unseen,
            "marked": verdict.marked,
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "invented": len(verdict.invented),
            "mismarked": len(verdict.mismarked),
            "gaps": verdict.gaps,
            "ungapped": len(verdict.ungapped),
            "beside": len(verdict.beside),
            "stalls": verdict.stalls,
        }
        for name, number in of_bout.items():
            self.figures[name] += number
        self.states += verdict.states
        self.findings += [f"--only {self.fault} --seed {seed}: {text}" for text in verdict.findings]

    @property
    def is_bad(self) -> bool:
        """Is anything wrong?"""
        return bool(self.findings)


def table(results: Sequence[Result]) -> str:
    """A line for each fault, and their sum."""
    total = Result("all", sum(result.seconds for result in results))
    for result in results:
        for name, number in result.figures.items():
            total.figures[name] += number
    head = f"{'fault':20}" + "".join(f"{name:>10}" for name in COLUMNS) + "         s"
    rows = [
        f"{result.fault:20}" + "".join(f"{result.figures[name]:10}" for name in COLUMNS) + f"{result.seconds:10.0f}"
        for result in [*results, total]
    ]
    return "\n".join([head, *rows])
