package refreshtest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Most tests here want the kit to fail, and no file of it, nor the shortest way to it.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "100ms"} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// A recorder is a test that may fail.
type recorder struct {
	testing.TB // for its unexported method; what is not overridden is not called

	name string
	ctx  context.Context

	mu     sync.Mutex
	failed bool
	text   strings.Builder
}

// record runs f as a test of its own.
func record(t *testing.T, f func(t testing.TB)) *recorder {
	t.Helper()
	r := &recorder{name: t.Name() + "/recorded", ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done) // also when f ends by FailNow
		f(r)
	}()
	<-done
	return r
}

func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return r.name }
func (r *recorder) Error(a ...any)           { r.Log(a...); r.Fail() }
func (r *recorder) Fatal(a ...any)           { r.Log(a...); r.FailNow() }
func (r *recorder) FailNow()                 { r.Fail(); runtime.Goexit() }
func (r *recorder) Skip(a ...any)            { r.Fatal(a...) }
func (r *recorder) SkipNow()                 { r.FailNow() }

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Log(a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(&r.text, a...)
}

func (r *recorder) Logf(format string, a ...any)   { r.Log(fmt.Sprintf(format, a...)) }
func (r *recorder) Errorf(format string, a ...any) { r.Error(fmt.Sprintf(format, a...)) }
func (r *recorder) Fatalf(format string, a ...any) { r.Fatal(fmt.Sprintf(format, a...)) }
func (r *recorder) Skipf(format string, a ...any)  { r.Skip(fmt.Sprintf(format, a...)) }

// wantFailure checks that the recorded test failed and said each of the given things.
func (r *recorder) wantFailure(t *testing.T, says ...string) {
	t.Helper()
	if !r.Failed() {
		t.Error("the recorded test passed; want it to fail")
	}
	for _, s := range says {
		if !strings.Contains(r.text.String(), s) {
			t.Errorf("the recorded test says\n%s\nwant in it\n%s", r.text.String(), s)
		}
	}
}
