package refresh

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/reeve-go/reeve/storage"
)

// planVersion is of the form in which plans are written.
const planVersion = 1

// planHead is the first line of a plan.
type planHead struct {
	Plan        int               `json:"plan"`
	Manager     string            `json:"manager"`
	Since       uint64            `json:"since"`
	Targeted    bool              `json:"targeted,omitempty"`
	Collections []*CollectionPlan `json:"collections"`
	Unresolved  []Unresolved      `json:"unresolved,omitempty"`
	Refused     []Refusal         `json:"refused,omitempty"`
	Duplicates  []Duplicate       `json:"duplicates,omitempty"`
	Rings       []Ring            `json:"rings,omitempty"`
	Needed      []Needed          `json:"needed,omitempty"`
}

// planLine is a change.
type planLine struct {
	Change     string          `json:"change"`
	Collection string          `json:"collection"`
	ID         storage.Value   `json:"id"`
	Row        int32           `json:"row,omitempty"`
	Key        []storage.Value `json:"key,omitempty"`
	Columns    []columnLine    `json:"columns,omitempty"`
}

type columnLine struct {
	Column string        `json:"column"`
	Old    storage.Value `json:"old"`
	New    storage.Value `json:"new"`
	NewRow *RowRef       `json:"new_row,omitempty"`
}

// WriteJSON writes the plan so that [ReadPlan] reads the same one: a line for the plan, then a line for each change, by
// collection. So two plans can be compared line by line.
func (p *Plan) WriteJSON(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(planHead{planVersion, p.Manager, p.Since, p.Targeted, p.Collections, p.unresolved, p.refused, p.duplicates, p.rings, p.needed}); err != nil {
		return err
	}
	for n := range p.Collections {
		for kind := range ChangeKind(kinds) {
			for c, err := range p.changesOf(kind, n) {
				if err == nil {
					p.identify(c)
					err = lines.Encode(c.line())
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return buffered.Flush()
}

func (c *Change) line() planLine {
	out := planLine{Change: c.Kind.String(), Collection: c.Collection, ID: c.ID, Row: c.Row, Key: c.key}
	for _, of := range c.Columns {
		out.Columns = append(out.Columns, columnLine(of))
	}
	return out
}

// ReadPlan reads what [Plan.WriteJSON] wrote. It keeps so many bytes of it in memory and the rest in a temporary
// file; zero: 64 MiB. What is no plan is an error that names the line.
func ReadPlan(r io.Reader, memory int) (*Plan, error) {
	if memory == 0 {
		memory = defaultMemory
	}
	lines := json.NewDecoder(r)
	lines.DisallowUnknownFields()
	var head planHead
	if err := lines.Decode(&head); err != nil {
		return nil, fmt.Errorf("refresh: the first line is no plan: %w", err)
	}
	if head.Plan != planVersion {
		return nil, fmt.Errorf("refresh: the plan is of version %d; this program knows %d", head.Plan, planVersion)
	}
	p := newPlan(head.Manager, head.Since, memory)
	p.Targeted = head.Targeted
	p.unresolved, p.refused, p.duplicates, p.rings, p.needed = head.Unresolved, head.Refused, head.Duplicates, head.Rings, head.Needed
	read := planReader{Plan: p, head: head.Collections}
	for line := 2; ; line++ {
		var l planLine
		err := lines.Decode(&l)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = read.add(&l)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("refresh: line %d of the plan: %w", line, err), p.Close())
		}
	}
	if err := read.end(); err != nil {
		return nil, errors.Join(fmt.Errorf("refresh: the plan is not whole: %w", err), p.Close())
	}
	return p, nil
}

// A planReader puts a plan together again.
type planReader struct {
	*Plan

	head []*CollectionPlan // as they were written
}

func (r *planReader) add(l *planLine) error {
	for len(r.Collections) == 0 || r.Collections[len(r.Collections)-1].Name != l.Collection {
		if err := r.next(); err != nil {
			return fmt.Errorf("collection %q: %w", l.Collection, err)
		}
	}
	c := Change{ID: l.ID, Row: l.Row, key: l.Key}
	if err := c.Kind.UnmarshalText([]byte(l.Change)); err != nil {
		return err
	}
	for _, of := range l.Columns {
		c.Columns = append(c.Columns, ColumnChange(of))
	}
	if of := r.Collections[len(r.Collections)-1]; c.Kind == Insert && !c.ID.IsNull() && of.created.len() == of.Inserts {
		of.created.rows = append(of.created.rows, c.Row)
		of.created.add(c.ID)
	}
	return r.Plan.add(&c)
}

// next begins the next collection.
func (r *planReader) next() error {
	n := len(r.Collections)
	if n == len(r.head) {
		return errors.New("it is not among the plan's collections, or not in their order")
	}
	if r.head[n] == nil {
		return errors.New("one of the plan's collections is null")
	}
	of := *r.head[n]
	of.Inserts, of.Updates, of.Deletes, of.Archives = 0, 0, 0, 0
	of.numbers = map[string]int{}
	for i, name := range of.Columns {
		of.numbers[name] = i
	}
	if of.Keys < 0 || of.Keys > len(of.Columns) || len(of.numbers) != len(of.Columns) {
		return errors.New("its columns are not those of a plan")
	}
	r.begin(&of)
	return nil
}

// end checks that all is there.
func (r *planReader) end() error {
	for len(r.Collections) < len(r.head) {
		if err := r.next(); err != nil {
			return err
		}
	}
	for i, said := range r.head {
		is := r.Collections[i]
		if is.Inserts != said.Inserts || is.Updates != said.Updates || is.Deletes != said.Deletes || is.Archives != said.Archives {
			return fmt.Errorf("of collection %q there is %s; the first line says %s", is.Name, is, said)
		}
	}
	return nil
}

// MarshalText returns the kind's name.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's name.
func (k *ChangeKind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = ChangeKind(i)
			return nil
		}
	}
	return fmt.Errorf("refresh: %q is no kind of change; insert, update, delete and archive are", text)
}
