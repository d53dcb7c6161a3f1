package supervision_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A pump's runs, as a test sees them.
type pumpBook struct {
	running, most int
	begun         []time.Time
	causes        []error
}

// pump returns a pump that works until its context ends, or as long as it is told.
func (b *pumpBook) pump(works func(run int) (time.Duration, error)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		b.running++
		b.most = max(b.most, b.running)
		b.begun = append(b.begun, time.Now())
		defer func() { b.running-- }()
		d, err := works(len(b.begun))
		select {
		case <-ctx.Done():
			b.causes = append(b.causes, context.Cause(ctx))
			return nil
		case <-time.After(d):
			return err
		}
	}
}

func forEver(int) (time.Duration, error) { return 24 * time.Hour, nil }

// Of several supervisors one runs the pump. When it stops another takes over at once, and when it dies,
// when its lease has ended.
func TestASourceRunsOnceInTheEstate(t *testing.T) {
	t.Parallel()
	var b pumpBook
	var store *spy
	p := spied(plan{prepare: func(y *yard) { y.sup.Source("replies", y.store, b.pump(forEver)) }}, &store)
	inYard(t, p, func(y *yard) {
		doomed := y.run()
		y.pass(time.Second)
		y.store = y.memory
		p.prepare = func(y *yard) { y.sup.Source("replies", y.memory, b.pump(forEver)) }
		stop := y.start(y.supervisor(p))
		y.start(y.supervisor(p))
		y.pass(time.Hour)
		if len(b.begun) != 1 || b.running != 1 {
			y.Errorf("the pump was started %d times, and %d run", len(b.begun), b.running)
		}
		store.interfere(func(string) error { return errAway })
		died := time.Now()
		y.pass(time.Minute)
		if len(b.begun) != 2 || b.most != 1 || !errors.Is(b.causes[0], storage.ErrLeaseLost) {
			y.Fatalf("after a crash it was started %d times, %d at once, and ended because of %v", len(b.begun), b.most, b.causes)
		}
		if took := b.begun[1].Sub(died); took > supervision.DefaultLease+2*supervision.DefaultPoll {
			y.Errorf("the takeover took %v", took)
		}
		_ = doomed()
		begun := time.Now()
		y.ok(stop())
		y.pass(2 * supervision.DefaultPoll)
		if len(b.begun) == 2 { // the other one had it
			return
		}
		if took := b.begun[2].Sub(begun); took > supervision.DefaultPoll || b.most != 1 {
			y.Errorf("the takeover took %v, and %d ran at once", took, b.most)
		}
	})
}

// A pump that fails is started again, later each time; one that has worked for a while is trusted again.
func TestASourceIsStartedAgain(t *testing.T) {
	t.Parallel()
	var b pumpBook
	works := func(run int) (time.Duration, error) {
		switch run {
		case 1, 2:
			return 0, errDamp
		case 3:
			panic("the pump burst")
		case 4:
			return time.Hour, errDamp
		case 5:
			return time.Minute, nil
		}
		return forEver(run)
	}
	inYard(t, plan{options: supervision.Options{Backoff: exactly(10 * time.Second)}, prepare: func(y *yard) {
		y.sup.Source("replies", y.store, b.pump(works))
	}}, func(y *yard) {
		y.run()
		y.pass(2 * time.Hour)
		want := []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second, time.Hour + 10*time.Second, time.Minute + supervision.DefaultPoll}
		var got []time.Duration
		for i := 1; i < len(b.begun); i++ {
			got = append(got, b.begun[i].Sub(b.begun[i-1]))
		}
		if !near(got, want, 2*time.Second) {
			y.Errorf("it was started again after %v, want %v", got, want)
		}
		if y.log.lines("a source ended") != 4 || !strings.Contains(y.log.String(), "source_test.go") {
			y.Errorf("the log says\n%s", y.log)
		}
	})
}

// A source needs no kind, and Run waits for its pump.
func TestASourceAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, plan{})
		var b pumpBook
		s, err := supervision.New(nil)
		y.ok(err)
		s.Source("replies", y.memory, b.pump(forEver))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Run(ctx); err != nil || b.running != 0 || len(b.begun) != 1 {
			t.Errorf("%v; %d run of %d", err, b.running, len(b.begun))
		}
	})
}

// What a pump brings in is heard.
func TestASourceBringsMessages(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: listening, prepare: func(y *yard) {
		y.sup.Source("replies", y.store, func(ctx context.Context) error {
			y.say("a", "hello")
			<-ctx.Done()
			return nil
		})
	}}, func(y *yard) {
		y.create("a")
		y.run()
		y.pass(2 * supervision.DefaultPoll)
		y.heard("a", "hello")
	})
}
