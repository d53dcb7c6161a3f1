package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Reading goes on over another connection when one is cut at any byte.
func TestReadsCutAtAnyByte(t *testing.T) {
	t.Parallel()
	r := newStillRig(t)
	e := newEstate(hand{t, r.aside()}, r.pass)
	for name, read := range map[string]func(context.Context, *postgres.Store) (any, error){
		"load": func(ctx context.Context, s *postgres.Store) (any, error) {
			return s.Load(ctx, []storage.Key{aNode("a"), aNode("nobody")})
		},
		"count": func(ctx context.Context, s *postgres.Store) (any, error) { return s.Count(ctx, "node") },
		"list": func(ctx context.Context, s *postgres.Store) (any, error) {
			return gathered(s.List(ctx, storage.Query{Kind: "node"}))
		},
		"elements": func(ctx context.Context, s *postgres.Store) (any, error) {
			return gathered(s.Elements(ctx, e.lease.Key, storage.ElementQuery{}))
		},
		"messages": func(ctx context.Context, s *postgres.Store) (any, error) {
			return gathered(s.Messages(ctx, storage.MessageQuery{}))
		},
		"effects": func(ctx context.Context, s *postgres.Store) (any, error) {
			return gathered(s.Effects(ctx, storage.EffectQuery{}))
		},
		"history": func(ctx context.Context, s *postgres.Store) (any, error) {
			return gathered(s.History(ctx, e.lease.Key, 0))
		},
	} {
		answer := func() (string, error) {
			ctx, cancel := context.WithTimeout(t.Context(), endless)
			defer cancel()
			got, err := read(ctx, r.store)
			text, _ := json.Marshal(got)
			return string(text), err
		}
		if _, err := answer(); err != nil { // and now the connection has been used before
			t.Fatal(err)
		}
		r.listen()
		want, _ := answer()
		for n, to := range whereToCut(r.heard(), 331) {
			r.on(to, n, (*link).cut)
			if got, err := answer(); got != want || err != nil {
				t.Errorf("%s: %s", name, fmt.Sprintf("cut after %d bytes to the %s, it returns %s and %v, not %s", n, to, got, err, want))
			}
		}
	}
}

func gathered[T any](seq iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
