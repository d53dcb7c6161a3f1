package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Whatever the tables hold, and whether the server knows it or not: what a call looks at is what it is about,
// found by an index.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	url := databaseOn(t, fastServer(t), "")
	pool, o := poolOn(t, url), postgres.Options{Schema: "estate"}
	fill(t, pool, o, 100_000)
	crowd(t, pool, o, 2000)
	for _, prepare := range []string{"SELECT", "ANALYZE"} {
		must(t, pool, prepare)
		for _, mode := range []string{"cache_statement", "exec"} {
			p := newPlanner(t, withSetting(url, "default_query_exec_mode="+mode))
			p.lookAt(hand{t, storeOn(t, p.pool, o)}, mode+" after "+prepare)
		}
	}
}

// lookAt lets a life be lived, and judges the plans of its statements.
func (p *planner) lookAt(h hand, when string) {
	p.Helper()
	const n = 20
	seen := map[string]bool{}
	l := life{h, when, n, func(what string) {
		for _, one := range p.heard() {
			if !seen[one.Query] {
				seen[one.Query] = true
				p.judge(when+": "+what, one, 4*n)
			}
		}
	}}
	p.heard()
	l.create()
	l.listen()
	l.richTurn()
	l.turn(1)
	l.perform()
	l.end()
	l.read()
	l.inACrowd()
	if len(seen) < 40 {
		p.Errorf("%s: only %d different statements were run; the test sees too few", when, len(seen))
	}
}

// inACrowd gives a turn to a record that has much behind it.
func (l life) inACrowd() {
	l.Helper()
	say := func(id string) {
		l.deliver(storage.Message{ID: l.name + id, To: aNode("crowd"), Name: "news", Slot: "s", Element: "7"})
	}
	say("first")
	say("second")
	l.step("messages to a crowded record")
	s := l.claim(1)[0]
	l.step("claim of a crowded record")
	l.hand.apply(storage.Change{
		Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: storage.Record{State: "on"},
		Elements: []storage.Element{{Name: "7", State: "down"}}, Cancel: []storage.Cancel{{Operation: "op"}},
		Emit:    []storage.Effect{aWish(l.name+" 1", "lane"), aWish(l.name+" 2", "lane")},
		Consume: []storage.Consumption{{Seq: s.Messages[0].Seq, As: storage.MessageConsumed}},
	})
	l.step("turn of a crowded record")
	l.settle(storage.Settlement{Lease: l.take(1)[0].Lease, As: storage.EffectDone})
	l.settle(storage.Settlement{Lease: l.take(1)[0].Lease, As: storage.EffectDone})
	l.step("effects of a crowded record")
	every(l.hand, l.Elements(context.Background(), aNode("crowd"), storage.ElementQuery{Names: []string{"7", "8"}}))
	l.step("elements of a crowded record")
}

// judge demands that a statement finds what it looks at by an index, and looks at no more than so many rows
// of a table.
func (p *planner) judge(when string, one plan, most float64) {
	p.Helper()
	one.Plan.each(func(step node) {
		small := step.Relation == "migration" || step.Relation == "witness"
		if step.Relation != "" && !small && (strings.Contains(step.Type, "Seq") || step.looked() > most) {
			p.Errorf("%s: %s looks at %.0f rows of %s by %q (%s), filter %s, in\n%s",
				when, step.Type, step.looked(), step.Relation, step.Index, step.IndexCond, step.Filter, one.Query)
		}
	})
}

// read reads what there is, as people and programs do, and does what they do with it.
func (l life) read() {
	l.Helper()
	ctx, a := context.Background(), aNode(l.id(0))
	const page = 20
	every(l.hand, l.List(ctx, storage.Query{Kind: "node", After: "bulk b", Limit: page}))
	l.step("list")
	every(l.hand, l.Elements(ctx, a, storage.ElementQuery{Names: []string{"x"}, Groups: []int{1}}))
	l.step("elements")
	every(l.hand, l.Messages(ctx, storage.MessageQuery{To: a}))
	every(l.hand, l.Messages(ctx, storage.MessageQuery{To: a, Statuses: []storage.MessageStatus{storage.MessageOpen}}))
	every(l.hand, l.Messages(ctx, storage.MessageQuery{Statuses: []storage.MessageStatus{storage.MessageDead}, Limit: page}))
	every(l.hand, l.Messages(ctx, storage.MessageQuery{Limit: page}))
	l.step("messages")
	every(l.hand, l.Effects(ctx, storage.EffectQuery{From: a}))
	every(l.hand, l.Effects(ctx, storage.EffectQuery{From: a, Statuses: []storage.EffectStatus{storage.EffectPending}}))
	every(l.hand, l.Effects(ctx, storage.EffectQuery{Statuses: []storage.EffectStatus{storage.EffectDead}, Limit: page}))
	every(l.hand, l.Effects(ctx, storage.EffectQuery{Limit: page}))
	l.step("effects")
	every(l.hand, l.History(ctx, a, 1))
	l.step("history")
	_, err := l.RedriveMessages(ctx, []uint64{1, 2, 3})
	l.right(nil, err)
	_, err = l.RedriveEffects(ctx, []string{l.id(0) + "/1", "none"}, 0)
	l.right(nil, err)
	l.step("redrive")
	for range 2 {
		_, err = l.Prune(ctx, storage.Retention{Messages: 1, Effects: 1, Dead: 1, Lines: 1}, page)
		l.right(nil, err)
	}
	l.step("prune")
}

// What a poll that finds nothing looks at does not grow with what there is.
func TestAnEmptyPollReadsAFewPages(t *testing.T) {
	t.Parallel()
	url := databaseOn(t, fastServer(t), "")
	pool, o := poolOn(t, url), postgres.Options{Schema: "estate"}
	fill(t, pool, o, 10_000)
	p := newPlanner(t, url)
	h := hand{t, storeOn(t, p.pool, o)}
	for _, more := range []int{0, 190_000} {
		for _, table := range []string{"record", "effect"} {
			multiply(t, pool, o.Schema+"."+table, 10_000, 10_000+more-1)
		}
		must(t, pool, "ANALYZE")
		for _, poll := range []func(){func() { h.claim(9) }, func() { h.take(9) }} {
			poll() // what the server has to read about the tables themselves is read now
			p.heard()
			poll()
			polls := 0
			for _, one := range p.heard() {
				if !strings.Contains(one.Query, "SKIP LOCKED") {
					continue
				}
				polls++
				if pages := one.Plan.buffers(); pages > 10 {
					t.Errorf("among %d records an empty poll reads %d pages; at most 10 are right, in\n%s", 10_000+more, pages, one.Query)
				}
			}
			if polls == 0 {
				t.Error("no poll was seen")
			}
		}
	}
}
