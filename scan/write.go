package scan

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A factWriter takes the facts of one category from any number of goroutines, within the limits, and puts them in order with little memory.
type factWriter struct {
	ctx    context.Context
	limits Limits
	note   func(path string, err error)
	lines  sync.Pool

	mu    sync.Mutex
	items int
	bytes int64
	runs  runs
	// limited: there was more than the limits let through. Failed is the first error of another sort: a fact is missing, whatever the scanner says.
	limited error
	failed  error
}

// newFactWriter returns a writer that takes facts until ctx ends. Folder is where it may keep what does not fit into so many bytes of memory.
func newFactWriter(ctx context.Context, limits Limits, note func(string, error), folder string, memory int) *factWriter {
	limits.Item = min(limits.Item, MaxItem)
	return &factWriter{
		ctx: ctx, limits: limits, note: note,
		lines: sync.Pool{New: func() any { return newLineWriter() }},
		runs:  runs{folder: folder, memory: memory},
	}
}

// emit is the [Emit] of the category.
func (w *factWriter) emit(key string, value any) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	lines := w.lines.Get().(*lineWriter) // nothing else is in it
	key = writtenKey(key)
	line, err := lines.write(key, value)
	switch {
	case err != nil:
		return w.fail(fmt.Errorf("the value under key %s: %w", quote(key), err))
	case len(line) > w.limits.Item: // a buffer that had to grow so far is not kept
		w.note("", fmt.Errorf("what is under key %s has %d bytes and is left out; at most %d are let through", quote(key), len(line), w.limits.Item))
		return nil
	}
	defer w.lines.Put(lines)
	return w.add(key, line)
}

func (w *factWriter) add(key string, line []byte) error {
	w.mu.Lock()
	full, err := w.take(key, line)
	w.mu.Unlock()
	if full == nil {
		return err
	}
	if err := w.runs.spill(full); err != nil {
		return w.fail(err)
	}
	return nil
}

// take keeps a line. If the memory is used up then, it returns the run that has to be spilled.
func (w *factWriter) take(key string, line []byte) (*run, error) {
	switch {
	case w.failed != nil:
		return nil, w.failed
	case w.items >= w.limits.Items:
		return nil, w.limit("there are more than %d facts", int64(w.limits.Items))
	case w.bytes > w.limits.Bytes-int64(len(line)):
		return nil, w.limit("the facts have more than %d bytes", w.limits.Bytes)
	}
	w.items++
	w.bytes += int64(len(line))
	return w.runs.add(key, line), nil
}

func (w *factWriter) limit(format string, most int64) error {
	if w.limited == nil {
		w.limited = fmt.Errorf(format+": %w", most, ErrLimit)
		w.note("", w.limited)
	}
	return w.limited
}

func (w *factWriter) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
	return err
}

// count returns how much there is so far.
func (w *factWriter) count() (items int, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.items, w.bytes
}

// end returns the first error that cost a fact and was no limit. What is emitted from now on goes nowhere.
func (w *factWriter) end() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.failed
	if err == nil {
		w.failed = errEnded
	}
	return err
}

// close removes what was kept.
func (w *factWriter) close() {
	_ = w.end()
	w.runs.close()
}

var errEnded = errors.New("the category has ended; nothing can be emitted any more")
