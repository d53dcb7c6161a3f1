//go:build unix

// Package pgtest gives tests a PostgreSQL that nobody has to set up, and takes it away again,
// however the test process ends.
//
// [URL] is the server that all tests of a test binary share, each in a schema of its own; [Own] is a
// server that one test may stop and kill; [PgBouncer] puts a pooler in front of either. They listen
// on the loopback interface alone and want the password that is in their URL.
//
// REEVE_TEST_POSTGRES says what tests get:
//
//	(empty)         a server is started; without PostgreSQL, tests that want one are skipped
//	required        the same, but without PostgreSQL they fail
//	off             they are skipped
//	postgres://…    they share the server there, as a user that may create schemas
package pgtest

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode"
)

const variable = "REEVE_TEST_POSTGRES"

// errMissing is wrapped by the errors that say what is not installed.
var errMissing = errors.New("not installed")

// shared is the server of this process. Nobody can tell which test is the last one that wants it, so
// it ends with the process.
var shared = sync.OnceValues(func() (*Server, error) { return Open() })

// URL returns where the server is that all tests of this process share, and starts it if need be: as
// its superuser, in the database postgres, or whatever REEVE_TEST_POSTGRES says. It skips the test,
// or fails it, when there is none. Safe concurrently.
func URL(t testing.TB) string {
	t.Helper()
	if url := given(t); url != "" {
		return url
	}
	s, err := shared()
	demand(t, err)
	s.box.showLog(t)
	return s.url
}

// Own returns a running server of the test's own: it may be stopped, killed and started again, and
// is gone when the test ends. The settings are those of [Open]. Where REEVE_TEST_POSTGRES is a URL it
// is one of this machine nevertheless; it skips the test, or fails it, as [URL] does.
func Own(t testing.TB, settings ...string) *Server {
	t.Helper()
	_ = given(t)
	s, err := Open(settings...)
	demand(t, err)
	closeAfter(t, s.box)
	return s
}

// Schema returns the name of a schema that no other test has, here or in any other process: lower
// case, no quotes needed, fit for an SQL identifier. The test creates it, and drops it if the server
// is one that stays.
func Schema(t testing.TB) string {
	t.Helper()
	readable := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '_'
	}, t.Name())
	return "t_" + readable[:min(len(readable), 30)] + "_" + strings.ToLower(rand.Text())
}

// given returns the URL that REEVE_TEST_POSTGRES gives, if any.
func given(t testing.TB) string {
	t.Helper()
	value := os.Getenv(variable)
	switch {
	case value == "" || value == "required":
		return ""
	case value == "off":
		t.Skipf("pgtest: %s is off; unset it and this test runs", variable)
	case !strings.HasPrefix(value, "postgres://") && !strings.HasPrefix(value, "postgresql://"):
		t.Fatalf("pgtest: %s is %q; a URL (postgres://…), off, required or nothing is right", variable, value)
	}
	return value
}

// demand ends a test whose server or pooler did not start.
func demand(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv(variable) != "required":
		t.Skipf("%v; install it and this test runs", err)
	default:
		t.Fatalf("%v; %s=off skips this test", err, variable)
	}
}

func closeAfter(t testing.TB, box *sandbox) {
	t.Helper()
	t.Cleanup(func() {
		if err := box.close(); err != nil {
			t.Error(err)
		}
	})
	box.showLog(t)
}
