package legacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/scan"
)

// understand returns what an agent found, or what is wrong with it.
func understand(key string, content []byte, gone bool) (o ReplyObject, wrong string) {
	if gone { // if the job has it already, this is a duplicate to it; if not, there is nothing to wait for
		return o, "the agent's result is not there: " + quote(key)
	}
	o, err := DecodeReplyObject(content)
	if err != nil {
		wrong = "the agent's result cannot be understood: " + err.Error()
	}
	return o, wrong
}

// about returns a reply about the job that the agent names: in its reply, in the object, or in both.
func (b *Bridge) about(r *Reply, o *ReplyObject, wrong string) (out scan.Reply, err error) {
	id := cmp.Or(r.JobID, o.JobID)
	switch {
	case id == "":
		return out, errors.New(wrong + "; and the reply names no job")
	case wrong == "" && id != o.JobID:
		return out, fmt.Errorf("its object is about job %s, and the reply about %s; one job is right", quote(o.JobID), quote(id))
	case wrong != "":
		out.Error, out.Class = wrong, scan.Trouble
	}
	out.V, out.Agent, out.Seq, out.Last = scan.WireVersion, b.options.Name, 1, true
	out.Job, out.Epoch, err = parseJobID(id)
	return out, err
}

// take puts what an agent found into the blobs, and into a reply. There is an error if not all of it could be stored.
func (b *Bridge) take(ctx context.Context, out *scan.Reply, o *ReplyObject) error {
	names, err := b.told(ctx, out.Job, o)
	if err != nil {
		return err
	}
	for _, name := range names {
		f := &found{category: name}
		var there bool
		if f.document, there = o.Categories[name]; !there {
			f.missing = errLeftOut
		}
		if !there && o.Error != "" || !slices.Contains(Categories(), name) {
			continue // the error says why, or nobody can have asked for it
		}
		results, err := b.store(ctx, out.Job, f)
		if err != nil {
			return err
		}
		out.Results = append(out.Results, results...)
	}
	switch {
	case o.Error != "":
		out.Error, out.Class = fmt.Sprintf("agent %s: %s", o.ExtractorID, o.Error), scan.Trouble
	case len(out.Results) == 0:
		out.Error, out.Class = fmt.Sprintf("agent %s found nothing that was asked for", o.ExtractorID), scan.Trouble
	}
	return nil
}

// store returns the result of a category, by itself: an inspector of several is content if one of them can be stored.
func (b *Bridge) store(ctx context.Context, job string, f *found) ([]scan.Result, error) {
	inspector, err := scan.NewInspector(b.place.Blobs, []scan.Scanner{f}, &scan.InspectorOptions{Logger: b.options.Logger})
	if err != nil {
		return nil, err
	}
	results, err := inspector.Inspect(ctx, nothing{}, scan.Inspection{Target: job, Categories: []scan.Category{{Name: f.category}}})
	for i := range results {
		results[i].Address = "" // what the agent saw has no identity here
	}
	if err == nil {
		err = ctx.Err() // what its end cut off is said to have failed
	}
	return results, err
}

// told returns the categories that an agent tells of: those in its object that the job has, and those that the job has no result of; of a job that nobody knows,
// none. Without a manager nobody can say what the job has.
func (b *Bridge) told(ctx context.Context, job string, o *ReplyObject) (names []string, err error) {
	m := b.manager.Load()
	if m == nil {
		return slices.Sorted(maps.Keys(o.Categories)), nil
	}
	for c, err := range m.Categories(ctx, job) {
		if err != nil {
			return nil, err
		}
		if _, there := o.Categories[c.Name]; there || c.Data.Result == nil {
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
