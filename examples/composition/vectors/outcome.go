package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// An outcome is what became of an entity, in words by name.
type outcome map[string]string

// outcomes returns what became of each entity here.
func (w *world) outcomes() (map[storage.Key]outcome, error) {
	out := make(map[storage.Key]outcome, len(w.entities))
	for _, e := range w.entities {
		o := outcome{}
		var err error
		switch {
		case e.gone:
		case e.isInstance(w):
			err = e.describeInstance(o)
		default:
			err = e.describeDefinition(o)
		}
		if err != nil {
			return nil, err
		}
		o.happened(e.lines)
		out[e.record.Key] = o
	}
	for _, l := range w.inbox {
		if o := out[l.To]; o != nil {
			o["message "+l.ID] = "left"
		}
	}
	return out, nil
}

func (e *entity) describeInstance(o outcome) error {
	var in acm.Instance
	if err := json.Unmarshal(e.record.Data, &in); err != nil {
		return err
	}
	t := ThenInstance{
		Definition: in.Definition, Target: in.Target, DeployState: in.Deploy, LockState: in.Lock, SubState: in.Sub,
		Result: in.Result, Phase: in.Phase, LastMsgAtMs: in.Ordered.Sub(beginning).Milliseconds(),
	}
	for i := range e.elements {
		var el acm.Element
		if err := json.Unmarshal(e.elements[i].Data, &el); err != nil {
			return err
		}
		t.Elements = append(t.Elements, ThenElement{
			ID: e.elements[i].Name, DeployState: el.Deploy, LockState: el.Lock, SubState: el.Sub, Stage: el.Stage,
			MigrationState: el.Migration, Message: el.Message, OutProperties: el.Out, UseState: el.UseState,
			OperationalState: el.OperationalState,
		})
	}
	o.instance(&t)
	return nil
}

func (e *entity) describeDefinition(o outcome) error {
	var d acm.Definition
	if err := json.Unmarshal(e.record.Data, &d); err != nil {
		return err
	}
	t := ThenDefinition{State: d.State, Result: d.Result, Elements: map[string]acm.TypeState{}}
	for i := range e.elements {
		var n acm.NodeElement
		if err := json.Unmarshal(e.elements[i].Data, &n); err != nil {
			return err
		}
		t.Elements[e.elements[i].Name] = n.State
	}
	o.definition(&t)
	return nil
}

// outcomes returns what became of each entity in ONAP. The keys are those of w.
func (t *Then) outcomes(w *world) map[storage.Key]outcome {
	out := map[storage.Key]outcome{}
	for _, e := range w.entities {
		out[e.record.Key] = outcome{}
	}
	for i := range t.Instances {
		o := outcome{}
		o.instance(&t.Instances[i])
		out[w.estate.Instances.Key(t.Instances[i].ID)] = o
	}
	for i := range t.Definitions {
		o := outcome{}
		o.definition(&t.Definitions[i])
		out[w.estate.Definitions.Key(t.Definitions[i].ID)] = o
	}
	happened := t.happened(w)
	for key, o := range out {
		o.happened(happened[key])
	}
	for i := range w.given.Messages {
		m := &w.given.Messages[i]
		if o := out[w.addressee(m)]; o != nil && slices.Contains(t.MessagesLeft, m.ID) {
			o["message "+m.ID] = "left"
		}
	}
	return out
}

// happened returns what happened to each entity.
func (t *Then) happened(w *world) map[storage.Key][]line {
	lines := map[storage.Key][]line{}
	run, at := 0, storage.Key{}
	for _, event := range t.Events {
		word, rest, _ := strings.Cut(event, " ")
		switch word {
		case nextRun:
			run++
		case "createJob":
			id, _, _ := strings.Cut(rest, " ")
			at = w.estate.Instances.Key(id)
			if key := w.estate.Definitions.Key(id); w.entity(key) != nil {
				at = key
			}
		case "removeJob", "removeOldJob", "pause":
		default:
			lines[at] = append(lines[at], line{run, event})
		}
	}
	return lines
}

func (o outcome) instance(t *ThenInstance) {
	o["definition"], o["target"] = t.Definition, t.Target
	o["deployState"], o["lockState"], o["subState"] = string(t.DeployState), string(t.LockState), string(t.SubState)
	o["result"] = string(t.Result)
	o["phase"] = number(t.Phase)
	o["lastMsgAtMs"] = strconv.FormatInt(t.LastMsgAtMs, 10)
	for i := range t.Elements {
		e := &t.Elements[i]
		o["element "+e.ID] = fmt.Sprintf("%s %s %s, stage %s, %s, message %q, out %s, use %q, operational %q",
			e.DeployState, e.LockState, e.SubState, number(e.Stage), e.MigrationState, e.Message, text(e.OutProperties), e.UseState, e.OperationalState)
	}
}

func (o outcome) definition(t *ThenDefinition) {
	o["state"], o["result"] = string(t.State), string(t.Result)
	for node, state := range t.Elements {
		o["node "+node] = string(state)
	}
}

// happened adds what happened. What happens in one look happens at once.
func (o outcome) happened(lines []line) {
	for _, l := range lines {
		o[fmt.Sprintf("run %d: %s", l.run+1, l.text)] += "happened "
	}
}

func number(n *int) string {
	if n == nil {
		return "none"
	}
	return strconv.Itoa(*n)
}

func text(p acm.Properties) string {
	if len(p) == 0 {
		return "none"
	}
	var out bytes.Buffer
	if err := json.Compact(&out, encode(p)); err != nil {
		return err.Error()
	}
	return out.String()
}
