package scan

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// every is how often progress is told.
const every = time.Second

// watch has f run on a goroutine of its own, and tells of progress meanwhile. If f does not return within the grace after ctx has ended it is left
// behind: nothing can end it, and what it does from then on goes nowhere.
func (v *visit) watch(ctx context.Context, f func() error) error {
	returned := make(chan error, 1)
	go func() {
		err := errors.New("it ended its goroutine instead of returning")
		defer func() { returned <- err }()
		err = v.guard(f)
	}()

	ticker := time.NewTicker(every)
	defer ticker.Stop()
	ended := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case err := <-returned:
			return err
		case <-ticker.C:
			v.tell()
		case <-ended:
			timer := time.NewTimer(v.options.Grace)
			defer timer.Stop()
			ended, late = nil, timer.C
		case <-late:
			v.options.Logger.Error("a scanner was left behind", "scanner", v.scanner.name, "category", v.category.Name, "grace", v.options.Grace)
			return fmt.Errorf("scanner %s %w: it did not return within %v after its end, which was because: %w",
				quote(v.scanner.name), errLeft, v.options.Grace, context.Cause(ctx))
		}
	}
}

var errLeft = errors.New("was left behind")

// guard makes an error of a panic.
func (v *visit) guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value}
			v.options.Logger.Error("a scanner panicked", "scanner", v.scanner.name, "category", v.category.Name, "panic", value, "stack", string(debug.Stack()))
		}
	}()
	return f()
}

// A panicError says what a scanner panicked with. Where it did is in the log alone.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// tell tells of progress, if there is any, and not too often.
func (v *visit) tell() {
	items, _ := v.facts.count()
	entries, read := v.tree.Worked()
	worked := int64(items) + entries + read + v.looked.Load() + v.packed.Load()
	if v.in.Progress == nil || worked == v.worked || time.Since(v.told) < every/2 {
		return
	}
	v.worked, v.told = worked, time.Now()
	v.in.Progress(v.category.Name, items, read)
}
