package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// nextRun stands between what happened in one run and in the next.
const nextRun = "--"

// tell says what a change means in the words of the cases.
func (w *world) tell(e *entity, c *storage.Change, letters []*letter) (lines []string, err error) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	id := e.record.Key.ID
	for _, l := range letters {
		say("removeMessage %s", l.ID)
	}
	for _, name := range c.Gone {
		say("deleteElement %s", name)
	}
	switch revised, err := revised(&e.record, &c.Record); {
	case err != nil:
		return nil, err
	case c.Record.Final:
		say("delete %s", id)
	case revised && e.isInstance(w):
		say("update %s newRevision", id)
	case revised:
		say("updateDef %s newRevision", id)
	case len(c.Elements)+len(c.Gone) > 0 || !bytes.Equal(c.Record.Data, e.record.Data):
		say("update %s", id)
	}
	for i := range c.Emit {
		line, err := describe(id, &c.Emit[i])
		if err != nil {
			return nil, err
		}
		if !slices.Contains(lines, line) { // participants share one order there, each element has one here
			say("%s", line)
		}
	}
	return lines, nil
}

// revised says whether the revision changed.
func revised(was, is *storage.Record) (bool, error) {
	var a, b struct {
		Revision string `json:"revision"`
	}
	err := json.Unmarshal(was.Data, &a)
	if err == nil {
		err = json.Unmarshal(is.Data, &b)
	}
	return a.Revision != b.Revision, err
}

// describe says what an effect means.
func describe(id string, e *storage.Effect) (line string, err error) {
	switch e.Name {
	case acm.Synced.Name():
		var s acm.Sync
		err = json.Unmarshal(e.Body, &s)
		return syncLine(id, &s), err
	case acm.Ordered.Name():
		var o acm.Order
		err = json.Unmarshal(e.Body, &o)
		return orderLine(id, &o), err
	}
	return "effect " + e.Name, nil
}

func syncLine(id string, s *acm.Sync) string {
	suffix := ""
	if s.Delete {
		suffix = " delete"
	}
	switch {
	case s.Participant != "":
		return fmt.Sprintf("deleteSync %s participant %s", id, s.Participant)
	case s.Type != "":
		return fmt.Sprintf("syncDef %s %s %s%s", id, s.Type, s.Result, suffix)
	}
	return fmt.Sprintf("sync %s %s %s %s%s", id, s.Words.Deploy, s.Words.Lock, s.Result, suffix)
}

func orderLine(id string, o *acm.Order) string {
	switch o.Message {
	case "deploy":
		return fmt.Sprintf("publish deploy %s phase %d first %t def %s", id, o.Step, o.First, o.Definition)
	case "migrate":
		return fmt.Sprintf("publish migrate %s rollback %t stage %d first %t def %s target %s",
			id, o.Order == acm.MigrationRevert, o.Step, o.First, o.Definition, o.Target)
	case "prepare":
		return fmt.Sprintf("publish prepare %s stage %d def %s", id, o.Step, o.Definition)
	}
	deploy, lock, target := "NONE", "NONE", "null"
	word := strings.ToUpper(string(o.Order))
	switch o.Order {
	case acm.Lock, acm.Unlock:
		lock = word
	default:
		deploy = word
		if o.Target != "" {
			target = o.Target
		}
	}
	return fmt.Sprintf("publish %s %s deployOrder %s lockOrder %s phase %d first %t def %s target %s",
		o.Message, id, deploy, lock, o.Step, o.First, o.Definition, target)
}
