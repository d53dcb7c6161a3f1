package refresh_test

import (
	"encoding/json"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type labelled struct {
	Ref    string          `reeve:"ref,key"`
	Labels json.RawMessage `reeve:"labels,json"`
	Any    any             `reeve:"any,json"`
}

// JSON that means the same is the same, however it is written: rows with it are written once.
func TestJSON_isWrittenOnce(t *testing.T) {
	t.Parallel()
	table := tableOf("things", "manager*", "ref*", "labels", "any")
	for i := range table.Columns {
		if table.Columns[i].Null {
			table.Columns[i].Type = storage.JSONType
		}
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[labelled] {
		return refresh.Add[labelled](b, "things", nil)
	}, table)
	r.save(func(things *refresh.Collection[labelled]) {
		things.Build(labelled{"html", json.RawMessage(`"<b> & \u003c"`), "<i>"})
		things.Build(labelled{"numbers", json.RawMessage(`[1.0, 1e3, 0.10, -0]`), 1e21})
		things.Build(labelled{"nested", json.RawMessage(`{"b": {"y": 1.50, "x": "<b>"}, "a": [null, {"z": 1e2}]}`), map[string]any{"<": 1.5}})
		things.Build(labelled{"null", json.RawMessage(`null`), nil})
	})
	r.holds("things",
		`ref="html", any="\"<i>\"", labels="\"<b> & <\""`,
		`ref="numbers", any="1000000000000000000000", labels="[1,1000,0.1,0]"`,
		`ref="nested", any="{\"<\":1.5}", labels="{\"a\":[null,{\"z\":100}],\"b\":{\"x\":\"<b>\",\"y\":1.5}}"`,
		`ref="null"`)
	plan := r.once(func(things *refresh.Collection[labelled]) { // written in another way
		things.Build(labelled{"html", json.RawMessage(`"\u003cb> \u0026 <"`), "<i>"})
		things.Build(labelled{"numbers", json.RawMessage(`[1, 1000.0, 1e-1, 0]`), 1e21})
		things.Build(labelled{"nested", json.RawMessage(`{"a":[null,{"z":100}],"b":{"x":"<b>","y":15e-1}}`), map[string]float32{"<": 1.5}})
		things.Build(labelled{"null", nil, nil})
	})
	if !plan.Empty() {
		t.Errorf("the same JSON, written in another way, changes\n%s", planText(t, plan))
	}
}

// JSON that no database has keeps its row out, and no other.
func TestJSON_refused(t *testing.T) {
	t.Parallel()
	table := tableOf("things", "manager*", "ref*", "labels", "any")
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[labelled] {
		return refresh.Add[labelled](b, "things", nil)
	}, table)
	plan := r.once(func(things *refresh.Collection[labelled]) {
		things.Build(labelled{"zero", json.RawMessage(`"a\u0000b"`), nil})
		things.Build(labelled{"function", nil, func() {}})
		things.Build(labelled{"right", json.RawMessage(`{}`), nil})
	})
	if refused := plan.Refused(); len(refused) != 2 || refused[0].Key != `ref="zero"` || refused[1].Key != `ref="function"` {
		t.Errorf("refused are %v", refused)
	}
	r.holds("things", `ref="right", labels="{}"`)
}
