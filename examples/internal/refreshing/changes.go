package refreshing

import (
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/refresh"
)

// WriteChanges writes each change of a plan as a line.
func WriteChanges(w io.Writer, p *refresh.Plan, line func(*refresh.Change) string) error {
	for c, err := range p.Changes() {
		if err == nil {
			_, err = fmt.Fprintln(w, line(c))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var verbs = map[refresh.ChangeKind]string{refresh.Insert: "created", refresh.Update: "updated", refresh.Delete: "deleted"}

// Line returns a change for a reader: what is known of a new row, or what another one was and becomes. A new row's column
// of its manager is left out.
func Line(c *refresh.Change, manager string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s", verbs[c.Kind], c.Collection, c.Key)
	for i := range c.Columns {
		of := &c.Columns[i]
		is := of.New.String()
		if of.NewRow != nil {
			is = "a new one of " + of.NewRow.Collection
		}
		switch {
		case c.Kind == refresh.Update:
			fmt.Fprintf(&b, "  %s %s → %s", of.Column, of.Old, is)
		case is != "null" && of.Column != manager && !strings.Contains(" "+c.Key, " "+of.Column+"="):
			fmt.Fprintf(&b, "  %s %s", of.Column, is)
		}
	}
	return b.String()
}
