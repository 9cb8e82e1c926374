"""An office in words, for cases: who calls and is missed, who calls back, and how it goes."""

from dataclasses import replace
from typing import Any

from handlers.case_facts import CASE_FACTS, Case, CaseAttempted, CaseFact, CaseMissed, CaseRecovered, CaseTrulyMissed
from handlers.cases.rule import FollowUpRule
from handlers.rules import MISSED_RESULTS, Rules
from tests.handlers.playbook import START, Play

CLIENT = "89001112233"
E164 = "+79001112233"
HOUR = 3600.0
DAY = 24 * HOUR


class Office(Play):
    """A PBX with the default rule, or another; `story` is what was said of cases, in short."""

    def __init__(self, rules: Rules | None = None, **follow_up: Any) -> None:
        rules = rules or Rules(missed_results=MISSED_RESULTS)
        super().__init__(replace(rules, follow_up=replace(rules.follow_up, **follow_up)))

    @property
    def case_facts(self) -> list[CaseFact]:
        return [fact for fact in self.facts if isinstance(fact, CASE_FACTS)]

    @property
    def story(self) -> list[str]:
        return [told(fact) for fact in self.case_facts]

    @property
    def waiting(self) -> list[Case]:
        return list(self.core.waiting_cases())

    @property
    def case(self) -> Case:
        """The case as the last fact left it."""
        return self.case_facts[-1].case

    def at(self, seconds: float) -> None:
        """It is so many seconds after the start of the play now."""
        assert START + seconds >= self._now
        self._now = START + seconds

    # ---- calls

    def missed(self, number: str | None = CLIENT, after_s: float = 20.0, did: str = "7001") -> str:
        """Somebody calls, hears it ring, and gives up."""
        caller = self.incoming(number, did)
        leg = self.dial(caller, "PJSIP/101")
        self.ring(leg)
        self.wait(after_s)
        self.caller_cancels(caller, leg)
        return caller

    def picked_up(self, number: str | None = CLIENT) -> tuple[str, str]:
        """Somebody calls and is answered; the talk goes on."""
        caller = self.incoming(number)
        leg = self.dial(caller, "PJSIP/101")
        self.ring(leg)
        self.wait(1)
        self.answer(caller, leg)
        return caller, leg

    def answered(self, number: str | None = CLIENT, talk_s: float = 30.0) -> str:
        """Somebody calls and is answered."""
        caller, leg = self.picked_up(number)
        self.wait(talk_s)
        self.far_end_hangs_up(caller, leg)
        return caller

    def rings_out(self, number: str = CLIENT, by: str = "101") -> tuple[str, str]:
        """We call back, and it rings there."""
        dialler = self.dialling(by, f"9{number}")
        leg = self.dial(dialler, "PJSIP/trunk", f"{number}@trunk", context="from-trunk")
        self.ring(leg)
        return dialler, leg

    def called_back(self, number: str = CLIENT, talk_s: float = 30.0, by: str = "101") -> str:
        """We call back and are answered after two seconds."""
        dialler, leg = self.rings_out(number, by)
        self.wait(2)
        self.answer(dialler, leg)
        self.wait(talk_s)
        self.far_end_hangs_up(dialler, leg)
        return dialler

    def tried(self, number: str = CLIENT, by: str = "101") -> str:
        """We call back, and nobody answers."""
        dialler, leg = self.rings_out(number, by)
        self.wait(5)
        self.caller_cancels(dialler, leg)
        return dialler


def told(fact: CaseFact) -> str:
    """A fact in short."""
    if isinstance(fact, CaseMissed):
        return "again" if fact.again else "missed"
    if isinstance(fact, CaseAttempted):
        return f"attempt {fact.result}"
    if isinstance(fact, CaseRecovered):
        return f"{fact.case.state} {fact.case.contact}"
    return "truly missed" if isinstance(fact, CaseTrulyMissed) else type(fact).__name__


MIKO = FollowUpRule("miko", min_talk_out_s=0.0, match="last9")
BITRIX24 = FollowUpRule(
    "bitrix24", window_s=24 * HOUR, min_talk_out_s=0.0, closed_by=frozenset({"outgoing", "external"})
)
STRICT = FollowUpRule("strict", window_s=0.0)
