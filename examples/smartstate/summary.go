package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// write writes the report for people, or as JSON.
func (r *report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(w, "\ncategory\tstatus\titems\tproblems\tepoch\tdigest\t\n")
	for _, c := range r.Categories {
		more := cmp.Or(c.Error, c.First)
		if c.Reused {
			more = "unchanged, not scanned again"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.19s\t%s\n", c.Category, c.Status, c.Items, c.Problems, c.Epoch, c.Digest, more)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	r.writeDiff(out)
	r.writeCounts(w)
	return w.Flush()
}

// writeCounts writes how often what happened, and what was left behind.
func (r *report) writeCounts(out io.Writer) {
	h, c, l := r.Replies, r.Cloud, r.Leaked
	_, _ = fmt.Fprintf(out, "\n%s is %s\n", r.Job, r.State)
	_, _ = fmt.Fprintf(out, "epochs:\t%d\n", r.Epochs)
	_, _ = fmt.Fprintf(out, "replies:\tapplied %d, duplicate %d, stale %d, orphans %d, poison %d\n", h.Applied, h.Duplicate, h.Stale, h.Orphan, h.Poison)
	_, _ = fmt.Fprintf(out, "instances:\tlaunched %d (unheard %d, zombies %d), refused %d, killed %d, terminated %d\n",
		c.Launched, c.Unheard, c.Zombies, c.Refused, c.Killed, c.Terminated)
	if n := len(r.Hostile); n > 0 {
		_, _ = fmt.Fprintf(out, "hostile:\tcalls %d, answered as they should be %d\n", n, n-len(r.wrong()))
	}
	_, _ = fmt.Fprintf(out, "blobs:\tkept %d\n", r.Blobs)
	_, _ = fmt.Fprintf(out, "leaked:\t%d (instances %d, agents %d, permits %d, mounts %d, requests %d, replies %d, bodies of messages %d)\n",
		l.sum(), l.Instances, l.Agents, l.Permits, l.Mounts, l.Requests, l.Replies, l.Bodies)
}
