package provisioningtest

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// hard is how hard a world can be that keeps the laws.
var hard = WorldOptions{Without: Fatals | Panics, Slow: time.Minute}

// worldly is a harness of worlds, as seen through a view.
func worldly(o WorldOptions, view func(*World) provisioning.Provisioner) Harness {
	return Harness{
		Virtual: true,
		New: func(t testing.TB) Subject {
			t.Helper()
			w := NewWorld(seeded(t.Name()).IntN, &o)
			t.Cleanup(func() {
				if err := w.Err(); err != nil {
					t.Errorf("the kit makes wrong calls: %v", err)
				}
			})
			return Subject{
				Provisioner: view(w), Open: func() provisioning.Provisioner { return view(w) },
				Count: w.Count, Occupy: w.Occupy, Fenced: true,
			}
		},
	}
}

// seeded returns choices that are the same whenever a test is run.
func seeded(name string) *rand.Rand {
	sum := sha256.Sum256([]byte(name))
	return rand.New(rand.NewChaCha8(sum))
}

func all(w *World) provisioning.Provisioner { return w }

func least(w *World) provisioning.Provisioner { return struct{ provisioning.Provisioner }{w} }

func finding(w *World) provisioning.Provisioner {
	return struct {
		provisioning.Provisioner
		provisioning.Finder
	}{w, w}
}

func TestWorld(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]Harness{
		"plain":                  worldly(WorldOptions{Without: AllWays}, all),
		"in all ways":            worldly(hard, all),
		"that can only find":     worldly(hard, finding),
		"that can do no more":    worldly(hard, least),
		"that calls back":        callingBack(),
		"on the process's clock": hasty(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			TestProvisioner(t, h)
		})
	}
}

// callingBack is a harness of worlds that do not always say when to call again.
func callingBack() Harness {
	o := hard
	o.CallsBack = true
	h := worldly(o, least)
	h.Call = func(_ int, c *provisioning.Call) { c.Callback.URL = "https://host.example/" + c.Operation }
	open := h.New
	h.New = func(t testing.TB) Subject {
		t.Helper()
		s := open(t)
		w := s.Provisioner.(struct{ provisioning.Provisioner }).Provisioner.(*World) //nolint:forcetypeassert // least made it
		var mu sync.Mutex
		told := map[string]Told{}
		s.Outcome = func(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
			for ctx.Err() == nil {
				mu.Lock()
				for _, one := range w.Told() {
					told[one.Call.Operation] = one
				}
				one, ok := told[c.Operation]
				mu.Unlock()
				if ok {
					return one.Answer, one.Err
				}
				<-time.After(time.Second)
			}
			return provisioning.Answer{}, ctx.Err()
		}
		return s
	}
	return h
}

// hasty is a harness of worlds for which no time passes but the process's own.
func hasty() Harness {
	h := worldly(WorldOptions{Without: hard.Without, Slow: 10 * time.Millisecond, Work: 50 * time.Millisecond}, all)
	h.Virtual, h.Patience = false, 5*time.Second
	return h
}
