package main

import (
	"context"
	"fmt"
	"io"

	"github.com/reeve-go/reeve/scan"
)

// A diff is what has changed in a category.
type diff struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	// Changes are the first of them.
	Changes []scan.Change `json:"changes,omitempty"`
}

// mostChanges bounds the changes of a category that are listed, shownChanges those that are shown to people.
const (
	mostChanges  = 1000
	shownChanges = 10
)

// compare compares two results of a category. Nil: one of them says nothing.
func (d *demonstration) compare(ctx context.Context, was, is scan.Result) (*diff, error) {
	for _, r := range []scan.Result{was, is} {
		if r.Outcome == scan.Failed || r.Outcome == scan.Skipped {
			return nil, nil //nolint:nilnil // there is nothing to compare, and nothing wrong with that
		}
	}
	out := &diff{}
	for c, err := range scan.Diff(ctx, d.blobs, was, is) {
		if err != nil {
			return nil, err
		}
		switch c.Kind {
		case scan.Added:
			out.Added++
		case scan.Changed:
			out.Changed++
		case scan.Removed:
			out.Removed++
		}
		if len(out.Changes) < mostChanges {
			out.Changes = append(out.Changes, c)
		}
	}
	return out, nil
}

// writeDiff writes what has changed, for people.
func (r *report) writeDiff(out io.Writer) {
	if r.Since == "" {
		_, _ = fmt.Fprint(out, "\nThere was no scan before that this one could be compared with.\n")
		return
	}
	_, _ = fmt.Fprintf(out, "\nsince %s:\n", r.Since)
	for _, c := range r.Categories {
		switch {
		case c.Diff == nil:
			_, _ = fmt.Fprintf(out, "  %s cannot be compared\n", c.Category)
		case len(c.Diff.Changes) == 0:
			_, _ = fmt.Fprintf(out, "  %s is as it was\n", c.Category)
		default:
			_, _ = fmt.Fprintf(out, "  %s: %d added, %d changed, %d removed\n", c.Category, c.Diff.Added, c.Diff.Changed, c.Diff.Removed)
			for i, change := range c.Diff.Changes {
				if i == shownChanges {
					_, _ = fmt.Fprint(out, "    …\n")
					break
				}
				_, _ = fmt.Fprintf(out, "    %s %s\n", change.Kind, change.Key)
			}
		}
	}
}
