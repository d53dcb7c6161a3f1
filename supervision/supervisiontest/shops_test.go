package supervisiontest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// A shop consists of parts that are started in phases. What became of it, it tells its book.
type (
	shop struct {
		Book string
		Told int
	}
	part struct{ Image string }
	book struct{ Heard int }

	shopTurn = supervision.Turn[shop, state, event]
	shopKind = supervision.Kind[shop, state, event]
	bookTurn = supervision.Turn[book, state, event]
	bookKind = supervision.Kind[book, state, event]
)

const (
	down     state = "down"
	bringing state = "bringing up"
	up       state = "up"
	broken   state = "broken"
	open     state = "open"

	bring  event = "bring up"
	done   event = "done"
	fail   event = "fail"
	tumble event = "tumble"
)

func upDown(name string) *fsm.Machine[state, event] {
	return fsm.MustCompile(fsm.Definition[state, event]{
		Name:    name,
		Initial: down,
		States: fsm.States[state, event]{
			down: {Mode: fsm.Resting}, up: {Mode: fsm.Resting}, broken: {Mode: fsm.Resting},
			bringing: {Mode: fsm.Active, After: 20 * time.Minute, Then: fail},
		},
		Table: fsm.Table[state, event]{
			down:     {bring: bringing},
			bringing: {done: up, fail: broken},
			up:       {tumble: down},
			broken:   {tumble: down},
		},
	})
}

var (
	shopMachine = upDown("shop")
	parts       = supervision.NewElements[part](upDown("part"), nil)
	books       = fsm.MustCompile(fsm.Definition[state, event]{
		Name: "book", Initial: open, States: fsm.States[state, event]{open: {Mode: fsm.Resting}},
	})

	startPart = supervision.NewEffect[string, string]("start part")
	announce  = supervision.NewEffect[string, string]("announce")
	isUp      = supervision.NewMessage[string]("part is up")
	tell      = supervision.NewMessage[state]("tell")

	bringUp = &supervision.Phased[part, state, event]{
		Elements: parts,
		Open:     func(s state) bool { return s == down || s == bringing },
		Limit:    20 * time.Minute,
		Resend:   30 * time.Second,
		Order: func(t supervision.Outbound, _ supervision.Step, els []*supervision.Element[part, state]) error {
			for _, el := range els {
				if el.State == down {
					if err := parts.Fire(t, el, bring); err != nil {
						return err
					}
				}
				startPart.Emit(t, el.Data.Image, supervision.ForElement(el.Name), supervision.StepKey(), supervision.Lane(el.Name))
			}
			return nil
		},
	}
)

func decideShop(t *shopTurn) error {
	for _, m := range t.Messages {
		el, known := parts.Get(t, m.Element)
		if !known || el.State != bringing {
			continue
		}
		event := event("")
		if _, ok := isUp.Body(m); ok {
			event = done
		}
		if _, err, ok := startPart.Outcome(m); ok && err != nil {
			event = fail
		}
		if event != "" {
			if err := parts.Fire(t, el, event); err != nil {
				return err
			}
		}
	}
	if t.State != bringing {
		return nil
	}
	step, err := bringUp.Advance(t)
	if err != nil || !step.Done {
		return err
	}
	event := done
	if parts.Count(t, broken) > 0 {
		event = fail
	}
	if err := t.Fire(event); err != nil {
		return err
	}
	t.Data.Told++
	tell.Send(t, storage.Key{Kind: "book", ID: t.Data.Book}, t.State)
	announce.Emit(t, string(t.State), supervision.Keep(), supervision.Quiet())
	return nil
}

func decideBook(t *bookTurn) error {
	for _, m := range t.Messages {
		if _, ok := tell.Body(m); ok {
			t.Data.Heard++
		}
	}
	return nil
}

func newShops(store storage.Store) (*shopKind, *bookKind, error) {
	shops, err := supervision.NewKind("shop", shopMachine, store, &supervision.KindOptions[shop, state, event]{Elements: parts, Journal: true})
	if err != nil {
		return nil, nil, err
	}
	kept, err := supervision.NewKind("book", books, store, &supervision.KindOptions[book, state, event]{Journal: true})
	return shops, kept, err
}

func street(sim *supervisiontest.Sim) error {
	shops, kept, err := newShops(sim.Store())
	if err != nil {
		return err
	}
	sim.Process(func(p *supervisiontest.Process) error {
		mine, written, err := newShops(p.Store())
		if err != nil {
			return err
		}
		supervision.Supervise(p.Supervisor(), mine, decideShop, supervision.Emits(startPart, announce))
		supervision.Supervise(p.Supervisor(), written, decideBook)
		supervision.Perform(p.Supervisor(), startPart, func(_ context.Context, c supervision.Call, image string) (string, error) {
			supervisiontest.Send(sim, isUp, shops, c.From.ID, image, supervision.ToElement(c.Element), supervision.About(c.Operation, c.Step))
			return image, nil
		}, nil)
		supervision.Perform(p.Supervisor(), announce, func(context.Context, supervision.Call, string) (string, error) { return "", nil }, nil)
		return nil
	})

	var made atomic.Int64
	anyShop := func() string { return supervisiontest.Pick(sim, "a", "b") }
	sim.Action("open", func(ctx context.Context) error {
		id, book := anyShop(), fmt.Sprint("book-", made.Add(1))
		return shops.Create(ctx, id, shop{Book: book}, supervision.SetUp(func(t supervision.Outbound) error {
			for i, name := range []string{"db", "cache", "web", "proxy"} {
				parts.Add(t, name, i/2, part{Image: name})
			}
			kept.Spawn(t, book, struct{ Heard int }{})
			return nil
		}))
	})
	sim.Action("bring up", func(ctx context.Context) error {
		_, err := shops.Order(ctx, anyShop(), bring, 2*time.Hour, nil)
		return err
	})
	sim.Action("tumble", func(ctx context.Context) error {
		return shops.Fire(ctx, anyShop(), tumble, func(t *shopTurn) error {
			for el := range parts.All(t) {
				if el.State == bringing { // the shop was given up
					if err := parts.Fire(t, el, fail); err != nil {
						return err
					}
				}
				if el.State != down {
					if err := parts.Fire(t, el, tumble); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
	sim.Action("close", func(ctx context.Context) error { return shops.Delete(ctx, anyShop()) })
	sim.Action("pause", func(ctx context.Context) error { return tolerate(shops.Pause(ctx, anyShop(), "for now")) })
	sim.Action("resume", func(ctx context.Context) error { return tolerate(shops.Resume(ctx, anyShop())) })

	supervisiontest.Watch(sim, shops)
	supervisiontest.Watch(sim, kept)
	sim.Always("a phase begins when the one before is done", func(ctx context.Context) error { return inPhases(ctx, sim, shops) })
	sim.Finally("no shop is on its way", func(ctx context.Context) error { return settled(ctx, shops) })
	sim.Finally("each book has heard what its shop told", func(ctx context.Context) error { return heard(ctx, shops, kept) })
	sim.Finally("the history of each shop replays", supervisiontest.Replays(shops, decideShop))
	sim.Finally("the history of each book replays", supervisiontest.Replays(kept, decideBook))
	return nil
}

// tolerate takes it that a record cannot be paused or resumed now.
func tolerate(err error) error {
	if errors.Is(err, storage.ErrInvalid) {
		return nil
	}
	return err
}

func inPhases(ctx context.Context, sim *supervisiontest.Sim, shops *shopKind) error {
	for r, err := range shops.List(ctx, &supervision.Query[state]{States: []state{bringing}}) {
		if err != nil {
			return err
		}
		waits, begun := 100, -1 // the first group that waits, the last one that has begun
		for e, err := range sim.Store().Elements(ctx, r.Key, storage.ElementQuery{}) {
			if err != nil {
				return err
			}
			switch state(e.State) {
			case down, bringing:
				waits = min(waits, e.Group)
			}
			if state(e.State) == bringing {
				begun = max(begun, e.Group)
			}
		}
		if begun > waits {
			return fmt.Errorf("%s has begun with group %d, and waits for %d", r.Key, begun, waits)
		}
	}
	return nil
}

// settled is AtRest for shops that may be paused.
func settled(ctx context.Context, shops *shopKind) error {
	for r, err := range shops.List(ctx, &supervision.Query[state]{Statuses: []storage.Status{storage.OK}}) {
		if err != nil {
			return err
		}
		if r.State == bringing {
			return fmt.Errorf("%s is, since %v", r.Key, r.Since)
		}
	}
	return nil
}

func heard(ctx context.Context, shops *shopKind, kept *bookKind) error {
	for r, err := range shops.List(ctx, nil) {
		if err != nil {
			return err
		}
		b, err := kept.Get(ctx, r.Data.Book)
		if err != nil {
			return err
		}
		if b.Data.Heard != r.Data.Told {
			return fmt.Errorf("%s told %d things, and %s heard %d", r.Key, r.Data.Told, b.Key, b.Data.Heard)
		}
	}
	return nil
}

func TestStreet(t *testing.T) {
	t.Parallel()
	if seed, failure := supervisiontest.Search(t, street, nil, enough(200)); failure != nil {
		t.Fatalf("seed %d: %v", seed, failure)
	}
}

func TestStreetInRace(t *testing.T) {
	t.Parallel()
	supervisiontest.Race(t, street, nil)
}
