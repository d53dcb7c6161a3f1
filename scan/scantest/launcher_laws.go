package scantest

import (
	"context"
	"fmt"
	"sync"

	"github.com/reeve-go/reeve/scan"
)

func launcherEmpty(s *launcherScene) { s.runsNow() }

func launcherLaunches(s *launcherScene) {
	s.runs(s.launch("agent-1"))
}

func launcherTwice(s *launcherScene) {
	first := s.launch("agent-1")
	if again := s.launch("agent-1"); again.ID != first.ID {
		s.Errorf("Launch of one token returned %q, and then %q; it must find the one that was started", first.ID, again.ID)
	}
	s.runs(first)
}

func launcherTogether(s *launcherScene) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := s.launcher.Launch(s.ctx, "agent-1", agent); err != nil {
				s.Errorf("Launch beside others of the token: %v; it must succeed", err)
			}
		})
	}
	all.Wait()
	s.runs(s.launch("agent-1"))
}

// launcherApart has tokens that become one where they are put together, or folded, carelessly.
func launcherApart(s *launcherScene) {
	var all []scan.Instance
	for _, token := range []string{"agent-1", "agent-11", "agent-2", "agent", "fleet.agent-1", "other.agent-1"} {
		all = append(all, s.launch(token))
	}
	s.runs(all...)
	s.terminate("agent-1")
	s.terminate("agent")
	s.runs(all[1], all[2], all[4], all[5])
}

func launcherTerminates(s *launcherScene) {
	s.launch("agent-1")
	other := s.launch("agent-2")
	s.terminate("agent-1")
	s.runs(other)
	s.terminate("agent-2")
	s.runs()
}

func launcherTerminatesNothing(s *launcherScene) {
	s.terminate("agent-1")
	other := s.launch("agent-2")
	s.terminate("agent-1")
	s.runs(other)
	s.terminate("agent-2")
	s.terminate("agent-2")
	s.runs()
}

func launcherNeverAgain(s *launcherScene) {
	s.launch("agent-1")
	s.terminate("agent-1")
	s.nothing("agent-1")
}

// nothing demands that a launch starts nothing, and that it says so, if it says anything.
func (s *launcherScene) nothing(token string) {
	s.Helper()
	if i, err := s.launcher.Launch(s.ctx, token, agent); err == nil && !i.Gone {
		s.Errorf("Launch of %q, which was terminated, returned %+v; it must be gone, or an error", token, i)
	}
	s.runs()
}

func launcherTerminatesFirst(s *launcherScene) {
	if s.Forgetful {
		s.Skip("the provider cannot know of a token that was never launched: LauncherOptions.Forgetful is set")
	}
	s.terminate("agent-1")
	s.nothing("agent-1")
}

// launcherCanceled has launches whose context ends, before and while they are made.
func launcherCanceled(s *launcherScene) {
	for n := range 10 {
		token := fmt.Sprint("agent-", n)
		ctx, cancel := context.WithCancel(s.ctx)
		if n == 0 {
			cancel()
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = s.launcher.Launch(ctx, token, agent)
		}()
		cancel()
		<-ended
		s.terminate(token)
	}
	s.runs()
}

func launcherContenders(s *launcherScene) {
	var all sync.WaitGroup
	for n := range 4 {
		token := fmt.Sprint("agent-", n)
		for range 2 {
			all.Go(func() { _, _ = s.launcher.Launch(s.ctx, token, agent) }) // it may have been terminated before
			all.Go(func() {
				if err := s.launcher.Terminate(s.ctx, token); err != nil {
					s.Errorf("Terminate of %q while it is launched: %v; it must succeed", token, err)
				}
			})
		}
	}
	all.Wait()
	for n := range 4 {
		s.terminate(fmt.Sprint("agent-", n))
	}
	s.runs()
}

func launcherListLeft(s *launcherScene) {
	one, two := s.launch("agent-1"), s.launch("agent-2")
	for _, err := range s.launcher.List(s.ctx) {
		if err != nil {
			s.Fatalf("List: %v; it must succeed", err)
		}
		break
	}
	s.runs(one, two)
}

func launcherReopens(s *launcherScene) {
	if s.Reopen == nil {
		s.Skip("it cannot be opened again: LauncherOptions.Reopen is nil")
	}
	one, two := s.launch("agent-1"), s.launch("agent-2")
	gone := s.launch("agent-3")
	s.terminate(gone.Token)
	again := *s
	again.launcher = s.Reopen(s.TB, s.launcher)
	again.runs(one, two)
	if found := again.launch("agent-1"); found.ID != one.ID {
		s.Errorf("Launch by who has opened it again returned %q; %q was started", found.ID, one.ID)
	}
	again.terminate("agent-1")
	again.terminate("agent-2")
	again.nothing(gone.Token)
}
