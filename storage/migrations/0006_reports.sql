-- The report of waits reads a few columns of a year of incoming calls: out of this index alone, a trunk after the other, so that
-- by trunk nothing needs to be sorted. Without it the report reads every call whole.

CREATE INDEX call_in_by_trunk ON call (trunk, started_at, missed, result, queue, wait_ms, talk_ms)
    WHERE direction = 'in' AND merged_into IS NULL;
