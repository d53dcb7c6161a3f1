package supervisiontest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// changed says what a change means.
func changed(c *storage.Change) string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	for i := range c.Lines {
		say("%s", moved(&c.Lines[i]))
	}
	if c.Record.Failures > 0 {
		say("failure %d (%s)", c.Record.Failures, c.Record.Reason)
	}
	for _, f := range c.Consume {
		say("message %v", f.As)
	}
	for i := range c.Cancel {
		say("cancels %s", strings.TrimSpace("effects "+c.Cancel[i].Lane))
	}
	for i := range c.Emit {
		say("emits %s", c.Emit[i].Name)
	}
	for i := range c.Send {
		say("sends %s to %s", c.Send[i].Name, c.Send[i].To)
	}
	for i := range c.Spawn {
		say("spawns %s", c.Spawn[i].Record.Key)
	}
	if len(parts) == 0 {
		say("nothing")
	}
	return fmt.Sprintf("to %s v%d: %s", c.Key, c.Version, strings.Join(parts, ", "))
}

func moved(l *storage.Line) string {
	text := fmt.Sprintf("%s by %s to %s", l.From, l.Event, l.To)
	switch {
	case l.From == "":
		text = "created in " + l.To
	case l.To == "":
		text = "removed"
	case l.Event == "":
		text = l.Cause
	}
	return strings.TrimSpace(l.Element + " " + text)
}

// claimed says what was claimed.
func claimed(s *storage.Snapshot) string {
	parts := []string{fmt.Sprintf("%s v%d in %s", s.Key, s.Version, s.State)}
	for i := range s.Messages {
		parts = append(parts, s.Messages[i].Name)
	}
	for i := range s.Elements {
		parts = append(parts, "element "+s.Elements[i].Name)
	}
	return strings.Join(parts, ", ")
}

// answerOf is a store's answer in a word or two; its numbers, such as ids, may differ between two
// runs.
func answerOf(err error) string {
	for _, sort := range []error{
		storage.ErrNotFound, storage.ErrExists, storage.ErrConflict, storage.ErrLeaseLost, storage.ErrCanceled, storage.ErrDuplicate,
		fsm.ErrNotPermitted,
	} {
		if errors.Is(err, sort) {
			return sort.Error()
		}
	}
	return answer(err)
}

func effectKey(id string) storage.Key { return storage.Key{Kind: storage.EffectKind, ID: id} }
