package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A refusing inventory answers the commits of saves with errors, one after another, and counts the saves.
type refusing struct {
	storage.Inventory

	commits []error // of the first saves; nil: it is made
	begins  []error // of the first saves
	open    error   // what is wrong when a save is closed
	saves   int
	fences  []storage.Fence
}

func (in *refusing) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	in.saves++
	in.fences = append(in.fences, f)
	if n := in.saves - 1; n < len(in.begins) && in.begins[n] != nil {
		return nil, in.begins[n]
	}
	tx, err := in.Inventory.Begin(ctx, f)
	if err != nil {
		return nil, err
	}
	return &refusingTx{tx, in}, nil
}

type refusingTx struct {
	storage.InventoryTx

	in *refusing
}

func (tx *refusingTx) Commit(ctx context.Context) error {
	if n := tx.in.saves - 1; n < len(tx.in.commits) && tx.in.commits[n] != nil {
		return tx.in.commits[n]
	}
	return tx.InventoryTx.Commit(ctx)
}

func (tx *refusingTx) Close() error { return errors.Join(tx.InventoryTx.Close(), tx.in.open) }

// conflicts are different ones.
func conflicts(words string) (out []error) {
	for word := range strings.FieldsSeq(words) {
		out = append(out, fmt.Errorf("%w: row %s is there", storage.ErrConflict, word))
	}
	return out
}

// A save that conflicts is made anew as long as that may help.
func TestSaveIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    refusing
		saves int
		is    error
		says  string
	}{
		"nobody is in the way":             {in: refusing{}, saves: 1},
		"somebody is in the way once":      {in: refusing{commits: conflicts("a")}, saves: 2},
		"others are four times":            {in: refusing{commits: conflicts("a b c d")}, saves: 5},
		"others are five times":            {in: refusing{commits: conflicts("a b c d e")}, saves: 5, is: storage.ErrConflict, says: "row e is there; another writer was in the way of each of 5 plans"},
		"the same is twice":                {in: refusing{commits: conflicts("a a")}, saves: 2, is: storage.ErrConflict, says: "row a is there; a new plan was refused in the same words"},
		"the same is twice, in the end":    {in: refusing{commits: conflicts("a b b")}, saves: 3, is: storage.ErrConflict, says: "the same words"},
		"the same is twice, not in a row":  {in: refusing{commits: conflicts("a b a")}, saves: 4},
		"then it is unknown":               {in: refusing{commits: append(conflicts("a"), storage.ErrUnknown)}, saves: 2, is: storage.ErrUnknown},
		"it is unknown":                    {in: refusing{commits: []error{storage.ErrUnknown}}, saves: 1, is: storage.ErrUnknown},
		"the lease is lost":                {in: refusing{begins: []error{storage.ErrLeaseLost}}, saves: 1, is: storage.ErrLeaseLost},
		"the lease is lost then":           {in: refusing{commits: conflicts("a"), begins: []error{nil, storage.ErrLeaseLost}}, saves: 2, is: storage.ErrLeaseLost},
		"it is invalid":                    {in: refusing{commits: []error{storage.ErrInvalid}}, saves: 1, is: storage.ErrInvalid},
		"the transaction cannot be ended":  {in: refusing{commits: conflicts("a"), open: errors.New("it stays open")}, saves: 1, is: storage.ErrConflict, says: "it stays open"},
		"the next one cannot begin at all": {in: refusing{commits: conflicts("a"), begins: []error{nil, storage.ErrInvalid}}, saves: 2, is: storage.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in.Inventory = inventory(t)
			p, err := refresh.NewPersister(declare, &c.in, nil)
			target(t, err)
			r, err := p.Open(t.Context(), "one", nil)
			target(t, err)
			hosts(3).full(r.Inventory)
			plan, err := r.Save(t.Context(), 1)
			if c.is == nil && c.in.open == nil {
				target(t, err)
			} else if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v; want %v that says %q", err, c.is, c.says)
			}
			if c.in.saves != c.saves {
				t.Errorf("%d saves were begun; want %d", c.in.saves, c.saves)
			}
			if got := len(dump(t, c.in.Inventory)["hosts"]); got > 0 != (c.is == nil) {
				t.Errorf("%d hosts are there, and the error is %v", got, err)
			}
			if plan != nil {
				target(t, plan.Close())
			}
		})
	}
}

// Who wants no save any more gets none.
func TestSaveIsNotMadeAnewWithoutContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	saves := 0
	p, err := refresh.NewPersister(declare, altertest.New(inventory(t), altertest.Alter{Before: func(call string) error {
		switch call {
		case "begin":
			saves++
		case "commit":
			cancel()
			return storage.ErrConflict
		}
		return nil
	}}), nil)
	target(t, err)
	r, err := p.Open(ctx, "one", nil)
	target(t, err)
	hosts(3).full(r.Inventory)
	if _, err := r.Save(ctx, 1); !errors.Is(err, storage.ErrConflict) || saves != 1 {
		t.Errorf("after %d saves the error is %v; want that of one", saves, err)
	}
}

// With another plan progress and steps begin anew, and nothing is left of the first one.
func TestSaveBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var steps, lines []string
	in := &refusing{Inventory: inventory(t), commits: conflicts("a b")}
	p, err := refresh.NewPersister(func(b *refresh.Builder) *estate {
		refresh.AddStep(b, refresh.Step{Name: "count", Do: func(_ context.Context, s refresh.Saving) error {
			steps = append(steps, fmt.Sprintf("%d of save %d", s.Plan.Collections[0].Inserts, s.Number))
			return nil
		}})
		return declare(b)
	}, in, &refresh.PersisterOptions{Memory: 1, Progress: func(p refresh.Progress) {
		if p.Collection == "" {
			lines = append(lines, p.String())
		}
	}})
	target(t, err)
	r, err := p.Open(t.Context(), "one", nil)
	target(t, err)
	hosts(3).full(r.Inventory)
	plan, err := r.Save(t.Context(), 1)
	target(t, err)
	if diff := cmp.Diff(slices.Repeat([]string{"3 of save 1"}, 3), steps); diff != "" {
		t.Errorf("the steps of three tries (- want, + got):\n%s", diff)
	}
	once := []string{"one: filling 3 of 3", "one: matching 0", "one: comparing 3 of 3", "one: writing 3 of 3"}
	if diff := cmp.Diff(slices.Repeat(once, 3), lines); diff != "" {
		t.Errorf("the progress of three tries (- want, + got):\n%s", diff)
	}
	if plan.Collections[0].Inserts != 3 || len(planText(t, plan)) == 0 {
		t.Errorf("the plan is %+v", plan.Collections[0])
	}
	target(t, errors.Join(plan.Close(), r.Close()))
	left, err := os.ReadDir(dir)
	target(t, err)
	if len(left) > 0 {
		t.Errorf("%d temporary files are left, the first %s", len(left), left[0].Name())
	}
}

// A step whose own records have moved is done again with the save.
func TestSaveIsMadeAnewForAStep(t *testing.T) {
	t.Parallel()
	done := 0
	p, err := refresh.NewPersister(func(b *refresh.Builder) *estate {
		refresh.AddStep(b, refresh.Step{Name: "moves", Do: func(context.Context, refresh.Saving) error {
			if done++; done == 1 {
				return storage.ErrConflict
			}
			return nil
		}})
		return declare(b)
	}, inventory(t), nil)
	target(t, err)
	saveTargets(t, p, nil, hosts(3).full)
	if done != 2 {
		t.Errorf("the step was done %d times; want once more after its conflict", done)
	}
}

// A refresher does not collect again what somebody was in the way of, also when it is forced.
func TestRefresherSavesAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		in := &refusing{Inventory: p.inventory, commits: conflicts("a")}
		var err error
		p.persister, err = refresh.NewPersister(declare, in, nil)
		p.ok(err)
		p.refresher = p.another(nil)
		stop := p.supervise(nil)
		for i := range 100 {
			p.cloud.set("east", fmt.Sprint(i), "h1")
		}
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		for i := range 90 {
			p.cloud.unset("east", fmt.Sprint(i))
		}
		in.commits, in.saves = conflicts("b"), 0
		p.ok(p.refresher.Force(p.Context(), "east"))
		m := p.await("east")
		stop()
		if n := len(p.vms("east")); n != 10 || m.Full.Failures != 0 || in.saves != 2 {
			p.Errorf("after %d saves there are %d vms, and %+v", in.saves, n, m.Full)
		}
		if diff := cmp.Diff([]string{"all", "all"}, p.cloud.readings("east")); diff != "" {
			p.Errorf("what was collected (- want, + got):\n%s", diff)
		}
	})
}

// A refresher whose saves are overtaken by others again and again takes a newer token each time, and gives up at last.
func TestRefresherIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		in := &refusing{Inventory: p.inventory, begins: slices.Repeat([]error{storage.ErrLeaseLost}, 5)}
		var err error
		p.persister, err = refresh.NewPersister(declare, in, nil)
		p.ok(err)
		p.refresher = p.another(nil)
		stop := p.supervise(nil)
		p.cloud.set("east", "1", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		_, err = p.refresher.Await(p.Context(), "east")
		if saves := in.saves; saves != 5 || !strings.Contains(fmt.Sprint(err), "lease lost") {
			p.Errorf("after %d saves the error is %v; want that of five", saves, err)
		}
		for i := range in.fences[1:] {
			if in.fences[i].Token >= in.fences[i+1].Token {
				p.Errorf("the tokens do not rise: %v", in.fences)
			}
		}
		stop()
	})
}
