-- What people say of cases, and their notes. Both are written by the daemon or by a command beside it; the daemon looks for
-- requests that are not done, tells the core, and notes what came of them.

CREATE TABLE request (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_at INTEGER NOT NULL,
    kind     TEXT    NOT NULL, -- contact, dismiss, claim
    subject  TEXT    NOT NULL, -- of a contact the number, else the case's id
    at       INTEGER,          -- of a contact when it was, of a claim until when; NULL: the claim is given up
    by_whom  TEXT    NOT NULL,
    text     TEXT,
    done_at  INTEGER,
    outcome  TEXT
) STRICT;

CREATE INDEX request_to_do ON request (id) WHERE done_at IS NULL;
-- The same contact told twice is one.
CREATE UNIQUE INDEX request_once ON request (subject, at, by_whom) WHERE kind = 'contact';

CREATE TABLE note (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    call    INTEGER NOT NULL REFERENCES call (key) ON DELETE CASCADE, -- a case's notes are those of its calls
    at      INTEGER NOT NULL,
    by_whom TEXT    NOT NULL,
    text    TEXT    NOT NULL
) STRICT;

CREATE INDEX note_by_call ON note (call, id);
