package remote

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-go/reeve/scan"
)

// A desk is where an agent reports.
type desk struct{ c *Client }

var _ scan.Desk = desk{}

// Report implements [scan.Desk].
func (d desk) Report(ctx context.Context, progress []scan.Progress) ([]scan.Directive, error) {
	var all []scan.Directive
	for some := range slices.Chunk(progress, mostReports) {
		var out directives
		if err := d.c.ask(ctx, reports{some}, &out, sending{path: []string{"progress"}}); err != nil {
			return nil, err
		}
		if len(out.Directives) != len(some) {
			return nil, errNoAnswer
		}
		all = append(all, out.Directives...)
	}
	return all, nil
}

// Beat implements [scan.Desk]. Who is not admitted any more is to stop: nobody hears it.
func (d desk) Beat(ctx context.Context, b scan.Beat) (scan.Order, error) {
	var out ordered
	err := d.c.ask(ctx, b, &out, sending{path: []string{"beat"}})
	if errors.Is(err, ErrRefused) {
		d.c.log.Warn("remote: the agent stops, as it is not admitted any more", "agent", d.c.Name())
		return scan.Stop, nil
	}
	return out.Order, err
}
