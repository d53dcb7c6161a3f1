package refreshing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reeve-go/reeve/refresh"
)

// A Report is what a refresh came to, as -json writes it.
type Report struct {
	Manager     string                    `json:"manager"`
	Collections []*refresh.CollectionPlan `json:"collections"`
	Unresolved  []refresh.Unresolved      `json:"unresolved"`
	Refused     []refresh.Refusal         `json:"refused"`
	Duplicates  []refresh.Duplicate       `json:"duplicates"`
}

// NewReport returns the report of a plan.
func NewReport(p *refresh.Plan) *Report {
	return &Report{p.Manager, p.Collections, p.Unresolved(), p.Refused(), p.Duplicates()}
}

// Recorded returns what the record of a manager has of its last full refresh.
func Recorded(manager string, m *refresh.Manager) *Report {
	r := &Report{Manager: manager}
	for _, of := range m.Full.Saved {
		r.Collections = append(r.Collections, &refresh.CollectionPlan{
			Name: of.Collection, Inserts: of.Inserts, Updates: of.Updates, Deletes: of.Deletes,
			Unchanged: of.Unchanged, Kept: of.Kept, Refused: of.Refused, Incomplete: of.Incomplete,
			Stored: of.Updates + of.Deletes + of.Unchanged + of.Kept,
		})
	}
	return r
}

// WriteJSON writes a report as JSON.
func WriteJSON(w io.Writer, report any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(report)
}

// Write writes the report for a reader.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		_, _ = fmt.Fprintln(t, strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%v\t", len(cells)), cells...), "\t"))
	}
	row("COLLECTION", "CREATED", "UPDATED", "UNCHANGED", "DELETED", "KEPT", "REFUSED")
	for _, c := range r.Collections {
		row(c.Name, c.Inserts, c.Updates, c.Unchanged, c.Deletes, c.Kept, c.Refused)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.writeNotes(w)
}

// mostNotes is how many notes of a sort are shown; JSON has all.
const mostNotes = 10

// writeNotes shows what is not as one might think.
func (r *Report) writeNotes(w io.Writer) error {
	var incomplete, unresolved, refused, duplicates []string
	for _, c := range r.Collections {
		if c.Incomplete != "" {
			incomplete = append(incomplete, fmt.Sprintf("%s: %s", c.Name, c.Incomplete))
		}
	}
	for _, u := range r.Unresolved {
		why := "not there"
		if u.Several {
			why = "more than one"
		}
		unresolved = append(unresolved, fmt.Sprintf("%s.%s → %s: %s", u.Collection, u.Column, u.To, why))
	}
	for _, f := range r.Refused {
		refused = append(refused, fmt.Sprintf("%s %s: %s", f.Collection, f.Key, f.Reason))
	}
	for _, d := range r.Duplicates {
		duplicates = append(duplicates, fmt.Sprintf("%s %s, with other %s", d.Collection, d.Key, strings.Join(d.Columns, ", ")))
	}
	return cmp.Or(
		WriteNotes(w, "NOT ALL READ", incomplete),
		WriteNotes(w, "UNRESOLVED", unresolved),
		WriteNotes(w, "REFUSED", refused),
		WriteNotes(w, "MORE THAN ONE", duplicates),
	)
}

// WriteNotes writes notes under a heading, equal ones once; nothing if there are none.
func WriteNotes(w io.Writer, heading string, all []string) error {
	if len(all) == 0 {
		return nil
	}
	counts := map[string]int{}
	var once []string
	for _, one := range all {
		if counts[one]++; counts[one] == 1 {
			once = append(once, one)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", heading)
	for _, one := range once[:min(len(once), mostNotes)] {
		b.WriteString("  " + one)
		if counts[one] > 1 {
			fmt.Fprintf(&b, " (%d times)", counts[one])
		}
		b.WriteByte('\n')
	}
	if more := len(once) - mostNotes; more > 0 {
		fmt.Fprintf(&b, "  and %d more; -json has all\n", more)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
