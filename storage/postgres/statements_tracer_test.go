package postgres_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tracedPool is poolOn with a tracer.
func tracedPool(t testing.TB, url string, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns, config.ConnConfig.Tracer = 8, tracer
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// untraced is a tracer that looks at nothing.
type untraced struct{}

func (untraced) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (untraced) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (untraced) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (untraced) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (untraced) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// A rewriter sends something else than the store does.
type rewriter struct {
	untraced
	rewrite func(query string) string
}

// TraceBatchStart implements [pgx.BatchTracer]: nothing of the batch was sent yet.
func (r rewriter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, q := range data.Batch.QueuedQueries {
		q.SQL = r.rewrite(q.SQL)
	}
	return ctx
}

// A counter notes what is sent: each batch is a round trip.
type counter struct {
	untraced
	mu         sync.Mutex
	trips      int
	statements []string
	args       [][]any
}

// TraceQueryStart implements [pgx.QueryTracer].
func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.note(1, data.SQL, data.Args)
	return ctx
}

// TraceBatchStart implements [pgx.BatchTracer].
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	trips := 1
	for _, q := range data.Batch.QueuedQueries {
		c.note(trips, q.SQL, q.Arguments)
		trips = 0
	}
	return ctx
}

func (c *counter) note(trips int, query string, args []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trips += trips
	c.statements = append(c.statements, query)
	c.args = append(c.args, args)
}

// since returns what was sent since the last call.
func (c *counter) since() (trips int, statements []string, args [][]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	trips, statements, args = c.trips, c.statements, c.args
	c.trips, c.statements, c.args = 0, nil, nil
	return trips, statements, args
}

var schemaPart = regexp.MustCompile(`"t_\w+"\.`)

// shortly says how statements begin.
func shortly(statements []string) string {
	short := make([]string, len(statements))
	for i, query := range statements {
		words := strings.Join(strings.Fields(schemaPart.ReplaceAllString(query, "")), " ")
		short[i] = words[:min(len(words), 100)]
	}
	return strings.Join(short, "\n\t")
}
