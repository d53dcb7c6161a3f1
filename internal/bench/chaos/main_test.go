package chaos

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
)

// What makes the test binary a process of a test.
const (
	asWorker = "chaos-worker"
	asParent = "chaos-parent"
)

func TestMain(m *testing.M) {
	switch {
	case slices.Equal(os.Args[1:], []string{asWorker}):
		os.Exit(Work(context.Background(), os.Stdin, os.Stdout, os.Stderr))
	case len(os.Args) == 3 && os.Args[1] == asParent:
		parent(os.Args[2])
	}
	m.Run()
}

// workers returns the command of worker processes.
func workers(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, asWorker}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	right := Options{Store: "sqlite", Effort: Quick, Command: workers(t), Log: t.Output()}
	for _, wrong := range []func(o *Options){
		func(o *Options) { o.Store = "oracle" },
		func(o *Options) { o.Effort = Effort{} },
		func(o *Options) { o.Command = nil },
		func(o *Options) { o.Log = nil },
	} {
		o := right
		wrong(&o)
		if _, err := Run(t.Context(), &o); err == nil || !strings.HasPrefix(err.Error(), "chaos: ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// One after the other: they are busy.
func TestQuick(t *testing.T) {
	t.Parallel()
	for _, store := range Stores() {
		t.Run(store, func(t *testing.T) {
			if store == "postgres" {
				_ = pgtest.URL(t) // skips the test where there is none
			}
			report, err := Run(t.Context(), &Options{Store: store, Effort: Quick, Seed: 1, Command: workers(t), Log: t.Output()})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprint(t.Output(), report)
			if !report.OK() {
				t.Error("something must hold and does not")
			}
			for _, f := range report.Figures {
				if f.N == 0 && f.Name == "operations" {
					t.Error("there was nothing to do")
				}
			}
		})
	}
}
