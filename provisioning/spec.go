package provisioning

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/reeve-go/reeve/storage"
)

// A Spec is a resource that is wanted.
type Spec struct {
	// ID tells it from the others of its request.
	ID string
	// Type says who provisions it, see [Manager.Register].
	Type string
	// Config is what it is to be. It is stored as JSON, and is no place for secrets.
	Config any
	// After are the ids of resources of the same request that have to be there before this one is asked for, and that are released
	// after it.
	After []string
	// Gated: it waits for [Manager.Approve] before it is asked for.
	Gated bool
}

// What bounds a request.
const (
	// MaxResources is how many resources it may have, MaxAfter how many one of them may come after.
	MaxResources = 10_000
	MaxAfter     = 32
	// MaxSpec is how many bytes a resource may have when it is stored: its config, and the ids of those before and after it.
	MaxSpec = 256 << 10
)

// resourcesOf checks specs and returns a resource for each, in their order.
func (m *Manager) resourcesOf(specs []Spec) ([]Resource, error) {
	if len(specs) > MaxResources {
		return nil, fmt.Errorf("%w: %d resources; at most %d are right", storage.ErrInvalid, len(specs), MaxResources)
	}
	at := make(map[string]int, len(specs))
	for i, s := range specs {
		if !isText(s.ID, storage.MaxName) {
			return nil, fmt.Errorf("%w: the id of resource %d is %q; a text of 1 to %d bytes is right", storage.ErrInvalid, i, s.ID, storage.MaxName)
		}
		if _, twice := at[s.ID]; twice {
			return nil, fmt.Errorf("%w: two resources have the id %q", storage.ErrInvalid, s.ID)
		}
		at[s.ID] = i
	}
	out := make([]Resource, len(specs))
	for i, s := range specs {
		if m.types[s.Type] == nil {
			return nil, fmt.Errorf("%w: resource %q is of type %q, for which no provisioner is registered; those are: %s", storage.ErrInvalid, s.ID, s.Type, m.typeNames())
		}
		config, err := json.Marshal(s.Config)
		if err != nil {
			return nil, fmt.Errorf("%w: the config of resource %q cannot be written: %w", storage.ErrInvalid, s.ID, err)
		}
		if len(s.After) > MaxAfter {
			return nil, fmt.Errorf("%w: resource %q comes after %d others; at most %d are right", storage.ErrInvalid, s.ID, len(s.After), MaxAfter)
		}
		out[i].Type, out[i].Config, out[i].Gated = s.Type, config, s.Gated
		for _, before := range s.After {
			j, ok := at[before]
			if !ok {
				return nil, fmt.Errorf("%w: resource %q comes after %q, which the request does not have", storage.ErrInvalid, s.ID, before)
			}
			if slices.Contains(out[i].After, before) {
				continue
			}
			out[i].After = append(out[i].After, before)
			out[j].Before = append(out[j].Before, s.ID)
		}
	}
	if ring := ringOf(specs, out, at); ring != nil {
		return nil, fmt.Errorf("%w: resources come after each other in a ring: %s", storage.ErrInvalid, strings.Join(ring, " after "))
	}
	for i := range out {
		stored, _ := json.Marshal(&out[i]) // it was marshaled above, and the rest is texts
		if n := len(stored); n > MaxSpec {
			return nil, fmt.Errorf("%w: resource %q has %d bytes, with its config and the ids of those before and after it; at most %d are right", storage.ErrTooLarge, specs[i].ID, n, MaxSpec)
		}
	}
	return out, nil
}

// isText reports whether a store takes s as a name of at most so many bytes.
func isText(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// ringOf returns a ring of resources that come after each other, if there is one.
func ringOf(specs []Spec, resources []Resource, at map[string]int) []string {
	left := make([]int, len(specs)) // how many come before it that are not sorted yet
	var free []int
	for i := range resources {
		if left[i] = len(resources[i].After); left[i] == 0 {
			free = append(free, i)
		}
	}
	for len(free) > 0 {
		i := free[len(free)-1]
		free = free[:len(free)-1]
		for _, id := range resources[i].Before {
			if left[at[id]]--; left[at[id]] == 0 {
				free = append(free, at[id])
			}
		}
	}
	start := slices.IndexFunc(left, func(n int) bool { return n > 0 })
	if start < 0 {
		return nil
	}
	var path []string
	for i := start; ; {
		id := specs[i].ID
		if first := slices.Index(path, id); first >= 0 {
			return append(path[first:], id)
		}
		path = append(path, id)
		next := slices.IndexFunc(resources[i].After, func(id string) bool { return left[at[id]] > 0 })
		i = at[resources[i].After[next]]
	}
}
