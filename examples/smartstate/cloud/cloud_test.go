package cloud_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

// A machine runs until it is ended.
type machine struct {
	once sync.Once
	over chan struct{}
}

func (m *machine) Kill()                  { m.once.Do(func() { close(m.over) }) }
func (m *machine) Stop()                  { m.Kill() }
func (m *machine) Ended() <-chan struct{} { return m.over }

// serve serves a cloud, and returns its client and the tokens of the machines that it boots.
func serve(t testing.TB, seed uint64) (*cloud.Client, <-chan string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	booted := make(chan string, 1000)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	c := cloud.New(ctx, cloud.Options{Seed: seed, Beat: time.Millisecond, Boot: func(_ context.Context, token, _ string) (cloud.Machine, error) {
		booted <- token
		return &machine{over: make(chan struct{})}, nil
	}})
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := c.Serve(l); err != nil {
			t.Error(err)
		}
		c.Wait()
	})
	t.Cleanup(serving.Wait)
	t.Cleanup(stop)
	return &cloud.Client{Address: l.Addr().String()}, booted
}

// Every trouble happens once, whatever the seed; and a token has one instance at most.
func TestTroubles(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		c, booted := serve(t, seed)
		for _, token := range []string{"a", "b", "c", "d"} {
			for tries := 0; ; tries++ {
				if _, err := c.Launch(t.Context(), token, scan.AgentSpec{}); err == nil {
					break
				}
				if tries == 2 {
					t.Fatalf("seed %d: %s is not launched", seed, token)
				}
			}
			if _, err := c.Launch(t.Context(), token, scan.AgentSpec{}); err != nil {
				t.Error(err)
			}
		}
		running := map[string]bool{<-booted: true, <-booted: true, <-booted: true}
		if len(running) != 3 {
			t.Errorf("seed %d: %v run; three of the four are right", seed, running)
		}
		want := cloud.Counts{Launched: 4, Refused: 1, Unheard: 1, Zombies: 1}
		if n, err := c.Counts(t.Context()); err != nil || n != want {
			t.Errorf("seed %d: %+v (%v); want %+v", seed, n, err, want)
		}
	}
}

// calm has the troubles happen to instances that nobody needs.
func calm(t testing.TB, c *cloud.Client) {
	t.Helper()
	for _, token := range []string{"first", "second", "third"} {
		_, _ = c.Launch(t.Context(), token, scan.AgentSpec{})
		if err := c.Terminate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
}

// Once the troubles are over it is as good a launcher as any.
func TestLauncher(t *testing.T) {
	t.Parallel()
	scantest.TestLauncher(t, func(t testing.TB) scan.Launcher {
		c, _ := serve(t, 1)
		calm(t, c)
		return c
	}, &scantest.LauncherOptions{Reopen: func(_ testing.TB, l scan.Launcher) scan.Launcher {
		return &cloud.Client{Address: l.(*cloud.Client).Address}
	}})
}

// What was killed is listed as gone until it is terminated; then nothing runs under the token any more.
func TestLifeOfAnInstance(t *testing.T) {
	t.Parallel()
	c, booted := serve(t, 1)
	calm(t, c)
	const token = "one/of.many"
	is, err := c.Launch(t.Context(), token, scan.AgentSpec{})
	if err != nil || is.Gone || is.Token != token || is.ID == "" {
		t.Fatalf("%+v: %v", is, err)
	}
	for up := ""; up != token; {
		up = <-booted
	}
	for killed := false; !killed; { // it boots
		if killed, err = c.Kill(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	for !slices.Contains(list(t, c), scan.Instance{Token: token, ID: is.ID, Gone: true}) {
		time.Sleep(time.Millisecond)
	}
	for range 2 {
		if err := c.Terminate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if all := list(t, c); len(all) > 0 {
		t.Errorf("is left: %+v", all)
	}
	if again, err := c.Launch(t.Context(), token, scan.AgentSpec{}); err != nil || !again.Gone {
		t.Errorf("launched after it was terminated: %+v (%v)", again, err)
	}
	if n, err := c.Counts(t.Context()); err != nil || n.Killed != 1 {
		t.Errorf("%+v (%v); one was killed", n, err)
	}
}

func list(t *testing.T, c *cloud.Client) (all []scan.Instance) {
	t.Helper()
	for i, err := range c.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	return all
}
