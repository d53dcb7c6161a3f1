package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/examples/transfer/external"
)

// A report is how everything went.
type report struct {
	Seed      uint64 `json:"seed"`
	Shares    string `json:"shares"`
	Transfers []told `json:"transfers"`
	// Running is the account while some transfers go on and no other is left, End the one after all have ended.
	Running account `json:"running"`
	End     account `json:"end"`
	// Killed is how often a process was killed, Found how many resources were found after that, or after another call that nobody
	// knew the outcome of.
	Killed int `json:"killed"`
	Found  int `json:"found"`
	// Provisioner is what happened at the external one.
	Provisioner external.Counts `json:"provisioner"`
}

// Told is how a transfer went.
type told struct {
	ID       string    `json:"id"`
	Story    string    `json:"story"`
	Consumer edc.State `json:"consumer"`
	Provider edc.State `json:"provider,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Error    string    `json:"error,omitempty"`
}

func (r *report) verdict() error { return errors.Join(r.Running.verdict(), r.End.verdict()) }

// write writes the report for people, or as JSON.
func (r *report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w)
	for _, t := range r.Transfers {
		_, _ = fmt.Fprintf(w, "%s\twas to %s\t%s\n", t.ID, t.Story, cmp.Or(t.Error, t.Reason, "and did"))
	}
	_, _ = fmt.Fprint(w, "\nresources\trequested\tpresent\treleased\tabandoned\tleaked\tmissing\n")
	for _, a := range []struct {
		when string
		account
	}{{"while some go on", r.Running}, {"in the end", r.End}} {
		for _, typ := range []string{connector.Bucket, connector.Share} {
			c := a.account[typ]
			_, _ = fmt.Fprintf(w, "%s: %s\t%d\t%d\t%d\t%d\t%d\t%d\n", a.when, typ, c.Requested, c.Present, c.Released, c.Abandoned, c.Leaked, c.Missing)
		}
	}
	c := r.Provisioner
	_, _ = fmt.Fprintf(w, "\nThe shares are %s. %d processes were killed. %d resources were found to be there when nobody knew what a call had done.\n"+
		"The provisioner was called %d times: it sent %d away, answered %d with an error and %d not at all, although it had done them.\n"+
		"Of its callbacks %d were taken and %d came when it was known; %d were never sent, %d twice, %d before the answer and %d long after.\n",
		r.Shares, r.Killed, r.Found, c.Calls, c.Busy, c.Broken, c.Cut, c.Told, c.TooLate, c.Dropped, c.Twice, c.Early, c.Late)
	return w.Flush()
}
