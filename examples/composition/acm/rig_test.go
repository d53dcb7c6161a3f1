package acm

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A field is an estate with a supervisor, and participants that do nothing but write down what they
// are told. It lives in a bubble of virtual time.
type field struct {
	*testing.T
	*Estate

	ctx    context.Context //nolint:containedctx // a field lives as long as its test
	store  storage.Store
	sup    *supervision.Supervisor
	orders []ordered
	told   []string
	log    bytes.Buffer
}

// ordered is an order as its participant got it.
type ordered struct {
	Order

	call supervision.Call
}

const (
	testWait    = time.Minute
	testResend  = 20 * time.Second
	testSilence = 5 * time.Minute
)

// onField runs a test on a field, in virtual time.
func onField(t *testing.T, test func(f *field)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		f := &field{T: t, ctx: t.Context(), store: memory.New(nil)}
		var err error
		f.Estate, err = New(f.store, &Options{Wait: testWait, Resend: testResend, Silence: testSilence})
		f.must(err)
		f.sup, err = supervision.New(&supervision.Options{
			Verify: true, Failures: 2, Backoff: func(int) time.Duration { return time.Second },
			Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
		})
		f.must(err)
		f.Supervise(f.sup)
		supervision.Perform(f.sup, Ordered, func(_ context.Context, c supervision.Call, o Order) (None, error) {
			f.orders = append(f.orders, ordered{o, c})
			return None{}, nil
		}, nil)
		supervision.Perform(f.sup, PrimeOrdered, func(_ context.Context, _ supervision.Call, o PrimeOrder) (None, error) {
			f.told = append(f.told, fmt.Sprintf("%s %s of %s at %s", o.Order, o.Node, o.Definition, o.Participant))
			return None{}, nil
		}, nil)
		supervision.Perform(f.sup, Synced, func(_ context.Context, c supervision.Call, s Sync) (None, error) {
			f.told = append(f.told, strings.TrimSpace(fmt.Sprintf("%s is %s%s %s %s", c.From.ID, s.Words.Deploy, s.Type, s.Result, s.Participant)))
			return None{}, nil
		}, nil)
		supervision.Perform(f.sup, Restarted, func(_ context.Context, _ supervision.Call, r Restart) (None, error) {
			f.told = append(f.told, fmt.Sprintf("restart %s/%s", r.Participant, r.Replica))
			return None{}, nil
		}, nil)
		test(f)
	})
}

func (f *field) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// pass lets the supervisor do what there is to do.
func (f *field) pass() {
	f.Helper()
	for {
		n, err := f.sup.Pass(f.ctx)
		f.must(err)
		if n == 0 {
			return
		}
	}
}

// later lets time pass, and the supervisor do what there is to do then.
func (f *field) later(d time.Duration) {
	f.Helper()
	time.Sleep(d)
	f.pass()
}

// newInstance makes an instance with an element for each node: "web" of phase 1 and two "db"s of phase
// 0, whose participants live.
func (f *field) newInstance() {
	f.Helper()
	nodes := map[string]Node{
		"db":  {Version: "1", Properties: properties(f.T, `{"startPhase": 0, "stage": {"migrate": [0, 1], "prepare": [0]}}`)},
		"web": {Version: "1", Properties: properties(f.T, `{"startPhase": 1, "stage": {"migrate": [1]}}`)},
	}
	for _, d := range []string{"shop", "shop2"} {
		f.must(f.CreateDefinition(f.ctx, d, Definition{Nodes: nodes}, map[string]string{"db": "P1", "web": "P2"}))
	}
	f.beat("P1")
	f.beat("P2")
	f.pass()
	for _, d := range []string{"shop", "shop2"} {
		operation, err := f.OrderDefinition(f.ctx, d, Prime)
		f.must(err)
		f.pass()
		for _, p := range []string{"P1", "P2"} {
			f.must(PrimeAcked.Deliver(f.ctx, f.Definitions, d, PrimeAck{Participant: p, State: primed}, supervision.About(operation, "all")))
		}
		f.pass()
	}
	f.must(f.CreateInstance(f.ctx, "i", "shop", map[string]Element{
		"db1": {Node: "db", Version: "1", Participant: "P1"},
		"db2": {Node: "db", Version: "1", Participant: "P1"},
		"web": {Node: "web", Version: "1", Participant: "P2"},
	}))
	f.told = nil
}

func (f *field) beat(participant string) {
	f.Helper()
	f.must(f.Hear(f.ctx, participant, Life{Replica: "r", Types: []string{"any"}}))
}

// order gives an order and lets it begin.
func (f *field) order(order Event) (operation string) {
	f.Helper()
	operation, err := f.Order(f.ctx, "i", order)
	f.must(err)
	f.pass()
	return operation
}

// asked returns whom participants were asked about since the last time, and in which phase.
func (f *field) asked() (out []string) {
	for _, o := range f.orders {
		out = append(out, fmt.Sprintf("%s %s in %d", o.Order.Order, o.Element, o.Step))
	}
	f.orders = nil
	slices.Sort(out)
	return out
}

// ack answers about an element, as of the operation and step under way.
func (f *field) ack(element string, a Ack) {
	f.Helper()
	r := f.instance()
	f.ackOf(r.Operation, r.Step, element, a)
}

// ackOf answers about an element, as of an operation and a step, and lets that be heard.
func (f *field) ackOf(operation, step, element string, a Ack) {
	f.Helper()
	f.must(Acked.Deliver(f.ctx, f.Instances, "i", a, supervision.About(operation, step), supervision.ToElement(element)))
	f.pass()
}

func (f *field) instance() supervision.Record[Instance, State] {
	f.Helper()
	r, err := f.Instances.Get(f.ctx, "i")
	f.must(err)
	return r
}

// is checks where the instance is.
func (f *field) is(want State) {
	f.Helper()
	r := f.instance()
	if r.State != want {
		f.Errorf("the instance is %q, not %q", r.State, want)
	}
	if words, result := standing(r.State); words != r.Data.Words || result != r.Data.Result {
		f.Errorf("the instance is %q and says %v with %s", r.State, r.Data.Words, r.Data.Result)
	}
}

// same checks that a list is what it should be.
func (f *field) same(what string, got []string, want ...string) {
	f.Helper()
	if !slices.Equal(got, want) {
		f.Errorf("%s:\n%s\nnot\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// at checks where an element is.
func (f *field) at(element string, want State) {
	f.Helper()
	for el, err := range f.Elements(f.ctx, "i") {
		f.must(err)
		if el.Name == element {
			if el.State != want {
				f.Errorf("element %s is %q, not %q", element, el.State, want)
			}
			return
		}
	}
	if want != "" {
		f.Errorf("there is no element %s", element)
	}
}

// stale returns what became of the messages to the instance that were not applied.
func (f *field) stale() (why []string) {
	f.Helper()
	q := storage.MessageQuery{To: f.Instances.Key("i"), Statuses: []storage.MessageStatus{storage.MessageStale}}
	for m, err := range f.store.Messages(f.ctx, q) {
		f.must(err)
		why = append(why, m.Reason)
	}
	return why
}
