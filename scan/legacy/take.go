package legacy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// take puts what an agent found into the blobs, and into a reply.
func (b *Bridge) take(ctx context.Context, out *scan.Reply, o *ReplyObject) error {
	if o.Error != "" {
		out.Error, out.Class = fmt.Sprintf("agent %s: %s", o.ExtractorID, o.Error), scan.Trouble
	}
	asked, err := b.asked(ctx, out.Job)
	if err != nil {
		return err
	}
	if asked == nil { // nobody can say
		asked = slices.Collect(maps.Keys(o.Categories))
	}
	var all []scan.Scanner
	var categories []scan.Category
	for _, name := range slices.Sorted(slices.Values(asked)) {
		document, there := o.Categories[name]
		f := &found{category: name, document: document}
		switch {
		case !slices.Contains(Categories(), name):
			continue
		case !there && o.Error != "":
			continue // the error says why
		case !there:
			f.missing = errLeftOut
		}
		all, categories = append(all, f), append(categories, scan.Category{Name: name})
	}
	if len(all) == 0 {
		if out.Error == "" {
			out.Error, out.Class = "agent "+o.ExtractorID+" found nothing", scan.Trouble
		}
		return nil
	}
	inspector, err := scan.NewInspector(b.place.Blobs, all, &scan.InspectorOptions{Logger: b.options.Logger})
	if err != nil {
		return err
	}
	out.Results, err = inspector.Inspect(ctx, nothing{}, scan.Inspection{Target: out.Job, Categories: categories})
	for i := range out.Results {
		out.Results[i].Address = "" // what the agent saw has no identity here
	}
	return err
}

// asked returns the categories of a job that have no result yet; nil: that is not known.
func (b *Bridge) asked(ctx context.Context, job string) ([]string, error) {
	m := b.manager.Load()
	if m == nil {
		return nil, nil
	}
	var names []string
	for c, err := range m.Categories(ctx, job) {
		if errors.Is(err, storage.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if c.Data.Result == nil {
			names = append(names, c.Name)
		}
	}
	return names, nil
}

// Nothing is a file system that cannot be looked into: what is told comes from an agent.
type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}
