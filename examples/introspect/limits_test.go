package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// In these tests time is the bubble's, and the store is SQLite on a file.

// wantSince checks that a time has passed, and no more than it takes to notice that.
func wantSince(t *testing.T, begun time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(begun); took < want || took > want+time.Second {
		t.Errorf("it took %v, want %v", took, want)
	}
}

func TestNextRunTimesOutWhatAnInterruptedOneLeft(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"at once": 0, "an hour later": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				file := newFile(t)
				begun := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				o := call(ctx, "-db", file, "-pause", "8s")
				if o.code != 1 || o.stdout != "" {
					t.Errorf("it ended with %d and wrote %q", o.code, o.stdout)
				}
				wantSince(t, begun, 3*time.Second)
				wantText(t, "standard error", o.stderr, `interrupted; node ".*" is left waiting in `)

				time.Sleep(later)
				r := inspected(t, 0, "-db", file)
				if later == 0 {
					wantSince(t, begun, limit)
				}
				wantPath(t, r, "finished"+asked+" timeout error"+asked+succeeded)
				if cause := r.History[3].Cause; cause != "found at the next run" {
					t.Errorf("the timeout's cause is %q", cause)
				}
			})
		})
	}
}

func TestNextRunGoesOnWithWhatAnInterruptedOneLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newFile(t)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		call(ctx, "-db", file, "-pause", "5s")

		wantPath(t, inspected(t, 0, "-db", file), "finished"+asked+succeeded+asked+succeeded)
		wantSince(t, begun, 8*time.Second)
	})
}

func TestPatienceRunsOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  []string
		path  string
		limit time.Duration
	}{
		"waiting":   {[]string{"-timeout", "4s"}, "finished" + asked, 4 * time.Second},
		"enrolling": {[]string{"-node", "stranger"}, "enrolling", limit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				r := inspected(t, 1, append(test.args, "-pause", "1h")...)
				wantPath(t, r, test.path+" timeout error")
				if r.Node.Error != "Introspection timeout" {
					t.Errorf("the error is %q", r.Node.Error)
				}
				wantSince(t, begun, test.limit)
			})
		})
	}
}

func TestAbortFromElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newFile(t)
		first := make(chan outcome)
		go func() { first <- call(t.Context(), "-db", file, "-pause", "8s") }()
		time.Sleep(2 * time.Second)

		wantPath(t, inspected(t, 0, "-db", file, "-abort"), "finished"+asked+" abort aborting abort_end error")
		o := <-first
		if o.code != 1 {
			t.Errorf("the run that was aborted ended with %d", o.code)
		}
		wantText(t, "its standard error", o.stderr, errTaken.Error())
		wantText(t, "its standard output", o.stdout, "Canceled by operator")
	})
}

func TestOrderOfAnotherIsNotMovedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newFile(t)
		first := make(chan outcome)
		go func() { first <- call(t.Context(), "-db", file, "-pause", "6s") }()
		time.Sleep(2 * time.Second)
		inspected(t, 0, "-db", file, "-abort")
		second := make(chan outcome)
		go func() { second <- call(t.Context(), "-db", file, "-pause", "8s") }()

		// The first wakes up while the node waits again, for the second. Its facts are not wanted.
		if o := <-first; o.code != 1 {
			t.Errorf("the first ended with %d", o.code)
		}
		if o := <-second; o.code != 0 {
			t.Errorf("the second ended with %d: %s", o.code, o.stderr)
		}
	})
}

func TestRunsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newFile(t)
		const runs = 3
		inspected(t, 0, "-db", file, "-node", "another") // the file is there
		outcomes := make(chan outcome)
		for range runs {
			go func() { outcomes <- call(t.Context(), "-db", file, "-pause", "1s") }()
		}
		for range runs {
			if o := <-outcomes; o.code != 0 {
				t.Errorf("a run ended with %d: %s", o.code, o.stderr)
			}
		}
		r := inspected(t, 0, "-db", file)
		want := "finished"
		for range runs + 1 {
			want += asked + succeeded
		}
		wantPath(t, r, want)
	})
}
