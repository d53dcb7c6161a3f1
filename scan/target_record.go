package scan

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/supervision"
)

// A TargetRecord is what is known of a target.
type TargetRecord struct {
	Target Target `json:"target"`
	// Reports are the last ones, the newest last.
	Reports []Report `json:"reports,omitempty"`
	// Late are replies that came too late, the newest last; see [LatePolicy].
	Late []LateReply `json:"late,omitempty"`
}

// A LateReply is what an agent said when nobody waited for it any more.
type LateReply struct {
	Job     string    `json:"job"`
	Epoch   int       `json:"epoch"`
	Agent   string    `json:"agent,omitempty"`
	Results []Result  `json:"results,omitempty"`
	At      time.Time `json:"at"`
}

// Known returns the newest complete results of each category: what a further scan need not find again, if the target is as it was.
func (r *TargetRecord) Known(late LatePolicy) []Result {
	var out []Result
	seen := map[string]bool{}
	add := func(results []Result) {
		for _, one := range results {
			if one.Address != "" && !seen[one.Category] {
				seen[one.Category] = true
				out = append(out, one)
			}
		}
	}
	if late == AdoptLate {
		for _, l := range slices.Backward(r.Late) {
			if len(r.Reports) == 0 || l.At.After(r.Reports[len(r.Reports)-1].At) {
				add(l.Results)
			}
		}
	}
	for _, report := range slices.Backward(r.Reports) {
		add(report.Results)
	}
	return out
}

// TargetState is where the record of a target is: there is but one state.
type TargetState string

// TargetEvent is what happens to the record of a target: nothing that moves it.
type TargetEvent string

// TargetKnown is the state of what is known of a target.
const TargetKnown TargetState = "known"

var targetMachine = fsm.MustCompile(fsm.Definition[TargetState, TargetEvent]{
	Name:    "scan-target",
	Doc:     "What is known of a target.",
	Initial: TargetKnown,
	States:  fsm.States[TargetState, TargetEvent]{TargetKnown: {Mode: fsm.Resting, Doc: "It was scanned, or a job is about to."}},
})

// What the record of a target is told.
var (
	targetReport = supervision.NewMessage[Report]("scan.report")
	targetLate   = supervision.NewMessage[LateReply]("scan.late")
)

type targetTurn = supervision.Turn[TargetRecord, TargetState, TargetEvent]

// keptLate is how many late replies of a target are kept.
const keptLate = 10

func (m *Manager) decideTarget(t *targetTurn) error {
	for _, msg := range t.Messages {
		if r, ok := targetReport.Body(msg); ok {
			t.Data.Target = r.Target
			t.Data.Reports = newest(append(t.Data.Reports, r), m.options.Reports)
		} else if l, ok := targetLate.Body(msg); ok {
			l.At = t.Now
			t.Data.Late = newest(append(t.Data.Late, l), keptLate)
		}
	}
	t.Data.fit()
	return nil
}

// fit forgets what is oldest until the record is no larger than it may be.
func (r *TargetRecord) fit() {
	for sizeOf(r) > mostTarget {
		switch {
		case len(r.Late) > 0:
			r.Late = r.Late[1:]
		case len(r.Reports) > 1:
			r.Reports = r.Reports[1:]
		default:
			return
		}
	}
}

// newest returns the last n.
func newest[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }
