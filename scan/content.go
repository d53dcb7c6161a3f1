package scan

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/supervision"
)

// What was found in content that has a name is kept under its address, for whatever target has the same content.
type (
	contentState string
	contentEvent string
)

const (
	contentKnown  contentState = "known"
	contentForget contentState = "forgotten"
	contentTimeUp contentEvent = "forget"
	// contentFor is for how long it is kept.
	contentFor = 90 * 24 * time.Hour
)

var contentMachine = fsm.MustCompile(fsm.Definition[contentState, contentEvent]{
	Name:    "scan-content",
	Doc:     "What was found in content that has a name.",
	Initial: contentKnown,
	States: fsm.States[contentState, contentEvent]{
		contentKnown:  {Mode: fsm.Waiting, After: contentFor, Then: contentTimeUp, Doc: "It is used again wherever the same content is."},
		contentForget: {Mode: fsm.Final, Doc: "It is too old."},
	},
	Events: fsm.Events[contentEvent]{contentTimeUp: {Doc: "It was found long ago.", By: fsm.Supervisor}},
	Table:  fsm.Table[contentState, contentEvent]{contentKnown: {contentTimeUp: contentForget}},
})

// decideContent deletes what is too old, so that it can be found anew.
func decideContent(t *supervision.Turn[Result, contentState, contentEvent]) error {
	if t.Expired == supervision.StateExpired {
		t.Delete()
	}
	return nil
}

// found returns the results that are known under addresses, whose blobs are there. Those of no address, and those that are not known, are left out.
func (m *Manager) found(ctx context.Context, addresses []Digest) (map[Digest]Result, error) {
	var ids []string
	for _, a := range addresses {
		if a != "" {
			ids = append(ids, string(a))
		}
	}
	records, err := m.contents.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[Digest]Result{}
	for _, r := range records {
		if r.Version > 0 && m.has(ctx, r.Data.Blob) {
			r.Data.Reused = true
			out[r.Data.Address] = r.Data
		}
	}
	return out, nil
}

// has reports whether a blob can be had; no blob always can.
func (m *Manager) has(ctx context.Context, d Digest) bool {
	if d == "" {
		return true
	}
	r, err := m.blobs.Open(ctx, d)
	if err != nil {
		return false
	}
	return r.Close() == nil
}
