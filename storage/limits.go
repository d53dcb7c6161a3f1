package storage

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits that a zero field of [Limits] stands for, in bytes.
const (
	DefaultLimit = 1 << 20
	// MaxName bounds kinds, states, names, lanes, groups, steps and owners; MaxID bounds ids, keys,
	// slots and operations; MaxText bounds reasons and causes.
	MaxName = 255
	MaxID   = 512
	MaxText = 64 << 10
)

// Limits bounds what a store accepts. Backends check all input with it, so that every one refuses the
// same things.
type Limits struct {
	// Data is the most bytes of a record's or an element's data, Message and Effect those of a body,
	// Inputs those of a line's inputs. Zero: [DefaultLimit].
	Data, Message, Effect, Inputs int
}

// CheckChange returns an [Error] that is [ErrInvalid] or [ErrTooLarge] if a store must refuse c.
func (l Limits) CheckChange(c *Change) error {
	k := l.checker(c.Key)
	k.key("key", c.Key)
	k.number("version", c.Version)
	k.number("token", uint64(c.Token))
	if c.Delete {
		if c.Version == 0 {
			k.fail(ErrInvalid, "a record can only be deleted at the version that was seen, and version is zero")
		}
		if len(c.Elements)+len(c.Gone)+len(c.Consume)+len(c.Cancel)+len(c.Emit)+len(c.Send)+len(c.Spawn) > 0 {
			k.fail(ErrInvalid, "a deletion takes Lines and Project alone; make another change for the rest")
		}
		k.lines(c.Lines)
		return k.err
	}
	k.record(&c.Record)
	k.elements(c.Elements)
	for _, name := range c.Gone {
		k.name("name of a removed element", name)
	}
	for _, m := range c.Consume {
		if m.As != MessageConsumed && m.As != MessageStale && m.As != MessageDead {
			k.fail(ErrInvalid, "message %d cannot become %v; consumed, stale or dead it can", m.Seq, m.As)
		}
		k.number("number of a message", m.Seq)
		k.text("reason", m.Reason)
	}
	for i := range c.Emit {
		k.effect(&c.Emit[i])
	}
	for i := range c.Send {
		k.message(&c.Send[i])
	}
	for i := range c.Spawn {
		s := &c.Spawn[i]
		k.key("key of a spawned record", s.Record.Key)
		k.record(&s.Record)
		k.elements(s.Elements)
		k.lines(s.Lines)
	}
	k.lines(c.Lines)
	return k.err
}

// CheckMessage returns an [Error] that is [ErrInvalid] or [ErrTooLarge] if a store must refuse m.
func (l Limits) CheckMessage(m *Message) error {
	k := l.checker(m.To)
	k.message(m)
	return k.err
}

// CheckSettlement returns an [Error] that is [ErrInvalid] or [ErrTooLarge] if a store must refuse s.
func (l Limits) CheckSettlement(s *Settlement) error {
	k := l.checker(s.Lease.Key)
	if s.Lease.Key.Kind != EffectKind {
		k.fail(ErrInvalid, "the lease is on a record; settle takes leases on effects")
	}
	if s.As != EffectDone && s.As != EffectDead && s.As != EffectPending {
		k.fail(ErrInvalid, "an attempt cannot end as %v; done, dead or pending it can", s.As)
	}
	if s.Retry < 0 {
		k.fail(ErrInvalid, "the next try is after %v; it must not be negative", s.Retry)
	}
	k.text("reason", s.Reason)
	if s.Outcome != nil {
		k.messageTo(s.Outcome)
	}
	return k.err
}

// CheckClaim returns an [Error] that is [ErrInvalid] if a store must refuse c.
func (l Limits) CheckClaim(c *Claim) error {
	k := l.checker(Key{Kind: "claim", ID: c.Owner})
	k.name("owner", c.Owner)
	if len(c.Names) == 0 {
		k.fail(ErrInvalid, "no names are given; name kinds or effects")
	}
	for _, name := range c.Names {
		k.name("name", name)
	}
	if c.Limit <= 0 || c.TTL < time.Millisecond || c.Most < 0 {
		k.fail(ErrInvalid, "limit is %d, most %d and the time %v; at least 1, 0 and a millisecond are right", c.Limit, c.Most, c.TTL)
	}
	return k.err
}

// A checker keeps the first thing that is wrong.
type checker struct {
	limits Limits
	about  Key
	err    error
}

func (l Limits) checker(about Key) *checker {
	for _, n := range []*int{&l.Data, &l.Message, &l.Effect, &l.Inputs} {
		if *n <= 0 {
			*n = DefaultLimit
		}
	}
	return &checker{limits: l, about: about}
}

func (k *checker) fail(err error, format string, args ...any) {
	if k.err == nil {
		k.err = Errorf(err, k.about, format, args...)
	}
}

func (k *checker) key(what string, key Key) {
	k.name("kind of the "+what, key.Kind)
	k.id("id of the "+what, key.ID)
	if key.Kind == EffectKind {
		k.fail(ErrInvalid, "the kind %q is kept for effects; choose another", EffectKind)
	}
}

func (k *checker) record(r *Record) {
	k.name("state", r.State)
	if int(r.Status) >= len(statusNames) {
		k.fail(ErrInvalid, "%v is no status", r.Status)
	}
	k.text("reason", r.Reason)
	k.optional("operation", r.Operation, MaxID)
	k.optional("step", r.Step, MaxName)
	k.optional("group", r.Group, MaxName)
	k.size("data", len(r.Data), k.limits.Data)
	k.times(r.Deadline, r.Since, r.Until, r.Due, r.NotBefore)
	if r.Failures < 0 || r.Failures > math.MaxInt32 || r.DataVersion < 0 || r.DataVersion > math.MaxInt32 {
		k.fail(ErrInvalid, "failures are %d and the data's version %d; neither may be negative or above %d", r.Failures, r.DataVersion, math.MaxInt32)
	}
}

func (k *checker) elements(elements []Element) {
	for i := range elements {
		e := &elements[i]
		k.name("name of an element", e.Name)
		k.name("state of an element", e.State)
		k.size("data of element "+e.Name, len(e.Data), k.limits.Data)
		k.times(e.Since, e.Due)
	}
}

func (k *checker) message(m *Message) {
	k.key("record that a message goes to", m.To)
	k.messageTo(m)
}

func (k *checker) messageTo(m *Message) {
	k.id("id of a message", m.ID)
	k.name("name of a message", m.Name)
	k.optional("slot", m.Slot, MaxID)
	k.optional("element of a message", m.Element, MaxName)
	k.optional("operation of a message", m.Operation, MaxID)
	k.optional("step of a message", m.Step, MaxName)
	k.optional("kind of a message's sender", m.From.Kind, MaxName)
	k.optional("id of a message's sender", m.From.ID, MaxID)
	k.size("body of message "+m.ID, len(m.Body), k.limits.Message)
}

func (k *checker) effect(e *Effect) {
	k.id("id of an effect", e.ID)
	k.id("idempotency key of an effect", e.Key)
	k.name("name of an effect", e.Name)
	k.optional("lane", e.Lane, MaxName)
	k.optional("element of an effect", e.Element, MaxName)
	k.optional("operation of an effect", e.Operation, MaxID)
	k.optional("step of an effect", e.Step, MaxName)
	k.optional("group of an effect", e.Group, MaxName)
	k.size("body of effect "+e.ID, len(e.Body), k.limits.Effect)
	k.times(e.Deadline)
}

func (k *checker) lines(lines []Line) {
	for i := range lines {
		l := &lines[i]
		k.optional("element of a line", l.Element, MaxName)
		k.optional("state of a line", l.From, MaxName)
		k.optional("event of a line", l.Event, MaxName)
		k.optional("state of a line", l.To, MaxName)
		k.text("cause", l.Cause)
		k.optional("operation of a line", l.Operation, MaxID)
		k.size("inputs of a line", len(l.Inputs), k.limits.Inputs)
	}
}

func (k *checker) name(what, s string) { k.required(what, s, MaxName) }
func (k *checker) id(what, s string)   { k.required(what, s, MaxID) }
func (k *checker) text(what, s string) { k.optional(what, s, MaxText) }

func (k *checker) required(what, s string, most int) {
	if s == "" {
		k.fail(ErrInvalid, "the %s is empty; it is needed", what)
	}
	k.optional(what, s, most)
}

func (k *checker) optional(what, s string, most int) {
	k.size(what, len(s), most)
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		k.fail(ErrInvalid, "the %s is %q; it must be UTF-8 without a zero byte", what, s)
	}
}

func (k *checker) size(what string, n, most int) {
	if n > most {
		k.fail(ErrTooLarge, "the %s has %d bytes; at most %d are right", what, n, most)
	}
}

// number refuses what a database's signed integers cannot hold.
func (k *checker) number(what string, n uint64) {
	if n > math.MaxInt64 {
		k.fail(ErrInvalid, "the %s is %d; it must not be above %d", what, n, int64(math.MaxInt64))
	}
}

func (k *checker) times(times ...time.Time) {
	for _, t := range times {
		if !t.IsZero() && (t.Year() < 1970 || t.Year() > 9999) {
			k.fail(ErrInvalid, "the time %v cannot be stored; the years 1970 to 9999 can", t)
		}
	}
}

// Time returns t as every store keeps it: to the microsecond, in UTC, without a monotonic reading. A
// store keeps the times that it reckons from a duration so, too, such as that of the next try.
func Time(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
