package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Mischief deals the blows of a plan and counts them. It is safe for concurrent use.
type mischief struct {
	crew      *crew
	world     *world
	testimony *testimony
	base      *database

	mu     sync.Mutex
	counts map[blowKind]int
	woken  map[string]time.Time // the processes that were paused, and when that first ended
	faults []string             // what could not be done
}

func newMischief(c *crew, w *world, t *testimony, base *database) *mischief {
	return &mischief{crew: c, world: w, testimony: t, base: base, counts: map[blowKind]int{}, woken: map[string]time.Time{}}
}

// dealAll deals all blows, each at its time, and returns when the last one is over.
func (m *mischief) dealAll(ctx context.Context, blows []blow) {
	var dealing sync.WaitGroup
	defer dealing.Wait()
	begun := time.Now()
	for _, b := range blows {
		if !wait(ctx, b.at-time.Since(begun)) {
			return
		}
		dealing.Go(func() { m.deal(ctx, b) })
	}
}

func (m *mischief) deal(ctx context.Context, b blow) {
	n := 1
	var err error
	switch b.what {
	case blowKill:
		err = m.crew.kill(ctx, b.seat, b.lasts)
	case blowPause:
		err = m.pause(ctx, b)
	case blowCut:
		n = m.cut()
	case blowRestart:
		if m.base.restart == nil {
			return
		}
		err = m.base.restart(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[b.what] += n
	if err != nil && ctx.Err() == nil {
		m.faults = append(m.faults, fmt.Sprintf("%s cannot be done: %v", b.what, err))
	}
}

// pause stops a process whose decisions are on their way to the store and which waits for the world.
// Others take over what it has in hand before it goes on, so it must not be stopped where it keeps
// everybody from writing.
func (m *mischief) pause(ctx context.Context, b blow) error {
	name, on, err := m.crew.pause(ctx, b.seat, b.lasts, moment{
		right: func(process string) bool {
			return m.testimony.writing(process) && m.world.waiting(process) > 0 && (m.base.blocked == nil || !m.base.blocked(ctx))
		},
		over: m.testimony.overtaken,
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, before := m.woken[name]; !before && err == nil {
		m.woken[name] = on
	}
	return err
}

// cut cuts connections and returns how many there were.
func (m *mischief) cut() int {
	n := m.world.conns.cut()
	if m.base.cut != nil {
		n += m.base.cut()
	}
	return n
}

// figures returns how many blows of each sort fell.
func (m *mischief) figures() []Figure {
	m.mu.Lock()
	defer m.mu.Unlock()
	return []Figure{
		{"processes killed", m.counts[blowKill]},
		{"processes paused beyond their leases", m.counts[blowPause]},
		{"connections cut", m.counts[blowCut]},
		{"restarts of the database", m.counts[blowRestart]},
	}
}

// String says what was done so far.
func (m *mischief) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("%d killed, %d paused, %d cut, %d restarts", m.counts[blowKill], m.counts[blowPause], m.counts[blowCut], m.counts[blowRestart])
}
