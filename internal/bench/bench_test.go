package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// lasting returns a side whose operations take that long; in a bubble of synctest, exactly.
func lasting(d time.Duration) func(n int) error {
	return func(n int) error {
		time.Sleep(time.Duration(n) * d)
		return nil
	}
}

func comparing(name string, ours, peer time.Duration, g goal) row {
	return row{name: name, peer: "sleep", meter: wall, goal: g, prepare: func(context.Context, *setup) (sides, error) {
		return sides{ours: lasting(ours), peer: lasting(peer)}, nil
	}}
}

// runAll runs the program on these rows and returns what it printed.
func runAll(t *testing.T, all []row, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), all, args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		alone := comparing("alone", 2*time.Millisecond, time.Millisecond, goal{})
		alone.peer = ""
		status, got, _ := runAll(t, []row{
			comparing("half", 3*time.Microsecond, 6*time.Microsecond, ratioAtMost(0.5)),
			comparing("more", 60*time.Nanosecond, 40*time.Nanosecond, ratioAtMost(1.25)),
			alone,
		})
		want := `
NAME    OURS      AGAINST           RATIO   GOAL       HOLDS
half    3.00 µs   6.00 µs   sleep   0.500   ≤ 0.50 ×   yes
more    60.0 ns   40.0 ns   sleep   1.500   ≤ 1.25 ×   NO
alone   2.00 ms   -         -       -       -          -
`
		if got != want[1:] || status != 0 {
			t.Errorf("status %d, printed\n%s\nwant%s", status, got, want)
		}
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		alone := comparing("alone", 2*time.Millisecond, time.Millisecond, atMost(1))
		alone.peer = ""
		status, got, _ := runAll(t, []row{
			comparing("third", time.Microsecond, 3*time.Microsecond, ratioAtMost(0.5)),
			alone,
			comparing("reported", time.Second, time.Second, goal{}),
		}, "-json", "-quick")
		want := `
{"name":"third","value":1000,"unit":"ns","peer":"sleep","against":3000,"ratio":0.333,"goal":"≤ 0.50 ×","holds":true}
{"name":"alone","value":2000000,"unit":"ns","peer":"","against":null,"ratio":null,"goal":"≤ 1","holds":false}
{"name":"reported","value":1000000000,"unit":"ns","peer":"sleep","against":1000000000,"ratio":1,"goal":"","holds":null}
`
		if got != want[1:] || status != 0 {
			t.Errorf("status %d, printed\n%s\nwant%s", status, got, want)
		}
	})
}

// A machine that becomes ever slower, and hiccups of one side or the other, change no ratio.
func TestRatioWithstandsNoise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turn := 0
		noisy := func(d time.Duration) func(int) error {
			return func(n int) error {
				turn++
				slower := time.Duration(100 + turn)
				if turn%13 == 0 {
					slower *= 20
				}
				return lasting(slower * d)(n)
			}
		}
		both := sides{ours: noisy(2 * time.Microsecond), peer: noisy(4 * time.Microsecond)}
		got, err := both.compete(t.Context(), wall, effort{rounds: 21, slice: 20 * time.Millisecond, most: time.Hour})
		if err != nil || math.Abs(got.ratio-0.5) > 1e-9 {
			t.Errorf("ratio %v, error %v; want 0.5", got.ratio, err)
		}
	})
}

// Where an operation takes longer than a slice, there is one round, and no more than there is time for.
func TestLongOperations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for rounds, took := range map[int]time.Duration{1: time.Second, 2: 200 * time.Millisecond, 5: 30 * time.Millisecond} {
			n := 0
			both := sides{ours: func(times int) error { n += times; return lasting(took)(times) }, peer: lasting(took)}
			if _, err := both.compete(t.Context(), wall, effort{rounds: 5, slice: time.Millisecond, most: time.Second}); err != nil {
				t.Fatal(err)
			}
			if want := 1 + 2*rounds; n != want { // the first one calibrates
				t.Errorf("operations of %v: %d of ours; want %d", took, n, want)
			}
		}
	})
}

func TestGoals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goal             goal
		ours, peer       float64
		text             string
		holds, holdsMore bool // as given, and with a hundredth more
	}{
		{ratioAtMost(0.7), 7, 10, "≤ 0.70 ×", true, false},
		{ratioAtMost(1.25), 12, 10, "≤ 1.25 ×", true, true},
		{atMost(0), 0, 0, "≤ 0", true, false},
		{atMost(32), 32, 0, "≤ 32", true, false},
		{within(time.Second), 1e9, 0, "≤ 1s", true, false},
		{moreAtMost(1), 3, 2, "≤ + 1", true, false},
		{moreAtMost(1), 0, 0, "≤ + 1", true, true},
	} {
		r := row{peer: "peer", goal: c.goal, meter: wall}
		if got := r.result(figures{c.ours, c.peer, c.ours / max(c.peer, 1)}); *got.Holds != c.holds || got.Goal != c.text {
			t.Errorf("%q for %v beside %v: %t", got.Goal, c.ours, c.peer, *got.Holds)
		}
		ours := c.ours + 0.01
		if got := r.result(figures{ours, c.peer, ours / max(c.peer, 1)}); *got.Holds != c.holdsMore {
			t.Errorf("%q for %v beside %v: %t", got.Goal, ours, c.peer, *got.Holds)
		}
	}
}

// The runtime's own allocations are not the operation's.
func TestStrayAllocations(t *testing.T) {
	t.Parallel()
	r := row{meter: allocations, goal: atMost(0)}
	if got := r.result(figures{ours: 0.04}); got.Value != 0 || !*got.Holds {
		t.Errorf("0.04 allocations are %v", got.Value)
	}
	if got := r.result(figures{ours: 0.06}); got.Value != 0.1 || *got.Holds {
		t.Errorf("0.06 allocations are %v", got.Value)
	}
}

func TestRunSelects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := []row{
			comparing("fsm/next", time.Microsecond, time.Microsecond, goal{}),
			comparing("fsm/walk", time.Microsecond, time.Microsecond, goal{}),
			comparing("sqlite/fire", time.Microsecond, time.Microsecond, goal{}),
		}
		_, got, _ := runAll(t, all, "-json", "-quick", "-run", "walk|^sqlite")
		if strings.Contains(got, "fsm/next") || !strings.Contains(got, "fsm/walk") || !strings.Contains(got, "sqlite/fire") {
			t.Errorf("printed\n%s", got)
		}
		for _, args := range [][]string{{"-run", "nothing"}, {"-run", "("}, {"walk"}, {"-nothing"}} {
			if status, stdout, stderr := runAll(t, all, args...); status != 2 || stdout != "" || stderr == "" {
				t.Errorf("%q: status %d, printed %q and %q", args, status, stdout, stderr)
			}
		}
		if status, _, stderr := runAll(t, all, "-help"); status != 0 || !strings.Contains(stderr, "-check") {
			t.Errorf("-help: status %d, printed %q", status, stderr)
		}
	})
}

// A missed goal is a failure only with -check.
func TestCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := comparing("kept", time.Microsecond, time.Microsecond, ratioAtMost(1))
		missed := comparing("missed", 3*time.Microsecond, time.Microsecond, ratioAtMost(1))
		if status, _, stderr := runAll(t, []row{kept, missed}, "-check"); status != 1 || !strings.Contains(stderr, "missed misses its goal") {
			t.Errorf("status %d, printed %q", status, stderr)
		}
		if status, _, _ := runAll(t, []row{kept}, "-check"); status != 0 {
			t.Errorf("status %d", status)
		}
	})
}

// What a row fails with is said, whenever it does; the others are measured all the same.
func TestFailingRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		fails := func(int) error { return broken }
		for when, prepare := range map[string]func(context.Context, *setup) (sides, error){
			"prepare": func(context.Context, *setup) (sides, error) { return sides{}, broken },
			"ours":    func(context.Context, *setup) (sides, error) { return sides{ours: fails, peer: lasting(1)}, nil },
			"peer":    func(context.Context, *setup) (sides, error) { return sides{ours: lasting(1), peer: fails}, nil },
			"close": func(_ context.Context, s *setup) (sides, error) {
				s.closeAfter(closer(func() error { return broken }))
				return sides{ours: lasting(1)}, nil
			},
		} {
			bad, good := comparing("bad", 1, 1, goal{}), comparing("good", 1, 1, goal{})
			bad.prepare = prepare
			status, stdout, stderr := runAll(t, []row{bad, good}, "-json", "-quick")
			if status != 1 || !strings.Contains(stderr, "bench: bad: ") || !strings.Contains(stderr, "broken") {
				t.Errorf("%s: status %d, printed %q", when, status, stderr)
			}
			if strings.Contains(stdout, "bad") || !strings.Contains(stdout, "good") {
				t.Errorf("%s: printed %q", when, stdout)
			}
		}
	})
}

// An interrupted run prints the rows that it has, and closes what the others had open.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		closed := ""
		endless := comparing("endless", 1, 1, goal{})
		endless.prepare = func(_ context.Context, s *setup) (sides, error) {
			for _, name := range []string{"first ", "second "} {
				s.closeAfter(closer(func() error { closed += name; return nil }))
			}
			return sides{ours: func(n int) error {
				time.AfterFunc(time.Second, cancel)
				return lasting(time.Minute)(n)
			}}, nil
		}
		var stdout, stderr strings.Builder
		status := run(ctx, []row{comparing("done", 1, 1, goal{}), endless, comparing("never", 1, 1, goal{})}, nil, &stdout, &stderr)
		if status != 1 || !strings.Contains(stdout.String(), "done") || strings.Contains(stdout.String(), "never") {
			t.Errorf("status %d, printed %q", status, stdout.String())
		}
		if !strings.Contains(stderr.String(), "ended in endless") || closed != "second first " {
			t.Errorf("printed %q, closed %q", stderr.String(), closed)
		}
	})
}

func TestQuantity(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{
		"0.50 ns": 0.5, "9.99 ns": 9.99, "10.0 ns": 9.996, "99.9 ns": 99.9, "100 ns": 99.96, "999 ns": 999.4, "1.00 µs": 999.6,
		"12.3 ms": 12_345_678, "4.00 s": 4e9, "7200 s": 7.2e12,
	} {
		if got := quantity(v, "ns"); got != want {
			t.Errorf("%v ns is %q, want %q", v, got, want)
		}
	}
	if got := quantity(22.891, "MiB"); got != "22.891 MiB" {
		t.Errorf("MiB are %q", got)
	}
}

// keepBytes allocates size bytes an operation.
func keepBytes(size int) func(n int) error {
	var kept []byte
	return func(n int) error {
		for range n {
			kept = make([]byte, size)
		}
		runtime.KeepAlive(kept)
		return nil
	}
}

// Meters of what is really used see it.
func TestMeters(t *testing.T) { //nolint:paralleltest // others would be seen, too
	for _, c := range []struct {
		meter meter
		work  func(n int) error
		least float64
	}{
		{cpu, walkNext(introspection()), 0.5},
		{allocations, keepBytes(64), 1},
		{allocatedMiB, keepBytes(1 << 20), 1},
		{allocatedKiB, keepBytes(1 << 10), 1},
		{allocatedKiB.per(4), keepBytes(1 << 12), 1},
	} {
		s := &side{work: c.work, n: 1000}
		if err := s.measure(t.Context(), c.meter); err != nil || s.costs[0] < c.least || s.costs[0] > 1000*c.least {
			t.Errorf("%v %s an operation, error %v; want at least %v", s.costs[0], c.meter.unit, err, c.least)
		}
	}
}

// What operations note before the start is forgotten.
func TestNotes(t *testing.T) {
	t.Parallel()
	var n notes
	m := n.meter("ns", p95)
	n.add(1e9)
	stop := m.start()
	for i := range 100 {
		n.add(float64((i*37)%100 + 1))
	}
	if got := stop(7); got != 95 {
		t.Errorf("95 of the numbers up to 100 do not exceed %v", got)
	}
	for want, figures := range map[float64][]float64{0: nil, 3: {3}, 20: {20, 1, 2}} {
		if got := p95(figures); got != want {
			t.Errorf("of %v it is %v", figures, got)
		}
	}
}

// Every row is there and can be measured; the figures of such a short run say nothing.
func TestRows(t *testing.T) { //nolint:paralleltest // it keeps both processors busy
	if testing.Short() {
		t.Skip("measures for seconds")
	}
	names := map[string]bool{}
	for _, r := range rows() {
		if names[r.name] || r.name == "" {
			t.Errorf("there are two rows %q", r.name)
		}
		names[r.name] = true
		_, err := r.measure(t.Context(), effort{rounds: 1, slice: time.Millisecond})
		if why, ok := errors.AsType[skipped](err); ok {
			t.Logf("%s is skipped: %s", r.name, why)
		} else if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

func TestQuickRun(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := runAll(t, rows(), "-quick", "-json", "-run", "^fsm/next/short$")
	var got struct {
		Name                  string
		Value, Against, Ratio float64
		Unit, Goal            string
		Holds                 *bool
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 {
		t.Fatalf("status %d, error %v, printed %q and %q", status, err, stdout, stderr)
	}
	if got.Name != "fsm/next/short" || got.Value <= 0 || got.Against <= 0 || got.Ratio <= 0 || got.Unit != "ns" || got.Holds == nil {
		t.Errorf("printed %s", stdout)
	}
}
