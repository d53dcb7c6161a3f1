package chaos

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A thousand keys, each called until it is known to be done, as a supervisor does: the world has done
// each once, and failed about as often as it should.
func TestWorld(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "world")
	w, err := newWorld(t.Context(), socket, 7, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	const keys = 1000
	done := make(chan struct{})
	for i := range keys {
		go func() {
			defer func() { done <- struct{}{} }()
			c := call{Process: "a", Key: partName(0, i)}
			for ask(t.Context(), socket, c) != nil && t.Context().Err() == nil {
				c.Attempt++
			}
		}()
	}
	for range keys {
		<-done
	}
	counts, once := map[result]int{}, map[string]int{}
	for _, e := range w.all() {
		counts[e.Result]++
		if e.Result == resultDone {
			once[e.Key]++
		}
	}
	for key, n := range once {
		if n != 1 {
			t.Errorf("key %s was done %d times", key, n)
		}
	}
	if len(once) != keys || counts[resultFailed] < 80 || counts[resultFailed] > 160 || counts[resultAgain] == 0 || counts[resultUnread] == 0 {
		t.Errorf("%d keys are done; results: %v", len(once), counts)
	}
	if n := w.waiting("a"); n != 0 {
		t.Errorf("%d calls are under way", n)
	}
}

func TestWorldRepeatsWithItsSeed(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) (drawn []mood) {
		w := &world{seed: seed}
		for i := range 200 {
			drawn = append(drawn, moodOf(w.dice("key", i)))
		}
		return drawn
	}
	if diff := cmp.Diff(draw(1), draw(1)); diff != "" {
		t.Errorf("one seed, two worlds:\n%s", diff)
	}
	if cmp.Equal(draw(1), draw(2)) {
		t.Error("two seeds, one world")
	}
}

// A call that is cut off is carried out all the same, and its caller knows nothing.
func TestCutCall(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "world")
	worldly, hurry := context.WithCancel(t.Context())
	w, err := newWorld(worldly, socket, keyed(slow), time.Hour) // until it is to hurry
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() { asked <- ask(t.Context(), socket, call{Process: "a", Key: "key"}) }()
	for w.waiting("a") == 0 {
		wait(t.Context(), time.Millisecond)
	}
	if n := w.conns.cut(); n != 1 {
		t.Errorf("%d connections were cut", n)
	}
	if err := <-asked; err == nil {
		t.Error("a call that was cut off was answered")
	}
	hurry()
	for w.waiting("a") > 0 {
		wait(t.Context(), time.Millisecond)
	}
	if r := w.all()[0].Result; r != resultDone {
		t.Errorf("it is %s", r)
	}
}

// keyed returns a seed with which the first call meets a mood.
func keyed(m mood) (seed uint64) {
	for seed = 0; moodOf((&world{seed: seed}).dice("key", 1)) != m; seed++ {
	}
	return seed
}

func ask(ctx context.Context, socket string, c call) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return client{process: c.Process, world: socket}.ask(ctx, c)
}
