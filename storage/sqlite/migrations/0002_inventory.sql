-- What is kept of the scopes of an inventory, beside the host's own tables.

CREATE TABLE reeve_scope (
    scope TEXT    NOT NULL PRIMARY KEY,
    token INTEGER NOT NULL, -- the newest lease that has saved
    saves INTEGER NOT NULL,
    mark  TEXT    NOT NULL  -- the last save's own
) STRICT, WITHOUT ROWID;

-- Which rows the last saves of a scope were about: the last that was about each, and the one before it.
CREATE TABLE reeve_touched (
    scope  TEXT    NOT NULL,
    tbl    TEXT    NOT NULL,
    key    BLOB    NOT NULL,
    save   INTEGER NOT NULL,
    before INTEGER NOT NULL DEFAULT 0, -- 0: none
    PRIMARY KEY (scope, tbl, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX reeve_touched_save ON reeve_touched (scope, save);

INSERT INTO reeve_schema (version, oldest) VALUES (2, 1);
