package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// What a supervisor prunes in one turn, and for how long it takes it.
const (
	pruneTurn = 1000
	pruneTime = 20 * time.Millisecond
)

// A pruneBook is how often a store was pruned, as a test sees it.
type pruneBook struct {
	mu            sync.Mutex
	running, most int
	at            []time.Time
	by            map[string]int // rows
}

// A pruner is a store as one supervisor sees it. It says in a book what it pruned, and can fail.
type pruner struct {
	*spy
	name string
	book *pruneBook
	fail atomic.Pointer[string]
}

func (p *pruner) Prune(ctx context.Context, r storage.Retention, limit int) (int, error) {
	p.book.begin()
	select {
	case <-ctx.Done():
	case <-time.After(pruneTime):
	}
	n, err := 0, ctx.Err()
	if why := p.fail.Load(); why != nil {
		err = errors.New(*why)
	}
	if err == nil {
		n, err = p.Store.Prune(ctx, r, limit)
	}
	p.book.end(p.name, n)
	return n, err
}

func (b *pruneBook) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running++
	b.most = max(b.most, b.running)
	b.at = append(b.at, time.Now())
}

func (b *pruneBook) end(who string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running--
	b.by[who] += n
}

// turns tells when each turn began, and how many there were at once at most.
func (b *pruneBook) turns() (at []time.Time, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.at), b.most
}

// removers are those who removed something.
func (b *pruneBook) removers() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rows := range b.by {
		if rows > 0 {
			n++
		}
	}
	return n
}

// rows is how many were removed.
func (b *pruneBook) rows() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rows := range b.by {
		n += rows
	}
	return n
}

// pruning runs a test in a yard with a razed kiln, to which nothing can be said any more, and with
// supervisors that keep messages for an hour: whatever is said is stale, and gone after that.
func pruning(t *testing.T, crew int, test func(y *yard, b *pruneBook, crew []*pruner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, plan{})
		y.create("a")
		y.fire("a", rubble)
		b := &pruneBook{by: map[string]int{}}
		var pruners []*pruner
		for i := range crew {
			p := &pruner{spy: spyOn(y.memory), name: fmt.Sprint("no. ", i), book: b}
			pruners = append(pruners, p)
			y.store = p
			y.supervisor(plan{options: supervision.Options{
				Name: p.name, Backoff: exactly(time.Minute), Retention: &storage.Retention{Messages: time.Hour},
			}})
			y.run()
		}
		test(y, b, pruners)
		y.stop()
	})
}

// stale says something to the razed kiln, so many times.
func (y *yard) stale(n int) {
	y.Helper()
	said := make([]storage.Message, n)
	for i := range said {
		said[i] = storage.Message{ID: fmt.Sprint(time.Now().UnixMicro(), " ", i), To: y.kilns.Key("a"), Name: "word"}
	}
	answers, err := y.memory.Deliver(y.Context(), said)
	y.ok(errors.Join(append(answers, err)...))
}

// left tells how long ago what is left was said, the oldest first.
func (y *yard) left() (ages []time.Duration) {
	y.Helper()
	for m, err := range y.memory.Messages(y.Context(), storage.MessageQuery{}) {
		y.ok(err)
		ages = append(ages, time.Since(m.At))
	}
	return ages
}

// untilGone lets time pass, a little at a time, until so many rows have been removed.
func (y *yard) untilGone(b *pruneBook, n int) {
	y.Helper()
	for end := time.Now().Add(5 * time.Minute); b.rows() < n; y.pass(pruneTime / 4) {
		if time.Now().After(end) {
			y.Fatalf("%d rows were removed in five minutes, want %d", b.rows(), n)
		}
	}
}

func (y *yard) figures() supervision.Pruning {
	y.Helper()
	p, err := supervision.ExplainPruning(y.Context(), y.memory)
	y.ok(err)
	return p
}

// Of several supervisors one prunes at a time: in turns of a bounded number of rows, without a pause
// until nothing is left.
func TestOneOfManySupervisorsPrunes(t *testing.T) {
	t.Parallel()
	pruning(t, 3, func(y *yard, b *pruneBook, _ []*pruner) {
		if p := y.figures(); !p.At.IsZero() || !strings.Contains(p.String(), "nothing was pruned yet") {
			y.Errorf("before the first run it is %s", p)
		}
		y.stale(2*pruneTurn + 500)
		y.pass(time.Hour - time.Minute)
		y.stale(7)
		y.pass(3 * time.Minute)
		at, most := b.turns()
		if ages := y.left(); len(ages) != 7 || b.rows() != 2*pruneTurn+500 || most != 1 {
			y.Errorf("%d are left and %d were removed, by %d at once", len(ages), b.rows(), most)
		}
		turns := 0
		for i := 2; i < len(at); i++ {
			if at[i].Sub(at[i-2]) == 2*pruneTime {
				turns++
			}
		}
		if turns != 1 {
			y.Errorf("three turns were to follow each other once, and did so %d times", turns)
		}
		y.pass(time.Hour + 2*time.Minute)
		p := y.figures()
		if len(y.left()) != 0 || p.Total != 2*pruneTurn+507 || p.Behind || p.Failures > 0 {
			y.Errorf("in the end %d are left, and it is %+v", len(y.left()), p)
		}
	})
}

// The figures say what the last run did, and that it goes on as long as it does.
func TestPruningIsExplained(t *testing.T) {
	t.Parallel()
	pruning(t, 1, func(y *yard, b *pruneBook, _ []*pruner) {
		y.stale(5 * pruneTurn)
		y.pass(time.Hour)
		y.untilGone(b, 2*pruneTurn)
		p, removed := y.figures(), b.rows()
		if !p.Behind || p.Removed != removed || p.Took != time.Duration(removed/pruneTurn)*pruneTime || p.By != "no. 0" || p.Holder != "no. 0" ||
			p.Retention.Messages != time.Hour || !strings.Contains(p.String(), "it is behind") {
			y.Errorf("in the middle of a run it is %+v\n%s", p, p)
		}
		y.pass(time.Second)
		p = y.figures()
		if p.Behind || p.Removed != 5*pruneTurn || p.Total != 5*pruneTurn || p.Took != 6*pruneTime || p.At.Sub(p.Began) != 5*pruneTime || p.Holder != "" {
			y.Errorf("after the run it is %+v", p)
		}
		for _, want := range []string{
			"messages are kept for 1h0m0s, effects for ever, what is dead for ever, lines for ever",
			"removed 5000 rows in 120ms; all runs removed 5000", "its last turn was by no. 0", "its next turn is in 59.",
		} {
			if !strings.Contains(p.String(), want) {
				y.Errorf("it is explained without %q:\n%s", want, p)
			}
		}
		y.pass(2 * time.Minute)
		if p = y.figures(); p.Removed != 0 || p.Total != 5*pruneTurn {
			y.Errorf("after a run that found nothing it is %+v", p)
		}
	})
}

// Whenever supervisors come and go, nothing goes before its time, and nothing stays much longer.
func TestNothingIsPrunedEarlyOrLate(t *testing.T) {
	t.Parallel()
	pruning(t, 2, func(y *yard, b *pruneBook, crew []*pruner) {
		said := 0
		for range 200 {
			n := rand.N(40)
			y.stale(n)
			said += n
			away := crew[rand.N(len(crew))]
			away.interfere(func(string) error { return errAway })
			y.pass(rand.N(90 * time.Second))
			away.interfere(nil)
			ages := y.left()
			if b.rows()+len(ages) != said {
				y.Fatalf("%d were said, %d are left and %d were removed", said, len(ages), b.rows())
			}
			// A run begins a minute after the last one, or when a lease has ended that was given up.
			if len(ages) > 0 && ages[0] > time.Hour+4*time.Minute {
				y.Fatalf("one is %v old", ages[0])
			}
		}
		for _, age := range y.left() {
			if age > time.Hour+4*time.Minute {
				y.Errorf("one is %v old", age)
			}
		}
		if _, most := b.turns(); most != 1 || b.removers() != 2 {
			y.Errorf("%d of %d supervisors pruned at once; want both, one at a time", most, b.removers())
		}
	})
}

// One that removed rows and died before it could say so has a successor when its lease has ended.
func TestASupervisorDiesWhilePruning(t *testing.T) {
	t.Parallel()
	pruning(t, 2, func(y *yard, b *pruneBook, crew []*pruner) {
		y.stale(3 * pruneTurn)
		for _, p := range crew {
			p.interfere(dies(b))
		}
		y.pass(time.Hour)
		y.untilGone(b, 1)
		died := time.Now()
		y.untilGone(b, 3*pruneTurn)
		if took := time.Since(died); took < supervision.DefaultLease-time.Second || took > supervision.DefaultLease+3*supervision.DefaultPoll {
			y.Errorf("the takeover took %v", took)
		}
		y.pass(time.Minute)
		p := y.figures()
		if _, most := b.turns(); p.Total != 2*pruneTurn || p.Behind || b.removers() != 2 || most != 1 {
			y.Errorf("it is %+v; by %d supervisors", p, b.removers())
		}
	})
}

// dies has a supervisor lose its store when it is to write the figures of the first batch of all.
func dies(b *pruneBook) func(method string) error {
	dead := false
	return func(method string) error {
		if dead = dead || method == "Apply" && b.rows() == pruneTurn; dead {
			return errAway
		}
		return nil
	}
}

// What cannot be pruned is tried again, later each time, for ever. Who looks is told.
func TestPruningThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	pruning(t, 1, func(y *yard, b *pruneBook, crew []*pruner) {
		full := "the disk is full"
		crew[0].fail.Store(&full)
		y.stale(1)
		y.pass(4 * time.Hour)
		p := y.figures()
		at, _ := b.turns()
		if n := len(at); p.Failures != n || n < 2*supervision.DefaultFailures || p.Reason != full || !p.Behind {
			y.Errorf("after %d turns that failed it is %+v", n, p)
		}
		for i := 2; i < len(at); i++ {
			waited, before := at[i].Sub(at[i-1]), at[i-1].Sub(at[i-2])
			if late := waited - before - time.Minute; late < -3*time.Second || late > 3*time.Second {
				y.Errorf("turn %d came after %v, the one before after %v", i, waited, before)
			}
		}
		if want := fmt.Sprintf("its last %d turns failed (the disk is full)", p.Failures); !strings.Contains(p.String(), want) {
			y.Errorf("it is explained without %q:\n%s", want, p)
		}
		crew[0].fail.Store(nil)
		y.pass(time.Hour)
		if p := y.figures(); p.Failures != 0 || p.Reason != "" || p.Behind || p.Total != 1 || p.Removed > 1 {
			y.Errorf("when the disk has room again it is %+v", p)
		}
		if y.log.lines("removing what is not to be kept any more fails") != 1 || y.log.lines("goes well again") != 1 {
			y.Errorf("the log says\n%s", y.log)
		}
	})
}

// In an estate where nothing happens, nothing is asked for more than a few times an hour, however many
// supervisors there are, and nothing grows.
func TestPruningCostsNothingWhileIdle(t *testing.T) {
	t.Parallel()
	const crew, hours = 3, 24
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, plan{})
		b := &pruneBook{by: map[string]int{}}
		var pruners []*pruner
		for range crew {
			p := &pruner{spy: spyOn(y.memory), name: "idle", book: b}
			pruners = append(pruners, p)
			y.store = p
			y.supervisor(plan{options: supervision.Options{Poll: 10 * time.Second}})
			y.run()
		}
		y.pass(hours * time.Hour)
		applied, leased := 0, 0
		for _, p := range pruners {
			applied += p.count("Apply")
			leased += p.count("Extend") + p.count("Release")
		}
		if at, _ := b.turns(); len(at) > hours || len(at) < hours-2 || applied > hours+crew || leased > 0 {
			t.Errorf("in %d hours it was pruned %d times, with %d writes and %d leases extended or given back", hours, len(at), applied, leased)
		}
		key := storage.Key{Kind: "supervision.retention", ID: "store"}
		for line, err := range y.memory.History(t.Context(), key, 0) {
			t.Errorf("it left the line %+v, %v", line, err)
		}
		y.stop()
	})
}

// Who keeps everything for ever has no record of it.
func TestNothingIsPrunedThatIsKeptForEver(t *testing.T) {
	t.Parallel()
	b := &pruneBook{by: map[string]int{}}
	p := plan{options: supervision.Options{Retention: &storage.Retention{}}, wrap: func(s *memory.Store) storage.Store {
		return &pruner{spy: spyOn(s), book: b}
	}}
	inYard(t, p, func(y *yard) {
		y.run()
		y.pass(2 * time.Hour)
		if at, _ := b.turns(); len(at) > 0 || !y.figures().Due.IsZero() {
			y.Errorf("it was pruned %d times: %+v", len(at), y.figures())
		}
	})
}

// A supervisor that stops gives the lease back, and leaves no turn half noted.
func TestASupervisorStopsWhilePruning(t *testing.T) {
	t.Parallel()
	pruning(t, 1, func(y *yard, b *pruneBook, _ []*pruner) {
		y.stale(3 * pruneTurn)
		y.pass(time.Hour)
		y.untilGone(b, 1)
		y.pass(pruneTime / 2) // in the middle of the second turn
		y.stop()
		p := y.figures()
		if p.Holder != "" || p.Due.After(time.Now()) || p.Total != b.rows() || p.Failures > 0 {
			y.Errorf("%d rows were removed, and it is %+v", b.rows(), p)
		}
		y.run()
		y.pass(time.Minute)
		if p := y.figures(); p.Total != 3*pruneTurn || p.Behind {
			y.Errorf("in the end it is %+v", p)
		}
	})
}

// Each supervisor goes by its own retention when it is its turn, and says so.
func TestSupervisorsMayKeepThingsForDifferentTimes(t *testing.T) {
	t.Parallel()
	pruning(t, 1, func(y *yard, _ *pruneBook, _ []*pruner) {
		y.stale(1)
		y.pass(10 * time.Minute)
		y.store = y.memory
		y.supervisor(plan{options: supervision.Options{Name: "hasty", Retention: &storage.Retention{Messages: time.Minute}}})
		y.run()
		for range 300 {
			if len(y.left()) == 0 {
				break
			}
			y.pass(10 * time.Second)
		}
		if p := y.figures(); p.By != "hasty" || p.Retention.Messages != time.Minute || p.Total != 1 {
			y.Errorf("it is %+v", p)
		}
	})
}

func TestPruningCannotBeExplainedWithoutAStore(t *testing.T) {
	t.Parallel()
	store := spyOn(memory.New(nil))
	store.interfere(func(string) error { return errAway })
	if _, err := supervision.ExplainPruning(t.Context(), store); !errors.Is(err, errAway) || !strings.HasPrefix(err.Error(), "supervision: ") {
		t.Error(err)
	}
}
