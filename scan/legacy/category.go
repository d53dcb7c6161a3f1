package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/scan"
)

// Categories are those that the agents tell of, and that [Items] and [Document] understand.
func Categories() []string { return slices.Sorted(maps.Keys(categories())) }

// A category says how its documents become facts, and facts documents.
type category struct {
	// records are the elements that are facts.
	records []string
	// read tells of one of them.
	read func(r *reading, e *element) error
	// write has a document told of facts.
	write func(w *writing, items []scan.Item) error
}

func categories() map[string]category {
	return map[string]category{
		"accounts": {[]string{"user", "group"}, readAccount, writeAccounts},
		"services": {[]string{"service"}, readService, writeServices},
		"software": {[]string{"application", "patch"}, readApplication, writeApplications},
		"system":   {[]string{"os", "account_policy", "network"}, readSystem, writeSystem},
	}
}

// A reading emits the facts of a document.
type reading struct {
	to    scan.Emit
	note  func(path string, err error)
	given map[string]int
}

// emit emits a fact. What stands twice under a name has a number the second time, as package inspect does it.
func (r *reading) emit(name string, value any) error {
	key := name
	for r.given[key] > 0 {
		r.given[name]++
		key = fmt.Sprintf("%s#%d", name, r.given[name])
	}
	r.given[key] = 1
	return r.to(key, value)
}

// Items emits the facts of a category's document: under the keys and with the types of package inspect, so that they can be compared with what its
// scanners find. What the agents do not tell is empty in them. Note is told of what is left out.
func Items(name, document string, emit scan.Emit, note func(path string, err error)) error {
	if err := items(name, document, &reading{emit, note, map[string]int{}}); err != nil {
		return fmt.Errorf("legacy: document of category %s: %w", quote(name), err)
	}
	return nil
}

func items(name, document string, r *reading) error {
	c, ok := categories()[name]
	if !ok {
		return fmt.Errorf("there is no such category; %q are right", Categories())
	}
	m, err := readMarkup(document)
	if err != nil {
		return err
	}
	var roots, found int
	err = m.each(func(root *element) error {
		if roots++; root.name != "miq" || roots > 1 {
			return fmt.Errorf("there is the element %s on top; one element \"miq\" is right", quote(root.name))
		}
		return m.each(func(e *element) error {
			if e.name != name {
				return m.skip()
			}
			found++
			return c.tell(m, r)
		})
	})
	switch {
	case err != nil:
		return err
	case found == 0:
		return fmt.Errorf("there is no element %s within \"miq\"; one is right, an empty one if there is nothing of the kind", quote(name))
	}
	return nil
}

// tell reads the facts within an element, and within those that group them.
func (c category) tell(m *markup, r *reading) error {
	return m.each(func(e *element) error {
		if !slices.Contains(c.records, e.name) {
			return c.tell(m, r)
		}
		if err := m.fill(e); err != nil {
			return err
		}
		return c.read(r, e)
	})
}

// Document returns the document of a category with facts in it, as an agent writes it. Facts that the agents cannot tell of are left out.
func Document(name string, facts iter.Seq2[scan.Item, error]) (string, error) {
	c, ok := categories()[name]
	if !ok {
		return "", fmt.Errorf("legacy: there is no category %s; %q are right", quote(name), Categories())
	}
	var all []scan.Item
	for item, err := range facts {
		if err != nil {
			return "", fmt.Errorf("legacy: document of category %s: %w", quote(name), err)
		}
		all = append(all, item)
	}
	w := &writing{}
	w.open("miq")
	if len(all) == 0 {
		w.empty(name)
	} else {
		w.open(name)
		if err := c.write(w, all); err != nil {
			return "", fmt.Errorf("legacy: document of category %s: %w", quote(name), err)
		}
		w.close(name)
	}
	w.close("miq")
	return w.String(), nil
}

// facts yields those whose key begins with a kind, by their names.
func facts[T any](items []scan.Item, kind string) iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		for _, item := range items {
			name, ok := strings.CutPrefix(item.Key, kind)
			var value T
			if !ok || json.Unmarshal(item.Value, &value) != nil {
				continue // it is a fact of another scanner
			}
			if !yield(name, &value) {
				return
			}
		}
	}
}

// A found is the scanner of what an agent has found: it tells of the documents that there are, and of those that are not why.
type found struct {
	category, document string
	missing            error
}

// version is that of how documents become facts.
const version = "1"

func (f *found) Name() string         { return "legacy/" + f.category }
func (f *found) Version() string      { return version }
func (f *found) Categories() []string { return []string{f.category} }

func (f *found) Scan(_ context.Context, in scan.Input, emit scan.Emit) error {
	if f.missing != nil {
		return f.missing
	}
	return Items(f.category, f.document, emit, in.Tree.Note)
}

var errLeftOut = errors.New("the agent left the category out of its reply: it failed there, and its log says why")
