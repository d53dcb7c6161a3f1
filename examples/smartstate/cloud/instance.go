package cloud

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// An instance is launched, boots, runs its machine, and is there until somebody terminates it.
type instance struct {
	scan.Instance

	cloud *Cloud
	data  string
	ctx   context.Context
	end   context.CancelFunc
	over  chan struct{}

	mu      sync.Mutex
	machine Machine
}

const prefix = "i-"

// begin begins an instance. The cloud is locked.
func (c *Cloud) begin(token, userData string, idle bool) *instance {
	i := &instance{
		Instance: scan.Instance{Token: token, ID: fmt.Sprintf(prefix+"%04d", c.counts.Launched)},
		cloud:    c, data: userData, over: make(chan struct{}),
	}
	i.ctx, i.end = context.WithCancel(c.ctx)
	c.instances[token] = i
	boot := time.Duration(5+c.random.IntN(10)) * c.o.Beat
	c.running.Go(func() {
		defer close(i.over)
		defer i.end()
		i.run(boot, idle)
	})
	return i
}

// run boots the instance and runs it until it is terminated. One that is idle runs nothing.
func (i *instance) run(boot time.Duration, idle bool) {
	select {
	case <-time.After(boot):
	case <-i.ctx.Done():
		return
	}
	if idle {
		<-i.ctx.Done()
		return
	}
	machine, err := i.cloud.o.Boot(i.cloud.ctx, i.Token, i.data)
	if err != nil {
		if i.ctx.Err() == nil {
			slog.Error("an instance does not boot", "instance", i.ID, "error", err)
		}
		i.gone()
		return
	}
	i.mu.Lock()
	i.machine = machine
	i.mu.Unlock()
	select {
	case <-machine.Ended():
		i.gone()
	case <-i.ctx.Done():
		machine.Stop()
	}
}

// gone takes down that nothing runs in it any more.
func (i *instance) gone() {
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	i.Gone = true
}

func (i *instance) kill() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.machine == nil {
		return false
	}
	select {
	case <-i.machine.Ended():
		return false
	default:
	}
	i.machine.Kill()
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	i.cloud.counts.Killed++
	return true
}
