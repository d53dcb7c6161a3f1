package supervision

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Inputs are what a journal keeps with the first line of a change: what a decider was given, or what
// an order made, so that a replay comes from each version to the next.
type inputs struct {
	Turn  *turnInputs `json:"turn,omitempty"`
	Order *storedRow  `json:"order,omitempty"`
	// DataVersion is that of the program that made the change.
	DataVersion int `json:"version,omitempty"`
	// Result is a digest of what the record and its changed elements became.
	Result string `json:"result"`
}

// Turn inputs are what a decider was given beside its record, whose rows the replay has.
type turnInputs struct {
	Now      time.Time         `json:"now"`
	Elements []string          `json:"elements,omitempty"`
	Messages []storage.Message `json:"messages,omitempty"`
	More     bool              `json:"more,omitempty"`
	Reads    []storage.Record  `json:"reads,omitempty"`
}

// A storedRow is what an order made of a record.
type storedRow struct {
	Record   storage.Record    `json:"record"`
	Elements []storage.Element `json:"elements,omitempty"`
	Gone     []string          `json:"gone,omitempty"`
}

// mostInputs is what a journal keeps with one change; the limit of a store that was not told another.
const mostInputs = storage.DefaultLimit

var errInputs = errors.New("what the turn was given is too large for the journal")

// journal adds to a change what it was made from.
func (k *Kind[T, S, E]) journal(t *Turn[T, S, E], c *storage.Change) error {
	if !k.options.Journal || c.Delete {
		return nil
	}
	if len(c.Lines) == 0 {
		c.Lines = []storage.Line{{From: c.Record.State, To: c.Record.State, Cause: t.core.cause, Operation: c.Record.Operation}}
	}
	in := inputs{DataVersion: c.Record.DataVersion, Result: resultOf(c)}
	if t.decided {
		in.Turn = t.inputs()
	} else {
		in.Order = &storedRow{c.Record, c.Elements, c.Gone}
	}
	bytes, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	if len(bytes) > mostInputs {
		return fmt.Errorf("%w: %d bytes; at most %d are right", errInputs, len(bytes), mostInputs)
	}
	c.Lines[0].Inputs = bytes
	return nil
}

func (t *Turn[T, S, E]) inputs() *turnInputs {
	in := &turnInputs{Now: t.Now, Messages: t.seen.Messages, More: t.seen.More}
	for i := range t.seen.Elements {
		in.Elements = append(in.Elements, t.seen.Elements[i].Name)
	}
	for _, r := range t.core.reads {
		in.Reads = append(in.Reads, *r)
	}
	slices.SortFunc(in.Reads, func(a, b storage.Record) int { return a.Key.Compare(b.Key) })
	return in
}

// resultOf digests what a change makes, without what differs from one try to the next.
func resultOf(c *storage.Change) string {
	r := c.Record
	values := []any{r.State, r.Final, r.Operation, micros(r.Deadline), r.Step, string(r.Data), r.DataVersion, micros(r.Since), micros(r.Until), r.Group}
	for i := range c.Elements {
		e := &c.Elements[i]
		values = append(values, e.Name, e.State, e.Group, micros(e.Since), micros(e.Due), string(e.Data))
	}
	for _, name := range c.Gone {
		values = append(values, "gone", name)
	}
	for i := range c.Emit {
		values = append(values, "emit", c.Emit[i].ID, c.Emit[i].Key, c.Emit[i].Name, string(c.Emit[i].Body))
	}
	for i := range c.Send {
		values = append(values, "send", c.Send[i].ID, c.Send[i].To, c.Send[i].Name, string(c.Send[i].Body))
	}
	return digest(values...)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
