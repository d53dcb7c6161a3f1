package storagetest

import (
	"github.com/reeve-go/reeve/storage"
)

// message returns a message to a record of the harness's kind.
func (s *scene) message(id, to string) storage.Message {
	return storage.Message{ID: id, To: s.key(to), Name: "news"}
}

func (s *scene) slotted(id, to, slot string) storage.Message {
	m := s.message(id, to)
	m.Slot = slot
	return m
}

func (s *scene) deliver(messages ...storage.Message) []error {
	s.Helper()
	answers, err := s.Store.Deliver(s.ctx, messages)
	s.is("deliver", err, nil)
	if len(answers) != len(messages) {
		s.Fatalf("deliver gave %d answers to %d messages; each has its own", len(answers), len(messages))
	}
	return answers
}

// delivered delivers messages that the contract allows.
func (s *scene) delivered(messages ...storage.Message) {
	s.Helper()
	for _, answer := range s.deliver(messages...) {
		s.is("a message that is right", answer, nil)
	}
}

// said returns a message that a record was sent.
func (s *scene) said(id, to string) storage.Message {
	s.Helper()
	for _, m := range collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.key(to)})) {
		if m.ID == id {
			return m
		}
	}
	s.Fatalf("message %q to %q is gone", id, to)
	return storage.Message{}
}

// statuses demands what became of messages to a record, in the order of their numbers.
func (s *scene) statuses(demand, to string, want ...storage.MessageStatus) {
	s.Helper()
	var got []storage.MessageStatus
	for _, m := range collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.key(to)})) {
		got = append(got, m.Status)
	}
	s.same(demand, got, want)
}

// consumes says what becomes of a message.
func (s *scene) consumes(id, to string, as storage.MessageStatus) edit {
	s.Helper()
	seq := s.said(id, to).Seq
	return func(c *storage.Change) { c.Consume = append(c.Consume, storage.Consumption{Seq: seq, As: as}) }
}

func sends(messages ...storage.Message) edit {
	return func(c *storage.Change) { c.Send = append(c.Send, messages...) }
}
