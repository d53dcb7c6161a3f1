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

// note adds an element.
func (p *page) note(name, state string, what any) error {
	data, err := json.Marshal(what)
	p.elements = append(p.elements, storage.Element{Name: name, State: state, Since: p.now(), Data: data})
	return err
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

// How many elements an agent has: when there are most, the oldest are forgotten until fewer are left.
const (
	mostNoted = 2000
	lessNoted = 1000
)

// forget forgets what is older than others, if there is much.
func (b *books) forget(ctx context.Context, p *page) error {
	n := 0
	for _, t := range p.snapshot.Tally {
		n += t.N
	}
	if n < mostNoted {
		return nil
	}
	var all []storage.Element
	for el, err := range b.records.Elements(ctx, b.key(p.name), storage.ElementQuery{}) {
		if err != nil {
			return fmt.Errorf("remote: agent %q: %w", p.name, err)
		}
		all = append(all, storage.Element{Name: el.Name, Since: el.Since})
	}
	slices.SortFunc(all, func(a, b storage.Element) int { return a.Since.Compare(b.Since) })
	for _, el := range all[:max(0, len(all)-lessNoted)] {
		p.gone = append(p.gone, el.Name)
	}
	return nil
}
