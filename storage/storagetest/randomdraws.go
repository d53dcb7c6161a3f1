package storagetest

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// draws draws what an operation is made of, from a world so small that things meet.
type draws struct {
	rt *rapid.T
	d  *duel
}

// effectID is mostly one that no other record uses.
func (g draws) effectID(of storage.Key) string {
	if g.rarely("foreign") && g.rarely("really") {
		return "e"
	}
	return fmt.Sprint(of.Kind[:1], of.ID, g.number("effect", 0, 5))
}

func (g draws) chance(what string) bool { return rapid.Bool().Draw(g.rt, what) }

func (g draws) number(what string, least, most int) int {
	return rapid.IntRange(least, most).Draw(g.rt, what)
}

func (g draws) of(what string, values ...string) string {
	return rapid.SampledFrom(values).Draw(g.rt, what)
}

// rarely is true once in four times, and shrinks to false.
func (g draws) rarely(what string) bool { return g.number(what, 0, 3) == 3 }

func (g draws) duration(what string) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Second, time.Minute, 2 * time.Hour}).Draw(g.rt, what)
}

func (g draws) key() storage.Key {
	keys := []storage.Key{g.d.key("a"), g.d.key("b"), g.d.key("c"), g.d.keyOf(other, "a")}
	return rapid.SampledFrom(keys).Draw(g.rt, "key")
}

func (g draws) due() time.Time {
	if !g.rarely("due") {
		return time.Time{}
	}
	return g.d.clock.Add(g.duration("due in"))
}

// snapshot is what a change is decided from: what is there, or what was seen once.
func (g draws) snapshot() storage.Snapshot {
	if len(g.d.seen) > 0 && g.rarely("seen before") {
		return rapid.SampledFrom(g.d.seen).Draw(g.rt, "seen")
	}
	now, err := g.d.m.Load(g.d.ctx, []storage.Key{g.key()})
	g.d.is("load of the model", err, nil)
	for _, l := range g.d.held {
		if l.model.Key == now[0].Key && g.chance("under a lease") {
			now[0].Lease = l.model
		}
	}
	return now[0]
}

func (g draws) change() storage.Change {
	c := turn(g.snapshot())
	if c.Delete = c.Version > 0 && g.rarely("delete") && g.rarely("really"); c.Delete {
		return c
	}
	c.Record = g.record()
	g.parts(&c)
	for range g.number("lines", 0, 2) {
		c.Lines = append(c.Lines, storage.Line{To: c.Record.State, Cause: "test", Inputs: []byte("inputs")})
	}
	return c
}

func (g draws) record() storage.Record {
	r := storage.Record{
		State: g.of("state", g.d.States...), Final: g.rarely("final") && g.rarely("really"), Due: g.due(),
		Data: g.d.Data(g.number("data", 0, 3)), Group: g.of("group", "", "blue"), Operation: g.of("operation", "", "op"),
	}
	if g.rarely("waits") {
		r.NotBefore = g.d.clock.Add(g.duration("not before"))
	}
	if g.rarely("paused") {
		r.Status, r.Reason = storage.Paused, "because it is late"
	}
	return r
}

// parts adds what belongs to a record.
func (g draws) parts(c *storage.Change) {
	for _, name := range []string{"x", "y", "z"} {
		switch g.number("element "+name, 0, 5) {
		case 4:
			// No two elements are due at one time: which comes first is not said.
			due := g.due()
			if !due.IsZero() {
				due = due.Add(-time.Duration(name[0]) * time.Millisecond)
			}
			c.Elements = append(c.Elements, storage.Element{Name: name, State: g.of("state", "up", "down"), Group: g.number("group", 0, 1), Due: due})
		case 5:
			c.Gone = append(c.Gone, name)
		}
	}
	for _, m := range g.d.m.state.Messages {
		if (m.To == c.Key || g.rarely("foreign")) && g.rarely("consume") {
			as := rapid.SampledFrom([]storage.MessageStatus{storage.MessageConsumed, storage.MessageStale, storage.MessageDead}).Draw(g.rt, "as")
			c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: as, Reason: "because"})
		}
	}
	if g.rarely("cancel") {
		c.Cancel = append(c.Cancel, storage.Cancel{Operation: g.of("operation", "", "op"), Lane: g.of("lane", "", "l")})
	}
	for range g.number("emit", 0, 2) {
		c.Emit = append(c.Emit, g.effect(c.Key))
	}
	if g.rarely("send") {
		c.Send = append(c.Send, g.message())
	}
	if g.rarely("spawn") {
		r := g.record()
		r.Key = g.key()
		c.Spawn = append(c.Spawn, storage.Spawn{Record: r, Elements: []storage.Element{{Name: "x", State: "up", Due: g.due()}}})
	}
}

func (g draws) effect(of storage.Key) storage.Effect {
	e := effect(g.effectID(of), g.of("lane", "", "l", "k"))
	e.Operation, e.Group, e.Keep = g.of("operation", "", "op"), g.of("group", "", "blue"), g.rarely("keep")
	if g.rarely("shared key") {
		e.Key = "shared"
	}
	if g.rarely("other name") {
		e.Name = "something else"
	}
	if g.rarely("deadline") {
		e.Deadline = g.d.clock.Add(g.duration("until"))
	}
	return e
}

func (g draws) message() storage.Message {
	return storage.Message{
		ID: fmt.Sprint("m", g.number("message", 0, 9)), To: g.key(), Name: "news",
		Slot: g.of("slot", "", "", "s"), Element: g.of("element", "", "x", "y"), Body: []byte("body"),
	}
}

func (g draws) claim(names ...string) storage.Claim {
	return storage.Claim{
		Names: names[:g.number("names", 1, len(names))], Owner: g.of("owner", "one", "two"), Limit: g.number("limit", 1, 9),
		TTL: rapid.SampledFrom([]time.Duration{10 * time.Second, time.Minute}).Draw(g.rt, "ttl"), Most: g.number("most", 0, 2),
	}
}

// lease is any that was ever given, of late rather than long ago. If only effects are wanted, it is
// on one.
func (g draws) lease(effects bool) loan {
	var held []loan
	for _, l := range g.d.held {
		if !effects || l.model.Key.Kind == storage.EffectKind {
			held = append(held, l)
		}
	}
	if len(held) == 0 {
		g.rt.Skip("no lease was given")
	}
	return held[len(held)-1-g.number("lease", 0, min(len(held), 6)-1)]
}

func (g draws) settlement() storage.Settlement {
	st := storage.Settlement{Retry: g.duration("retry"), Reason: "because"}
	st.As = rapid.SampledFrom([]storage.EffectStatus{storage.EffectDone, storage.EffectDead, storage.EffectPending}).Draw(g.rt, "as")
	if g.rarely("outcome") {
		m := g.message()
		st.Outcome = &m
	}
	return st
}

// ours reports whether a reason was given by a draw, not by the model.
func ours(reason string) bool { return strings.HasPrefix(reason, "because") }
