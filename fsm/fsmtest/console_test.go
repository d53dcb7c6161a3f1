package fsmtest_test

import (
	"fmt"
	"testing"
)

// console stands for a test in the examples: it says why it fails and keeps quiet otherwise.
type console struct{ testing.TB }

func (console) Helper()                           {}
func (console) Name() string                      { return "Example" }
func (console) Failed() bool                      { return false }
func (console) Logf(string, ...any)               {}
func (console) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (console) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
