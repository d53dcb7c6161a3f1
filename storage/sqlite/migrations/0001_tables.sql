-- The tables of a store. Times are microseconds since 1970 in UTC, NULL for none. A program that uses
-- another prefix than "reeve_" has it in its place.

-- The migrations that were made. A program whose newest is at least "oldest" can work with the tables.
CREATE TABLE reeve_schema (
    version INTEGER PRIMARY KEY,
    oldest  INTEGER NOT NULL
) STRICT;

CREATE TABLE reeve_record (
    row          INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    token        INTEGER NOT NULL DEFAULT 0, -- the newest lease that was given out
    fence        INTEGER NOT NULL DEFAULT 0, -- the newest lease that has written
    owner        TEXT    NOT NULL DEFAULT '', -- who has the lease, for people to read
    lease_until  INTEGER,                    -- NULL: no lease
    due          INTEGER,                    -- NULL: no turn is needed, or none may be had
    state        TEXT    NOT NULL,
    final        INTEGER NOT NULL,
    status       TEXT    NOT NULL,           -- ok, paused, quarantined
    reason       TEXT    NOT NULL,
    operation    TEXT    NOT NULL,
    deadline     INTEGER,
    step         TEXT    NOT NULL,
    since        INTEGER NOT NULL,
    until        INTEGER,
    not_before   INTEGER,                    -- NULL: a turn may be had at any time
    failures     INTEGER NOT NULL,
    grp          TEXT    NOT NULL,
    kept         INTEGER,                    -- 1: its newest line is marked as kept; 2: not the newest any more
    data_version INTEGER NOT NULL,
    data         BLOB,
    UNIQUE (kind, id)
) STRICT;

-- What is due of a kind, oldest first. What is not due costs nothing here.
CREATE INDEX reeve_record_due ON reeve_record (kind, due, id) WHERE due IS NOT NULL;

CREATE INDEX reeve_record_kept ON reeve_record (kept) WHERE kept = 2;

CREATE TABLE reeve_element (
    kind  TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    state TEXT    NOT NULL,
    grp   INTEGER NOT NULL,
    since INTEGER,
    due   INTEGER,
    data  BLOB,
    PRIMARY KEY (kind, id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX reeve_element_due ON reeve_element (kind, id, due) WHERE due IS NOT NULL;

-- How many elements of a record are in a group and a state. Rows of zero are removed.
CREATE TABLE reeve_tally (
    kind  TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    grp   INTEGER NOT NULL,
    state TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (kind, id, grp, state)
) STRICT, WITHOUT ROWID;

-- A message is open exactly as long as it has not ended.
CREATE TABLE reeve_message (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    slot       TEXT    NOT NULL,
    element    TEXT    NOT NULL,
    from_kind  TEXT    NOT NULL,
    from_id    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    step       TEXT    NOT NULL,
    status     TEXT    NOT NULL, -- open, consumed, stale, dead, replaced
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    ended      INTEGER,
    body       BLOB,
    UNIQUE (kind, id, message_id)
) STRICT;

CREATE INDEX reeve_message_open ON reeve_message (kind, id) WHERE ended IS NULL;
CREATE INDEX reeve_message_slot ON reeve_message (kind, id, slot) WHERE ended IS NULL AND slot <> '';
CREATE INDEX reeve_message_ended ON reeve_message (status, ended) WHERE ended IS NOT NULL;

-- An effect is pending or running exactly as long as it has not ended.
CREATE TABLE reeve_effect (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    effect_id   TEXT    NOT NULL UNIQUE,
    key         TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    lane        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    element     TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    step        TEXT    NOT NULL,
    deadline    INTEGER,
    keep        INTEGER NOT NULL,
    quiet       INTEGER NOT NULL,
    grp         TEXT    NOT NULL,
    status      TEXT    NOT NULL,            -- pending, running, done, dead, canceled
    reason      TEXT    NOT NULL DEFAULT '',
    attempt     INTEGER NOT NULL DEFAULT 0,
    behind      INTEGER NOT NULL,            -- 1: another of its lane goes first
    due         INTEGER,                     -- NULL: it cannot be taken
    token       INTEGER NOT NULL DEFAULT 0,
    owner       TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER,                     -- NULL: no lease
    ended       INTEGER,
    body        BLOB
) STRICT;

CREATE INDEX reeve_effect_due ON reeve_effect (name, due) WHERE due IS NOT NULL;
-- What a record wants done, and the head of each lane.
CREATE INDEX reeve_effect_record ON reeve_effect (kind, id, ended, lane, behind);
-- What may still be running outside although it was canceled.
CREATE INDEX reeve_effect_canceled ON reeve_effect (kind, id, lane)
    WHERE status = 'canceled' AND lease_until IS NOT NULL;
-- Of what a record wants done no two have the same key.
CREATE UNIQUE INDEX reeve_effect_key ON reeve_effect (kind, id, key) WHERE ended IS NULL;
CREATE INDEX reeve_effect_ended ON reeve_effect (status, ended) WHERE ended IS NOT NULL;

CREATE TABLE reeve_line (
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    element    TEXT    NOT NULL,
    from_state TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    kept       INTEGER,          -- 1: it is old, but the newest of a record that exists
    inputs     BLOB,
    PRIMARY KEY (kind, id, version, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX reeve_line_at ON reeve_line (at) WHERE kept IS NULL;

INSERT INTO reeve_schema (version, oldest) VALUES (1, 1);
