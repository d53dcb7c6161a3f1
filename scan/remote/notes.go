package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// A hold is what an agent was given to do, also if it has it no more: it may put results for that. It is an element of the agent's record.
type hold struct {
	Job   string `json:"job"`
	Epoch int    `json:"epoch"`
	// Known are the blobs that the request names.
	Known []scan.Digest `json:"known,omitempty"`
}

// The states of the elements.
const (
	elementHeld = "held"
	elementPut  = "put"
)

func holdName(job string, epoch int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s", epoch, job))
	return "hold/" + hex.EncodeToString(sum[:])
}

func blobName(d scan.Digest) string { return "blob/" + string(d) }

// note adds an element, once: a queue may hand out the same request twice at a time.
func (p *page) note(name, state string, what any) error {
	if p.notes(name) {
		return nil
	}
	data, err := json.Marshal(what)
	p.elements = append(p.elements, storage.Element{Name: name, State: state, Since: p.now(), Data: data})
	return err
}

// notes reports whether an element is about to be written.
func (p *page) notes(name string) bool {
	return slices.ContainsFunc(p.elements, func(el storage.Element) bool { return el.Name == name })
}

// noted returns those of the elements of these names that there are.
func (b *books) noted(ctx context.Context, agent string, names ...string) (map[string]storage.Element, error) {
	all := map[string]storage.Element{}
	for el, err := range b.records.Elements(ctx, b.key(agent), storage.ElementQuery{Names: names}) {
		if err != nil {
			return nil, fmt.Errorf("remote: agent %q: %w", agent, err)
		}
		all[el.Name] = el
	}
	return all, nil
}

// How many elements of a state an agent has: when there are most, the oldest are forgotten until fewer are left. They are counted by state, as what it puts
// must not make it forget what it was given: it would have room for that again.
const (
	mostNoted = 2000
	lessNoted = 1000
)

// forget forgets what is older than others, where there is much, but not what is about to be written.
func (b *books) forget(ctx context.Context, p *page) error {
	for _, t := range p.snapshot.Tally {
		if t.N < mostNoted {
			continue
		}
		var all []storage.Element
		for el, err := range b.records.Elements(ctx, b.key(p.name), storage.ElementQuery{States: []string{t.State}}) {
			if err != nil {
				return fmt.Errorf("remote: agent %q: %w", p.name, err)
			}
			all = append(all, storage.Element{Name: el.Name, Since: el.Since})
		}
		slices.SortFunc(all, func(a, b storage.Element) int { return a.Since.Compare(b.Since) })
		for _, el := range all[:max(0, len(all)-lessNoted)] {
			if !p.notes(el.Name) {
				p.gone = append(p.gone, el.Name)
			}
		}
	}
	return nil
}
