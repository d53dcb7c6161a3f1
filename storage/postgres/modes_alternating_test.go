package postgres_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// An alternating store is two stores on the same tables, as two processes have them. Each call goes to the
// other one than the call before.
type alternating struct {
	stores [2]*postgres.Store
	calls  atomic.Int64
}

func (a *alternating) next() *postgres.Store { return a.stores[a.calls.Add(1)%2] }

func (a *alternating) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	return a.next().Load(ctx, keys)
}

func (a *alternating) Elements(ctx context.Context, k storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return a.next().Elements(ctx, k, q)
}

func (a *alternating) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	return a.next().Apply(ctx, changes)
}

func (a *alternating) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return a.next().List(ctx, q)
}

func (a *alternating) Count(ctx context.Context, kind string) (map[string]int, error) {
	return a.next().Count(ctx, kind)
}

func (a *alternating) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	return a.next().Claim(ctx, c)
}

func (a *alternating) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	return a.next().Take(ctx, c)
}

func (a *alternating) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	return a.next().Extend(ctx, leases)
}

func (a *alternating) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	return a.next().Release(ctx, leases, after)
}

func (a *alternating) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	return a.next().Deliver(ctx, messages)
}

func (a *alternating) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return a.next().Messages(ctx, q)
}

func (a *alternating) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	return a.next().RedriveMessages(ctx, seqs)
}

func (a *alternating) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	return a.next().Settle(ctx, settlements)
}

func (a *alternating) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return a.next().Effects(ctx, q)
}

func (a *alternating) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	return a.next().RedriveEffects(ctx, ids, deadline)
}

func (a *alternating) History(ctx context.Context, k storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return a.next().History(ctx, k, after)
}

func (a *alternating) Prune(ctx context.Context, r storage.Retention, limit int) (int, error) {
	return a.next().Prune(ctx, r, limit)
}

func (a *alternating) Listen(ctx context.Context, hint func(storage.Hint)) error {
	return a.stores[0].Listen(ctx, hint) // and hears of what the other does
}

func (a *alternating) With(tx any) (storage.Store, error) { return a.next().With(tx) }

// What a process keeps in its memory misleads no other.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	p := placesOn(t, inNoHurry(pgtest.URL(t)))
	storagetest.Run(t, storagetest.Harness{New: func(t testing.TB) storagetest.Backend {
		t.Helper()
		b := p.backend(t)
		one, other := b.Store.(*postgres.Store), b.Open(t).(*postgres.Store)
		b.Store = &alternating{stores: [2]*postgres.Store{one, other}}
		return b
	}})
}
