package vectors

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What Reeve does where ONAP does something else, for each difference on purpose that a case can show.
// Then is ONAP's end.
var differences = []struct {
	name  string
	given string
	then  string
	// why are the purposes, entity is whom it is about, lines and fields what becomes of it here.
	why    []Purpose
	entity string
	lines  string
	fields outcome
}{
	{
		name: "a phase above 1000",
		given: `{"definitions": [{"id": "D", "nodes": {"far": {"version": "1", "properties": {"startPhase": 1500}}}}],
			"instances": [{"id": "I", "definition": "D", "deployState": "DEPLOYING", "lockState": "NONE", "phase": 3, "elements": [
				{"id": "E", "node": "far", "version": "1", "participant": "P", "deployState": "DEPLOYING", "lockState": "NONE"}]}]}`,
		then:   `{"events": ["createJob I", "update I", "pause 300", "publish deploy I phase 1000 first false def D", "removeJob I"]}`,
		why:    []Purpose{FarPhase},
		entity: "I", lines: "update I; publish deploy I phase 1500 first false def D",
		fields: outcome{"phase": "1500"},
	},
	{
		name: "a phase below 0",
		given: `{"definitions": [{"id": "D", "nodes": {"far": {"version": "1", "properties": {"startPhase": "-2"}}}}],
			"instances": [{"id": "I", "definition": "D", "deployState": "DEPLOYED", "lockState": "LOCKING", "phase": 0, "elements": [
				{"id": "E", "node": "far", "version": "1", "participant": "P", "deployState": "DEPLOYED", "lockState": "LOCKING"}]}]}`,
		then:   `{"events": ["createJob I", "removeJob I"]}`,
		why:    []Purpose{FarPhase},
		entity: "I", lines: "update I; publish stateChange I deployOrder NONE lockOrder LOCK phase -2 first false def D target null",
		fields: outcome{"phase": "-2"},
	},
	{
		name: "a failure when nothing is under way",
		given: `{"definitions": [{"id": "D"}],
			"instances": [{"id": "I", "definition": "D", "deployState": "DEPLOYED", "lockState": "LOCKED", "elements": [
				{"id": "E", "node": "n", "version": "1", "participant": "P", "deployState": "DEPLOYED", "lockState": "LOCKED"}]}],
			"messages": [{"id": "m", "instance": "I", "element": "E", "deployState": "UNDEPLOYED", "lockState": "NONE", "result": "FAILED"}]}`,
		then:   `{"events": ["createJob I", "removeMessage m", "update I newRevision", "sync I DEPLOYED LOCKED FAILED", "removeJob I"]}`,
		why:    []Purpose{LateFailure},
		entity: "I", lines: "removeMessage m",
		fields: outcome{"result": "NO_ERROR", "deployState": "DEPLOYED"},
	},
	{
		name: "an answer that does not say whether the element is locked",
		given: `{"definitions": [{"id": "D"}], "maxOperationWaitMs": 1000,
			"instances": [
				{"id": "I", "definition": "D", "deployState": "UPDATING", "lockState": "LOCKED", "elements": [
					{"id": "E", "node": "n", "version": "1", "participant": "P", "deployState": "UPDATING", "lockState": "LOCKED"}]},
				{"id": "J", "definition": "D", "deployState": "UPDATING", "lockState": "LOCKED", "lastMsgAgoMs": 5000, "elements": [
					{"id": "F", "node": "n", "version": "1", "participant": "P", "deployState": "UPDATING", "lockState": "LOCKED"}]}],
			"messages": [{"id": "m", "instance": "I", "element": "E", "deployState": "DEPLOYED", "lockState": null}]}`,
		then:   `{"events": ["createJob I", "removeMessage m", "rollback", "run aborted: null"], "messagesLeft": ["m"], "jobsLeft": ["I"]}`,
		why:    []Purpose{Poison, Starved},
		entity: "J", lines: "update J newRevision; sync J UPDATING LOCKED TIMEOUT",
		fields: outcome{"result": "TIMEOUT"},
	},
	{
		name: "a limit that is no number",
		given: `{"definitions": [{"id": "D"}], "maxOperationWaitMs": 1000,
			"instances": [{"id": "I", "definition": "D", "deployState": "UPDATING", "lockState": "LOCKED", "lastMsgAgoMs": 5000, "elements": [
				{"id": "E", "node": "n", "version": "1", "participant": "P", "deployState": "UPDATING", "lockState": "LOCKED", "properties": {"updateTimeoutMs": "2m"}}]}]}`,
		then:   `{"events": ["createJob I", "rollback", "run aborted: NumberFormatException"], "jobsLeft": ["I"]}`,
		why:    []Purpose{Poison},
		entity: "I", lines: `turn failed: supervision: decide instance/I: acm: property "updateTimeoutMs": "2m" is no whole number of 64 bits`,
		fields: outcome{"result": "NO_ERROR", "deployState": "UPDATING"},
	},
	{
		name: "an element that is deleted after its migration timed out",
		given: `{"definitions": [{"id": "D"}, {"id": "T"}],
			"instances": [{"id": "I", "definition": "D", "target": "T", "deployState": "MIGRATING", "lockState": "LOCKED", "result": "TIMEOUT", "phase": 0, "elements": [
				{"id": "E", "node": "n", "version": "1", "participant": "P", "deployState": "DEPLOYED", "lockState": "LOCKED"},
				{"id": "F", "node": "n", "version": "1", "participant": "Q", "deployState": "MIGRATING", "lockState": "LOCKED", "migrationState": "REMOVED"}]}],
			"messages": [{"id": "m", "instance": "I", "element": "F", "deployState": "DELETED", "lockState": "NONE", "result": "NO_ERROR"}]}`,
		then:   `{"events": ["createJob I", "removeMessage m", "update I newRevision", "sync I DEPLOYED LOCKED NO_ERROR", "removeJob I"]}`,
		why:    []Purpose{Zombie},
		entity: "I", lines: "removeMessage m; deleteElement F; update I newRevision; deleteSync I participant Q; sync I DEPLOYED LOCKED NO_ERROR",
		fields: outcome{"definition": "T", "element E": `DEPLOYED LOCKED NONE, stage none, DEFAULT, message "", out none, use "", operational ""`, "element F": ""},
	},
	{
		name: "an update that is being reverted",
		given: `{"definitions": [{"id": "D"}], "maxOperationWaitMs": 1000,
			"instances": [{"id": "I", "definition": "D", "deployState": "UPDATE_REVERTING", "lockState": "LOCKED", "lastMsgAgoMs": 1001, "elements": [
				{"id": "E", "node": "n", "version": "1", "participant": "P", "deployState": "UPDATE_REVERTING", "lockState": "LOCKED"}]}]}`,
		then:   `{"events": []}`,
		why:    []Purpose{Unpolled},
		entity: "I", lines: "update I newRevision; sync I UPDATE_REVERTING LOCKED TIMEOUT",
		fields: outcome{"result": "TIMEOUT"},
	},
	{
		name: "a step that began late",
		given: `{"definitions": [{"id": "D", "nodes": {"a": {"version": "1"}, "b": {"version": "1", "properties": {"startPhase": 1}}}}],
			"maxOperationWaitMs": 1000, "runs": 3, "stepMs": 1001,
			"instances": [{"id": "I", "definition": "D", "deployState": "DEPLOYING", "lockState": "NONE", "result": "TIMEOUT", "phase": 0, "lastMsgAgoMs": 5000, "elements": [
				{"id": "E", "node": "a", "version": "1", "participant": "P", "deployState": "DEPLOYING", "lockState": "NONE"},
				{"id": "F", "node": "b", "version": "1", "participant": "P", "deployState": "DEPLOYING", "lockState": "NONE"}]}],
			"messages": [{"id": "m", "instance": "I", "element": "E", "deployState": "DEPLOYED", "lockState": "LOCKED"}]}`,
		then: `{"events": ["createJob I", "removeMessage m", "update I", "pause 300", "publish deploy I phase 1 first false def D", "removeJob I",
			"-- run 2 at +1001", "createJob I", "removeJob I", "-- run 3 at +2002", "createJob I", "removeJob I"]}`,
		why:    []Purpose{Rearmed},
		entity: "I", lines: "removeMessage m; update I; publish deploy I phase 1 first false def D; update I newRevision; sync I DEPLOYING NONE TIMEOUT",
		fields: outcome{"result": "TIMEOUT", "phase": "1"},
	},
}

func TestDifferencesOnPurpose(t *testing.T) {
	t.Parallel()
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			c, err := parse([]byte(`{"given": ` + d.given + `, "then": ` + d.then + `}`))
			if err != nil {
				t.Fatal(err)
			}
			c.endAsGiven()
			v, err := Run(t.Context(), &c)
			if err != nil || len(v.Mismatches) > 0 {
				t.Errorf("mismatches: %v, %v", v.Mismatches, err)
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(d.why)), v.Purposes); diff != "" {
				t.Errorf("on purpose (-want +got)\n%s", diff)
			}
			lines, fields := end(t, &c, d.entity)
			if got := strings.Join(lines, "; "); !strings.HasPrefix(got, d.lines) {
				t.Errorf("what happened to %s is\n%s\nnot\n%s", d.entity, got, d.lines)
			}
			for name, want := range d.fields {
				if fields[name] != want {
					t.Errorf("%s of %s is %q, not %q", name, d.entity, fields[name], want)
				}
			}
		})
	}
}

// Where a rule does not apply, the same difference is a mismatch.
func TestOnlyTheRulesExcuse(t *testing.T) {
	t.Parallel()
	for _, d := range differences {
		if strings.Contains(d.lines, "turn failed") || slices.Contains(d.why, Starved) {
			continue // nobody would call that agreement
		}
		c, err := parse([]byte(`{"given": ` + d.given + `, "then": ` + d.then + `}`))
		if err != nil {
			t.Fatal(err)
		}
		c.endAsGiven()
		w := worldAfter(t, &c)
		for _, e := range w.entities {
			e.purposes = nil
		}
		got, err := w.outcomes()
		if err != nil {
			t.Fatal(err)
		}
		if v := w.judge(c.Then.outcomes(w), got); len(v.Mismatches) == 0 {
			t.Errorf("%s: there is no difference to excuse", d.name)
		}
	}
}

// endAsGiven has everything end as it was given, but for what happened.
func (c *Case) endAsGiven() {
	for _, d := range c.Given.Definitions {
		c.Then.Definitions = append(c.Then.Definitions, ThenDefinition{ID: d.ID, State: d.State, Result: d.Result})
	}
	for _, in := range c.Given.Instances {
		c.Then.Instances = append(c.Then.Instances, ThenInstance{
			ID: in.ID, Definition: in.Definition, Target: in.Target, Phase: in.Phase,
			DeployState: in.DeployState, LockState: in.LockState, SubState: in.SubState, Result: in.Result,
		})
	}
}

func worldAfter(t *testing.T, c *Case) *world {
	t.Helper()
	w, err := newWorld(&c.Given, c.Then.clock())
	if err == nil {
		err = w.run(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// end returns what happened to an instance, and where that left it.
func end(t *testing.T, c *Case, id string) (lines []string, fields outcome) {
	t.Helper()
	w := worldAfter(t, c)
	key := w.estate.Instances.Key(id)
	for _, l := range w.entity(key).lines {
		lines = append(lines, l.text)
	}
	out, err := w.outcomes()
	if err != nil {
		t.Fatal(err)
	}
	return lines, out[key]
}
