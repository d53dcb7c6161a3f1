package supervision_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A journal that programs of two versions wrote is replayed by the newer one: what the older one did is
// compared by its moves, and what came of it where the newer one goes on.
func TestReplayAcrossAnUpgrade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		first, err := supervision.NewKind("pot", potMachine, store, &supervision.KindOptions[pot1, string, string]{DataVersion: 1, Journal: true})
		must(t, err)
		second, err := supervision.NewKind("pot", potMachine, store, &supervision.KindOptions[pot2, string, string]{DataVersion: 2, Journal: true})
		must(t, err)
		must(t, second.Upgrade(1, pot2From1))
		hear1 := hearing(func(p *pot1, w string) { p.Heard = strings.TrimSpace(p.Heard + " " + w) })
		hear2 := hearing(func(p *pot2, w string) { p.Heard = append(p.Heard, w) })
		must(t, first.Create(t.Context(), "a", pot1{Heard: "clay"}))
		said := 0
		by := func(supervise func(s *supervision.Supervisor)) {
			s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
			must(t, err)
			supervise(s)
			stop := running(t, s)
			for range 3 {
				must(t, word.Deliver(t.Context(), first, "a", fmt.Sprint(said)))
				said++
				time.Sleep(time.Minute)
			}
			stop()
		}
		by(func(s *supervision.Supervisor) { supervision.Supervise(s, first, hear1) })
		must(t, first.Replay(t.Context(), "a", hear1))
		must(t, second.Replay(t.Context(), "a", hear2)) // before anything is written in the new form
		by(func(s *supervision.Supervisor) { supervision.Supervise(s, second, hear2) })
		must(t, second.Replay(t.Context(), "a", hear2))

		forgetful := hearing(func(p *pot2, w string) {
			if w != "1" {
				p.Heard = append(p.Heard, w)
			}
		})
		err = second.Replay(t.Context(), "a", forgetful)
		if r, ok := errors.AsType[*supervision.ReplayError](err); !ok || r.Version != 5 {
			t.Errorf("a decider that forgets what was said before the upgrade: %v; want a difference at version 5, the first after it", err)
		}
		if err := first.Replay(t.Context(), "a", hear1); !errors.Is(err, supervision.ErrData) {
			t.Errorf("the old program replays what the new one wrote: %v", err)
		}
	})
}
