package supervision_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Snapshots are taken of disks. A provider accepts two at once, whatever asks for them; each host can
// take one.
func ExampleCaps() {
	type (
		state string
		event string
		disk  struct{ Host string }
	)
	machine := fsm.MustCompile(fsm.Definition[state, event]{
		Name:    "disk",
		Initial: "plain",
		States: fsm.States[state, event]{
			"plain": {Mode: fsm.Active, After: time.Hour, Then: "fail"},
			"safe":  {Mode: fsm.Resting},
			"lost":  {Mode: fsm.Resting},
		},
		Table: fsm.Table[state, event]{"plain": {"saved": "safe", "fail": "lost"}},
	})
	store := memory.New(nil)
	disks, err := supervision.NewKind[disk]("disk", machine, store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for i, host := range []string{"h1", "h1", "h1", "h2", "h2", "h3"} {
		if err := disks.Create(ctx, fmt.Sprintf("d%d", i), disk{Host: host}); err != nil {
			fmt.Println(err)
		}
	}

	snapshot := supervision.NewEffect[string, string]("snapshot")
	s, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(s, disks, func(t *supervision.Turn[disk, state, event]) error {
		for _, m := range t.Messages {
			if _, err, ok := snapshot.Outcome(m); ok && err == nil {
				return t.Fire("saved")
			}
		}
		snapshot.Emit(t, t.Data.Host, supervision.Once(), supervision.InGroup(t.Data.Host))
		return nil
	}, supervision.AtOnce(supervision.Caps{Process: 50}))

	var mu sync.Mutex
	done, atOnce := 0, map[string]int{}
	begin := func(host string) {
		mu.Lock()
		defer mu.Unlock()
		atOnce[host]++
		atOnce["all"]++
		if atOnce[host] > 1 || atOnce["all"] > 2 {
			fmt.Println("too many at once:", atOnce)
		}
	}
	end := func(host string) {
		mu.Lock()
		defer mu.Unlock()
		atOnce[host]--
		atOnce["all"]--
		if done++; done == 6 {
			stop()
		}
	}
	supervision.Perform(s, snapshot, func(_ context.Context, _ supervision.Call, host string) (string, error) {
		begin(host)
		defer end(host)
		time.Sleep(5 * time.Millisecond)
		return "", nil
	}, &supervision.PerformOptions{Caps: supervision.Caps{Store: 2, GroupStore: 1}})

	if err := s.Run(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("snapshots:", done)
	// Output: snapshots: 6
}
