package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// checkMode says why statements cannot be sent as a pool is set to.
func checkMode(mode pgx.QueryExecMode, pooled bool) error {
	switch {
	case mode == pgx.QueryExecModeSimpleProtocol:
		return errors.New("postgres: the pool sends queries by the simple protocol; leave default_query_exec_mode alone, or set cache_describe")
	case pooled && mode == pgx.QueryExecModeCacheStatement:
		return errors.New("postgres: the pool names prepared statements, which a pooler in transaction mode loses; set default_query_exec_mode=cache_describe")
	}
	return nil
}

// goesByGo reports whether pgx tells the server no types but those of Go.
func goesByGo(mode pgx.QueryExecMode) bool { return mode == pgx.QueryExecModeExec }

// oldestServer is the first version that says what became of a transaction by its full number.
const oldestServer = 130000

const serverState = `SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
	current_setting('server_encoding')`

// checkServer says why a server cannot keep what a store promises.
func (s *Store) checkServer(ctx context.Context) error {
	var number int
	var version, encoding string
	var standby bool
	if err := s.one(ctx, serverState, []any{&number, &version, &standby, &encoding}); err != nil {
		return failed("open", err)
	}
	switch {
	case number < oldestServer:
		return fmt.Errorf("postgres: the server is PostgreSQL %s; 13 or newer is right", version)
	case standby:
		return errors.New("postgres: the server is a standby, which takes no writes; connect to the primary (target_session_attrs=read-write)")
	case encoding != "UTF8":
		return fmt.Errorf("postgres: the database is encoded as %s; UTF8 is right", encoding)
	}
	return nil
}
