package scantest

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// LauncherOptions say more of a launcher. Nil is the same as the zero value.
type LauncherOptions struct {
	// Reopen opens once more what l launches to, as the program does that was started again after a crash. Nil: that is not tested.
	Reopen func(t testing.TB, l scan.Launcher) scan.Launcher
	// Forgetful: a token that was terminated before it was ever launched can be launched, since the provider cannot know of it. A fleet must then
	// not terminate a token as long as its Launch may still be on its way.
	Forgetful bool
	// Settle is how long it takes at most until something that was asked for, and is not to be, shows up in spite of that. Default: 100 milliseconds.
	Settle time.Duration
}

// TestLauncher says whether a [scan.Launcher] keeps its contract: each law is a subtest of its own.
//
// Open makes at each call a launcher that has launched nothing, and ends with t.Cleanup all that it has; what it launches stays until it is terminated. It is called
// by several tests at a time.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestLauncher(t *testing.T, open func(t testing.TB) scan.Launcher, o *LauncherOptions) {
	t.Helper()
	if open == nil {
		t.Fatal("scantest: TestLauncher has no function that opens a launcher")
	}
	k := launcherKit{open: open}
	if o != nil {
		k.LauncherOptions = *o
	}
	for _, l := range launcherLaws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.check(k.scene(t))
		})
	}
}

// A launcherLaw is one thing that every launcher does.
type launcherLaw struct {
	name  string
	check func(*launcherScene)
}

func launcherLaws() []launcherLaw {
	return []launcherLaw{
		{"a new launcher has nothing", launcherEmpty},
		{"what is launched is listed, under its token", launcherLaunches},
		{"two launches of a token are one", launcherTwice},
		{"launches of a token at the same time are one", launcherTogether},
		{"each token has an instance of its own", launcherApart},
		{"what is terminated does not run", launcherTerminates},
		{"to terminate what is not there is no error", launcherTerminatesNothing},
		{"a token that was terminated starts nothing", launcherNeverAgain},
		{"a token that was terminated first starts nothing", launcherTerminatesFirst},
		{"whatever became of a launch, it can be terminated", launcherCanceled},
		{"launches and terminations at the same time leave nothing", launcherContenders},
		{"a listing can be left", launcherListLeft},
		{"who opens it again finds what there is", launcherReopens},
	}
}

// A launcherKit is what the suite is given.
type launcherKit struct {
	LauncherOptions

	open func(t testing.TB) scan.Launcher
}

// A launcherScene is what a law plays in: a launcher that has launched nothing.
type launcherScene struct {
	testing.TB
	launcherKit

	ctx      context.Context
	launcher scan.Launcher
}

func (k launcherKit) scene(t testing.TB) *launcherScene {
	t.Helper()
	k.Settle = cmp.Or(k.Settle, 100*time.Millisecond)
	s := &launcherScene{TB: t, launcherKit: k, ctx: t.Context(), launcher: k.open(t)}
	if s.launcher == nil {
		t.Fatal("scantest: the function that opens a launcher has returned none")
	}
	return s
}

var agent = scan.AgentSpec{Fleet: "fleet", Width: 2}

func (s *launcherScene) launch(token string) scan.Instance {
	s.Helper()
	i, err := s.launcher.Launch(s.ctx, token, agent)
	if err != nil {
		s.Fatalf("Launch of %q: %v; it must succeed", token, err)
	}
	if i.Token != token || i.ID == "" || i.Gone {
		s.Fatalf("Launch of %q returned %+v; it must return an instance of that token, with an id, which is not gone", token, i)
	}
	return i
}

func (s *launcherScene) terminate(token string) {
	s.Helper()
	if err := s.launcher.Terminate(s.ctx, token); err != nil {
		s.Fatalf("Terminate of %q: %v; it must succeed, whether there is something or not", token, err)
	}
}

// runs demands that these tokens run, each once, and no other, now and when all has settled.
func (s *launcherScene) runs(want ...scan.Instance) {
	s.Helper()
	s.runsNow(want...)
	timer := time.NewTimer(s.Settle)
	defer timer.Stop()
	<-timer.C
	s.runsNow(want...)
}

func (s *launcherScene) runsNow(want ...scan.Instance) {
	s.Helper()
	missing := map[string]string{}
	for _, i := range want {
		missing[i.Token] = i.ID
	}
	for i, err := range s.launcher.List(s.ctx) {
		if err != nil {
			s.Fatalf("List: %v; it must succeed", err)
		}
		if i.Gone {
			continue
		}
		if id, ok := missing[i.Token]; !ok || id != i.ID {
			s.Fatalf("List has %+v running; there must run %+v, each once", i, want)
		}
		delete(missing, i.Token)
	}
	if len(missing) > 0 {
		s.Fatalf("List does not have %v running; it must", missing)
	}
}
