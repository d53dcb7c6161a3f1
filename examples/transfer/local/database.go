package local

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/provisioning"
)

// Databases makes databases, each with a role that owns it and may log in.
type Databases struct {
	// Server is where. Its user may create databases and roles.
	Server *pgxpool.Pool
	// Prefix begins their names, so that others are left alone: letters in lower case and underscores, at most 20.
	Prefix string
	// Secret is what passwords are derived from, so that one is the same whoever is asked for it.
	Secret []byte
	// Fill is how long it takes to fill one.
	Fill time.Duration
}

var _ Provisioner = (*Databases)(nil)

// What PostgreSQL says of what is there already.
const (
	duplicateDatabase = "42P04"
	duplicateObject   = "42710"
)

func (d *Databases) name(c *provisioning.Call) string { return d.Prefix + c.Key }

// Ensure makes role and database.
func (d *Databases) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	name := pgx.Identifier{d.name(&c)}.Sanitize()
	err := d.alone(ctx, d.name(&c),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, d.password(&c)),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, name))
	if err == nil {
		err = fill(ctx, d.Fill)
	}
	if err != nil {
		return provisioning.Answer{}, err
	}
	return d.answer(&c), nil
}

// Release drops both, whoever is connected.
func (d *Databases) Release(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, d.drop(ctx, d.name(&c))
}

func (d *Databases) drop(ctx context.Context, name string) error {
	quoted := pgx.Identifier{name}.Sanitize()
	return d.alone(ctx, name, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)", "DROP ROLE IF EXISTS "+quoted)
}

// alone executes statements while no other call about the name is going on. A server goes on with a statement when nobody waits for it
// any more, and keeps the lock for as long; so what comes afterwards waits. Errors do not show the statements, which may have a
// password.
func (d *Databases) alone(ctx context.Context, name string, statements ...string) error {
	server, err := d.Server.Acquire(ctx)
	if err != nil {
		return err
	}
	defer server.Release()
	const lock, unlock = "SELECT pg_advisory_lock(hashtextextended($1, 0))", "SELECT pg_advisory_unlock(hashtextextended($1, 0))"
	if _, err := server.Exec(ctx, lock, name); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err = server.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil && !isThere(err) {
			break
		}
		err = nil
	}
	if _, unlocked := server.Exec(ctx, unlock, name); unlocked != nil {
		_ = server.Conn().Close(ctx) // the lock ends with the connection
	}
	return err
}

// Find says whether both are there. If one is missing Ensure makes it.
func (d *Databases) Find(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	var there bool
	const both = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AND EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
	err := d.Server.QueryRow(ctx, both, d.name(&c)).Scan(&there)
	if err != nil || !there {
		return provisioning.Answer{State: provisioning.Missing}, err
	}
	return d.answer(&c), nil
}

// Plan says what Ensure would do.
func (d *Databases) Plan(context.Context, provisioning.Call) (string, error) {
	at := d.Server.Config().ConnConfig
	return fmt.Sprintf("makes a database and a role at %s:%d", at.Host, at.Port), nil
}

func (d *Databases) answer(c *provisioning.Call) provisioning.Answer {
	name := d.name(c)
	return provisioning.Answer{
		Handle:     name,
		Attributes: map[string]string{"database": name, "role": name},
		Secrets:    provisioning.Secrets{"password": {Value: []byte(d.password(c))}},
	}
}

func (d *Databases) password(c *provisioning.Call) string {
	mac := hmac.New(sha256.New, d.Secret)
	_, _ = mac.Write([]byte("password of " + c.Key))
	return hex.EncodeToString(mac.Sum(nil))
}

func isThere(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == duplicateDatabase || refused.Code == duplicateObject)
}

// Keys returns the keys of all databases and roles whose names begin with the prefix.
func (d *Databases) Keys(ctx context.Context) ([]string, error) {
	const all = "SELECT datname FROM pg_database WHERE starts_with(datname, $1) UNION SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1) ORDER BY 1"
	rows, err := d.Server.Query(ctx, all, d.Prefix)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], d.Prefix)
	}
	return names, err
}

// Clean drops all that is left.
func (d *Databases) Clean(ctx context.Context) error {
	keys, err := d.Keys(ctx)
	for _, key := range keys {
		err = errors.Join(err, d.drop(ctx, d.Prefix+key))
	}
	return err
}
