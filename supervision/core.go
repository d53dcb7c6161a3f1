package supervision

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Outbound is a turn of any kind. Effects, messages and elements take it where they need no more than
// the turn's commit.
type Outbound interface {
	outbound() *core
	// toStep sets the step of the operation, and how long the record may stay in its state from now;
	// zero: as long as it could.
	toStep(step string, within time.Duration)
}

// A core is the part of a turn that does not depend on the kind's types: what is to happen beside the
// record's own move.
type core struct {
	ctx   context.Context //nolint:containedctx // a turn lives as long as the call that it serves
	store elementReader

	key       storage.Key
	version   uint64
	state     string
	since     time.Time
	operation string
	step      string
	deadline  time.Time
	now       time.Time

	err    error // the first thing that could not be done; the turn fails with it
	ids    int
	wake   time.Time
	cause  string
	lines  []storage.Line
	fates  []storage.Consumption // of messages that are not simply consumed
	emit   []storage.Effect
	cancel []storage.Cancel
	send   []storage.Message
	spawn  []storage.Spawn
	reads  map[storage.Key]*storage.Record
	parts  parts
}

// An elementReader reads the elements of a record: a store, or a replay.
type elementReader interface {
	Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error]
}

// fail keeps the first thing that could not be done.
func (c *core) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// line notes a move for the history.
func (c *core) line(l storage.Line) {
	l.Cause = c.cause
	c.lines = append(c.lines, l)
}

// wakeAt brings the record to a turn at that time, unless it gets one earlier.
func (c *core) wakeAt(at time.Time) {
	if at.Before(c.now) {
		at = c.now
	}
	c.wake = earliest(c.wake, at)
}

// newID returns an id that no other turn of any record returns, and the same one if the turn is
// decided again.
func (c *core) newID() string {
	c.ids++
	if c.version == 0 { // there may have been a record of this id before
		return digest("first id", c.key.Kind, c.key.ID, c.now.UnixMicro(), c.ids)
	}
	return digest("id", c.key.Kind, c.key.ID, c.version, c.ids)
}

// onceID returns an id of something that an operation wants once while the record stays in its state.
func (c *core) onceID(what ...any) string {
	return digest(append([]any{"once", c.key.Kind, c.key.ID, c.state, c.since.UnixMicro(), c.operation}, what...)...)
}

// stepKey returns an idempotency key of what is wanted in the step that is under way.
func (c *core) stepKey(what ...any) string {
	about := []any{"step", c.key.Kind, c.key.ID, c.operation, c.step}
	if c.operation == "" {
		about = append(about, c.state, c.since.UnixMicro())
	}
	return digest(append(about, what...)...)
}

// digest returns a short name for the values, in lower case letters and digits.
func digest(values ...any) string {
	h := sha256.New()
	for _, v := range values {
		_, _ = fmt.Fprintf(h, "%q ", fmt.Sprint(v))
	}
	return strings.ToLower(base32.HexEncoding.EncodeToString(h.Sum(nil)[:15]))
}

// earliest returns the earliest time that is not zero.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
