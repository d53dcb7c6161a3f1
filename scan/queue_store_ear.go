package scan

import (
	"context"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Listen keeps the store listened to until stop is called, also while no Receive waits. For a Receive that waits this is done anyway; who receives again and
// again is spared the connection that it costs each time. An [Agent] and a [Manager] do it for as long as they run.
func (q *StoreQueue) Listen(ctx context.Context) (stop func()) {
	_, stop = q.ear.join(ctx)
	return sync.OnceFunc(stop)
}

// listening has a queue that can listen do so until stop is called.
func listening(ctx context.Context, q Queue) (stop func()) {
	if listener, ok := q.(interface {
		Listen(ctx context.Context) (stop func())
	}); ok {
		return listener.Listen(ctx)
	}
	return func() {}
}

// An ear listens to a store for as long as somebody waits, once for all of them: to listen may cost a connection.
type ear struct {
	notifier storage.Notifier // nil: there are no hints

	mu   sync.Mutex
	all  map[chan struct{}]bool // who waits
	stop func()
}

// join returns what rings when something may have become ready, until leave is called.
func (e *ear) join(ctx context.Context) (hints <-chan struct{}, leave func()) {
	if e.notifier == nil {
		return nil, func() {}
	}
	mine := make(chan struct{}, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		e.all, e.stop = map[chan struct{}]bool{}, e.listen(ctx)
	}
	e.all[mine] = true
	select {
	case mine <- struct{}{}: // because of what came before
	default:
	}
	return mine, func() { e.leave(mine) }
}

// leave returns when nothing is going on any more because of who leaves.
func (e *ear) leave(mine chan struct{}) {
	e.mu.Lock()
	delete(e.all, mine)
	stop := func() {}
	if len(e.all) == 0 {
		stop = e.stop
	}
	e.mu.Unlock()
	stop()
}

// listen listens until it is stopped: who began to wait may have left by then.
func (e *ear) listen(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_ = e.notifier.Listen(ctx, e.ring)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second): // it broke, and polling goes on
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (e *ear) ring(due storage.Hint) {
	if due&storage.HintRecords == 0 {
		return // messages are records
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for one := range e.all {
		select {
		case one <- struct{}{}:
		default: // it has been rung
		}
	}
}
