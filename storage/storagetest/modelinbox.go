package storagetest

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func (m *model) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers := make([]error, len(messages))
	for i := range messages {
		to := messages[i].To
		switch err := m.limits.CheckMessage(&messages[i]); {
		case err != nil:
			answers[i] = err
		case m.state.Records[to] == nil:
			answers[i] = storage.Errorf(storage.ErrNotFound, to, "there is no such record")
		case !m.state.send(messages[i], now):
			answers[i] = storage.Errorf(storage.ErrDuplicate, to, "message %q was accepted before", messages[i].ID)
		}
	}
	return answers, nil
}

// send accepts a message, unless one of its ID was accepted before.
func (s *state) send(message storage.Message, now time.Time) bool {
	for _, old := range s.Messages {
		if old.To == message.To && old.ID == message.ID {
			return false
		}
	}
	s.Seq++
	m := &messageRow{Message: copyMessage(message)}
	m.Seq, m.At = s.Seq, now
	s.post(m, now)
	s.Messages = append(s.Messages, m)
	return true
}

// post decides what a message is when it comes, and wakes its record if somebody is to look at it.
func (s *state) post(m *messageRow, now time.Time) {
	m.Status, m.Reason, m.Ended = storage.MessageOpen, "", time.Time{}
	r := s.Records[m.To]
	switch {
	case r == nil:
		m.Status, m.Reason, m.Ended = storage.MessageDead, "there is no such record", now
		return
	case r.Final:
		m.Status, m.Reason, m.Ended = storage.MessageStale, "the record is final", now
		return
	}
	for _, old := range s.open(m.To) {
		if old != m && m.Slot != "" && old.Slot == m.Slot {
			old.Status, old.Ended = storage.MessageReplaced, now
		}
	}
	if r.Due.IsZero() || r.Due.After(now) {
		r.Due = now
	}
	r.rest()
}

// open returns the open messages of a record.
func (s *state) open(to storage.Key) (out []*messageRow) {
	for _, m := range s.Messages {
		if m.To == to && m.Status == storage.MessageOpen {
			out = append(out, m)
		}
	}
	return out
}

func (s *state) message(seq uint64) *messageRow {
	for _, m := range s.Messages {
		if m.Seq == seq {
			return m
		}
	}
	return nil
}

func (m *model) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return read(ctx, m, q.Limit, func(s *state) (out []storage.Message) {
		for _, m := range s.Messages {
			if m.Seq > q.After && selects(q.To, m.To) && among(q.Statuses, m.Status) {
				out = append(out, copyMessage(m.Message))
			}
		}
		return out
	})
}

func (m *model) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers := make([]error, len(seqs))
	for i, seq := range seqs {
		dead := m.state.message(seq)
		if dead == nil || dead.Status != storage.MessageDead || m.state.Records[dead.To] == nil {
			answers[i] = storage.Errorf(storage.ErrNotFound, storage.Key{}, "no dead message of a record has number %d", seq)
			continue
		}
		m.state.post(dead, now)
	}
	return answers, nil
}

// snapshot returns what a claim of a record returns.
func (s *state) snapshot(r *recordRow, most int, now time.Time) storage.Snapshot {
	out := storage.Snapshot{Record: copyRecord(r.Record), Tally: r.tally(), Now: now}
	open, due := s.open(r.Key), r.dueElements(now)
	out.More = len(open) > most || len(due) > most
	wanted := map[string]bool{}
	for _, m := range open[:min(most, len(open))] {
		out.Messages = append(out.Messages, copyMessage(m.Message))
		wanted[m.Element] = true
	}
	for _, e := range due[:min(most, len(due))] {
		wanted[e.Name] = true
	}
	for name, e := range r.Elements {
		if wanted[name] {
			out.Elements = append(out.Elements, copyElement(e))
		}
	}
	slices.SortFunc(out.Elements, byName)
	return out
}
