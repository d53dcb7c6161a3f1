-- The tables of the inventory. They are the host's: the library reads and writes their rows, and makes none.

CREATE TABLE IF NOT EXISTS targets (
    id      INTEGER PRIMARY KEY,
    target  TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    system  TEXT,
    version TEXT,
    UNIQUE (target, name)
);

CREATE TABLE IF NOT EXISTS packages (
    id     INTEGER PRIMARY KEY,
    target TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    arch   TEXT    NOT NULL,
    UNIQUE (target, kind, name, arch)
);

CREATE TABLE IF NOT EXISTS installed (
    id         INTEGER PRIMARY KEY,
    target_id  INTEGER NOT NULL REFERENCES targets ON DELETE CASCADE,
    package_id INTEGER NOT NULL REFERENCES packages ON DELETE CASCADE,
    place      TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    license    TEXT,
    UNIQUE (target_id, package_id, place)
);

CREATE INDEX IF NOT EXISTS installed_package ON installed (package_id);
