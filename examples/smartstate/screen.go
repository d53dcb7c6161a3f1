package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A screen shows what happens. How far categories are it shows in one line of stderr, if that is a terminal, or else line by line.
type screen struct {
	mu     sync.Mutex
	lines  io.Writer
	live   io.Writer // nil: no terminal
	stderr io.Writer
	begun  time.Time
	over   <-chan struct{} // closed when all end, in no order; who then misses another is not to complain

	names []string
	shown map[string]category // by name
}

type category struct {
	state string
	items int
	at    time.Time // when it was said
}

func (c category) String() string {
	if c.items == 0 {
		return c.state
	}
	return fmt.Sprintf("%s, %d items", c.state, c.items)
}

// short is a category in few letters, so that all of them are in one line.
func (c category) short() string {
	switch scan.CategoryState(c.state) {
	case scan.CategoryPlanned:
		return "-"
	case scan.CategoryScanning:
		return fmt.Sprintf("%d…", c.items)
	default:
		return fmt.Sprintf("%d %s", c.items, c.state)
	}
}

func newScreen(s *settings, stdout, stderr io.Writer, over <-chan struct{}) *screen {
	out := &screen{lines: stdout, stderr: stderr, begun: time.Now(), over: over, shown: map[string]category{}}
	switch f, ok := stderr.(*os.File); {
	case s.json:
		out.lines = io.Discard
	case ok && isTerminal(f):
		out.live = stderr
	}
	return out
}

func isTerminal(f *os.File) bool {
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}

// say says what happens.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(s.lines, fmt.Sprintf(format, args...))
}

const clearLine = "\r\x1b[K"

func (s *screen) print(to io.Writer, text string) {
	if s.live != nil {
		_, _ = io.WriteString(s.live, clearLine)
	}
	_, _ = fmt.Fprintf(to, "%6.2fs  %s\n", time.Since(s.begun).Seconds(), text)
}

// Write shows what a process complains of, on stderr. What goes wrong now and is tried again is no reason to.
func (s *screen) Write(p []byte) (int, error) {
	select {
	case <-s.over:
		return len(p), nil
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(string(p)) {
		if !strings.Contains(line, "; it is tried again") {
			s.print(s.stderr, "a process complains: "+strings.TrimSpace(line))
		}
	}
	return len(p), nil
}

// show shows how far a category is. Without a terminal numbers are shown once a second.
func (s *screen) show(name, state string, items int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known := s.shown[name]
	if !known {
		s.names = append(s.names, name)
	}
	is := category{state, items, was.at}
	news := known && state != was.state || items != was.items && time.Since(was.at) > time.Second
	if s.live == nil && news {
		is.at = time.Now()
		s.print(s.lines, fmt.Sprintf("%s: %v", name, is))
	} else if s.live == nil {
		is.items = was.items
	}
	s.shown[name] = is
}

// refresh draws the line.
func (s *screen) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return
	}
	var all []string
	for _, name := range s.names {
		all = append(all, name+" "+s.shown[name].short())
	}
	_, _ = fmt.Fprintf(s.live, clearLine+"%s", strings.Join(all, "  "))
}

// done ends the line.
func (s *screen) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		_, _ = io.WriteString(s.live, clearLine)
	}
}
