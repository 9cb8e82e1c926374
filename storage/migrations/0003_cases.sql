-- Cases: numbers that were missed, and what has become of them since.
--
-- `case_fact` is the history: rows are added and never changed. A row of `missed_case` is where its case stands now, the sum of
-- its facts, kept so that a list needs no adding up.

CREATE TABLE missed_case (
    key            INTEGER PRIMARY KEY,
    id             TEXT    NOT NULL, -- of the first missed call; so are pbx and boot
    pbx            TEXT    NOT NULL,
    boot           TEXT    NOT NULL,
    number         TEXT    NOT NULL, -- normalised
    number_match   TEXT,             -- by which it is found in any spelling, see number_match.py
    state          TEXT    NOT NULL,
    opened_at      INTEGER NOT NULL,
    due_at         INTEGER,          -- NULL: no working time ever comes
    last_missed_at INTEGER NOT NULL,
    calls          INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    contact        TEXT,
    contact_at     INTEGER,
    contact_call   TEXT,
    contact_by     TEXT,
    reaction_ms    INTEGER,
    contact_ms     INTEGER,
    trunk          TEXT,
    did            TEXT,
    source         TEXT,
    queue          TEXT,
    department     TEXT,
    closed         INTEGER NOT NULL,
    claimed_by     TEXT,
    claimed_until  INTEGER,
    dismissed_by   TEXT,
    dismissed_why  TEXT,
    UNIQUE (id, pbx, boot)
) STRICT;

CREATE INDEX missed_case_by_opening ON missed_case (opened_at);
CREATE INDEX missed_case_by_number  ON missed_case (number_match, opened_at);
CREATE INDEX missed_case_waiting    ON missed_case (last_missed_at) WHERE state IN ('open', 'truly_missed');

CREATE TABLE case_fact (
    missed_case INTEGER NOT NULL REFERENCES missed_case (key) ON DELETE CASCADE,
    n           INTEGER NOT NULL, -- in order, from 0
    at          INTEGER NOT NULL, -- when it happened; of truly_missed the deadline itself
    kind        TEXT    NOT NULL, -- missed, attempt, recovered, truly_missed, recovered_late, dismissed, claimed
    call        TEXT,             -- of missed, attempt and recovered: the call's id
    result      TEXT,             -- of an attempt
    by_whom     TEXT,
    PRIMARY KEY (missed_case, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_fact_by_time ON case_fact (at, kind);

ALTER TABLE call ADD COLUMN missed_case INTEGER REFERENCES missed_case (key) ON DELETE SET NULL;

CREATE INDEX call_by_case ON call (missed_case, started_at) WHERE missed_case IS NOT NULL;
