//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestURLIsShared(t *testing.T) {
	t.Parallel()
	url, schema := URL(t), Schema(t)
	ask(t, url, "create schema "+schema)
	t.Cleanup(func() { ask(t, url, "drop schema "+schema+" cascade") })
	ask(t, url, "create table "+schema+".seen as select 1")
	if seen := ask(t, URL(t), "select count(*) from "+schema+".seen"); seen != "1" {
		t.Errorf("another look at the server sees %s rows, not the one that was written", seen)
	}
}

func TestSchemasAreUniqueIdentifiers(t *testing.T) {
	t.Parallel()
	url := URL(t)
	seen := map[string]bool{}
	for _, name := range []string{"plain", "Ünïcödé “quotes” and 'more'", strings.Repeat("long", 40), "A/b-c.d;e", "plain"} {
		t.Run(name, func(t *testing.T) {
			schema := Schema(t)
			if seen[schema] || schema == Schema(t) {
				t.Errorf("%s is there twice", schema)
			}
			seen[schema] = true
			ask(t, url, "create schema "+schema)
			t.Cleanup(func() { ask(t, url, "drop schema "+schema) })
			if kept := ask(t, url, "select nspname from pg_namespace where nspname = '"+schema+"'"); kept != schema {
				t.Errorf("the server keeps %q as %q", schema, kept)
			}
		})
	}
}

func TestValuesOfTheVariable(t *testing.T) {
	const skipped, failed = "skipped: ", "failed: "
	missing := fmt.Errorf("pgtest: it is %w", errMissing)
	broken := errors.New("pgtest: it does not start")
	url := func(t testing.TB) { t.Logf("%s", URL(t)) }
	demandOf := func(err error) func(testing.TB) {
		return func(t testing.TB) {
			_ = given(t)
			demand(t, err)
			t.Logf("nothing")
		}
	}
	for _, c := range []struct {
		value string
		do    func(testing.TB)
		want  string
	}{
		{"off", url, skipped + "pgtest: REEVE_TEST_POSTGRES is off"},
		{"off", func(t testing.TB) { Own(t) }, skipped},
		{"off", func(t testing.TB) { PgBouncer(t, "", 1) }, skipped},
		{"yes", url, failed + `pgtest: REEVE_TEST_POSTGRES is "yes"; a URL`},
		{"postgres://me@there/db", url, "postgres://me@there/db"},
		{"postgresql://me@there/db", url, "postgresql://me@there/db"},
		{"", demandOf(missing), skipped + "pgtest: it is not installed; install it"},
		{"postgres://me@there/db", demandOf(missing), skipped},
		{"required", demandOf(missing), failed + "pgtest: it is not installed"},
		{"", demandOf(broken), failed + "pgtest: it does not start"},
		{"required", demandOf(nil), "nothing"},
	} {
		t.Run("", func(t *testing.T) {
			t.Setenv(variable, c.value)
			r := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.do(r)
			}()
			<-done
			if !strings.HasPrefix(r.said, c.want) {
				t.Errorf("with %s=%q a test says %q, not %q", variable, c.value, r.said, c.want)
			}
		})
	}
}

func TestLogIsShownOfAFailedTest(t *testing.T) {
	t.Parallel()
	s := Own(t)
	ask(t, s.URL(), "do $$ begin raise log 'before it'; end $$")
	logged(t, s, "begin raise log 'before it'") // the statement, which is said last
	r := &recorder{TB: t}
	s.box.showLog(r)
	ask(t, s.URL(), "do $$ begin raise log 'while it ran'; end $$")
	logged(t, s, "while it ran")
	r.cleanup()
	if r.said != "" {
		t.Errorf("a test that passed shows %q", r.said)
	}
	r.failed = true
	r.cleanup()
	if !strings.Contains(r.said, "while it ran") || strings.Contains(r.said, "before it") {
		t.Errorf("a test that failed shows %q", r.said)
	}
}

// A recorder is a test whose end is looked at.
type recorder struct {
	testing.TB
	said    string
	failed  bool
	cleanup func()
}

func (r *recorder) Cleanup(f func())                { r.cleanup = f }
func (r *recorder) Failed() bool                    { return r.failed }
func (r *recorder) Logf(format string, args ...any) { r.said = fmt.Sprintf(format, args...) }

func (r *recorder) Skipf(format string, args ...any) {
	r.said = "skipped: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = "failed: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestMain(m *testing.M) {
	if _, isChild := os.LookupEnv(childVar); isChild {
		child()
	}
	m.Run()
}
