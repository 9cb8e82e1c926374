// The words of the board, in the languages of our users.

const ENGLISH = {
  waiting: "Waiting",
  longest: "Longest wait",
  free: "Agents free",
  level: "Service level today",
  waitingNow: "Who waits",
  live: "Live calls",
  agents: "Agents",
  missed: "Missed without contact",
  today: "Today",
  nobodyWaits: "nobody waits",
  noCalls: "no calls",
  noAgents: "no agents are known",
  noMissed: "everybody was reached",
  goal: (seconds, share) => `goal ${share} within ${seconds} s`,
  threshold: (seconds) => `goal ${seconds} s`,
  of: (total) => `of ${total}`,
  talking: (count) => `talking: ${count}`,
  more: (count) => `and ${count} more`,
  anonymous: "anonymous",
  states: {
    ivr: "in the menu", queued: "in the queue", ringing: "ringing", talking: "talking", held: "on hold",
    available: "free", wrapup: "wrap-up", paused: "paused", unavailable: "offline",
  },
  figures: {
    in: "incoming", out: "outgoing", internal: "internal", answered: "answered", missed: "missed", missed_share: "missed, share",
    mean_wait_s: "mean wait", talk_s: "talk", unique_callers: "unique callers",
  },
  caseStates: { open: "open", truly_missed: "truly missed" },
  links: {
    connecting: "connecting",
    live: "live",
    no_broker: "no broker",
    no_daemon: "daemon gone",
    silent: "daemon silent",
    no_pbx: "PBX gone",
  },
  bars: {
    connecting: () => "Connecting. Nothing is shown before it is known.",
    no_broker: (since) => `No connection to the broker${since}.`,
    no_daemon: (since) => `Ringtally is not running${since}. Calls are not being counted.`,
    silent: (since) => `Ringtally says nothing${since}. It may have stopped.`,
    no_pbx: (since) => `The PBX is not connected${since}. What happens there is not known.`,
  },
  stale: (at) => `; figures below are of ${at}`,
  noConfig: "This board does not know where to listen: open it from the daemon, or put a config.json beside it.",
};

const RUSSIAN = {
  waiting: "Ждут",
  longest: "Дольше всех ждёт",
  free: "Свободно операторов",
  level: "Уровень сервиса сегодня",
  waitingNow: "Кто ждёт",
  live: "Идут звонки",
  agents: "Операторы",
  missed: "Пропущенные без связи",
  today: "Сегодня",
  nobodyWaits: "никто не ждёт",
  noCalls: "звонков нет",
  noAgents: "операторы неизвестны",
  noMissed: "со всеми связались",
  goal: (seconds, share) => `цель ${share} за ${seconds} с`,
  threshold: (seconds) => `цель ${seconds} с`,
  of: (total) => `из ${total}`,
  talking: (count) => `говорят: ${count}`,
  more: (count) => `и ещё ${count}`,
  anonymous: "номер скрыт",
  states: {
    ivr: "в меню", queued: "в очереди", ringing: "звонит", talking: "разговор", held: "на удержании",
    available: "свободен", wrapup: "постобработка", paused: "пауза", unavailable: "не в сети",
  },
  figures: {
    in: "входящих", out: "исходящих", internal: "внутренних", answered: "отвечено", missed: "пропущено",
    missed_share: "доля пропущенных", mean_wait_s: "среднее ожидание", talk_s: "разговоры", unique_callers: "разных номеров",
  },
  caseStates: { open: "ждёт звонка", truly_missed: "истинно пропущен" },
  links: {
    connecting: "подключение",
    live: "на связи",
    no_broker: "нет брокера",
    no_daemon: "монитор не работает",
    silent: "монитор молчит",
    no_pbx: "нет связи с АТС",
  },
  bars: {
    connecting: () => "Подключение. Пока ничего не известно, ничего и не показано.",
    no_broker: (since) => `Нет связи с брокером${since}.`,
    no_daemon: (since) => `Монитор не работает${since}. Звонки не считаются.`,
    silent: (since) => `Монитор молчит${since}. Возможно, он остановился.`,
    no_pbx: (since) => `Нет связи с АТС${since}. Что там происходит, неизвестно.`,
  },
  stale: (at) => `; данные ниже от ${at}`,
  noConfig: "Табло не знает, откуда брать данные: откройте его с адреса монитора или положите рядом config.json.",
};

/** The words of a language; English for one that we have none of. */
export function wordsOf(language) {
  return language === "ru" ? RUSSIAN : ENGLISH;
}
