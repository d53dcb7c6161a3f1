package acm

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCompleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, want Words }{
		{Words{"DEPLOYING", "NONE", "NONE"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"UNDEPLOYING", "LOCKED", "NONE"}, Words{"UNDEPLOYED", "NONE", "NONE"}},
		{Words{"DELETING", "NONE", "NONE"}, Words{"DELETED", "NONE", "NONE"}},
		{Words{"UPDATING", "NONE", "NONE"}, Words{"DEPLOYED", "NONE", "NONE"}},
		{Words{"UPDATING", "UNLOCKED", "NONE"}, Words{"DEPLOYED", "UNLOCKED", "NONE"}},
		{Words{"UPDATE_REVERTING", "LOCKED", "NONE"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"MIGRATING", "LOCKED", "NONE"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"MIGRATION_REVERTING", "LOCKED", "NONE"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"DEPLOYED", "LOCKING", "NONE"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"DEPLOYED", "UNLOCKING", "NONE"}, Words{"DEPLOYED", "UNLOCKED", "NONE"}},
		{Words{"DEPLOYED", "LOCKED", "REVIEWING"}, Words{"DEPLOYED", "LOCKED", "NONE"}},
		{Words{"DEPLOYED", "UNLOCKED", "MIGRATION_PRECHECKING"}, Words{"DEPLOYED", "UNLOCKED", "NONE"}},
		{Words{"UNDEPLOYED", "NONE", "PREPARING"}, Words{"UNDEPLOYED", "NONE", "NONE"}},
	} {
		if got := c.at.completed(); got != c.want {
			t.Errorf("%v completes as %v, not %v", c.at, got, c.want)
		}
	}
}

func properties(t *testing.T, text string) Properties {
	t.Helper()
	var p Properties
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestStartPhase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		properties    string
		node, version string
		want          int
		wrong         string
	}{
		{`{"startPhase": 2}`, "web", "1.0.0", 2, ""},
		{`{"startPhase": "2"}`, "web", "1.0.0", 2, ""},
		{`{"startPhase": -7}`, "web", "1.0.0", -7, ""},
		{`{"startPhase": "4711"}`, "web", "1.0.0", 4711, ""},
		{`{"startPhase": null}`, "web", "1.0.0", 0, ""},
		{`{}`, "web", "1.0.0", 0, ""},
		{`{"startPhase": 2}`, "web", "2.0.0", 0, ""},
		{`{"startPhase": 2}`, "db", "1.0.0", 0, ""},
		{`{"startPhase": 2.0}`, "web", "1.0.0", 0, "2.0 is no whole number"},
		{`{"startPhase": "first"}`, "web", "1.0.0", 0, `node "web"`},
		{`{"startPhase": 2147483648}`, "web", "1.0.0", 0, "32 bits"},
		{`{"startPhase": true}`, "web", "1.0.0", 0, "startPhase"},
	} {
		d := &Definition{Nodes: map[string]Node{"web": {Version: "1.0.0", Properties: properties(t, c.properties)}}}
		got, err := d.startPhase(&Element{Node: c.node, Version: c.version})
		if got != c.want || !says(err, c.wrong) {
			t.Errorf("%s of %s %s: %d, %v; want %d, %q", c.properties, c.node, c.version, got, err, c.want, c.wrong)
		}
	}
}

// says reports whether err is what a test wants: nil for no text, else an error with that text.
func says(err error, text string) bool {
	return err == nil && text == "" || err != nil && text != "" && strings.Contains(err.Error(), text)
}

func TestStages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		properties       string
		migrate, prepare []int
	}{
		{`{}`, []int{0}, []int{0}},
		{`{"stage": null}`, []int{0}, []int{0}},
		{`{"stage": "2"}`, []int{0}, []int{0}},
		{`{"stage": [1, "3"]}`, []int{1, 3}, []int{0}},
		{`{"stage": []}`, []int{}, []int{0}},
		{`{"stage": {}}`, []int{0}, []int{0}},
		{`{"stage": {"migrate": [2], "prepare": [0, 1]}}`, []int{2}, []int{0, 1}},
		{`{"stage": {"prepare": []}}`, []int{0}, []int{}},
		{`{"stage": {"migrate": 2}}`, []int{0}, []int{0}},
	} {
		n := Node{Properties: properties(t, c.properties)}
		for what, want := range map[string][]int{"migrate": c.migrate, "prepare": c.prepare} {
			got, err := n.stages(what)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s of %s: %v (-want +got)\n%s", what, c.properties, err, diff)
			}
		}
	}
	if _, err := (Node{Properties: properties(t, `{"stage": [1, "late"]}`)}).stages("migrate"); !says(err, `"late" is no whole number`) {
		t.Errorf("a stage that is no number: %v", err)
	}
}

func TestStageOfAnElement(t *testing.T) {
	t.Parallel()
	d := &Definition{Nodes: map[string]Node{
		"web":   {Properties: properties(t, `{"stage": {"migrate": [2, 1, 4], "prepare": [3, 5]}}`)},
		"db":    {Properties: properties(t, `{"stage": [7, 6]}`)},
		"plain": {},
		"empty": {Properties: properties(t, `{"stage": []}`)},
	}}
	four := 4
	for _, c := range []struct {
		steps  steps
		node   string
		deploy DeployState
		stage  *int
		want   int
	}{
		{stagesUp, "web", migrating, nil, 1},
		{stagesUp, "web", undeployed, nil, 3},
		{stagesUp, "web", migrating, &four, 4},
		{stagesUp, "db", migrating, nil, 6},
		{stagesUp, "db", undeployed, nil, 0},
		{stagesUp, "plain", migrating, nil, 0},
		{stagesUp, "empty", migrating, nil, 0},
		{stagesUp, "gone", migrating, nil, 0},
		{stagesDown, "web", migrationReverting, nil, 4},
		{stagesDown, "db", migrationReverting, nil, 7},
		{stagesDown, "web", migrationReverting, &four, 4},
		{stagesDown, "plain", migrationReverting, nil, 0},
		{stagesDown, "empty", migrationReverting, nil, 7},
		{stagesDown, "gone", migrationReverting, nil, 7},
	} {
		e := &Element{Words: Words{Deploy: c.deploy}, Node: c.node, Version: "any", Stage: c.stage}
		all := slices.Values([]*Element{{Node: "web"}, {Node: "gone"}, {Node: "db"}, e})
		if got, err := d.group(&operation{steps: c.steps}, e, all); got != c.want || err != nil {
			t.Errorf("%s %s, way %d: stage %d, %v; want %d", c.node, c.deploy, c.steps, got, err, c.want)
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	const usually = time.Minute
	for _, c := range []struct {
		op       State
		elements []*Element
		want     time.Duration
		wrong    string
	}{
		{Deploying, nil, usually, ""},
		{Deploying, []*Element{{Words: Words{Deploy: deployed}, Properties: properties(t, `{"deployTimeoutMs": 1}`)}}, usually, ""},
		{Deploying, []*Element{
			{Words: Words{Deploy: deployed}, Properties: properties(t, `{"deployTimeoutMs": 1}`)},
			{Words: Words{Deploy: deploying}, Properties: properties(t, `{"deployTimeoutMs": "3000"}`)},
			{Words: Words{Deploy: deploying}, Properties: properties(t, `{"deployTimeoutMs": 5}`)},
		}, 3 * time.Second, ""},
		{Deploying, []*Element{
			{Words: Words{Deploy: deploying}},
			{Words: Words{Deploy: deploying}, Properties: properties(t, `{"deployTimeoutMs": 5}`)},
		}, usually, ""},
		{Deploying, []*Element{{Words: Words{Deploy: deploying}, Properties: properties(t, `{"maxOperationWaitMs": 5}`)}}, usually, ""},
		{Locking, []*Element{{Words: Words{Deploy: deployed}, Properties: properties(t, `{"maxOperationWaitMs": 5}`)}}, 5 * time.Millisecond, ""},
		{UpdateReverting, []*Element{{Words: Words{Deploy: updateReverting}, Properties: properties(t, `{"updateTimeoutMs": 5, "maxOperationWaitMs": 6}`)}}, 6 * time.Millisecond, ""},
		{Undeploying, []*Element{{Words: Words{Deploy: undeploying}, Properties: properties(t, `{"undeployTimeoutMs": "2m"}`)}}, usually, `"2m" is no whole number`},
		{Deleting, []*Element{{Words: Words{Deploy: deleting}, Properties: properties(t, `{"deleteTimeoutMs": 9223372036854775807}`)}}, 9223372036854 * time.Millisecond, ""},
	} {
		got, err := operationAt(c.op).wait(slices.Values(c.elements), usually)
		if got != c.want || !says(err, c.wrong) {
			t.Errorf("%s: %v, %v; want %v, %q", c.op, got, err, c.want, c.wrong)
		}
	}
	for state, want := range map[TypeState]time.Duration{"PRIMING": time.Millisecond, "DEPRIMING": 2 * time.Millisecond} {
		d := &Definition{State: state, Metadata: properties(t, `{"primeTimeoutMs": 1, "deprimeTimeoutMs": "2"}`)}
		if got, err := d.wait(usually); got != want || err != nil {
			t.Errorf("%s: %v, %v; want %v", state, got, err, want)
		}
	}
}

// Every way to ask elements, and the word by which each operation's limit goes, is what ONAP has.
func TestOperations(t *testing.T) {
	t.Parallel()
	type row struct {
		steps          steps
		message, limit string
	}
	got := map[Event]row{}
	for _, op := range operations {
		got[op.order] = row{op.steps, op.message, op.limit}
	}
	want := map[Event]row{
		Deploy:          {phasesUp, "deploy", "deployTimeoutMs"},
		Undeploy:        {phasesDown, "stateChange", "undeployTimeoutMs"},
		Delete:          {phasesDown, "stateChange", "deleteTimeoutMs"},
		Lock:            {phasesDown, "stateChange", "maxOperationWaitMs"},
		Unlock:          {phasesUp, "stateChange", "maxOperationWaitMs"},
		Update:          {together, "update", "updateTimeoutMs"},
		UpdateRevert:    {together, "update", "maxOperationWaitMs"},
		Migrate:         {stagesUp, "migrate", "migrateTimeoutMs"},
		MigrationRevert: {stagesDown, "migrate", "maxOperationWaitMs"},
		Prepare:         {stagesUp, "prepare", "maxOperationWaitMs"},
		Review:          {together, "review", "maxOperationWaitMs"},
		Precheck:        {together, "precheck", "maxOperationWaitMs"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("operations (-ONAP +here)\n%s", diff)
	}
}
