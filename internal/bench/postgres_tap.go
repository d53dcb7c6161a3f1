package main

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// A tap notes what is sent to a server.
type tap struct {
	mu         sync.Mutex
	statements []statement
}

type statement struct {
	sql  string
	args []any
}

func (t *tap) add(s statement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements = append(t.statements, s)
}

// take returns what was sent since it was last called.
func (t *tap) take() []statement {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.statements
	t.statements = nil
	return taken
}

// TraceQueryStart implements [pgx.QueryTracer].
func (t *tap) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	t.add(statement{q.SQL, q.Args})
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (t *tap) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (t *tap) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (t *tap) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	t.add(statement{q.SQL, q.Args})
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (t *tap) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
