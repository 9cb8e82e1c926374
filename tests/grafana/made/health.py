"""Is ringtally well: is the PBX heard, do calls get stored, does the broker get them."""

from tests.grafana.made.overview import heard
from tests.grafana.made.parts import (
    AMBER,
    ENVIRONS,
    GREEN,
    GREY,
    RED,
    Ask,
    Said,
    fixed,
    graph,
    of,
    stat,
)
from tests.grafana.made.shell import Dashboard, Row

BY = "[$__interval]"
OK, NOT_OK = Said("well", "в порядке"), Said("trouble", "неполадка")


def _process(metric: str) -> str:
    return f"{metric}{{{ENVIRONS}}}"


def _since(by: str, metric: str) -> str:
    """How much a counter grew before each point; of a process that began within that time, what it counts now.

    `increase()` does not see what a counter has at its first scrape, and a gap over a restart is told at the start. Where nothing is
    known of the time before, as Prometheus itself was away, nothing is said.
    """
    young = f"on (job, site, instance) (time() - {_process('process_start_time_seconds')} < $__interval_ms / 1000)"
    grown = f"({of(metric)} - {of(metric)} offset $__interval)"
    return f"sum{by} ({grown} unless {young} or {of(metric)} and {young})"


NOW = Row(
    4,
    (
        heard(5),
        stat(
            Said("Last word of the PBX", "Последнее слово АТС"),
            Said(
                "How long ago the PBX last told anything. At night it may be long: its answer to a ping counts as none. Amber after five minutes.",
                "Как давно АТС сообщала хоть что-то. Ночью бывает давно: ответ на ping не считается. Оранжевый — после пяти минут.",
            ),
            [Ask(f"max(time() - ({of('ami_last_event_timestamp_seconds')} > 0))", now=True)],
            "dthms",
            4,
            thresholds=((None, GREEN), (300, AMBER)),
            empty=Said("nothing yet", "ещё ничего"),
        ),
        stat(
            Said("Database", "База данных"),
            Said(
                "Whether the database takes calls. Trouble: they wait in memory, and are written when it can again; docs/durability.md.",
                "Принимает ли база звонки. Неполадка: они ждут в памяти и будут записаны, когда база сможет; docs/durability.md.",
            ),
            [Ask(f"max({of('store_degraded')})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (1, RED)),
            color_mode="background",
            mappings={"0": (OK, GREEN), "1": (NOT_OK, RED)},
        ),
        stat(
            Said("Broker", "Брокер"),
            Said(
                "Whether the MQTT broker is connected. Not used: the settings have no section [mqtt].",
                "Есть ли связь с брокером MQTT. Не нужен: в настройках нет раздела [mqtt].",
            ),
            [Ask(f"min({of('mqtt_connected')}) or vector(-1)", now=True)],
            "none",
            4,
            thresholds=((None, GREY), (0, RED), (1, GREEN)),
            color_mode="background",
            mappings={
                "-1": (Said("not used", "не нужен"), "#6e6e6e"),
                "0": (Said("no broker", "нет связи"), RED),
                "1": (Said("connected", "на связи"), GREEN),
            },
        ),
        stat(
            Said("Calls not stored yet", "Ещё не записано"),
            Said(
                "Finished calls that the database has not taken. More than a handful for long: the disk is slow or full.",
                "Завершённые звонки, которых в базе ещё нет. Много и подолгу: диск медленный или полон.",
            ),
            [Ask(f"sum({of('store_waiting_calls')})", now=True)],
            "none",
            4,
            thresholds=((None, GREEN), (10, AMBER), (1000, RED)),
        ),
        stat(
            Said("Version", "Версия"),
            Said("Of ringtally.", "Программы ringtally."),
            [Ask(f"count by (version) ({of('build_info')})", "{{version}}", now=True)],
            "none",
            3,
            text_mode="name",
        ),
    ),
)

LINKS = Row(
    8,
    (
        graph(
            Said("Links", "Связи"),
            Said(
                "1 while it is there: the PBX, the broker, ringtally itself as Prometheus sees it.",
                "1, пока связь есть: АТС, брокер, сам ringtally, как его видит Prometheus.",
            ),
            [
                Ask(f"min(up{{{ENVIRONS}}})", "ringtally"),
                Ask(f"min({of('ami_connected')})", Said("PBX", "АТС")),
                Ask(f"min({of('mqtt_connected')})", Said("broker", "брокер")),
            ],
            "none",
            8,
            mappings={"0": (Said("no", "нет"), RED), "1": (Said("yes", "есть"), GREEN)},
            steps=True,
            least=0,
            most=1,
            decimals=0,
        ),
        graph(
            Said("Seconds in which the PBX was not heard", "Сколько секунд АТС не было слышно"),
            Said(
                "Of the time before each bar, at least five minutes. What happened in it is told by docs/gaps.md. The goal is none.",
                "За время перед каждым столбцом, не менее пяти минут. Что бывает со звонками в разрывах: docs/gaps.md. Цель: ни одной.",
            ),
            [
                Ask(
                    _since(" by (reason)", "ami_gaps_total"),
                    Said("gaps: {{reason}}", "разрывы: {{reason}}"),
                ),
                Ask(_since("", "ami_gap_seconds_total"), Said("seconds", "секунды")),
            ],
            "none",
            8,
            interval="5m",
            bars=True,
            overrides=(("byFrameRefID", "B", fixed(RED)),),
        ),
        graph(
            Said("Events of the PBX", "События АТС"),
            Said(
                "How many a second, of all kinds that ringtally asks for. Silence in working hours: nobody calls, or the link is deaf.",
                "Сколько в секунду, всех видов, которые нужны ringtally. Тишина в рабочее время: никто не звонит, или связь оглохла.",
            ),
            [Ask(f"sum(rate({of('ami_events_total')}[$__rate_interval]))", Said("events", "события"))],
            Said("suffix:/s", "suffix:/с"),
            8,
        ),
    ),
    Said("The PBX", "АТС"),
)

TRUTH = Row(
    8,
    (
        graph(
            Said("Messages that were not believed", "Сообщения, которым не поверили"),
            Said(
                "By reason, in the time before each bar. Malformed or forged ones, mostly none; then the PBX is asked anew what lives.",
                "По причинам, за время перед каждым столбцом. Испорченные или подделанные, обычно ни одного; после них АТС переспрашивают.",
            ),
            [Ask(f"sum by (reason) (increase({of('ami_bad_messages_total')}{BY}))", "{{reason}}")],
            "none",
            8,
            interval="5m",
            bars=True,
        ),
        graph(
            Said("Calls of which a part was not seen", "Звонки, часть которых не видели"),
            Said(
                "Finished calls with a gap or an end that was not seen, and channels of which only the PBX's list told: in the time before each "
                "bar. They follow gaps, and restarts.",
                "Звонки с разрывом или без увиденного конца и каналы, о которых сказал только список АТС: за время перед каждым столбцом. Бывают "
                "после разрывов и перезапусков.",
            ),
            [
                Ask(_since(" by (reason)", "calls_incomplete_total"), "{{reason}}"),
                Ask(
                    _since(" by (kind)", "ghost_channels_total"),
                    Said("channel: {{kind}}", "канал: {{kind}}"),
                ),
            ],
            "none",
            8,
            interval="5m",
            bars=True,
        ),
        graph(
            Said("Requests turned away", "Отклонённые запросы"),
            Said(
                "Of ringtally's own HTTP server, by reason, in the time before each bar: docs/api.md. Many of `password` or `token`: somebody guesses.",
                "Собственным HTTP-сервером ringtally, по причинам, за время перед каждым столбцом: docs/api.md. Много password или token: "
                "кто-то подбирает.",
            ),
            [Ask(f"sum by (reason) (increase({of('http_refused_total')}{BY}))", "{{reason}}")],
            "none",
            8,
            interval="5m",
            bars=True,
        ),
    ),
    Said("What it was told", "Что ему сообщали"),
)

STORE = Row(
    8,
    (
        graph(
            Said("How long the database takes", "Сколько занимает запись в базу"),
            Said(
                "Of transactions, half are faster than p50, 99 of 100 faster than p99; as near as the histogram's buckets are. Over the usual: the "
                "disk.",
                "Половина записей быстрее p50, 99 из 100 быстрее p99; с точностью до корзин гистограммы. Больше обычного — дело в диске.",
            ),
            [
                Ask(
                    f"histogram_quantile({quantile}, sum by (le) (rate({of('store_write_seconds_bucket')}[$__rate_interval])))",
                    name,
                )
                for quantile, name in (("0.5", "p50"), ("0.99", "p99"))
            ],
            "s",
            8,
        ),
        graph(
            Said("What waits", "Что ждёт"),
            Said(
                "Calls that the database has not taken, and those that the broker has not.",
                "Звонки, которых ещё нет в базе, и те, которых ещё не получил брокер.",
            ),
            [
                Ask(f"sum({of('store_waiting_calls')})", Said("for the database", "записи в базу")),
                Ask(f"sum({of('mqtt_outbox_messages')})", Said("for the broker", "брокера")),
            ],
            "none",
            8,
            decimals=0,
        ),
        graph(
            Said("What was given up", "Что потеряно"),
            Said(
                "Calls that the database never got, damaged databases that were set aside, messages that the broker never got: in the time before "
                "each bar. The goal is none.",
                "Звонки, не попавшие в базу, отставленные повреждённые базы, сообщения, не дошедшие до брокера: за время перед каждым столбцом. "
                "Цель: ничего.",
            ),
            [
                Ask(
                    _since("", "store_dropped_calls_total"),
                    Said("calls, too many waited", "звонки: слишком много ждало"),
                ),
                Ask(
                    _since("", "store_refused_calls_total"),
                    Said("calls, refused", "звонки: база отказала"),
                ),
                Ask(
                    _since("", "store_set_aside_total"),
                    Said("databases set aside", "отставленные базы"),
                ),
                Ask(
                    _since(" by (reason)", "mqtt_dropped_messages_total"),
                    Said("messages: {{reason}}", "сообщения: {{reason}}"),
                ),
            ],
            "none",
            8,
            interval="5m",
            bars=True,
        ),
    ),
    Said("What it keeps and passes on", "Что он хранит и передаёт"),
)

PROCESS = Row(
    7,
    (
        graph(
            Said("Processor", "Процессор"),
            Said("Share of one core.", "Доля одного ядра."),
            [
                Ask(
                    f"sum by (instance) (rate({_process('process_cpu_seconds_total')}[$__rate_interval]))",
                    "{{instance}}",
                )
            ],
            "percentunit",
            6,
        ),
        graph(
            Said("Memory", "Память"),
            Said("What the process has in memory.", "Сколько памяти занимает процесс."),
            [Ask(_process("process_resident_memory_bytes"), "{{instance}}")],
            "bytes",
            6,
        ),
        graph(
            Said("Open files and connections", "Открытые файлы и соединения"),
            Said(
                "Of the process, as a share of what it may have open.",
                "Процесса, доля от того, сколько ему можно держать открытыми.",
            ),
            [Ask(f"{_process('process_open_fds')} / {_process('process_max_fds')}", "{{instance}}")],
            "percentunit",
            6,
            most=1,
        ),
        graph(
            Said("How long a scrape takes", "Сколько длится опрос"),
            Said("From Prometheus' side.", "Со стороны Prometheus."),
            [Ask(f"scrape_duration_seconds{{{ENVIRONS}}}", "{{instance}}")],
            "s",
            6,
        ),
    ),
    Said("The process", "Процесс"),
)

HEALTH = Dashboard(
    "health",
    Said("health", "здоровье"),
    Said(
        "Whether ringtally hears the PBX, keeps the calls and passes them on; for the administrator.",
        "Слышит ли ringtally АТС, хранит ли звонки и передаёт ли их дальше; для администратора.",
    ),
    (NOW, LINKS, TRUTH, STORE, PROCESS),
    narrowed_by=(),
    since="now-6h",
)
