package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/reeve-go/reeve/refresh"
)

// writeChanges shows each change of a plan in a line.
func writeChanges(w io.Writer, p *refresh.Plan, show func(*refresh.Change) string) error {
	for c, err := range p.Changes() {
		if err == nil {
			_, err = fmt.Fprintln(w, show(c))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var verbs = map[refresh.ChangeKind]string{refresh.Insert: "created", refresh.Update: "updated", refresh.Delete: "deleted"}

// line returns a change for a reader: what is known of a new row, or what another one was and becomes.
func line(c *refresh.Change) string {
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
		case is != "null" && of.Column != "machine" && !strings.Contains(" "+c.Key, " "+of.Column+"="):
			fmt.Fprintf(&b, "  %s %s", of.Column, is)
		}
	}
	return b.String()
}
