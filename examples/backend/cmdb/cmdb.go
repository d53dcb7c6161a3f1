// Package cmdb is a host with a table of its own: the services in its configuration management database,
// which its service desk and its reports have worked with for years. It keeps the compositions of package
// acm there: what the supervisor knows of an instance is in the table's columns, and nowhere else.
package cmdb

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// Schema makes the table as the host has it. Its numbers are the host's, and so are the columns below the
// blank line: the supervisor never touches them.
const Schema = `CREATE TABLE IF NOT EXISTS services (
	service_no     INTEGER PRIMARY KEY,
	service_tag    TEXT NOT NULL UNIQUE,
	status         TEXT NOT NULL DEFAULT 'planned',
	blueprint      TEXT NOT NULL DEFAULT '',
	next_blueprint TEXT NOT NULL DEFAULT '',
	deploy_state   TEXT NOT NULL DEFAULT '',
	lock_state     TEXT NOT NULL DEFAULT '',
	sub_state      TEXT NOT NULL DEFAULT '',
	last_result    TEXT NOT NULL DEFAULT '',
	details        TEXT NOT NULL DEFAULT '{}',

	owner          TEXT NOT NULL DEFAULT '',
	cost_center    TEXT NOT NULL DEFAULT ''
)`

// Services keeps instances in the table, each under its tag. What has no column is in the details. A row
// that the host made before the instance is taken over as it is.
func Services() sqlite.Table { return sqlite.Table{Save: save, Delete: remove, Load: load} }

func save(ctx context.Context, tx sqlite.Tx, r storage.Record) error {
	var in acm.Instance
	if err := json.Unmarshal(r.Data, &in); err != nil {
		return fmt.Errorf("cmdb: service %q: %w", r.Key.ID, err)
	}
	rest := in
	rest.Definition, rest.Target, rest.Words, rest.Result = "", "", acm.Words{}, ""
	details, err := json.Marshal(rest)
	if err != nil {
		return fmt.Errorf("cmdb: service %q: %w", r.Key.ID, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO services
	(service_tag, status, blueprint, next_blueprint, deploy_state, lock_state, sub_state, last_result, details)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (service_tag) DO UPDATE SET
	status = excluded.status, blueprint = excluded.blueprint, next_blueprint = excluded.next_blueprint,
	deploy_state = excluded.deploy_state, lock_state = excluded.lock_state, sub_state = excluded.sub_state,
	last_result = excluded.last_result, details = excluded.details`,
		r.Key.ID, r.State, in.Definition, in.Target, in.Deploy, in.Lock, in.Sub, in.Result, string(details))
	return err
}

func remove(ctx context.Context, tx sqlite.Tx, tag string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM services WHERE service_tag = ?`, tag)
	return err
}

func load(ctx context.Context, tx sqlite.Tx, tags []string) (map[string][]byte, error) {
	args := make([]any, len(tags))
	for i, tag := range tags {
		args[i] = tag
	}
	rows, err := tx.QueryContext(ctx, `SELECT
	service_tag, blueprint, next_blueprint, deploy_state, lock_state, sub_state, last_result, details
FROM services WHERE service_tag IN (?`+strings.Repeat(", ?", len(tags)-1)+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string][]byte{}
	for rows.Next() {
		var tag, details string
		var in, rest acm.Instance
		if err := rows.Scan(&tag, &in.Definition, &in.Target, &in.Deploy, &in.Lock, &in.Sub, &in.Result, &details); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(details), &rest); err != nil {
			return nil, fmt.Errorf("cmdb: service %q: the details: %w", tag, err)
		}
		rest.Definition, rest.Target, rest.Words, rest.Result = in.Definition, in.Target, in.Words, in.Result
		if found[tag], err = json.Marshal(rest); err != nil {
			return nil, fmt.Errorf("cmdb: service %q: %w", tag, err)
		}
	}
	return found, rows.Err()
}
