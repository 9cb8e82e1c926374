"""Queues and the people behind them: which needs help now, how the day goes, who does what."""

from tests.grafana.made.overview import LONGEST, NEAR, THRESHOLD, heard
from tests.grafana.made.parts import (
    AMBER,
    BLUE,
    BY_GOAL,
    GREEN,
    GREY,
    QUEUE,
    RED,
    SECONDS,
    Ask,
    Column,
    Panel,
    Said,
    by_goal,
    cell,
    dashed,
    equal,
    fixed,
    graph,
    like,
    of,
    rows,
    stat,
    table,
)
from tests.grafana.made.shell import Dashboard, Row
from tests.grafana.made.words import AGENT_STATES, STAYS, dressed

OFFERED = f"sum by (queue) ({of('today_queue_stays', QUEUE, like('outcome', 'answered|abandoned|timeout|left'))})"
IN_TIME = f"sum by (queue) ({of('today_queue_answered_within_threshold', QUEUE)})"
LEVEL = f"{IN_TIME} / ({OFFERED} > 0)"
GOAL = f"max by (queue) ({of('service_level_goal_ratio', QUEUE)})"


def _members(states: str) -> str:
    """Of queues that have any."""
    count = f"sum by (queue) ({of('queue_members', QUEUE, like('state', states))})"
    return f"{count} and on (queue) sum by (queue) ({of('queue_members', QUEUE)}) > 0"


def _stays(outcome: str) -> str:
    return f"sum by (queue) ({of('today_queue_stays', QUEUE, like('outcome', outcome))})"


def _wait(quantile: str) -> str:
    wait = of("today_queue_wait_seconds", QUEUE, equal("outcome", "answered"), equal("quantile", quantile))
    return f"max by (queue) ({wait})"


NOW = Row(
    4,
    (
        heard(4),
        stat(
            Said("Waiting now", "Ждут сейчас"),
            Said("Callers in the chosen queues at this moment.", "Звонящие в выбранных очередях в эту минуту."),
            [Ask(f"sum({of('queue_callers_waiting', QUEUE)})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (1, BLUE)),
            empty=Said("—", "—"),
        ),
        *(
            stat(
                title,
                Said(
                    f"{about.en} Who is a member of two of the chosen queues is counted in each.",
                    f"{about.ru} Кто состоит в двух из выбранных очередей, посчитан в каждой.",
                ),
                [
                    Ask(
                        f"sum({of('queue_members', QUEUE, like('state', states))}) and on () sum({of('queue_members', QUEUE)}) > 0",
                        now=True,
                    )
                ],
                "none",
                4,
                thresholds=thresholds,
                empty=Said("—", "—"),
            )
            for title, about, states, thresholds in (
                (
                    Said("Available", "Свободны"),
                    Said("Members who could take a call.", "Участники, которые могут взять звонок."),
                    "available",
                    ((None, RED), (1, GREEN)),
                ),
                (
                    Said("Talking or ringing", "Говорят или звонят"),
                    Said("Members who are busy with a call.", "Участники, занятые звонком."),
                    "talking|held|ringing",
                    ((None, BLUE),),
                ),
                (
                    Said("Paused or wrapping up", "Пауза и постобработка"),
                    Said(
                        "Members who are there and take no call now.", "Участники на месте, но сейчас звонков не берут."
                    ),
                    "paused|wrapup",
                    ((None, BLUE),),
                ),
                (
                    Said("Offline", "Не в сети"),
                    Said("Members whose phone is not there.", "Участники, чей телефон недоступен."),
                    "unavailable",
                    ((None, "text"),),
                ),
            )
        ),
    ),
)

QUEUES = Row(
    9,
    (
        table(
            Said("Queues, the one furthest below its goal first", "Очереди: дальше всех от цели — сверху"),
            Said(
                "Now: who waits, how long the first, who is free. Today since midnight: stays that began today, by how they ended; Went "
                "on: waited too long or left the queue. At once: short abandons, which are not in Offered. Level: answered within the queue's threshold among offered. To goal: points above or below the queue's "
                "own goal, so that queues with different goals compare; 0 without calls. With few calls each is many points: look at Offered. The queue `other` is "
                "what has no label of its own.",
                "Сейчас: кто ждёт, сколько ждёт первый, кто свободен. Сегодня с полуночи: заходы в очередь по тому, чем кончились; «Ушли дальше»: "
                "вышло время или вышли из очереди. Сброшенные сразу в «Поступило» не входят. Уровень: отвеченные в пределах порога очереди среди поступивших. К цели: пункты выше или ниже "
                "собственной цели очереди, так что очереди с разными целями сравнимы; без звонков 0. Когда звонков мало, каждый — это много пунктов: "
                "смотрите на «Поступило». Очередь other — всё, у чего нет своей метки.",
            ),
            {"queue": Said("Queue", "Очередь")},
            (
                Column(
                    f"sum by (queue) ({of('queue_callers_waiting', QUEUE)})",
                    Said("Waiting", "Ждут"),
                    cell("none", steps=((None, GREEN), (1, AMBER))),
                ),
                Column(f"max by (queue) ({LONGEST})", Said("Longest", "Дольше всех"), cell("dthms")),
                Column(
                    _members("available"),
                    Said("Available", "Свободны"),
                    cell("none", steps=((None, GREY), (0, RED), (1, GREEN))),
                ),
                Column(_members("talking|held|ringing"), Said("Busy", "Заняты"), cell("none")),
                Column(OFFERED, Said("Offered", "Поступило"), cell("none")),
                Column(_stays("answered"), Said("Answered", "Отвечено"), cell("none")),
                Column(
                    _stays("abandoned"),
                    Said("Abandoned", "Не дождались"),
                    cell("none", steps=((None, GREEN), (1, AMBER))),
                ),
                Column(_stays("timeout|left"), Said("Went on", "Ушли дальше"), cell("none")),
                Column(_stays("short_abandoned"), Said("At once", "Сразу"), cell("none")),
                Column(LEVEL, Said("Level", "Уровень"), cell("percentunit", decimals=0)),
                Column(
                    f"100 * ({LEVEL} - {GOAL}) or 0 * {GOAL}",
                    Said("To goal", "К цели"),
                    cell("none", steps=((None, RED), (0, GREEN)), decimals=0),
                ),
                Column(_wait("0.5"), Said("p50", "p50"), cell(SECONDS, decimals=1)),
                Column(_wait("0.9"), Said("p90", "p90"), cell(SECONDS, decimals=1)),
            ),
            24,
            sort=(Said("To goal", "К цели"), False),
        ),
    ),
    Said("Queues now and today", "Очереди сейчас и сегодня"),
)


def _level() -> Panel:
    value = f'({LEVEL}) * on (queue) group_left (calls) count_values by (queue) ("calls", {OFFERED})'
    return rows(
        Said("Service level by queue today", "Уровень сервиса по очередям сегодня"),
        Said(
            "Answered within the queue's threshold among all offered, since midnight, by its own goal: green: met; amber: within a tenth; red: "
            "below. Behind the name, of how many: with few, one call moves much.",
            "Отвеченные в пределах порога очереди среди всех поступивших, с полуночи, по её собственной цели: зелёный — достигнута, оранжевый "
            "— не хватает менее десятой части, красный — ниже. За именем — среди скольких: когда их мало, один звонок меняет многое.",
        ),
        by_goal(
            value,
            f"({value}) < on (queue) group_left () ({NEAR} * {GOAL})",
            f"({value}) >= on (queue) group_left () {GOAL}",
            "{{queue}} ({{calls}})",
        ),
        "percentunit",
        8,
        least=0,
        most=1,
        decimals=0,
        overrides=BY_GOAL,
        empty=Said("no calls yet", "звонков ещё нет"),
    )


DAY = Row(
    8,
    (
        _level(),
        rows(
            Said("Wait by queue today, p50 and p90", "Ожидание в очередях сегодня, p50 и p90"),
            Said(
                "How long those waited in the queue whom somebody answered. Exact, from every stay of the day; with few stays p90 is nearly the "
                "longest of them. Queues without any are not shown.",
                "Сколько ждали в очереди те, кому ответили. Точно, по каждому заходу за день; когда заходов мало, p90 — почти самый долгий. "
                "Очередей без заходов здесь нет.",
            ),
            [Ask(_wait("0.5"), "{{queue}} p50", now=True), Ask(_wait("0.9"), "{{queue}} p90", now=True)],
            SECONDS,
            8,
            least=0,
            decimals=1,
            overrides=(("byFrameRefID", "A", fixed(BLUE)), ("byFrameRefID", "B", fixed("purple"))),
            empty=Said("no calls yet", "звонков ещё нет"),
        ),
        graph(
            Said("How stays ended", "Чем кончались заходы в очередь"),
            Said(
                "Each bar: the stays that ended in the time before it, a quarter of an hour or, over long times, more. Short abandons are among the "
                "abandoned here.",
                "Каждый столбец: заходы, завершившиеся за время перед ним, четверть часа, а на долгом отрезке больше. Сброшенные сразу здесь "
                "среди не дождавшихся.",
            ),
            [
                Ask(
                    f"round(sum by (outcome) (increase({of('queue_wait_seconds_count', QUEUE)}[$__interval])))",
                    "{{outcome}}",
                )
            ],
            "none",
            8,
            bars=True,
            interval="15m",
            decimals=0,
            overrides=dressed(STAYS),
        ),
    ),
)

COURSE = Row(
    8,
    (
        graph(
            Said("Callers waiting", "Сколько ждут"),
            Said(
                "Who waited in each queue at each moment. A hole: the PBX was not heard.",
                "Кто ждал в каждой очереди. Разрыв: АТС не было слышно.",
            ),
            [Ask(f"sum by (queue) ({of('queue_callers_waiting', QUEUE)})", "{{queue}}")],
            "none",
            8,
            area=True,
            decimals=0,
        ),
        graph(
            Said("Longest wait, and the threshold", "Дольше всех ждали, и порог"),
            Said(
                "The longest wait in each queue at each moment; the dashed line is the shortest threshold of the chosen queues. A wait shorter than "
                "the time between two scrapes may not be seen here: p50 and p90 know it.",
                "Самое долгое ожидание в каждой очереди в каждый момент; пунктир — самый короткий порог выбранных очередей. Ожидание короче "
                "промежутка между опросами здесь может быть не видно: p50 и p90 его знают.",
            ),
            [
                Ask(f"max by (queue) ({LONGEST})", "{{queue}}"),
                Ask(f"min({THRESHOLD})", Said("threshold", "порог")),
            ],
            "s",
            8,
            overrides=(("byFrameRefID", "B", dashed(GREY)),),
        ),
        graph(
            Said("Members by state", "Участники по состояниям"),
            Said(
                "Members of the chosen queues at each moment, by what they did. Who is in two of them is counted twice.",
                "Участники выбранных очередей, по тому, что они делали. Кто в двух очередях, посчитан дважды.",
            ),
            [Ask(f"sum by (state) ({of('queue_members', QUEUE)})", "{{state}}")],
            "none",
            8,
            area=True,
            decimals=0,
            overrides=dressed(AGENT_STATES),
        ),
    ),
    Said("How it came about", "Как это было"),
)


def _time(states: str) -> str:
    return (
        f"sum by (agent, site, instance) (increase({of('agent_state_seconds_total', like('state', states))}[$__range]))"
    )


def _named(value: str) -> str:
    """With the agent's name: two sites may both have a PJSIP/101, who are two people."""
    names = f"max by (agent, site, instance, name) ({of('agent_info')})"
    return f"max by (agent, name) (({value}) * on (agent, site, instance) group_left (name) {names})"


AGENTS = Row(
    14,
    (
        table(
            Said("People, in the time shown", "Люди, за показанное время"),
            Said(
                "What each member of a queue did in the time shown above (not the day: choose it), by what ringtally saw. Time in which the PBX was "
                "not heard is in no column. Talk: hold too, and own calls from their dialling on. Busy: the same as a share of the time in which the "
                "phone was there.",
                "Что делал каждый участник очередей за время, выбранное наверху (не за день: выберите его), по тому, что видел ringtally. Время, "
                "когда АТС не было слышно, не входит никуда. Разговор: с удержанием, а собственные звонки — с набора номера. Занят: его доля от "
                "времени, когда телефон был на месте.",
            ),
            {"agent": Said("Phone", "Телефон"), "name": Said("Name", "Имя")},
            (
                Column(_named(_time("talking|held")), Said("Talk", "Разговор"), cell("dthms")),
                Column(_named(_time("ringing")), Said("Ringing", "Вызов"), cell("dthms")),
                Column(_named(_time("wrapup")), Said("Wrap-up", "Постобр."), cell("dthms")),
                Column(_named(_time("paused")), Said("Paused", "Пауза"), cell("dthms")),
                Column(_named(_time("available")), Said("Available", "Свободен"), cell("dthms")),
                Column(_named(_time("unavailable")), Said("Offline", "Не в сети"), cell("dthms")),
                Column(
                    _named(f"{_time('talking|held')} / ({_time('available|ringing|talking|held|wrapup|paused')} > 0)"),
                    Said("Busy", "Занят"),
                    cell("percentunit", decimals=0),
                ),
            ),
            16,
            sort=(Said("Talk", "Разговор"), True),
            key_looks={"name": {"custom.width": 170}},
        ),
        rows(
            Said("Most talk, in the time shown", "Больше всех говорили, за показанное время"),
            Said(
                "The twelve people who talked most in the time shown above; own calls count from their dialling on.",
                "Двенадцать человек, говоривших больше всех за время, выбранное наверху; собственные звонки считаются с набора номера.",
            ),
            [Ask(f"topk(12, {_named(_time('talking|held'))} > 0)", "{{agent}} {{name}}", now=True)],
            "dthms",
            8,
            least=0,
            color=BLUE,
            empty=Said("nobody yet", "пока никто"),
        ),
    ),
    Said("People", "Люди"),
)

QUEUES_AND_AGENTS = Dashboard(
    "queues",
    Said("queues and agents", "очереди и операторы"),
    Said(
        "Each queue now and today against its own goal, and what its people do.",
        "Каждая очередь сейчас и сегодня рядом с её собственной целью, и чем заняты её люди.",
    ),
    (NOW, QUEUES, DAY, COURSE, AGENTS),
    narrowed_by=("queue",),
)
