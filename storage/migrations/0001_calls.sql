-- Calls and the parts of their time lines.
--
-- ..._at: a moment, milliseconds since the epoch, UTC. ..._ms: a duration in milliseconds. NULL: does not apply, or was not
-- seen. Words as in the contract, sections 1, 2 and 4. No CHECK repeats the lists of words: a word more must not need a
-- table made anew, nor lose the call that is told with it.

PRAGMA application_id = 0x72746C79; -- "rtly"

CREATE TABLE migration (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE call (
    key                 INTEGER PRIMARY KEY,
    id                  TEXT    NOT NULL, -- Uniqueid of the first channel
    pbx                 TEXT    NOT NULL,
    boot                TEXT    NOT NULL, -- the run of the PBX that the id belongs to
    direction           TEXT    NOT NULL,
    result              TEXT,
    missed              INTEGER NOT NULL,
    closed              INTEGER NOT NULL, -- outside working hours
    voicemail           INTEGER NOT NULL,
    trunk               TEXT,
    did                 TEXT,
    source              TEXT,
    caller              TEXT,
    caller_e164         TEXT,
    caller_name         TEXT,
    called              TEXT,
    called_e164         TEXT,
    queue               TEXT,             -- the first one joined
    answered_by         TEXT,
    started_at          INTEGER NOT NULL CHECK (started_at BETWEEN 0 AND 253402300799999), -- up to the year 9999
    rang_at             INTEGER,
    queued_at           INTEGER,
    answered_at         INTEGER,
    ended_at            INTEGER,
    ended_by            TEXT,
    lost_after_transfer INTEGER NOT NULL,
    wait_ms             INTEGER,
    ivr_ms              INTEGER,
    queue_ms            INTEGER,
    ring_ms             INTEGER,
    talk_ms             INTEGER,
    hold_ms             INTEGER,
    total_ms            INTEGER,
    end_seen            INTEGER NOT NULL,
    incomplete          INTEGER NOT NULL,
    merged_into         TEXT,             -- the id of the call it became part of; counted nowhere
    over_at             INTEGER NOT NULL, -- when it was told: ended_at, or when its end was given up or it was merged
    queues              TEXT,             -- all joined, a JSON array; NULL where none
    agents              TEXT,             -- our people who talked, a JSON array of objects; NULL where none
    caller_match        TEXT,             -- by which the number is found in any spelling, see number_match.py
    called_match        TEXT,
    UNIQUE (id, pbx, boot)
) STRICT;

CREATE INDEX call_by_start        ON call (started_at);
CREATE INDEX call_missed_by_start ON call (started_at) WHERE missed = 1;
CREATE INDEX call_by_caller       ON call (caller_match, started_at);
CREATE INDEX call_by_called       ON call (called_match, started_at);
CREATE INDEX call_by_result       ON call (result, started_at);
CREATE INDEX call_by_trunk        ON call (trunk, started_at);

CREATE TABLE leg (
    call          INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE,
    n             INTEGER NOT NULL, -- its place on the time line, from 0; so in every table below
    uniqueid      TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    device        TEXT    NOT NULL,
    side          TEXT    NOT NULL,
    name          TEXT,
    number        TEXT,
    queue         TEXT,
    started_at    INTEGER NOT NULL,
    rang_at       INTEGER,
    ring_ended_at INTEGER,
    joined_at     INTEGER,
    ended_at      INTEGER,
    result        TEXT,
    cause         INTEGER,
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_stay (
    call            INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE,
    n               INTEGER NOT NULL,
    queue           TEXT    NOT NULL,
    joined_at       INTEGER NOT NULL,
    left_at         INTEGER,
    outcome         TEXT,
    position        INTEGER,
    member          TEXT,
    call_started_at INTEGER NOT NULL, -- the call's, so that a queue's latest calls are found without reading all of them
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX queue_stay_by_queue ON queue_stay (queue, call_started_at);

CREATE TABLE talk (
    call       INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    device     TEXT    NOT NULL,
    name       TEXT,
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
    call       INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    by_whom    TEXT    NOT NULL,
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer (
    call    INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE,
    n       INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    by_whom TEXT,
    to_whom TEXT,
    at      INTEGER NOT NULL,
    result  TEXT,
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;
