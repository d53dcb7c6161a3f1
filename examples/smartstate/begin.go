package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// begin makes the job.
func (d *demonstration) begin(ctx context.Context) error {
	pool, err := d.jobs.Pool(ctx)
	if err != nil {
		return err
	}
	d.before = pool.Heard
	n := 1
	for j, err := range d.jobs.Jobs.List(ctx, nil) {
		if err != nil {
			return err
		}
		if n++; !j.State.Final() {
			d.say("%s was left when it was %s, and goes on", j.Key.ID, j.State)
		}
	}
	files, err := json.Marshal(inspect.FilesConfig{Globs: d.files})
	if err != nil {
		return err
	}
	ref, err := json.Marshal(scan.DirRef{Path: d.target})
	if err != nil {
		return err
	}
	d.job = fmt.Sprintf("scan-%d", n)
	d.say("%s begins: it looks into %s", d.job, d.target)
	return d.jobs.Start(ctx, d.job, scan.Spec{
		Target:     scan.Target{ID: d.target, Type: scan.DirType, Ref: ref},
		Categories: []scan.Category{{Name: "system"}, {Name: "accounts"}, {Name: "services"}, {Name: "software"}, {Name: "files", Config: files}},
		Permits:    []scan.Permit{{Key: "provider/this machine"}},
		Clocks:     scan.Clocks{Start: d.timeout, Progress: d.orders.beats(progressBeats)},
	})
}
