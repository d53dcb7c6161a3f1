-- The tables of the inventory. They are the host's: the library reads and writes their rows, and makes none.
-- What belongs to something else is found by its id, so a table needs one, and a unique index on its key; one
-- that only joins two others needs none.

CREATE TABLE IF NOT EXISTS "groups" (
    id      INTEGER PRIMARY KEY,
    machine TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    gid     INTEGER NOT NULL,
    UNIQUE (machine, name)
);

CREATE TABLE IF NOT EXISTS users (
    id       INTEGER PRIMARY KEY,
    machine  TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    uid      INTEGER NOT NULL,
    group_id INTEGER REFERENCES "groups" ON DELETE SET NULL,
    home     TEXT    NOT NULL,
    shell    TEXT    NOT NULL,
    UNIQUE (machine, name)
);

CREATE INDEX IF NOT EXISTS users_group ON users (group_id);

CREATE TABLE IF NOT EXISTS memberships (
    group_id INTEGER NOT NULL REFERENCES "groups",
    user_id  INTEGER NOT NULL REFERENCES users,
    PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS memberships_user ON memberships (user_id);

CREATE TABLE IF NOT EXISTS processes (
    id         INTEGER PRIMARY KEY,
    machine    TEXT    NOT NULL,
    boot       TEXT    NOT NULL,
    pid        INTEGER NOT NULL,
    started    INTEGER NOT NULL, -- in ticks since the boot
    name       TEXT    NOT NULL,
    executable TEXT,             -- null: a part of the kernel, or hidden from who asks
    uid        INTEGER NOT NULL,
    user_id    INTEGER REFERENCES users     ON DELETE SET NULL,
    parent_id  INTEGER REFERENCES processes ON DELETE SET NULL,
    UNIQUE (machine, boot, pid, started)
);

CREATE INDEX IF NOT EXISTS processes_user ON processes (user_id);
CREATE INDEX IF NOT EXISTS processes_parent ON processes (parent_id);

CREATE TABLE IF NOT EXISTS file_systems (
    id        INTEGER PRIMARY KEY,
    machine   TEXT    NOT NULL,
    point     TEXT    NOT NULL,
    mount     INTEGER NOT NULL,
    type      TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    read_only BOOLEAN NOT NULL,
    parent_id INTEGER REFERENCES file_systems ON DELETE SET NULL,
    UNIQUE (machine, point, mount)
);

CREATE INDEX IF NOT EXISTS file_systems_parent ON file_systems (parent_id);

CREATE TABLE IF NOT EXISTS interfaces (
    id       INTEGER PRIMARY KEY,
    machine  TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    mac      TEXT,
    mtu      INTEGER NOT NULL,
    up       BOOLEAN NOT NULL,
    loopback BOOLEAN NOT NULL,
    UNIQUE (machine, name)
);

CREATE TABLE IF NOT EXISTS addresses (
    id           INTEGER PRIMARY KEY,
    interface_id INTEGER NOT NULL REFERENCES interfaces,
    ip           TEXT    NOT NULL,
    prefix       INTEGER NOT NULL,
    UNIQUE (interface_id, ip)
);

CREATE TABLE IF NOT EXISTS sockets (
    id         INTEGER PRIMARY KEY,
    machine    TEXT    NOT NULL,
    protocol   TEXT    NOT NULL,
    ip         TEXT    NOT NULL,
    port       INTEGER NOT NULL,
    inode      INTEGER NOT NULL,
    address_id INTEGER REFERENCES addresses ON DELETE SET NULL, -- null also for all addresses
    UNIQUE (machine, protocol, ip, port, inode)
);

CREATE INDEX IF NOT EXISTS sockets_address ON sockets (address_id);

CREATE TABLE IF NOT EXISTS holders (
    id         INTEGER PRIMARY KEY,
    process_id INTEGER NOT NULL REFERENCES processes,
    socket_id  INTEGER NOT NULL REFERENCES sockets,
    UNIQUE (process_id, socket_id)
);

CREATE INDEX IF NOT EXISTS holders_socket ON holders (socket_id);

CREATE TABLE IF NOT EXISTS packages (
    id           INTEGER PRIMARY KEY,
    machine      TEXT NOT NULL,
    installed_by TEXT NOT NULL, -- dpkg or rpm
    name         TEXT NOT NULL,
    architecture TEXT NOT NULL,
    slot         TEXT NOT NULL, -- with rpm the version, else one
    version      TEXT NOT NULL,
    UNIQUE (machine, installed_by, name, architecture, slot)
);
