package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A screen shows what happens as lines, and how far each phase is: as bars in a terminal, as lines
// elsewhere.
type screen struct {
	out   io.Writer
	begun time.Time

	mu       sync.Mutex
	progress *mpb.Progress // nil: this is no terminal
	bars     []*bar
}

// A bar is the progress of a phase.
type bar struct {
	name        string
	done, total int
	mpb         *mpb.Bar
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out, begun: time.Now()}
	if isTerminal(out) {
		s.progress = mpb.New(mpb.WithOutput(out), mpb.WithWidth(60), mpb.WithRefreshRate(100*time.Millisecond))
	}
	return s
}

// isTerminal says whether somebody looks on.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// say writes a line, above the bars if there are any.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(fmt.Sprintf("%6.2fs  %s\n", time.Since(s.begun).Seconds(), fmt.Sprintf(format, args...)))
}

func (s *screen) write(line string) {
	if s.progress != nil {
		_, _ = s.progress.Write([]byte(line))
		return
	}
	_, _ = io.WriteString(s.out, line)
}

// add begins a bar.
func (s *screen) add(name string, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &bar{name: name, total: total}
	if s.progress != nil {
		b.mpb = s.progress.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d of %d")))
	}
	s.bars = append(s.bars, b)
}

// set says how many of a bar are done.
func (s *screen) set(n, done int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bars[n]
	if b.done == done {
		return
	}
	b.done = done
	if b.mpb != nil {
		b.mpb.SetCurrent(int64(done))
		return
	}
	s.write(fmt.Sprintf("%6.2fs  %s  %s%s  %d of %d\n", time.Since(s.begun).Seconds(), b.name,
		strings.Repeat("#", done), strings.Repeat(".", b.total-done), done, b.total))
}

// close leaves the bars as they are and lets lines be written below.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress == nil {
		return
	}
	for _, b := range s.bars {
		if b.mpb != nil && b.done < b.total {
			b.mpb.Abort(false)
		}
	}
	s.progress.Wait()
	s.progress = nil
}
