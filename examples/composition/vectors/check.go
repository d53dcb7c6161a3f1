package vectors

import (
	"context"
	"fmt"
	"io"
)

// A Summary counts what came of cases.
type Summary struct {
	Cases, Agree, OnPurpose, Mismatch int
	// Purposes counts the cases that differ for each purpose. A case can have several.
	Purposes map[Purpose]int
	// Unread counts what could not be read.
	Unread int
}

// OK reports whether every case could be read and none differs but on purpose.
func (s *Summary) OK() bool { return s.Mismatch == 0 && s.Unread == 0 }

// String is the last line of a report.
func (s *Summary) String() string {
	return fmt.Sprintf("cases=%d agree=%d on-purpose=%d mismatch=%d", s.Cases, s.Agree, s.OnPurpose, s.Mismatch)
}

// Check runs the cases of files. It writes each mismatch to out, one a line, then the purposes and how
// many cases differ for each, and the summary last; what cannot be read goes to errs.
func Check(ctx context.Context, files []string, out, errs io.Writer) (Summary, error) {
	s := Summary{Purposes: map[Purpose]int{}}
	p := &printer{out: out}
	for _, file := range files {
		for c, err := range Read(file) {
			if ctx.Err() != nil {
				return s, context.Cause(ctx)
			}
			var v Verdict
			if err == nil {
				if v, err = Run(ctx, &c); err != nil {
					err = fmt.Errorf("vectors: %s:%d: case %q: %w", c.File, c.Line, c.Given.Name, err)
				}
			}
			if err != nil {
				s.Unread++
				_, _ = fmt.Fprintln(errs, err)
				continue
			}
			s.add(v)
			for _, d := range v.Mismatches {
				p.say("mismatch: %s:%d: case %q: %v", c.File, c.Line, c.Given.Name, d)
			}
		}
	}
	for _, purpose := range Purposes {
		if n := s.Purposes[purpose]; n > 0 {
			p.say("on purpose, %d: %s", n, purpose)
		}
	}
	p.say("%v", &s)
	return s, p.err
}

func (s *Summary) add(v Verdict) {
	s.Cases++
	switch {
	case len(v.Mismatches) > 0:
		s.Mismatch++
	case len(v.Purposes) > 0:
		s.OnPurpose++
		for _, p := range v.Purposes {
			s.Purposes[p]++
		}
	default:
		s.Agree++
	}
}

// A printer writes lines until that fails.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) say(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}
