-- What is kept of the scopes of an inventory, beside the host's own tables.

CREATE TABLE reeve.scope (
    scope text COLLATE "C" PRIMARY KEY,
    token bigint NOT NULL, -- the newest lease that has saved
    saves bigint NOT NULL
) WITH (fillfactor = 50);

-- Which rows the last saves of a scope were about: the last that was about each, and the one before it.
CREATE TABLE reeve.touched (
    scope  text COLLATE "C" NOT NULL,
    tbl    text COLLATE "C" NOT NULL,
    key    bytea  NOT NULL,
    save   bigint NOT NULL,
    before bigint NOT NULL DEFAULT 0, -- 0: none
    PRIMARY KEY (scope, tbl, key)
);

CREATE INDEX touched_save ON reeve.touched (scope, save);

INSERT INTO reeve.migration (version, oldest) VALUES (2, 1);
