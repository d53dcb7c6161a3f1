package supervision_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// running starts a supervisor and returns the function that stops it.
func running(t *testing.T, s *supervision.Supervisor) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// lampsWith are lamps supervised by a decider, with an effect that answers at once.
func lampsWith(t *testing.T, decide supervision.Decider[lamp, lampState, lampEvent], o *supervision.Options) (*lampKind, func()) {
	t.Helper()
	lamps := newLamps(t, memory.New(nil))
	s, err := supervision.New(o)
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, lamps, decide)
	supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) { return 230, nil }, nil)
	return lamps, running(t, s)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stateOf(t *testing.T, lamps *lampKind, id string) supervision.Record[lamp, lampState] {
	t.Helper()
	r, err := lamps.Get(t.Context(), id)
	must(t, err)
	return r
}

func TestPauseKeepsWhatIsSaidAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps, stop := lampsWith(t, decideLamp, nil)
		defer stop()
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.Pause(ctx, "a", "maintenance", supervision.Cause("ops")))
		_, err := lamps.Order(ctx, "a", press, time.Hour, nil)
		must(t, err)
		time.Sleep(time.Minute)
		if r := stateOf(t, lamps, "a"); r.State != switching || r.Status != storage.Paused || r.Reason != "maintenance" {
			t.Fatalf("paused it is %+v", r)
		}
		must(t, lamps.Resume(ctx, "a"))
		time.Sleep(10 * time.Second)
		if r := stateOf(t, lamps, "a"); r.State != on || r.Status != storage.OK || r.Reason != "" {
			t.Fatalf("resumed it is %+v", r)
		}
		var causes []string
		for l, err := range lamps.History(ctx, "a") {
			must(t, err)
			causes = append(causes, l.Cause)
		}
		if got := strings.Join(causes, "; "); !strings.HasPrefix(got, "create; paused: maintenance (ops); order; resumed") {
			t.Errorf("the history tells %q", got)
		}
		if err := lamps.Resume(ctx, "a"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("resuming what is not paused: %v", err)
		}
		if err := lamps.Retry(ctx, "a"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("retrying what did not fail: %v", err)
		}
	})
}

func TestPauseAllStopsTheKindForEverySupervisor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps, stop := lampsWith(t, decideLamp, nil)
		defer stop()
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.PauseAll(ctx, "a new version"))
		time.Sleep(2 * supervision.DefaultPoll)
		_, err := lamps.Order(ctx, "a", press, time.Hour, nil)
		must(t, err)
		time.Sleep(time.Minute)
		if r := stateOf(t, lamps, "a"); r.State != switching {
			t.Fatalf("the kind is paused, and it is %+v", r)
		}
		e, err := lamps.Explain(ctx, "a")
		must(t, err)
		if !e.KindPaused || !strings.Contains(e.String(), "the whole kind is paused (a new version)") {
			t.Errorf("it is explained by\n%s", e)
		}
		must(t, lamps.ResumeAll(ctx))
		time.Sleep(10 * time.Second)
		if r := stateOf(t, lamps, "a"); r.State != on {
			t.Fatalf("the kind is resumed, and it is %+v", r)
		}
	})
}

func TestRetryAllMendsWhatWasQuarantined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sick := true
		lamps, stop := lampsWith(t, func(t *lampTurn) error {
			if sick && t.Key.ID != "c" {
				return errors.New("out of order")
			}
			return decideLamp(t)
		}, &supervision.Options{Failures: 3})
		defer stop()
		ctx := t.Context()
		for _, id := range []string{"a", "b", "c"} {
			must(t, lamps.Create(ctx, id, lamp{}, supervision.Cause("test")))
			_, err := lamps.Order(ctx, id, press, time.Hour, nil)
			must(t, err)
		}
		time.Sleep(30 * time.Second)
		a := stateOf(t, lamps, "a")
		if a.Status != storage.Quarantined || !strings.Contains(a.Reason, "out of order") || a.Failures != 3 {
			t.Fatalf("after failures it is %+v", a)
		}
		if c := stateOf(t, lamps, "c"); c.State != on {
			t.Fatalf("the healthy one is %+v", c)
		}
		e, err := lamps.Explain(ctx, "a")
		must(t, err)
		if text := e.String(); !strings.Contains(text, "it is quarantined") || !strings.Contains(text, "out of order") {
			t.Errorf("it is explained by\n%s", text)
		}
		sick = false
		n, err := lamps.RetryAll(ctx)
		must(t, err)
		time.Sleep(10 * time.Second)
		if n != 2 || stateOf(t, lamps, "a").State != on || stateOf(t, lamps, "b").Failures != 0 {
			t.Errorf("%d were retried; a is %+v", n, stateOf(t, lamps, "a"))
		}
	})
}

func TestUnreadableRecordsCanBePausedRetriedAndDeleted(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	lamps := newLamps(t, store)
	ctx := t.Context()
	key := lamps.Key("a")
	_, err := store.Apply(ctx, []storage.Change{{Key: key, Record: storage.Record{State: "on", Data: []byte("{")}}})
	must(t, err)
	must(t, lamps.Pause(ctx, "a", "look at it"))
	must(t, lamps.Resume(ctx, "a"))
	if _, err := lamps.Explain(ctx, "a"); err != nil {
		t.Errorf("it cannot be explained: %v", err)
	}
	must(t, lamps.Delete(ctx, "a"))
}
