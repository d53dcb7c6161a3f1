package remote

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// progress brings reports to the desk: those about requests that the agent holds. Of others it is told to let them go.
func (s *Server) progress(c *call) (any, error) {
	in, err := read[struct {
		Progress []json.RawMessage `json:"progress"` // which are counted before they are read
	}](c)
	if err != nil {
		return nil, err
	}
	if len(in.Progress) > mostReports {
		return nil, refuse(http.StatusRequestEntityTooLarge, CodeTooLarge, "there are %d reports; at most %d are right", len(in.Progress), mostReports)
	}
	type work struct {
		job   string
		epoch int
	}
	holds := map[work]bool{}
	for _, h := range s.held.of(c.caller) {
		holds[work{h.job, h.epoch}] = true
	}
	out := directives{make([]scan.Directive, len(in.Progress))}
	var mine []scan.Progress
	var at []int
	for i, raw := range in.Progress {
		var p scan.Progress
		if err := decode(raw, &p); err != nil {
			return nil, err
		}
		if p.Agent != c.caller.name {
			return nil, notItself(c, p.Agent)
		}
		if len(p.Category) > storage.MaxName || p.Items < 0 || p.Bytes < 0 {
			return nil, refuse(http.StatusBadRequest, CodeInvalid, "a report of %d items and %d bytes of category %.100q cannot be", p.Items, p.Bytes, p.Category)
		}
		if !holds[work{p.Job, p.Epoch}] {
			out.Directives[i] = scan.Directive{Do: scan.Drop, Why: "the agent does not hold the request, as far as this server knows"}
			continue
		}
		mine, at = append(mine, p), append(at, i)
	}
	if len(mine) == 0 {
		return out, nil
	}
	said, err := s.Desk.Report(c.ctx, mine)
	if err == nil && len(said) != len(mine) {
		err = fmt.Errorf("%d directives for %d reports", len(said), len(mine))
	}
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		out.Directives[i] = said[n]
	}
	return out, nil
}

// beat brings to the desk what the agent says of itself.
func (s *Server) beat(c *call) (any, error) {
	in, err := read[scan.Beat](c)
	const most = 1 << 20
	switch {
	case err != nil:
		return nil, err
	case in.Agent != c.caller.name:
		return nil, notItself(c, in.Agent)
	case in.Width < 0 || in.Width > most || in.Busy < 0 || in.Busy > most:
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "a width of %d with %d busy cannot be", in.Width, in.Busy)
	}
	order, err := s.Desk.Beat(c.ctx, in)
	return ordered{order}, err
}

func notItself(c *call, as string) error {
	return refuse(http.StatusForbidden, CodeForbidden, "the agent is %.100q, and speaks as %.100q", c.caller.name, as)
}
