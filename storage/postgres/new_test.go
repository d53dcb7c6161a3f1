package postgres_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// says demands an error whose text has all of the words.
func says(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("there is no error; one that says %q is right", words)
	}
	if !strings.HasPrefix(err.Error(), "postgres: ") {
		t.Errorf("%q does not begin with the package", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	server := fastServer(t)
	mode := func(m string) string { return withSetting(server, "default_query_exec_mode="+m) }
	for name, c := range map[string]struct {
		url     string
		options postgres.Options
		words   []string
	}{
		"the simple protocol":       {url: mode("simple_protocol"), words: []string{"simple protocol", "cache_describe"}},
		"names behind a pooler":     {url: mode("cache_statement"), options: postgres.Options{Pooled: true}, words: []string{"prepared statements", "transaction mode", "cache_describe"}},
		"the default with a pooler": {url: server, options: postgres.Options{Pooled: true}, words: []string{"prepared statements", "cache_describe"}},
		"a name that is cut off":    {url: server, options: postgres.Options{Schema: strings.Repeat("ä", 32)}, words: []string{"ääää", "64 bytes", "at most 63"}},
		"a table half done":         {url: server, options: postgres.Options{Tables: map[string]postgres.Table{"node": {}}}, words: []string{`kind "node"`, "Save, Delete or Load"}},
		"a database in Latin":       {url: databaseOn(t, server, "ENCODING LATIN1 LOCALE 'C'"), words: []string{"LATIN1", "UTF8 is right"}},
		"a database of any bytes":   {url: databaseOn(t, server, "ENCODING SQL_ASCII LOCALE 'C'"), words: []string{"SQL_ASCII", "UTF8 is right"}},
		"no database":               {url: atDatabase(t, server, "nowhere"), words: []string{"open", "nowhere", "does not exist"}},
		"no server":                 {url: "postgres://reeve@127.0.0.1:1/reeve", words: []string{"open", "127.0.0.1", "connect"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.New(t.Context(), poolOn(t, c.url), &c.options)
			says(t, err, c.words...)
		})
	}
	t.Run("no pool", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.New(t.Context(), nil, nil)
		says(t, err, "pool is nil", "pgxpool.New")
	})
	t.Run("a context that has ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := postgres.New(ctx, poolOn(t, server), nil)
		says(t, err, "open")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not the context's error", err)
		}
	})
}

// New takes what an old server would say for the truth.
func TestNewRefusesAnOldServer(t *testing.T) {
	t.Parallel()
	old := func(query string) string {
		return strings.Replace(query, "current_setting('server_version_num')::int, current_setting('server_version')", "120022, '12.22'", 1)
	}
	_, err := postgres.New(t.Context(), tracedPool(t, pgtest.URL(t), rewriter{rewrite: old}), nil)
	says(t, err, "PostgreSQL 12.22", "13 or newer")
}

func TestNewRefusesAStandby(t *testing.T) {
	t.Parallel()
	server := pgtest.Own(t, "fsync=off")
	pool := poolOn(t, server.URL())
	store := storeOn(t, pool, postgres.Options{})
	var folder string
	if err := pool.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder); err != nil {
		t.Fatal(err)
	}
	// With this file in its folder a server waits for ever for what its primary writes.
	err := errors.Join(server.Stop(), os.WriteFile(filepath.Join(folder, "standby.signal"), nil, 0o600), server.Start())
	if err != nil {
		t.Fatal(err)
	}
	_, err = postgres.New(t.Context(), poolOn(t, server.URL()), nil)
	says(t, err, "standby", "primary", "target_session_attrs=read-write")

	// A store that was there before the server became one says so, too. It can still be read.
	_, err = store.Apply(t.Context(), []storage.Change{{Key: aNode("a"), Record: storage.Record{State: "new"}}})
	says(t, err, "apply", "takes no writes", "standby")
	if _, err := store.Load(t.Context(), []storage.Key{aNode("a")}); err != nil {
		t.Error(err)
	}
}

func TestUnmigrated(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), poolOn(t, pgtest.URL(t))
	store := openOn(t, pool, postgres.Options{Schema: pgtest.Schema(t)})
	lease := storage.Lease{Key: aNode("a"), Token: 1, TTL: leaseTime}
	effect := storage.Lease{Key: storage.Key{Kind: storage.EffectKind, ID: "e"}, Token: 1, TTL: leaseTime}
	claim := storage.Claim{Names: []string{"node"}, Owner: "test", Limit: 1, TTL: leaseTime}
	for call, err := range map[string]error{
		"load":             second(store.Load(ctx, []storage.Key{aNode("a")})),
		"apply":            second(store.Apply(ctx, []storage.Change{{Key: aNode("a"), Record: storage.Record{State: "new"}}})),
		"deliver":          second(store.Deliver(ctx, []storage.Message{{ID: "m", To: aNode("a"), Name: "news"}})),
		"claim":            second(store.Claim(ctx, claim)),
		"take":             second(store.Take(ctx, claim)),
		"extend":           second(store.Extend(ctx, []storage.Lease{lease})),
		"release":          store.Release(ctx, []storage.Lease{lease}, 0),
		"settle":           second(store.Settle(ctx, []storage.Settlement{{Lease: effect, As: storage.EffectDone}})),
		"redrive messages": second(store.RedriveMessages(ctx, []uint64{1})),
		"redrive effects":  second(store.RedriveEffects(ctx, []string{"e"}, 0)),
		"count":            second(store.Count(ctx, "node")),
		"prune":            second(store.Prune(ctx, storage.Retention{Lines: leaseTime}, 1)),
		"list":             failure(store.List(ctx, storage.Query{Kind: "node"})),
		"elements":         failure(store.Elements(ctx, aNode("a"), storage.ElementQuery{})),
		"messages":         failure(store.Messages(ctx, storage.MessageQuery{})),
		"effects":          failure(store.Effects(ctx, storage.EffectQuery{})),
		"history":          failure(store.History(ctx, aNode("a"), 0)),
	} {
		says(t, err, "postgres: "+call+": ", "call Migrate")
		if !errors.Is(err, storage.ErrSchema) {
			t.Errorf("%s: %v is not storage.ErrSchema", call, err)
		}
	}
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(ctx, []storage.Key{aNode("a")}); err != nil {
		t.Errorf("after it was migrated: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// failure returns the error that a sequence ends with.
func failure[T any](all func(func(T, error) bool)) (failed error) {
	for _, err := range all {
		failed = err
	}
	return failed
}
