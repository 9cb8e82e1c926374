-- The directory of clients as the daemon read it last: what lists and reports join, and what it knows at its next start.
--
-- client.number = call.caller_e164 (direction in), call.called_e164 (out), missed_case.number: all are normalised by one rule.

CREATE TABLE client (
    number      TEXT NOT NULL PRIMARY KEY, -- normalised
    name        TEXT,
    responsible TEXT                       -- our person who looks after this client
) STRICT, WITHOUT ROWID;
