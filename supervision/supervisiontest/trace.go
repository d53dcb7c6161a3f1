package supervisiontest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A trace tells what happened, step by step.
type trace struct {
	begun time.Time

	mu    sync.Mutex
	lines []string
	news  bool  // something was added since the last look
	err   error // the first thing that was wrong
}

func newTrace() *trace { return &trace{begun: time.Now()} }

// add notes what somebody did; nobody: the simulator.
func (t *trace) add(who, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = true
	at := time.Since(t.begun)
	t.lines = append(t.lines, fmt.Sprintf("%3d:%02d:%06.3f  %-10s %s", int(at.Hours()), int(at.Minutes())%60, (at%time.Minute).Seconds(), who, fmt.Sprintf(format, args...)))
}

// fail notes that something was wrong, if nothing was before.
func (t *trace) fail(err error) {
	if err == nil || t.failed() != nil {
		return
	}
	t.add("", "WRONG: %v", err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

// hasNews reports whether something happened since it was asked last.
func (t *trace) hasNews() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	news := t.news
	t.news = false
	return news
}

func (t *trace) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *trace) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// A traceLog is a process's logger, which writes into the trace while the process lives.
type traceLog struct {
	trace *trace
	who   string
	life  *life
}

func (l traceLog) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && !l.life.dead.Load()
}
func (l traceLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l traceLog) WithGroup(string) slog.Handler      { return l }

// Handle writes the message and what it is about; a stack would tell where the simulator is.
func (l traceLog) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "record" || a.Key == "error" || a.Key == "effect" {
			text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		}
		return true
	})
	l.trace.add(l.who, "logs: %s", text)
	return nil
}
