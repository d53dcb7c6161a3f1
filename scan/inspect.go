package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An Inspector looks into file systems with scanners and puts what they tell into blobs. It is safe for concurrent use.
type Inspector struct {
	blobs    Blobs
	scanners map[string]*namedScanner
	options  InspectorOptions
	zips     sync.Pool // of compressors: they are large, and most results small
}

// A namedScanner is a scanner, and what it said of itself when it became known.
type namedScanner struct {
	Scanner

	name, version string
}

// InspectorOptions are the options of an [Inspector]. Nil is the same as the zero value.
type InspectorOptions struct {
	// Grace is how long a scanner may take to return after its context has ended. One that takes longer is left behind: its category has failed,
	// and what it still does goes nowhere. Zero: 10 seconds.
	Grace time.Duration
	// Memory is how many bytes of the facts of a category are kept in memory, twice; more are kept in a temporary file until the category ends. At
	// most 1 GiB; zero: 8 MiB.
	Memory int
	// Temp is the folder for these files. Empty: [os.TempDir]. A category whose facts find no room there has failed, with class [Lost].
	Temp string
	// Logger is told of panics, with the stack, and of scanners that were left behind. Nil: [slog.Default].
	Logger *slog.Logger
}

const (
	scannerGrace    = 10 * time.Second
	factsMemory     = 8 << 20
	mostFactsMemory = 1 << 30
)

// NewInspector returns an inspector. No two scanners may tell of one category.
func NewInspector(blobs Blobs, scanners []Scanner, o *InspectorOptions) (*Inspector, error) {
	i := &Inspector{blobs: blobs, scanners: map[string]*namedScanner{}, zips: sync.Pool{New: newZip}}
	if o != nil {
		i.options = *o
	}
	o = &i.options
	if o.Grace == 0 {
		o.Grace = scannerGrace
	}
	if o.Memory == 0 {
		o.Memory = factsMemory
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case blobs == nil:
		return nil, errors.New("scan: an inspector without blobs; results need a place")
	case o.Grace < 0:
		return nil, fmt.Errorf("scan: the Grace of an inspector is %v; a positive time is right", o.Grace)
	case o.Memory < 0 || o.Memory > mostFactsMemory:
		return nil, fmt.Errorf("scan: the Memory of an inspector is %d bytes; 1 to %d are right", o.Memory, mostFactsMemory)
	}
	for n, s := range scanners {
		if s == nil {
			return nil, fmt.Errorf("scan: scanner %d is nil", n+1)
		}
		if err := i.know(&namedScanner{s, s.Name(), s.Version()}); err != nil {
			return nil, fmt.Errorf("scan: scanner %s: %w", quote(s.Name()), err)
		}
	}
	return i, nil
}

func (i *Inspector) know(s *namedScanner) error {
	for _, name := range []struct{ of, text string }{{"name", s.name}, {"version", s.version}} {
		if !isWord(name.text, storage.MaxName) {
			return fmt.Errorf("its %s is %s; a text of 1 to %d bytes without control characters is right", name.of, quote(name.text), storage.MaxName)
		}
	}
	categories := s.Categories()
	if len(categories) == 0 {
		return errors.New("it has no categories; it must tell of one at least")
	}
	for _, c := range categories {
		if !isWord(c, storage.MaxName) {
			return fmt.Errorf("a category of it is called %s; a text of 1 to %d bytes without control characters is right", quote(c), storage.MaxName)
		}
		if other := i.scanners[c]; other != nil {
			return fmt.Errorf("it tells of category %s, and so does %s; only one may", quote(c), quote(other.name))
		}
		i.scanners[c] = s
	}
	return nil
}

// An Inspection is what an [Inspector] is asked.
type Inspection struct {
	// Target is the id of what is looked into. Content names what is in it, if something does; see [Target].
	Target  string
	Content string
	// Categories are what to look for, each once.
	Categories []Category
	// Known are earlier results. One that is of the same address is taken instead of a scan, if its blob is there.
	Known []Result
	// Limits bound each category.
	Limits Limits
	// Progress, if it is not nil, is told of the category at work: so many items, and so many bytes read so far. It is called only if something was
	// done since it was called last (the numbers may be the same: to look at a folder is something), by one goroutine at a time, and about once a second.
	Progress func(category string, items int, bytes int64)
	// Done, if it is not nil, is told of each result as soon as it is there and its blob is kept.
	Done func(Result)
}

// Inspect looks into a file system, one category after the other, and returns one result for each that was asked for, in that order. What goes wrong with one
// category is in its result, and the others go on. There is an error only if nothing could be done at all: the inspection makes no
// sense, ctx had ended before, or no result could be stored; in the last case the results are returned too.
//
// A complete result has an [Address] if its input has an identity: the content of the target if it has a name, and else what
// [Fingerprint] says of the places that the scanner depends on. What is partial or failed has none, so that another try looks again.
func (i *Inspector) Inspect(ctx context.Context, fsys fs.FS, in Inspection) ([]Result, error) {
	if err := in.check(fsys); err != nil {
		return nil, fmt.Errorf("scan: target %s: %w", quote(in.Target), err)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("scan: target %s was not looked into: %w", quote(in.Target), context.Cause(ctx))
	}
	l := &look{Inspector: i, fsys: fsys, in: &in, limits: in.Limits.withDefaults(), seen: map[string]string{}}
	results := make([]Result, len(in.Categories))
	var kept bool
	var refused *storeError
	for n, c := range in.Categories {
		r, err := l.category(ctx, c)
		_ = errors.As(err, &refused)
		kept = kept || r.Outcome != Failed && r.Outcome != Skipped
		if results[n] = r; in.Done != nil {
			in.Done(r)
		}
	}
	if refused != nil && !kept {
		return results, fmt.Errorf("scan: target %s: no result could be stored: %w", quote(in.Target), refused.err)
	}
	return results, nil
}

func (in *Inspection) check(fsys fs.FS) error {
	switch {
	case fsys == nil:
		return errors.New("there is no file system")
	case in.Target == "" && in.Content == "":
		return errors.New("it has neither an id nor named content; one of them is needed")
	}
	return checkCategories(in.Categories)
}

// categories names those that there are, for errors.
func (i *Inspector) categories() string {
	var names []string
	for name := range i.scanners {
		names = append(names, quote(name))
	}
	slices.Sort(names)
	const most = 20
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}
