package kindtest

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An Errand is run some times over, one run after another; people say something to it meanwhile.
type Errand struct {
	Runs     int
	Receipts []string // of the runs so far: their idempotency keys
	Heard    []string
}

type (
	// ErrandKind is the kind of errands.
	ErrandKind = supervision.Kind[Errand, string, string]
	// ErrandTurn is a turn of an errand.
	ErrandTurn = supervision.Turn[Errand, string, string]
	// ErrandOptions are what the kind is made with.
	ErrandOptions = supervision.KindOptions[Errand, string, string]
)

// RunErrand is a run of an errand; Hint is what people say to it.
var (
	RunErrand = supervision.NewEffect[string, string]("run")
	Hint      = supervision.NewMessage[string]("hint")
)

var errand = fsm.MustCompile(fsm.Definition[string, string]{
	Name:    "errand",
	Initial: "asked",
	Starts:  []string{"planned"},
	States: fsm.States[string, string]{
		"planned": {Mode: fsm.Resting},
		"asked":   {Mode: fsm.Active, After: time.Hour, Then: "give up"},
		"out":     {Mode: fsm.Waiting, After: time.Hour, Then: "give up"},
		"back":    {Mode: fsm.Resting},
		"failed":  {Mode: fsm.Resting},
	},
	Table: fsm.Table[string, string]{
		"planned": {"ask": "asked"},
		"asked":   {"leave": "out", "give up": "failed"},
		"out":     {"again": "asked", "return": "back", "give up": "failed"},
	},
})

// NewErrandKind returns the kind of errands on a store. They are run as soon as they are created, unless
// they are created as planned.
func NewErrandKind(t testing.TB, store storage.Store, o *ErrandOptions) *ErrandKind {
	t.Helper()
	k, err := supervision.NewKind("errand", errand, store, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// DecideErrand is the decider of errands.
func DecideErrand(t *ErrandTurn) error {
	for _, m := range t.Messages {
		if text, ok := Hint.Body(m); ok {
			t.Data.Heard = append(t.Data.Heard, text)
		}
		receipt, err, ok := RunErrand.Outcome(m)
		if !ok {
			continue
		}
		if err != nil {
			return err
		}
		t.Data.Receipts = append(t.Data.Receipts, receipt)
		next := "again"
		if len(t.Data.Receipts) == t.Data.Runs {
			next = "return"
		}
		if err := t.Fire(next); err != nil {
			return err
		}
	}
	if t.State != "asked" {
		return nil
	}
	RunErrand.Emit(t, t.Key.ID)
	return t.Fire("leave")
}
