package provisioningtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/provisioning"
)

// A thing is a resource that a law is about.
type thing struct {
	number int
	call   provisioning.Call
	// nothing: each call of Ensure so far said for certain that it did nothing.
	nothing bool
	// polled: the last operation was.
	polled bool
	// known is what is known of it by the answers that were heard, told what was known when it was done first.
	known, told knowledge
	done        bool
	secrets     []string // those that were told
}

func (t *thing) String() string {
	return fmt.Sprintf("resource %d (generation %d)", t.number, t.call.Generation)
}

// GoString is what rapid shows.
func (t *thing) GoString() string { return t.String() }

// thing returns another resource to ask for.
func (s *scene) thing() *thing {
	t := &thing{number: int(s.things.Add(1)) - 1, call: provisioning.Call{
		Request: "request-" + rand.Text(), Resource: "resource", Config: json.RawMessage("null"),
	}}
	t.next()
	return t
}

// next makes it about the next generation.
func (t *thing) next() {
	*t = thing{number: t.number, call: t.call, nothing: true}
	t.call.Generation++
	t.call.Key, t.call.Handle = rand.Text(), ""
	t.order(provisioning.Present)
}

// order begins an operation.
func (t *thing) order(goal provisioning.Goal) {
	t.call.Goal, t.call.Operation, t.call.Attempt = goal, rand.Text(), 0
	t.polled = false
}

// forget: nobody heard what was told of it.
func (t *thing) forget() { t.call.Handle, t.known = "", knowledge{} }

// knowledge is what is known of a resource; of attributes and secrets the names.
type knowledge struct {
	handle              string
	attributes, secrets []string
}

// with returns what is known with what an answer tells.
func (k knowledge) with(a *provisioning.Answer) knowledge {
	if a.State == provisioning.Done && a.Handle != "" {
		k.handle = a.Handle
	}
	if a.Attributes != nil {
		k.attributes = slices.Sorted(maps.Keys(a.Attributes))
	}
	if a.Secrets != nil {
		k.secrets = slices.Sorted(maps.Keys(a.Secrets))
	}
	return k
}

// tells demands that what is known of a resource that is there is what was told of it at first. Find need
// not tell its secrets.
func (s *scene) tells(t *thing, m method, a *provisioning.Answer) {
	s.Helper()
	t.known = t.known.with(a)
	if m != find && !t.done {
		t.told, t.done = t.known, true
	}
	switch {
	case !t.done:
	case t.known.handle != t.told.handle:
		s.failf("%s of %v tells the handle %q; %q was told before", m, t, t.known.handle, t.told.handle)
	case !slices.Equal(t.known.attributes, t.told.attributes):
		s.failf("%s of %v tells the attributes %q; %q were told before", m, t, t.known.attributes, t.told.attributes)
	case m != find && !slices.Equal(t.known.secrets, t.told.secrets):
		s.failf("%s of %v tells the secrets %q; %q were told before", m, t, t.known.secrets, t.told.secrets)
	}
}
