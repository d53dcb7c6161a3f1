package storagetest

import (
	"cmp"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func validation() group {
	return group{"8 sizes and names are limited", []testCase{
		{name: "what is too large is refused", run: tooLarge},
		{name: "what just fits is accepted", run: justFits},
		{name: "what is invalid is refused", run: invalid},
		{name: "a message is checked before its record is looked for", run: messageCheckedFirst},
		{name: "a settlement is checked before its effect is looked for", run: settlementCheckedFirst},
		{name: "a bad claim is refused", run: badClaim},
	}}
}

// sized returns bytes that a limit just allows, and one more for each of over.
func sized(limit, over int) []byte {
	return make([]byte, cmp.Or(max(limit, 0), storage.DefaultLimit)+over)
}

func tooLarge(s *scene) {
	s.create("a")
	large := map[string]edit{
		"data":       func(c *storage.Change) { c.Record.Data = sized(s.Limits.Data, 1) },
		"an element": with(storage.Element{Name: "x", State: "new", Data: sized(s.Limits.Data, 1)}),
		"an effect":  func(c *storage.Change) { emits(effect("e", ""))(c); c.Emit[0].Body = sized(s.Limits.Effect, 1) },
		"a group of effects": func(c *storage.Change) {
			emits(effect("e", ""))(c)
			c.Emit[0].Group = strings.Repeat("x", storage.MaxName+1)
		},
		"a message":    func(c *storage.Change) { sends(s.message("m", "a"))(c); c.Send[0].Body = sized(s.Limits.Message, 1) },
		"inputs":       func(c *storage.Change) { c.Lines = []storage.Line{{Inputs: sized(s.Limits.Inputs, 1)}} },
		"a state":      func(c *storage.Change) { c.Record.State = strings.Repeat("x", storage.MaxName+1) },
		"a reason":     func(c *storage.Change) { c.Record.Reason = strings.Repeat("x", storage.MaxText+1) },
		"an id":        func(c *storage.Change) { c.Key.ID = strings.Repeat("x", storage.MaxID+1) },
		"an operation": func(c *storage.Change) { c.Record.Operation = strings.Repeat("x", storage.MaxID+1) },
	}
	for what, change := range large {
		s.is(what+" that is too large", s.apply(s.order("a", change))[0], storage.ErrTooLarge)
	}
	absent := storage.Change{Key: s.key("absent"), Version: 1}
	large["data"](&absent)
	absent.Record.State = s.States[0]
	s.is("data that is too large, of a record that does not exist", s.apply(absent)[0], storage.ErrTooLarge)
	s.same("the record that all of them were for", s.load("a").Version, uint64(1))
}

func justFits(s *scene) {
	m := s.message("m", "a")
	m.Body = sized(s.Limits.Message, 0)
	s.create("a", func(c *storage.Change) {
		c.Elements = []storage.Element{{Name: strings.Repeat("x", storage.MaxName), State: "new", Data: sized(s.Limits.Data, 0)}}
		c.Record.Reason = strings.Repeat("é", storage.MaxText/2)
		c.Lines = []storage.Line{{Inputs: sized(s.Limits.Inputs, 0), Cause: strings.Repeat("x", storage.MaxText)}}
		emits(effect("e", ""))(c)
		c.Emit[0].ID, c.Emit[0].Body = strings.Repeat("x", storage.MaxID), sized(s.Limits.Effect, 0)
	})
	s.delivered(m)
	s.same("the body of a message of just the size that fits", len(s.said("m", "a").Body), len(m.Body))
}

func invalid(s *scene) {
	s.create("a")
	wrong := map[string]edit{
		"a status that is none":          func(c *storage.Change) { c.Record.Status = 9 },
		"a state without a name":         func(c *storage.Change) { c.Record.State = "" },
		"an id that is not UTF-8":        func(c *storage.Change) { c.Key.ID = "\xff" },
		"an id with a zero byte":         func(c *storage.Change) { c.Key.ID = "a\x00" },
		"the kind of effects":            func(c *storage.Change) { c.Key.Kind = storage.EffectKind },
		"a time that cannot be stored":   func(c *storage.Change) { c.Record.Until = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"an element without a name":      with(storage.Element{State: "new"}),
		"an effect without an id":        emits(effect("", "")),
		"a message to nobody":            sends(storage.Message{ID: "m", Name: "news"}),
		"opening a message":              func(c *storage.Change) { c.Consume = []storage.Consumption{{Seq: 1, As: storage.MessageOpen}} },
		"negative failures":              func(c *storage.Change) { c.Record.Failures = -1 },
		"a version that no database has": func(c *storage.Change) { c.Version = 1 << 63 },
		"deleting what was not seen":     func(c *storage.Change) { c.Delete, c.Version = true, 0 },
	}
	for what, change := range wrong {
		s.is(what, s.apply(s.order("a", change))[0], storage.ErrInvalid)
	}
	s.same("the record that all of them were for", s.load("a").Version, uint64(1))
}

func messageCheckedFirst(s *scene) {
	s.create("a")
	s.delivered(s.message("known", "a"))
	large := s.message("m", "absent")
	large.Body = sized(s.Limits.Message, 1)
	again := s.message("known", "a")
	again.Name = ""
	answers := s.deliver(large, again)
	s.is("a message that is too large, to an unknown record", answers[0], storage.ErrTooLarge)
	s.is("a message without a name, of a known id", answers[1], storage.ErrInvalid)
}

func settlementCheckedFirst(s *scene) {
	large := storage.Settlement{
		Lease:   storage.Lease{Key: effectKey("absent"), Token: 1},
		As:      storage.EffectDone,
		Outcome: &storage.Message{ID: "m", Name: "done", Body: sized(s.Limits.Message, 1)},
	}
	ofRecord := storage.Settlement{Lease: storage.Lease{Key: s.key("a"), Token: 1}, As: storage.EffectDone}
	answers := s.settle(large, ofRecord)
	s.is("an outcome that is too large, of an unknown effect", answers[0], storage.ErrTooLarge)
	s.is("settling the lease on a record", answers[1], storage.ErrInvalid)
}

func badClaim(s *scene) {
	s.create("a", s.dueIn(0), emits(effect("e", "")))
	right := storage.Claim{Names: []string{s.Kind, performed}, Owner: owner, Limit: 1, TTL: ttl}
	for what, spoil := range map[string]func(*storage.Claim){
		"without names":        func(c *storage.Claim) { c.Names = nil },
		"without an owner":     func(c *storage.Claim) { c.Owner = "" },
		"of nothing":           func(c *storage.Claim) { c.Limit = 0 },
		"for no time":          func(c *storage.Claim) { c.TTL = 0 },
		"of less than nothing": func(c *storage.Claim) { c.Most = -1 },
	} {
		c := right
		spoil(&c)
		_, err := s.Store.Claim(s.ctx, c)
		s.is("a claim "+what, err, storage.ErrInvalid)
		_, err = s.Store.Take(s.ctx, c)
		s.is("a take "+what, err, storage.ErrInvalid)
	}
	s.claimed("a record that no bad claim has touched", "a")
	s.takenNow("an effect that no bad take has touched", "e")
}
