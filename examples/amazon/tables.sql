-- The tables of the inventory, for SQLite and PostgreSQL: $ID is the type of an id that the database gives. They are
-- the host's: the library reads and writes their rows, and makes none. What belongs to something else is found by
-- its id; what an instance and an image can have alike says by a type which of the two it belongs to.

CREATE TABLE IF NOT EXISTS zones (
    id      $ID PRIMARY KEY,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    state   TEXT NOT NULL,
    UNIQUE (account, name)
);

CREATE TABLE IF NOT EXISTS key_pairs (
    id          $ID PRIMARY KEY,
    account     TEXT NOT NULL,
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    UNIQUE (account, name)
);

CREATE TABLE IF NOT EXISTS images (
    id       $ID PRIMARY KEY,
    account  TEXT    NOT NULL,
    ref      TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    location TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    public   BOOLEAN NOT NULL,
    state    TEXT    NOT NULL,
    UNIQUE (account, ref)
);

CREATE TABLE IF NOT EXISTS stacks (
    id          $ID PRIMARY KEY,
    account     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    created_at  TIMESTAMPTZ,
    parent_id   BIGINT REFERENCES stacks ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS stacks_parent ON stacks (parent_id);

CREATE TABLE IF NOT EXISTS resources (
    id           $ID PRIMARY KEY,
    stack_id     BIGINT NOT NULL REFERENCES stacks,
    name         TEXT   NOT NULL,
    physical_ref TEXT, -- null: it could not be made
    type         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    updated_at   TIMESTAMPTZ,
    UNIQUE (stack_id, name)
);

CREATE TABLE IF NOT EXISTS outputs (
    id          $ID PRIMARY KEY,
    stack_id    BIGINT NOT NULL REFERENCES stacks,
    name        TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    UNIQUE (stack_id, name)
);

CREATE TABLE IF NOT EXISTS parameters (
    id       $ID PRIMARY KEY,
    stack_id BIGINT NOT NULL REFERENCES stacks,
    name     TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    UNIQUE (stack_id, name)
);

CREATE TABLE IF NOT EXISTS networks (
    id         $ID PRIMARY KEY,
    account    TEXT    NOT NULL,
    ref        TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    cidr       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    is_default BOOLEAN NOT NULL,
    stack_id   BIGINT REFERENCES stacks ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS networks_stack ON networks (stack_id);

CREATE TABLE IF NOT EXISTS subnets (
    id         $ID PRIMARY KEY,
    account    TEXT NOT NULL,
    ref        TEXT NOT NULL,
    name       TEXT NOT NULL,
    cidr       TEXT NOT NULL,
    state      TEXT NOT NULL,
    network_id BIGINT REFERENCES networks ON DELETE SET NULL,
    zone_id    BIGINT REFERENCES zones    ON DELETE SET NULL,
    stack_id   BIGINT REFERENCES stacks   ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS subnets_network ON subnets (network_id);
CREATE INDEX IF NOT EXISTS subnets_zone ON subnets (zone_id);
CREATE INDEX IF NOT EXISTS subnets_stack ON subnets (stack_id);

CREATE TABLE IF NOT EXISTS security_groups (
    id          $ID PRIMARY KEY,
    account     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    name        TEXT NOT NULL DEFAULT '', -- as for groups of others, of which nothing but the id is known
    description TEXT NOT NULL DEFAULT '',
    network_id  BIGINT REFERENCES networks ON DELETE SET NULL,
    stack_id    BIGINT REFERENCES stacks   ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS security_groups_network ON security_groups (network_id);
CREATE INDEX IF NOT EXISTS security_groups_stack ON security_groups (stack_id);

CREATE TABLE IF NOT EXISTS rules (
    id                $ID PRIMARY KEY,
    security_group_id BIGINT  NOT NULL REFERENCES security_groups,
    direction         TEXT    NOT NULL, -- inbound or outbound
    protocol          TEXT    NOT NULL,
    from_port         INTEGER NOT NULL, -- -1: any
    to_port           INTEGER NOT NULL,
    peer              TEXT    NOT NULL, -- addresses, a prefix list or a group
    peer_group_id     BIGINT REFERENCES security_groups ON DELETE SET NULL,
    UNIQUE (security_group_id, direction, protocol, from_port, to_port, peer)
);

CREATE INDEX IF NOT EXISTS rules_peer_group ON rules (peer_group_id);

CREATE TABLE IF NOT EXISTS vms (
    id          $ID PRIMARY KEY,
    account     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    type        TEXT NOT NULL,
    launched_at TIMESTAMPTZ,
    private_ip  TEXT,
    public_ip   TEXT,
    image_id    BIGINT REFERENCES images    ON DELETE SET NULL,
    zone_id     BIGINT REFERENCES zones     ON DELETE SET NULL,
    key_pair_id BIGINT REFERENCES key_pairs ON DELETE SET NULL,
    network_id  BIGINT REFERENCES networks  ON DELETE SET NULL,
    subnet_id   BIGINT REFERENCES subnets   ON DELETE SET NULL,
    stack_id    BIGINT REFERENCES stacks    ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS vms_image ON vms (image_id);
CREATE INDEX IF NOT EXISTS vms_zone ON vms (zone_id);
CREATE INDEX IF NOT EXISTS vms_key_pair ON vms (key_pair_id);
CREATE INDEX IF NOT EXISTS vms_network ON vms (network_id);
CREATE INDEX IF NOT EXISTS vms_subnet ON vms (subnet_id);
CREATE INDEX IF NOT EXISTS vms_stack ON vms (stack_id);

CREATE TABLE IF NOT EXISTS vms_security_groups (
    vm_id             BIGINT NOT NULL REFERENCES vms,
    security_group_id BIGINT NOT NULL REFERENCES security_groups,
    PRIMARY KEY (vm_id, security_group_id)
);

CREATE INDEX IF NOT EXISTS vms_security_groups_group ON vms_security_groups (security_group_id);

CREATE TABLE IF NOT EXISTS hardwares (
    id             $ID PRIMARY KEY,
    owner_type     TEXT   NOT NULL, -- vms or images
    owner_id       BIGINT NOT NULL,
    architecture   TEXT   NOT NULL,
    virtualization TEXT   NOT NULL,
    root_device    TEXT   NOT NULL,
    cores          INTEGER,
    guest_os       TEXT   NOT NULL,
    UNIQUE (owner_type, owner_id)
);

CREATE TABLE IF NOT EXISTS operating_systems (
    id           $ID PRIMARY KEY,
    owner_type   TEXT   NOT NULL,
    owner_id     BIGINT NOT NULL,
    product_name TEXT   NOT NULL,
    UNIQUE (owner_type, owner_id)
);

CREATE TABLE IF NOT EXISTS labels (
    id         $ID PRIMARY KEY,
    owner_type TEXT   NOT NULL,
    owner_id   BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    UNIQUE (owner_type, owner_id, name)
);

CREATE TABLE IF NOT EXISTS snapshots (
    id          $ID PRIMARY KEY,
    account     TEXT    NOT NULL,
    ref         TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    gigabytes   INTEGER NOT NULL,
    encrypted   BOOLEAN NOT NULL,
    started_at  TIMESTAMPTZ,
    volume_id   BIGINT, -- one of volumes, which point back
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS snapshots_volume ON snapshots (volume_id);

CREATE TABLE IF NOT EXISTS volumes (
    id          $ID PRIMARY KEY,
    account     TEXT    NOT NULL,
    ref         TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    gigabytes   INTEGER NOT NULL,
    iops        INTEGER,
    encrypted   BOOLEAN NOT NULL,
    created_at  TIMESTAMPTZ,
    zone_id     BIGINT REFERENCES zones     ON DELETE SET NULL,
    snapshot_id BIGINT REFERENCES snapshots ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS volumes_zone ON volumes (zone_id);
CREATE INDEX IF NOT EXISTS volumes_snapshot ON volumes (snapshot_id);

CREATE TABLE IF NOT EXISTS attachments (
    id        $ID PRIMARY KEY,
    volume_id BIGINT NOT NULL REFERENCES volumes,
    vm_ref    TEXT   NOT NULL,
    vm_id     BIGINT REFERENCES vms ON DELETE SET NULL,
    device    TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    UNIQUE (volume_id, vm_ref)
);

CREATE INDEX IF NOT EXISTS attachments_vm ON attachments (vm_id);

CREATE TABLE IF NOT EXISTS network_ports (
    id          $ID PRIMARY KEY,
    account     TEXT NOT NULL,
    ref         TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    state       TEXT NOT NULL,
    mac         TEXT NOT NULL,
    subnet_id   BIGINT REFERENCES subnets ON DELETE SET NULL,
    vm_id       BIGINT REFERENCES vms     ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS network_ports_subnet ON network_ports (subnet_id);
CREATE INDEX IF NOT EXISTS network_ports_vm ON network_ports (vm_id);

CREATE TABLE IF NOT EXISTS network_ports_security_groups (
    network_port_id   BIGINT NOT NULL REFERENCES network_ports,
    security_group_id BIGINT NOT NULL REFERENCES security_groups,
    PRIMARY KEY (network_port_id, security_group_id)
);

CREATE INDEX IF NOT EXISTS network_ports_security_groups_group ON network_ports_security_groups (security_group_id);

CREATE TABLE IF NOT EXISTS port_addresses (
    id              $ID PRIMARY KEY,
    network_port_id BIGINT NOT NULL REFERENCES network_ports,
    ip              TEXT   NOT NULL,
    public_ip       TEXT,
    UNIQUE (network_port_id, ip)
);

CREATE TABLE IF NOT EXISTS floating_ips (
    id              $ID PRIMARY KEY,
    account         TEXT NOT NULL,
    ref             TEXT NOT NULL,
    address         TEXT NOT NULL,
    private_ip      TEXT,
    domain          TEXT NOT NULL,
    network_port_id BIGINT REFERENCES network_ports ON DELETE SET NULL,
    vm_id           BIGINT REFERENCES vms           ON DELETE SET NULL,
    UNIQUE (account, ref)
);

CREATE INDEX IF NOT EXISTS floating_ips_port ON floating_ips (network_port_id);
CREATE INDEX IF NOT EXISTS floating_ips_vm ON floating_ips (vm_id);

CREATE TABLE IF NOT EXISTS load_balancers (
    id              $ID PRIMARY KEY,
    account         TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    dns_name        TEXT    NOT NULL,
    scheme          TEXT    NOT NULL,
    health_check    TEXT    NOT NULL,
    check_seconds   INTEGER NOT NULL,
    timeout_seconds INTEGER NOT NULL,
    healthy_after   INTEGER NOT NULL,
    unhealthy_after INTEGER NOT NULL,
    network_id      BIGINT REFERENCES networks ON DELETE SET NULL,
    UNIQUE (account, name)
);

CREATE INDEX IF NOT EXISTS load_balancers_network ON load_balancers (network_id);

CREATE TABLE IF NOT EXISTS load_balancers_subnets (
    load_balancer_id BIGINT NOT NULL REFERENCES load_balancers,
    subnet_id        BIGINT NOT NULL REFERENCES subnets,
    PRIMARY KEY (load_balancer_id, subnet_id)
);

CREATE INDEX IF NOT EXISTS load_balancers_subnets_subnet ON load_balancers_subnets (subnet_id);

CREATE TABLE IF NOT EXISTS load_balancers_security_groups (
    load_balancer_id  BIGINT NOT NULL REFERENCES load_balancers,
    security_group_id BIGINT NOT NULL REFERENCES security_groups,
    PRIMARY KEY (load_balancer_id, security_group_id)
);

CREATE INDEX IF NOT EXISTS load_balancers_security_groups_group ON load_balancers_security_groups (security_group_id);

CREATE TABLE IF NOT EXISTS listeners (
    id                $ID PRIMARY KEY,
    load_balancer_id  BIGINT  NOT NULL REFERENCES load_balancers,
    port              INTEGER NOT NULL,
    protocol          TEXT    NOT NULL,
    instance_port     INTEGER NOT NULL,
    instance_protocol TEXT    NOT NULL,
    UNIQUE (load_balancer_id, port)
);

CREATE TABLE IF NOT EXISTS members (
    id               $ID PRIMARY KEY,
    load_balancer_id BIGINT NOT NULL REFERENCES load_balancers,
    vm_ref           TEXT   NOT NULL,
    vm_id            BIGINT REFERENCES vms ON DELETE SET NULL,
    state            TEXT   NOT NULL,
    reason           TEXT   NOT NULL,
    UNIQUE (load_balancer_id, vm_ref)
);

CREATE INDEX IF NOT EXISTS members_vm ON members (vm_id);

CREATE TABLE IF NOT EXISTS databases (
    id         $ID PRIMARY KEY,
    account    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    engine     TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    class      TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    gigabytes  INTEGER NOT NULL,
    host       TEXT,
    port       INTEGER,
    created_at TIMESTAMPTZ,
    zone_id    BIGINT REFERENCES zones    ON DELETE SET NULL,
    network_id BIGINT REFERENCES networks ON DELETE SET NULL,
    UNIQUE (account, name)
);

CREATE INDEX IF NOT EXISTS databases_zone ON databases (zone_id);
CREATE INDEX IF NOT EXISTS databases_network ON databases (network_id);

CREATE TABLE IF NOT EXISTS databases_security_groups (
    database_id       BIGINT NOT NULL REFERENCES databases,
    security_group_id BIGINT NOT NULL REFERENCES security_groups,
    PRIMARY KEY (database_id, security_group_id)
);

CREATE INDEX IF NOT EXISTS databases_security_groups_group ON databases_security_groups (security_group_id);
