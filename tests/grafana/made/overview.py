"""What a supervisor must see first: who waits now, how the day goes, who was missed."""

from tests.grafana.made.parts import (
    AMBER,
    BLUE,
    BY_GOAL,
    ENVIRONS,
    GREEN,
    GREY,
    QUEUE,
    RED,
    SECONDS,
    TRUNK,
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
    unequal,
)
from tests.grafana.made.shell import Dashboard, Row
from tests.grafana.made.words import CALL_STATES, CONTACTS, DIRECTIONS, RESULTS, dressed

LONGEST = of("queue_longest_wait_seconds", QUEUE)
THRESHOLD = of("service_level_threshold_seconds", QUEUE)
SITE_GOAL = f"max({of('service_level_goal_ratio', equal('queue', 'other'))})"
"""`other` has no goal of its own: the site's."""
RATED, IN_TIME = (f"sum({of(f'today_{name}_calls')})" for name in ("rated", "answered_in_time"))
LEVEL = f"{IN_TIME} / ({RATED} > 0)"
INCOMING = of("today_incoming_calls", TRUNK)
MISSED = of("today_incoming_calls", TRUNK, equal("outcome", "missed"))
CASES = "missed_cases_waiting"
NEAR = 0.9
"""Of a goal, and 0.7 of a limit: as on the wallboard."""

HEARD = (
    f"min({of('ami_connected')} or on (job, site, instance) (up{{{ENVIRONS}}} - 1)) or vector(-1)"  # -1: nobody answers
)


def heard(width: int) -> Panel:
    """Is what the others show true at this moment?"""
    return stat(
        Said("Data", "Данные"),
        Said(
            "Whether the numbers beside are of this moment: ringtally answers Prometheus, and hears the PBX. If not, look at the dashboard "
            "of its health.",
            "Относятся ли числа рядом к этой минуте: ringtally отвечает Prometheus и слышит АТС. Если нет, откройте дашборд о его здоровье.",
        ),
        [Ask(HEARD, now=True)],
        "none",
        width,
        thresholds=((None, RED), (1, GREEN)),
        color_mode="background",
        mappings={
            "-1": (Said("ringtally is silent", "ringtally молчит"), RED),
            "0": (Said("PBX not heard", "АТС не слышно"), RED),
            "1": (Said("live", "живые"), GREEN),
        },
    )


def _with_count(value: str, count: str, on: str = "") -> str:
    """A value with the label `calls`: of how many it is."""
    by = f" by ({on})" if on else ""
    return f'({value}) * on ({on}) group_left (calls) count_values{by} ("calls", {count})'


def _level() -> Panel:
    value = _with_count(LEVEL, RATED)
    return stat(
        Said("Service level today", "Уровень сервиса сегодня"),
        Said(
            "Of the calls that the service level counts (contract, section 2), the share answered within the threshold, since midnight; below "
            "it, of how many. Green: the goal of the settings is met; amber: within a tenth of it. With five calls each is 20 points: look "
            "at the count before you worry. The whole site's: not narrowed by line or queue.",
            "Доля звонков, отвеченных в пределах порога, среди тех, что учитывает уровень сервиса, с полуночи; ниже — среди скольких. "
            "Зелёный: цель из настроек достигнута, оранжевый: не хватает менее десятой её части. Когда звонков пять, каждый — это 20 "
            "процентов: сначала взгляните на их число. Для всей площадки: линия и очередь не влияют.",
        ),
        by_goal(
            value,
            f"({value}) < on () group_left () ({NEAR} * {SITE_GOAL})",
            f"({value}) >= on () group_left () {SITE_GOAL}",
            Said("of {{calls}} calls", "из звонков: {{calls}}"),
        ),
        "percentunit",
        4,
        overrides=BY_GOAL,
        named=True,
        decimals=0,
        empty=Said("no calls yet", "звонков ещё нет"),
    )


def _longest() -> Panel:
    return stat(
        Said("Longest wait now", "Дольше всех ждёт"),
        Said(
            "How long the caller has waited who waits longest in a queue. Red: longer than his queue's threshold; amber: longer than 70 % "
            "of it.",
            "Сколько ждёт тот, кто ждёт в очереди дольше всех. Красный: дольше порога своей очереди, оранжевый: дольше 70 % порога.",
        ),
        by_goal(
            f"max({LONGEST})",
            f"max({LONGEST} > {THRESHOLD})",
            f"max({LONGEST}) unless max({LONGEST} > 0.7 * {THRESHOLD})",
        ),
        "dthms",
        4,
        overrides=BY_GOAL,
        color_mode="background",
        empty=Said("—", "—"),
    )


def _oldest() -> Panel:
    age, late = f"max({of('missed_oldest_case_age_seconds')})", of(CASES, 'state="truly_missed"')
    return stat(
        Said("Oldest without contact", "Самый давний пропущенный"),
        Said(
            "How long ago the first miss was of the caller who has waited longest for our call. Red: somebody's time has run out (truly "
            "missed). Green: nobody waits.",
            "Как давно впервые пропустили того, кто дольше всех ждёт звонка от нас. Красный: у кого-то время вышло (истинно пропущен). "
            "Зелёный: никто не ждёт.",
        ),
        by_goal(age, f"{age} and on () (sum({late}) > 0)", f"{age} == 0"),
        "dthms",
        5,
        overrides=BY_GOAL,
        link=(Said("The call-back list", "Список для перезвона"), "${pages:raw}/callback/"),
    )


NOW = Row(
    4,
    (
        heard(3),
        stat(
            Said("Waiting now", "Ждут сейчас"),
            Said(
                "Callers in the queues at this moment. No number: the PBX is not heard.",
                "Звонящие в очередях в эту минуту. Нет числа: АТС не слышно.",
            ),
            [Ask(f"sum({of('queue_callers_waiting', QUEUE)})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (1, BLUE)),
            empty=Said("—", "—"),
        ),
        _longest(),
        stat(
            Said("Talking now", "Говорят сейчас"),
            Said("Calls in which people talk or hold.", "Звонки, в которых идёт разговор или удержание."),
            [Ask(f"sum({of('calls_active', like('state', 'talking|held'))})", now=True)],
            "none",
            4,
            empty=Said("—", "—"),
        ),
        stat(
            Said("To call back", "Ждут перезвона"),
            Said(
                "Missed callers whom nobody has spoken with yet, those whose time ran out too. The goal is nobody.",
                "Пропущенные, с которыми никто ещё не поговорил, и те, у кого время вышло. Цель: никого.",
            ),
            [Ask(f"sum({of(CASES)})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (1, AMBER)),
            link=(Said("The call-back list", "Список для перезвона"), "${pages:raw}/callback/"),
        ),
        _oldest(),
    ),
)


def _day() -> Panel:
    """`today` is another day where the time shown ends on one."""
    return stat(
        Said("Day", "День"),
        Said(
            "Whose numbers all that says “today” shows: the site's day at the end of the time shown. With the time Yesterday it is yesterday.",
            "За какой день всё, что названо «сегодня»: день площадки на конец показанного времени. Выбрано «Вчера» — это вчера.",
        ),
        # Its noon: a browser in another time zone shows the same date.
        [Ask(f"1000 * (max({of('today_start_timestamp_seconds')}) + 12 * 3600)", now=True)],
        Said("time:YYYY-MM-DD", "time:DD.MM.YYYY"),
        2,
        empty=Said("—", "—"),
    )


TODAY = Row(
    4,
    (
        _day(),
        _level(),
        stat(
            Said("Incoming today", "Входящих сегодня"),
            Said(
                "Finished incoming calls that began today, all results. Counted by ringtally from midnight on: a restart does not change it. "
                "Of another day: choose a time that ends on it.",
                "Завершённые входящие, начавшиеся сегодня, с любым исходом. Их считает сам ringtally с полуночи: перезапуск ничего не меняет. "
                "За другой день: выберите время, которое кончается в этот день.",
            ),
            [Ask(f"sum({of('today_calls', equal('direction', 'in'), TRUNK)})", now=True)],
            "none",
            3,
        ),
        stat(
            Said("Answered", "Отвечено"),
            Said(
                "Incoming calls of today that one of us took and did not lose.",
                "Входящие за сегодня, на которые ответили и которые не потеряли.",
            ),
            [Ask(f"sum({of('today_incoming_calls', TRUNK, equal('outcome', 'answered'))})", now=True)],
            "none",
            3,
            thresholds=((None, GREEN),),
        ),
        stat(
            Said("Missed", "Пропущено"),
            Said(
                "Missed calls of today, by the rule of the settings (contract, section 2).",
                "Пропущенные за сегодня звонки, по правилу из настроек.",
            ),
            [Ask(f"sum({MISSED})", now=True)],
            "none",
            3,
            thresholds=((None, GREEN), (1, AMBER)),
        ),
        stat(
            Said("Share", "Доля"),
            Said(
                "Missed among answered and missed. With few calls one is many percent: look at the numbers beside.",
                "Доля пропущенных среди отвеченных и пропущенных. Когда звонков мало, один — это много процентов: смотрите на числа рядом.",
            ),
            [Ask(f"sum({MISSED}) / (sum({INCOMING}) > 0)", now=True)],
            "percentunit",
            2,
            thresholds=((None, GREY),),
            decimals=0,
            empty=Said("—", "—"),
        ),
        stat(
            Said("Truly missed", "Истинно пропущено"),
            Said(
                "Callers of whom the time for a contact ran out today. The goal is none. All lines.",
                "Звонившие, у которых время на ответный контакт вышло сегодня. Цель: ни одного. По всем линиям.",
            ),
            [Ask(f"sum({of('today_truly_missed_cases')})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (1, RED)),
        ),
        stat(
            Said("Reached, median", "До связи, медиана"),
            Said(
                "Working time from the first miss until we reached the caller by calling back: half of today's were faster. Of a single "
                "contact it is that one's. All lines; of several sites the slowest.",
                "Рабочее время от первого пропуска до нашего успешного перезвона: половина сегодняшних быстрее. Если контакт один, это его "
                "время. По всем линиям; из нескольких площадок — самая медленная.",
            ),
            [
                Ask(
                    _with_count(
                        f"max({of('today_missed_contact_seconds', equal('contact', 'outgoing'), equal('quantile', '0.5'))})",
                        f"sum({of('today_missed_contact_seconds_count', equal('contact', 'outgoing'))})",
                    ),
                    Said("call-backs: {{calls}}", "перезвонов: {{calls}}"),
                    now=True,
                )
            ],
            "dthms",
            3,
            named=True,
            empty=Said("none yet", "ещё не было"),
        ),
    ),
    Said("The day, since midnight", "День, с полуночи"),
)

CALLS = Row(
    8,
    (
        graph(
            Said("Incoming calls by result", "Входящие по исходу"),
            Said(
                "Each bar: the calls that ended in the time before it, a quarter of an hour or, over long times, more. By line if you choose one.",
                "Каждый столбец: звонки, завершившиеся за время перед ним, четверть часа, а на долгом отрезке больше. Можно выбрать линию.",
            ),
            [
                Ask(
                    f"round(sum by (result) (increase({of('calls_total', equal('direction', 'in'), TRUNK)}[$__interval])))",
                    "{{result}}",
                )
            ],
            "none",
            12,
            bars=True,
            interval="15m",
            decimals=0,
            overrides=dressed(RESULTS),
        ),
        graph(
            Said("Service level so far, and the goal", "Уровень сервиса с начала дня и цель"),
            Said(
                "How the day's service level came about: at each moment, of the calls until then. It moves a lot in the morning, while calls are "
                "few. The dashed line is the goal.",
                "Как складывался уровень сервиса: в каждую минуту — по звонкам до неё. Утром, пока звонков мало, он скачет. Пунктир — цель.",
            ),
            [
                Ask(LEVEL, Said("service level", "уровень сервиса")),
                Ask(SITE_GOAL, Said("goal", "цель")),
            ],
            "percentunit",
            12,
            steps=True,
            least=0,
            most=1,
            overrides=(("byFrameRefID", "A", fixed(BLUE)), ("byFrameRefID", "B", dashed(RED))),
        ),
    ),
)


def _waits() -> Panel:
    asks = []
    for quantile, name in (("0.5", "p50"), ("0.9", "p90")):
        value = f"max by (trunk) ({of('today_call_wait_seconds', TRUNK, equal('outcome', 'answered'), equal('quantile', quantile))})"
        count = f"sum by (trunk) ({of('today_call_wait_seconds_count', TRUNK, equal('outcome', 'answered'))})"
        asks.append(
            Ask(
                _with_count(value, count, "trunk"),
                f"{{{{trunk}}}} {name} ({{{{calls}}}})",
                now=True,
            )
        )
    return rows(
        Said("Wait by line today, p50 and p90", "Ожидание по линиям сегодня, p50 и p90"),
        Said(
            "How long answered callers waited for a person: half of them less than p50, nine of ten less than p90. Exact, from every call of "
            "the day. With few calls p90 is nearly the longest wait of the day, and of one call both are its wait: the number behind the name "
            "says how many there were. Lines without calls are not shown; of several sites the slowest.",
            "Сколько ждали ответа те, кому ответили: половина — меньше p50, девять из десяти — меньше p90. Точно, по каждому звонку дня. "
            "Когда звонков мало, p90 — почти самое долгое ожидание дня, а у одного звонка оба равны его ожиданию: сколько их было, сказано "
            "за именем. Линий без звонков здесь нет; из нескольких площадок — самая медленная.",
        ),
        asks,
        SECONDS,
        8,
        least=0,
        decimals=1,
        overrides=(("byFrameRefID", "A", fixed(BLUE)), ("byFrameRefID", "B", fixed("purple"))),
        empty=Said("no calls yet", "звонков ещё нет"),
    )


MISSES = Row(
    9,
    (
        graph(
            Said("Missed today, so far", "Пропущенные с начала дня"),
            Said(
                "The day's counts as they grew: missed calls, callers who were missed (each once, all lines), and those whose time ran out. They "
                "begin at 0 at midnight.",
                "Как росли счётчики дня: пропущенные звонки, пропущенные звонившие (каждый один раз, все линии) и те, у кого вышло время. "
                "В полночь — снова с нуля.",
            ),
            [
                Ask(f"sum({MISSED})", Said("missed calls", "пропущенные звонки")),
                Ask(f"sum({of('today_missed_cases')})", Said("missed callers", "пропущенные звонившие")),
                Ask(f"sum({of('today_truly_missed_cases')})", Said("truly missed", "истинно пропущенные")),
                Ask(f"sum({of('today_recovered_cases')})", Said("reached", "с кем связались")),
            ],
            "none",
            8,
            steps=True,
            decimals=0,
            overrides=(
                ("byFrameRefID", "A", fixed(AMBER)),
                ("byFrameRefID", "B", fixed("yellow")),
                ("byFrameRefID", "C", fixed(RED)),
                ("byFrameRefID", "D", fixed(GREEN)),
            ),
        ),
        _waits(),
        rows(
            Said("Until missed callers were reached today", "До связи с пропущенными сегодня"),
            Said(
                "Working time from the first miss to the contact, by who made it: median and p90 of today. With few contacts p90 is nearly the "
                "longest. Kinds without contacts are not shown.",
                "Рабочее время от первого пропуска до контакта, по тому, кто его установил: медиана и p90 за сегодня. Когда контактов мало, "
                "p90 — почти самое долгое. Видов, которых не было, здесь нет.",
            ),
            [
                Ask(
                    f"max by (contact) ({of('today_missed_contact_seconds', equal('quantile', quantile))})",
                    f"{{{{contact}}}} {name}",
                    now=True,
                )
                for quantile, name in (("0.5", "p50"), ("0.9", "p90"))
            ],
            "dthms",
            8,
            least=0,
            overrides=tuple(
                (
                    "byName",
                    f"{kind} {name}",
                    {"displayName": Said(f"{said.en}, {name}", f"{said.ru}, {name}"), **fixed(color)},
                )
                for kind, (said, color) in CONTACTS.items()
                for name in ("p50", "p90")
            ),
            empty=Said("none yet", "ещё не было"),
        ),
    ),
)


def _of_line(outcome: str) -> str:
    return f"sum by (trunk) ({of('today_incoming_calls', TRUNK, equal('outcome', outcome))})"


def _quantile(quantile: str) -> str:
    return f"max by (trunk) ({of('today_call_wait_seconds', TRUNK, equal('outcome', 'answered'), equal('quantile', quantile))})"


LINES = Row(
    8,
    (
        table(
            Said("Lines today", "Линии сегодня"),
            Said(
                "Each outside line: its incoming calls of today, what became of them, how long callers waited and people talked. The line `other` "
                "is what the settings do not name. Talk: incoming and outgoing.",
                "Каждая внешняя линия: входящие за сегодня, их исход, сколько ждали и сколько говорили. Линия other — всё, что не названо "
                "в настройках. Разговоры: входящие и исходящие.",
            ),
            {"trunk": Said("Line", "Линия")},
            (
                Column(
                    f"sum by (trunk) ({of('today_calls', equal('direction', 'in'), TRUNK)})",
                    Said("Incoming", "Входящих"),
                ),
                Column(_of_line("answered"), Said("Answered", "Отвечено")),
                Column(
                    _of_line("missed"), Said("Missed", "Пропущено"), cell("none", steps=((None, GREEN), (1, AMBER)))
                ),
                Column(
                    f"{_of_line('missed')} / (sum by (trunk) ({INCOMING}) > 0)",
                    Said("Missed, share", "Доля"),
                    cell("percentunit", decimals=0),
                ),
                Column(_quantile("0.5"), Said("Wait p50", "Ждали p50"), cell(SECONDS, decimals=1)),
                Column(_quantile("0.9"), Said("Wait p90", "Ждали p90"), cell(SECONDS, decimals=1)),
                Column(
                    f"sum by (trunk) ({of('today_call_talk_seconds_sum', unequal('direction', 'internal'), TRUNK)})",
                    Said("Talk", "Разговоры"),
                    cell("dthms"),
                ),
            ),
            14,
            sort=(Said("Incoming", "Входящих"), True),
        ),
        rows(
            Said("Talk today", "Разговоры сегодня"),
            Said(
                "All talk of answered calls that began today, by direction.",
                "Все разговоры отвеченных звонков, начавшихся сегодня, по направлению.",
            ),
            [
                Ask(
                    f"sum by (direction) ({of('today_call_talk_seconds_sum', TRUNK)})",
                    "{{direction}}",
                    now=True,
                )
            ],
            "dthms",
            5,
            least=0,
            overrides=dressed(DIRECTIONS),
        ),
        rows(
            Said("Outgoing today by result", "Исходящие сегодня по исходу"),
            Said("Finished outgoing calls that began today.", "Завершённые исходящие, начавшиеся сегодня."),
            [Ask(f"sum by (result) ({of('today_calls', equal('direction', 'out'), TRUNK)})", "{{result}}", now=True)],
            "none",
            5,
            least=0,
            decimals=0,
            overrides=dressed(RESULTS),
        ),
    ),
)

LIVE = Row(
    8,
    (
        graph(
            Said("Calls at each moment", "Звонки в каждую минуту"),
            Said(
                "Calls that lived, by what their people did. A hole: the PBX was not heard.",
                "Живые звонки, по тому, что в них происходило. Разрыв: АТС не было слышно.",
            ),
            [Ask(f"sum by (state) ({of('calls_active')})", "{{state}}")],
            "none",
            12,
            area=True,
            decimals=0,
            overrides=dressed(CALL_STATES),
        ),
        graph(
            Said("Wait by line as the day went, p90", "Ожидание по линиям в течение дня, p90"),
            Said(
                "At each moment the p90 of the day's answered calls until then. With few calls it is nearly the longest wait so far.",
                "В каждую минуту — p90 по отвеченным звонкам дня до неё. Когда звонков мало, это почти самое долгое ожидание.",
            ),
            [
                Ask(
                    f"max by (trunk) ({of('today_call_wait_seconds', TRUNK, equal('outcome', 'answered'), equal('quantile', '0.9'))})",
                    "{{trunk}}",
                )
            ],
            "s",
            12,
            steps=True,
        ),
    ),
    Said("How it came about", "Как это было"),
)

OVERVIEW = Dashboard(
    "overview",
    Said("overview", "обзор"),
    Said(
        "The day at a glance, for who is responsible for it: who waits now, the service level, who was missed and called back.",
        "День с одного взгляда, для того, кто за него отвечает: кто ждёт, уровень сервиса, кого пропустили и кому перезвонили.",
    ),
    (NOW, TODAY, CALLS, MISSES, LINES, LIVE),
)
