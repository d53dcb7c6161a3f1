package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reeve-go/reeve/storage"
)

// report shows the history of the instance, and what it took.
func (d *demonstration) report(ctx context.Context, out io.Writer) error {
	rows, err := d.history(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "\nThe history of %s\n\nat\tpart\tfrom\tto\tbecause of\n", instance)
	for _, r := range rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.At.Local().Format("15:04:05.000"), r.parts(), r.From, r.To, r.Cause)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	d.field.mu.Lock()
	defer d.field.mu.Unlock()
	c := d.field.counts
	_, err = fmt.Fprintf(out, "\n%d elements were deployed, each once. %d answers were lost, %d elements were left half done,\n"+
		"%d orders came again under the same key and were answered again, %d calls found nobody.\n",
		c.done, c.lost, c.half, c.again, c.unreachable)
	return err
}

// A row is what one turn did to several parts alike.
type row struct {
	storage.Line

	elements []string
}

// history returns the history of the instance, oldest first.
func (d *demonstration) history(ctx context.Context) (rows []row, err error) {
	for line, err := range d.estate.Instances.History(ctx, instance) {
		if err != nil {
			return nil, err
		}
		if n := len(rows); n == 0 || !rows[n-1].alike(&line) {
			rows = append(rows, row{Line: line})
		}
		if r := &rows[len(rows)-1]; line.Element != "" {
			r.elements = append(r.elements, line.Element)
		}
	}
	return rows, nil
}

func (r *row) alike(l *storage.Line) bool {
	return r.Version == l.Version && r.From == l.From && r.To == l.To && (r.Element == "") == (l.Element == "")
}

// parts names the elements, if they are not too many.
func (r *row) parts() string {
	const most = each
	if n := len(r.elements); n > most {
		return fmt.Sprintf("%d elements", n)
	}
	return strings.Join(r.elements, " ")
}
