package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/text"
)

// A look is one [Inspector.Inspect].
type look struct {
	*Inspector

	fsys   fs.FS
	in     *Inspection
	limits Limits
	// seen are the identities that fingerprints gave, by the places that they are of; empty: these have none.
	seen map[string]string
}

// category returns the result of a category, and the error of one that failed.
func (l *look) category(ctx context.Context, c Category) (Result, error) {
	s := l.scanners[c.Name]
	switch {
	case s == nil:
		return skipped(c, "no scanner tells of it; there are scanners of "+l.categories()), nil
	case ctx.Err() != nil:
		return skipped(c, fmt.Sprintf("the inspection ended before: %v", context.Cause(ctx))), nil
	}
	began := time.Now()
	timed, cancel := context.WithTimeoutCause(ctx, l.limits.Time, errTime)
	defer cancel()
	v := l.visit(timed, s, c)
	defer v.facts.close()

	address, err := v.address(timed)
	if old, ok := l.known(ctx, c, address); ok {
		return old, nil
	}
	r := Result{Category: c.Name, Scanner: s.name, Version: s.version}
	if err == nil {
		err = v.scan(ctx, timed, &r)
	}
	r.Problems, r.Met = v.tree.Problems()
	if err == nil && r.Met == 0 && v.tree.links.watcher != nil {
		address = v.addressAfter(timed)
	}
	switch {
	case err != nil:
		r.Outcome, r.Error = Failed, sentence(err.Error())
		r.Class, _ = classOf(err)
	case r.Met > 0:
		r.Outcome = Partial
	case r.Items == 0:
		r.Outcome, r.Address = Empty, address
	default:
		r.Outcome, r.Address = OK, address
	}
	r.At, r.Took = now(), time.Since(began)
	return r, err
}

var errTime = errors.New("its time is up")

func skipped(c Category, why string) Result {
	return Result{Category: c.Name, Outcome: Skipped, Error: sentence(why), At: now()}
}

// now returns the time as it comes back from JSON.
func now() time.Time { return time.Now().UTC().Round(0) }

// maxSentence bounds what is said of a result for people.
const maxSentence = 1000

// sentence makes what somebody else wrote fit for results: one line that is not too long.
func sentence(from string) string {
	return text.Clip(strings.Join(strings.Fields(from), " "), maxSentence)
}

// known returns the complete result of an address, if there is one and its blob is there. To ask for the blob costs far less than a scan, and a result
// whose blob was swept would be taken for ever.
func (l *look) known(ctx context.Context, c Category, address Digest) (Result, bool) {
	for _, r := range l.in.Known {
		if address == "" || r.Address != address || r.Category != c.Name || r.Outcome != OK && r.Outcome != Empty {
			continue
		}
		if r.Blob != "" {
			blob, err := l.blobs.Open(ctx, r.Blob)
			if err != nil {
				continue
			}
			_ = blob.Close()
		}
		r.Reused = true
		return r, true
	}
	return Result{}, false
}
