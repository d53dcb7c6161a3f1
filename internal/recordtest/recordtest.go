// Package recordtest stands in for a test that a kit is expected to fail: tests of kits look at what it would have said.
package recordtest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// A Recorder is a testing.TB that notes failures instead of failing. It is safe for concurrent use.
type Recorder struct {
	testing.TB

	mu     sync.Mutex
	failed bool
	lines  []string
}

// Run runs a test in a goroutine of its own, which the test may end. A panic is a failure.
func (r *Recorder) Run(test func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v", p)
			}
		}()
		test()
	}()
	<-ended
}

func (r *Recorder) note(failed bool, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = r.failed || failed
	r.lines = append(r.lines, text)
}

// Lines returns what was said.
func (r *Recorder) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// Failed reports whether the test would have failed.
func (r *Recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Helper does nothing.
func (r *Recorder) Helper() {}

// Log notes a line.
func (r *Recorder) Log(args ...any) { r.note(false, fmt.Sprint(args...)) }

// Logf notes a line.
func (r *Recorder) Logf(format string, args ...any) { r.note(false, fmt.Sprintf(format, args...)) }

// Error notes a failure.
func (r *Recorder) Error(args ...any) { r.note(true, fmt.Sprint(args...)) }

// Errorf notes a failure.
func (r *Recorder) Errorf(format string, args ...any) { r.note(true, fmt.Sprintf(format, args...)) }

// Fatal notes a failure and ends the test.
func (r *Recorder) Fatal(args ...any) { r.Error(args...); runtime.Goexit() }

// Fatalf notes a failure and ends the test.
func (r *Recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

// Fail notes a failure.
func (r *Recorder) Fail() { r.note(true, "fail") }

// FailNow notes a failure and ends the test.
func (r *Recorder) FailNow() { r.Fail(); runtime.Goexit() }

// Skip notes a line and ends the test.
func (r *Recorder) Skip(args ...any) { r.Log(args...); runtime.Goexit() }

// Skipf notes a line and ends the test.
func (r *Recorder) Skipf(format string, args ...any) { r.Logf(format, args...); runtime.Goexit() }

// SkipNow ends the test.
func (r *Recorder) SkipNow() { runtime.Goexit() }
