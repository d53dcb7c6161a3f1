package storagetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func messages() group {
	return group{"5 messages", []testCase{
		{name: "every field comes back", run: messageComesBack},
		{name: "an id is accepted once", run: idOnce},
		{name: "an id is a record's own", run: idOfRecord},
		{name: "a slot holds the newest", run: slotNewest},
		{name: "a slot is a record's own and holds what is open", run: slotOpen},
		{name: "to an unknown record nothing is stored", run: unknownRecord},
		{name: "each has its own answer", run: messageAnswers},
		{name: "to a final record it is stale", run: staleToFinal},
		{name: "a record that becomes final leaves its open ones stale", run: staleWhenFinal},
		{name: "what a turn makes of it is kept", run: consumedAs},
		{name: "only open ones are consumed", run: consumeOpen},
		{name: "only the record's own are consumed", run: consumeOwn},
		{name: "one sent to an unknown record is dead", run: sentToUnknown},
		{name: "a dead one is opened again", run: redriveMessage},
		{name: "only dead ones are opened again", run: redriveOnlyDead},
		{name: "one opened again obeys slot and final", run: redriveObeys},
		{name: "are numbered as they were accepted", run: numbered},
		{name: "are found by record and status", run: messageQueries},
	}}
}

func messageComesBack(s *scene) {
	s.create("a")
	given := storage.Message{
		ID: "id é", Slot: "slot", To: s.key("a"), Element: "x", From: s.keyOf(other, "sender"), Name: "news",
		Operation: "op", Step: "step", Body: []byte{0, 1, 255},
	}
	s.delivered(given)
	got := s.said(given.ID, "a")
	given.Seq, given.At = got.Seq, s.now()
	s.same("the message as it was given", got, given)
}

func idOnce(s *scene) {
	s.create("a")
	s.delivered(s.message("m", "a"))
	again := s.message("m", "a")
	again.Body = []byte("another")
	s.unchanged("a message whose id was accepted", func() {
		s.is("its answer", s.deliver(again)[0], storage.ErrDuplicate)
	})
	s.must(s.order("a", s.consumes("m", "a", storage.MessageConsumed)))
	s.is("a message whose id was consumed", s.deliver(again)[0], storage.ErrDuplicate)
	answers := s.deliver(s.message("n", "a"), s.message("n", "a"))
	s.is("a new message", answers[0], nil)
	s.is("a message that the batch has twice", answers[1], storage.ErrDuplicate)
	s.create("b", sends(s.message("n", "a"), s.message("o", "a"), s.message("o", "a")))
	s.statuses("messages, of which each was sent twice", "a", storage.MessageConsumed, storage.MessageOpen, storage.MessageOpen)
}

func idOfRecord(s *scene) {
	s.create("a")
	s.create("b")
	s.delivered(s.message("m", "a"), s.message("m", "b"), s.message("M", "a"))
}

func slotNewest(s *scene) {
	s.create("a")
	s.delivered(s.slotted("1", "a", "s"), s.message("2", "a"), s.slotted("3", "a", "s"))
	s.statuses("messages of one slot, and one of none", "a", storage.MessageReplaced, storage.MessageOpen, storage.MessageOpen)
	s.create("b", sends(s.slotted("4", "a", "s")))
	s.statuses("messages of one slot, the last of them sent, and one of none", "a",
		storage.MessageReplaced, storage.MessageOpen, storage.MessageReplaced, storage.MessageOpen)
	held := s.claimed("a record with messages", "a")[0]
	s.same("the messages that are left", held.Messages, []storage.Message{s.said("2", "a"), s.said("4", "a")})
}

func slotOpen(s *scene) {
	s.create("a")
	s.create("b")
	s.delivered(s.slotted("1", "a", "s"), s.slotted("1", "b", "s"), s.slotted("2", "a", "t"))
	s.statuses("messages of two slots", "a", storage.MessageOpen, storage.MessageOpen)
	s.statuses("the same slot of another record", "b", storage.MessageOpen)
	s.must(s.order("a", s.consumes("1", "a", storage.MessageConsumed)))
	s.delivered(s.slotted("3", "a", "s"))
	s.statuses("one of a slot that was consumed stays so", "a", storage.MessageConsumed, storage.MessageOpen, storage.MessageOpen)
}

func unknownRecord(s *scene) {
	s.unchanged("a message to an unknown record", func() {
		s.is("its answer", s.deliver(s.message("m", "absent"))[0], storage.ErrNotFound)
	})
	s.create("absent")
	s.is("the message once there is a record", s.deliver(s.message("m", "absent"))[0], nil)
}

func messageAnswers(s *scene) {
	s.create("a")
	s.delivered(s.message("old", "a"))
	nameless := s.message("m", "a")
	nameless.Name = ""
	answers := s.deliver(s.message("old", "a"), s.message("m", "absent"), nameless, s.message("m", "a"))
	for i, want := range []error{storage.ErrDuplicate, storage.ErrNotFound, storage.ErrInvalid, nil} {
		s.is("the answer to a message stands where the message stood", answers[i], want)
	}
}

func staleToFinal(s *scene) {
	s.create("a", final)
	s.delivered(s.message("m", "a"))
	s.is("a message that a final record was told", s.deliver(s.message("m", "a"))[0], storage.ErrDuplicate)
	if got := s.said("m", "a"); got.Status != storage.MessageStale || got.Reason == "" {
		s.Errorf("a message to a final record is %v because of %q; it must be stale, with a reason", got.Status, got.Reason)
	}
	s.create("b", sends(s.message("n", "a")))
	s.same("one that a change sends to a final record", s.said("n", "a").Status, storage.MessageStale)
}

func staleWhenFinal(s *scene) {
	s.create("a")
	s.delivered(s.message("1", "a"), s.message("2", "a"))
	s.must(s.order("a", final, s.consumes("1", "a", storage.MessageConsumed), sends(s.message("3", "a"))))
	s.statuses("messages of a record that became final: consumed, left open, sent by its last change", "a",
		storage.MessageConsumed, storage.MessageStale, storage.MessageStale)
	for _, id := range []string{"2", "3"} {
		if s.said(id, "a").Reason == "" {
			s.Errorf("the stale message %q has no reason", id)
		}
	}
}

func consumedAs(s *scene) {
	s.create("a")
	s.delivered(s.message("1", "a"), s.message("2", "a"), s.message("3", "a"), s.message("4", "a"))
	s.must(s.order("a", func(c *storage.Change) {
		for id, as := range map[string]storage.MessageStatus{
			"1": storage.MessageConsumed, "2": storage.MessageStale, "3": storage.MessageDead,
		} {
			c.Consume = append(c.Consume, storage.Consumption{Seq: s.said(id, "a").Seq, As: as, Reason: "so it is " + id})
		}
	}))
	s.statuses("what became of the messages", "a",
		storage.MessageConsumed, storage.MessageStale, storage.MessageDead, storage.MessageOpen)
	for id, want := range map[string]string{"1": "so it is 1", "2": "so it is 2", "3": "so it is 3", "4": ""} {
		s.same("the reason of message "+id, s.said(id, "a").Reason, want)
	}
	s.same("what the next turn sees", len(s.claimed("a record with a message left", "a")[0].Messages), 1)
}

func consumeOpen(s *scene) {
	s.create("a")
	s.delivered(s.message("m", "a"))
	seq := s.said("m", "a").Seq
	s.must(s.order("a", s.consumes("m", "a", storage.MessageDead)))
	dead := s.said("m", "a")
	s.must(s.order("a", s.consumes("m", "a", storage.MessageConsumed), func(c *storage.Change) {
		c.Consume = append(c.Consume, storage.Consumption{Seq: seq + 1000, As: storage.MessageConsumed})
	}))
	s.same("a message that had ended when it was consumed", s.said("m", "a"), dead)
}

func consumeOwn(s *scene) {
	s.create("a")
	s.create("b")
	s.delivered(s.message("m", "b"))
	s.must(s.order("a", s.consumes("m", "b", storage.MessageConsumed)))
	s.statuses("a message that another record consumed", "b", storage.MessageOpen)
}

func sentToUnknown(s *scene) {
	s.create("a", sends(s.message("m", "absent")))
	if got := s.said("m", "absent"); got.Status != storage.MessageDead || got.Reason == "" {
		s.Errorf("a message sent to an unknown record is %v because of %q; it must be dead, with a reason", got.Status, got.Reason)
	}
	s.same("the record that it was sent to", s.load("absent").Version, uint64(0))
	s.must(s.order("a", sends(s.message("m", "absent"))))
	s.statuses("a message sent again to an unknown record", "absent", storage.MessageDead)
}

func (s *scene) redriven(ids ...string) []error {
	s.Helper()
	var seqs []uint64
	for _, id := range ids {
		seqs = append(seqs, s.said(id, "a").Seq)
	}
	answers, err := s.Store.RedriveMessages(s.ctx, seqs)
	s.is("redrive", err, nil)
	if len(answers) != len(ids) {
		s.Fatalf("redrive gave %d answers to %d messages; each has its own", len(answers), len(ids))
	}
	return answers
}

func redriveMessage(s *scene) {
	s.create("a", s.dueIn(0))
	s.delivered(s.message("m", "a"))
	before := s.said("m", "a")
	s.must(turn(s.claimed("a record with a message", "a")[0], s.consumes("m", "a", storage.MessageDead)))
	s.claimed("a record with a dead message")
	s.pass(time.Second)
	s.is("opening a dead message again", s.redriven("m")[0], nil)
	after := s.said("m", "a")
	after.Reason = before.Reason
	s.same("a message that is open again", after, before)
	s.same("the messages of the record it wakes", len(s.claimed("a record with a message", "a")[0].Messages), 1)
}

func redriveOnlyDead(s *scene) {
	s.create("b", sends(s.message("dead", "a")))
	s.unchanged("redriving what has no record", func() {
		s.is("a dead message without a record", s.redriven("dead")[0], storage.ErrNotFound)
	})
	s.create("a")
	s.delivered(s.message("open", "a"), s.message("done", "a"))
	s.must(s.order("a", s.consumes("done", "a", storage.MessageConsumed)))
	answers := s.redriven("open", "dead", "done")
	s.is("an open message", answers[0], storage.ErrNotFound)
	s.is("a dead message whose record came", answers[1], nil)
	s.is("a consumed message", answers[2], storage.ErrNotFound)
	answers, err := s.Store.RedriveMessages(s.ctx, []uint64{1 << 40})
	s.is("redrive", err, nil)
	s.is("a number that no message has", answers[0], storage.ErrNotFound)
}

func redriveObeys(s *scene) {
	s.create("a")
	s.delivered(s.slotted("1", "a", "s"), s.message("2", "a"))
	s.must(s.order("a", s.consumes("1", "a", storage.MessageDead), s.consumes("2", "a", storage.MessageDead)))
	s.delivered(s.slotted("3", "a", "s"))
	s.is("opening a message whose slot is taken", s.redriven("1")[0], nil)
	s.statuses("a slot holds what was opened last", "a", storage.MessageOpen, storage.MessageDead, storage.MessageReplaced)
	s.must(s.order("a", final))
	s.is("opening a message of a final record", s.redriven("2")[0], nil)
	s.same("a message opened again for a final record", s.said("2", "a").Status, storage.MessageStale)
}

func numbered(s *scene) {
	s.create("a")
	s.create("b")
	s.delivered(s.message("z", "a"), s.message("y", "b"))
	s.pass(time.Second)
	s.must(s.order("b", sends(s.message("x", "a"), s.message("w", "b"))))
	s.delivered(s.message("v", "a"))
	all := collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{}))
	var ids []string
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	s.same("messages to all records by number, as they were accepted", ids, []string{"z", "y", "x", "w", "v"})
	if !slices.IsSortedFunc(all, func(a, b storage.Message) int { return cmp.Compare(a.Seq, b.Seq) }) || all[0].Seq == 0 {
		s.Errorf("the numbers of messages do not increase")
	}
	s.same("when the last was accepted", all[4].At.Sub(all[0].At), time.Second)
}

func messageQueries(s *scene) {
	s.create("a")
	s.create("b")
	s.must(storage.Change{Key: s.keyOf(other, "a"), Record: storage.Record{State: "new"}})
	s.delivered(s.message("1", "a"), s.message("2", "b"), s.message("3", "a"),
		storage.Message{ID: "4", To: s.keyOf(other, "a"), Name: "news"}, s.message("5", "a"))
	s.must(s.order("a", s.consumes("3", "a", storage.MessageConsumed)))
	for _, q := range []struct {
		what  string
		query storage.MessageQuery
		want  []string
	}{
		{"of one record", storage.MessageQuery{To: s.key("a")}, []string{"1", "3", "5"}},
		{"of a kind", storage.MessageQuery{To: storage.Key{Kind: s.Kind}}, []string{"1", "2", "3", "5"}},
		{"of all", storage.MessageQuery{}, []string{"1", "2", "3", "4", "5"}},
		{"that are open", storage.MessageQuery{To: s.key("a"), Statuses: []storage.MessageStatus{storage.MessageOpen}}, []string{"1", "5"}},
		{"after a number, limited", storage.MessageQuery{After: s.said("1", "a").Seq, Limit: 2}, []string{"2", "3"}},
	} {
		var got []string
		for _, m := range collect(s, s.Store.Messages(s.ctx, q.query)) {
			got = append(got, m.ID)
		}
		s.same("messages "+q.what, got, q.want)
	}
}
