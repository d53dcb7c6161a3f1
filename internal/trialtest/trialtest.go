// Package trialtest makes one run of a property a test of its own: kits play their scenes in it.
package trialtest

import (
	"context"
	"testing"

	"pgregory.net/rapid"
)

// New returns a run of a property as a testing.TB: what fails, fails the run, so that it can be made smaller and run again. What a run does not
// have, such as a temporary folder, is the test's.
func New(t testing.TB, run *rapid.T) testing.TB {
	t.Helper()
	return trial{t, run}
}

type trial struct {
	testing.TB
	run *rapid.T
}

func (t trial) Helper()                           { t.run.Helper() }
func (t trial) Cleanup(f func())                  { t.run.Cleanup(f) }
func (t trial) Context() context.Context          { return t.run.Context() }
func (t trial) Error(args ...any)                 { t.run.Error(args...) }
func (t trial) Errorf(format string, args ...any) { t.run.Errorf(format, args...) }
func (t trial) Fail()                             { t.run.Fail() }
func (t trial) FailNow()                          { t.run.FailNow() }
func (t trial) Failed() bool                      { return t.run.Failed() }
func (t trial) Fatal(args ...any)                 { t.run.Fatal(args...) }
func (t trial) Fatalf(format string, args ...any) { t.run.Fatalf(format, args...) }
func (t trial) Log(args ...any)                   { t.run.Log(args...) }
func (t trial) Logf(format string, args ...any)   { t.run.Logf(format, args...) }
func (t trial) Skip(args ...any)                  { t.run.Skip(args...) }
func (t trial) Skipf(format string, args ...any)  { t.run.Skipf(format, args...) }
func (t trial) SkipNow()                          { t.run.SkipNow() }
