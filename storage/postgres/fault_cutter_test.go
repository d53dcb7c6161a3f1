package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// everyByte is for whoever has an hour.
var everyByte = flag.Bool("every-byte", false, "disturb every call at every byte, and not some at some")

// eachCall runs a test for calls that write, by their numbers, at the same time. Where one speaks for the
// others, some will do.
func eachCall(t *testing.T, calls int, some bool, test func(t *testing.T, i int)) {
	t.Helper()
	for i, c := range callsThatWrite(nil)[:calls] {
		if some && !*everyByte && (testing.Short() && i > 0 || i%3 > 0) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			test(t, i)
		})
	}
}

// A cutter makes one call again and again, and cuts its connection.
type cutter struct {
	*memory
	call
	estate
	before, after string   // all that is stored without the call, and with it
	flights       []flight // what goes over a connection that has been used before
}

// newCutter returns a cutter of the ith of callsThatWrite.
func newCutter(t testing.TB, i int, settings ...string) *cutter {
	t.Helper()
	return newCutterOn(t, newStillRig(t, settings...), i)
}

func newCutterOn(t testing.TB, r *rig, i int) *cutter {
	t.Helper()
	r.do("CREATE TABLE reeve.ledger (entry text)")
	return learned(&cutter{call: callsThatWrite(r)[i], estate: newEstate(hand{t, r.aside()}, r.pass)}, r)
}

// learned lets a cutter learn what its call changes and sends.
func learned(c *cutter, r *rig) *cutter {
	r.Helper()
	c.memory = r.remember()
	c.before = c.now()
	c.undisturbed()
	c.after = c.now()
	c.again()
	c.listen()
	c.undisturbed()
	c.flights = c.heard()
	if c.after == c.before {
		c.Fatal("the call changes nothing")
	}
	return c
}

// undisturbed makes the call, which must succeed.
func (c *cutter) undisturbed() {
	c.Helper()
	if err := c.make(c.store); err != nil {
		c.Fatalf("a call that nothing disturbs: %v", err)
	}
}

// make makes the call. It must come to an end.
func (c *cutter) make(s *postgres.Store) error { return c.makeIn(c.Context(), s) }

func (c *cutter) makeIn(ctx context.Context, s *postgres.Store) error {
	ctx, cancel := context.WithTimeout(ctx, endless)
	defer cancel()
	return c.do(ctx, s, c.estate)
}

// is demands what is stored.
func (c *cutter) is(when, want string) {
	c.Helper()
	if now := c.now(); now != want {
		c.Errorf("%s, this should not be there (+), or should (-):%s", when, difference(want, now))
	}
}

// isTrue demands that what the call answered is the truth.
func (c *cutter) isTrue(at string, err error) {
	c.Helper()
	if err == nil {
		c.is(at+", the call succeeds", c.after)
	} else {
		c.is(at+", the call answers "+err.Error(), c.before)
	}
	if errors.Is(err, storage.ErrUnknown) {
		c.Errorf("%s, the server can be asked, but the call answers %v", at, err)
	}
}

// anywhere makes the call again and again, each time disturbed at another byte. In between the store has to
// work, on the same pool.
func (c *cutter) anywhere(disturb func(n int) (context.Context, func(*link)), look func(at string, err error)) {
	c.Helper()
	made, refused := 0, 0
	for n, to := range whereToCut(c.flights, 331) {
		c.again()
		c.undisturbed()
		c.again()
		ctx, what := disturb(n)
		happened := c.on(to, n, what)
		err := c.makeIn(ctx, c.store)
		if c.takeBack() { // fewer bytes went this time
			continue
		}
		<-happened
		at := fmt.Sprintf("disturbed after %d bytes to the %s", n, to)
		c.settled(at)
		look(at, err)
		made++
		if err != nil {
			refused++
		}
	}
	if made == 0 {
		c.Error("nothing was disturbed")
	}
	c.Logf("disturbed %d times, the call failed %d times; without that, these bytes go: %v", made, refused, c.flights)
}

// whereToCut yields where to cut, counted in the bytes of a direction: where a flight ends, and, unless the test
// is to be short, where it begins and each so many bytes.
func whereToCut(flights []flight, step int) iter.Seq2[int, direction] {
	if *everyByte {
		step = 1
	}
	return func(yield func(int, direction) bool) {
		sum := [2]int{}
		for _, f := range flights {
			begin := sum[f.to] + 1
			sum[f.to] += f.bytes
			for n := begin; n < sum[f.to] && !testing.Short(); n += step {
				if !yield(n, f.to) {
					return
				}
			}
			if !yield(sum[f.to], f.to) {
				return
			}
		}
	}
}

func (d direction) String() string { return [...]string{"server", "client"}[d] }
