-- The tables of a store, in the schema "reeve". A program that uses another schema has it in its place.
-- Keys are compared byte by byte, as everywhere in the library.

-- The migrations that were made. A program whose newest is at least "oldest" can work with the tables.
CREATE TABLE reeve.migration (
    version integer PRIMARY KEY,
    oldest  integer NOT NULL
);

-- The time of the store: that of the statement, so that an index can be searched by it. Tests replace it.
CREATE FUNCTION reeve.clock() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT statement_timestamp()';

CREATE TABLE reeve.record (
    kind         text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    version      bigint      NOT NULL,
    token        bigint      NOT NULL,            -- the newest lease that was given out
    fence        bigint      NOT NULL DEFAULT 0,  -- the newest lease that has written
    owner        text        NOT NULL DEFAULT '', -- who has the lease, for people to read
    lease_until  timestamptz,                     -- null: no lease
    due          timestamptz,                     -- null: no turn is needed, or none may be had
    state        text        NOT NULL,
    final        boolean     NOT NULL,
    status       text        NOT NULL,            -- ok, paused, quarantined
    reason       text        NOT NULL,
    operation    text        NOT NULL,
    deadline     timestamptz,
    step         text        NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    not_before   timestamptz,                     -- null: a turn may be had at any time
    failures     integer     NOT NULL,
    grp          text        NOT NULL,
    parts        boolean     NOT NULL,            -- it has, or had, elements
    kept         smallint,                        -- 1: its newest line is marked as kept; 2: not the newest any more
    data_version integer     NOT NULL,
    data         bytea,
    PRIMARY KEY (kind, id)
) WITH (fillfactor = 85);

-- What is due of a kind, oldest first. What is not due costs nothing here, and a lease leaves it alone.
CREATE INDEX record_due ON reeve.record (kind, due, id) WHERE due IS NOT NULL;
CREATE INDEX record_kept ON reeve.record (kind, id) WHERE kept = 2;

CREATE TABLE reeve.element (
    kind  text COLLATE "C" NOT NULL,
    id    text COLLATE "C" NOT NULL,
    name  text COLLATE "C" NOT NULL,
    state text    NOT NULL,
    grp   integer NOT NULL,
    since timestamptz,
    due   timestamptz,
    data  bytea,
    PRIMARY KEY (kind, id, name)
) WITH (fillfactor = 90);

CREATE INDEX element_due ON reeve.element (kind, id, due) WHERE due IS NOT NULL;

-- How many elements of a record are in a group and a state. Rows of zero are removed.
CREATE TABLE reeve.tally (
    kind  text COLLATE "C" NOT NULL,
    id    text COLLATE "C" NOT NULL,
    grp   integer NOT NULL,
    state text COLLATE "C" NOT NULL,
    n     bigint  NOT NULL,
    PRIMARY KEY (kind, id, grp, state)
) WITH (fillfactor = 50);

-- A message is open exactly as long as it has not ended.
CREATE TABLE reeve.message (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    slot       text COLLATE "C" NOT NULL,
    element    text COLLATE "C" NOT NULL,
    from_kind  text NOT NULL,
    from_id    text NOT NULL,
    name       text NOT NULL,
    operation  text NOT NULL,
    step       text NOT NULL,
    status     text NOT NULL, -- open, consumed, stale, dead, replaced
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    ended      timestamptz,
    body       bytea,
    UNIQUE (kind, id, message_id)
);

CREATE INDEX message_open ON reeve.message (kind, id, seq) WHERE ended IS NULL;
CREATE INDEX message_slot ON reeve.message (kind, id, slot) WHERE ended IS NULL AND slot <> '';
CREATE INDEX message_dead ON reeve.message (seq) WHERE status = 'dead';
CREATE INDEX message_ended ON reeve.message (status, ended) WHERE ended IS NOT NULL;

-- An effect is pending or running exactly as long as it has not ended.
CREATE TABLE reeve.effect (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect_id   text COLLATE "C" NOT NULL UNIQUE,
    key         text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    lane        text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    element     text    NOT NULL,
    operation   text    NOT NULL,
    step        text    NOT NULL,
    deadline    timestamptz,
    keep        boolean NOT NULL,
    quiet       boolean NOT NULL,
    grp         text    NOT NULL,
    status      text    NOT NULL,             -- pending, running, done, dead, canceled
    reason      text    NOT NULL DEFAULT '',
    attempt     integer NOT NULL DEFAULT 0,
    behind      boolean NOT NULL,             -- another of its lane goes first
    due         timestamptz,                  -- null: it cannot be taken
    token       bigint  NOT NULL DEFAULT 0,
    owner       text    NOT NULL DEFAULT '',
    lease_until timestamptz,                  -- null: no lease
    ended       timestamptz,
    body        bytea
) WITH (fillfactor = 85);

CREATE INDEX effect_due ON reeve.effect (name, due, seq) WHERE due IS NOT NULL;
CREATE INDEX effect_record ON reeve.effect (kind, id, seq);
-- Of what a record wants done no two have the same key.
CREATE UNIQUE INDEX effect_key ON reeve.effect (kind, id, key) WHERE ended IS NULL;
CREATE INDEX effect_lane ON reeve.effect (kind, id, lane, seq) WHERE ended IS NULL AND lane <> '';
-- What may still be running outside although it was canceled.
CREATE INDEX effect_canceled ON reeve.effect (kind, id, lane)
    WHERE status = 'canceled' AND lease_until IS NOT NULL;
CREATE INDEX effect_dead ON reeve.effect (seq) WHERE status = 'dead';
CREATE INDEX effect_ended ON reeve.effect (status, ended) WHERE ended IS NOT NULL;

CREATE TABLE reeve.line (
    kind       text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    version    bigint  NOT NULL,
    n          integer NOT NULL,
    at         timestamptz NOT NULL,
    element    text    NOT NULL,
    from_state text    NOT NULL,
    event      text    NOT NULL,
    to_state   text    NOT NULL,
    cause      text    NOT NULL,
    operation  text    NOT NULL,
    kept       smallint,         -- 1: it is old, but the newest of a record that exists
    inputs     bytea,
    PRIMARY KEY (kind, id, version, n)
);

CREATE INDEX line_at ON reeve.line (at) WHERE kept IS NULL;

-- What transactions write beside all else, so that their store finds out what became of them.
CREATE TABLE reeve.witness (
    store text COLLATE "C" NOT NULL,
    slot  bigint NOT NULL,
    n     bigint NOT NULL,
    at    timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (store, slot)
) WITH (fillfactor = 20);

INSERT INTO reeve.migration (version, oldest) VALUES (1, 1);
