package supervisiontest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

var correct = &estate{decide: decide, journal: true}

// detecting: the race detector is at work, and all is slow.
var detecting bool

// enough is how many seeds to go through; more are for the night, with the variable of the environment.
func enough(most int) int {
	if testing.Short() || detecting {
		return most / 10
	}
	return most
}

func TestCorrectDecidersPass(t *testing.T) {
	t.Parallel()
	if seed, failure := supervisiontest.Search(t, correct.setup, nil, enough(300)); failure != nil {
		t.Fatalf("seed %d: %v", seed, failure)
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, correct.setup, nil)
}

func TestSimulateOneSeed(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, correct.setup, &supervisiontest.Options{Seed: 17, Processes: 4, Steps: 1000})
}

func TestRace(t *testing.T) {
	t.Parallel()
	supervisiontest.Race(t, correct.setup, nil)
}

func TestOneSeedGivesOneTrace(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 20; seed++ {
		once, again := supervisiontest.Trace(t, correct.setup, nil, seed), supervisiontest.Trace(t, correct.setup, nil, seed)
		if once != again {
			t.Fatalf("seed %d: once\n%s\n\nand then\n%s", seed, once, again)
		}
		if !strings.Contains(once, "claims node/") {
			t.Errorf("seed %d: no node got a turn:\n%s", seed, once)
		}
	}
}

// Each fault happens, and none that is left out does.
func TestFaultsHappenUnlessTheyAreLeftOut(t *testing.T) {
	t.Parallel()
	signs := map[supervisiontest.Faults]string{
		supervisiontest.Crashes:         "CRASHES",
		supervisiontest.Stalls:          "everything stands still",
		supervisiontest.Refusals:        "cannot ask the store",
		supervisiontest.WrongClocks:     "clock jumps",
		supervisiontest.Drops:           "is lost",
		supervisiontest.Doubles:         "duplicate message",
		supervisiontest.SlowEffects:     "slowly, ",
		supervisiontest.FailingEffects:  "attempt 1: supervisiontest: the outside does not answer",
		supervisiontest.LyingEffects:    "done, and says: ",
		supervisiontest.RepeatedEffects: "twice, ",
		supervisiontest.LateEffects:     "later, and says: ",
	}
	for fault, sign := range signs {
		t.Run(sign, func(t *testing.T) {
			t.Parallel()
			with, without := "", ""
			for seed := uint64(1); seed <= 8; seed++ {
				with += supervisiontest.Trace(t, correct.setup, &supervisiontest.Options{Without: supervisiontest.AllFaults &^ fault}, seed)
				without += supervisiontest.Trace(t, correct.setup, &supervisiontest.Options{Without: fault}, seed)
			}
			if !strings.Contains(with, sign) || strings.Contains(without, sign) {
				t.Errorf("with the fault it is said: %v, without it: %v", strings.Contains(with, sign), strings.Contains(without, sign))
			}
		})
	}
}

func TestSetupThatFails(t *testing.T) {
	t.Parallel()
	wrong := errors.New("no cloud")
	for name, c := range map[string]struct {
		setup func(sim *supervisiontest.Sim) error
		want  string
	}{
		"by itself":  {func(*supervisiontest.Sim) error { return wrong }, "no cloud"},
		"no process": {func(*supervisiontest.Sim) error { return nil }, "there is no Sim.Process"},
		"a process": {func(sim *supervisiontest.Sim) error {
			sim.Process(func(*supervisiontest.Process) error { return wrong })
			return nil
		}, "process 1 cannot start: no cloud"},
		"nothing to do": {func(sim *supervisiontest.Sim) error {
			sim.Process(func(*supervisiontest.Process) error { return nil })
			return nil
		}, "process 1 cannot work: supervision: there is nothing to supervise"},
		"an action": {func(sim *supervisiontest.Sim) error {
			sim.Action("act", func(context.Context) error { return wrong })
			return correct.setup(sim)
		}, `action "act": no cloud`},
		"a check": {func(sim *supervisiontest.Sim) error {
			sim.Always("it never is", func(context.Context) error { return wrong })
			return correct.setup(sim)
		}, `"it never is" does not hold: no cloud`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failure := supervisiontest.Search(t, c.setup, nil, 5)
			if failure == nil || !strings.Contains(failure.Error(), c.want) {
				t.Errorf("it is %v, want %q", failure, c.want)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nodes, err := newNodes(memory.New(nil), true)
		if err != nil {
			t.Fatal(err)
		}
		sup, err := supervision.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		supervision.Supervise(sup, nodes, decide)
		supervision.Perform(sup, powerOn, func(context.Context, supervision.Call, string) (int, error) { return 230, nil }, nil)
		if err := nodes.Create(t.Context(), "a", node{}); err != nil {
			t.Fatal(err)
		}
		if _, err := nodes.Order(t.Context(), "a", start, 0, nil); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := sup.Pass(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		if _, err := sup.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		supervisiontest.Replay(t, nodes, "a", decide)
		err = supervisiontest.Replays(nodes, func(*turn) error { return nil })(t.Context())
		if differs, ok := errors.AsType[*supervision.ReplayError](err); !ok || differs.Key.ID != "a" {
			t.Errorf("a decider that does nothing replays with %v", err)
		}
	})
}
