package fsm

// MarshalJSON writes d for people to read: fields in the order of the struct, names in alphabetical
// order, limits like "10m0s", and nothing that is empty except the modes, which always stand. The
// same definition always gives the same bytes.
//
// A mode or an origin that is none, and text that is not UTF-8, are errors that name the place. Whether
// the definition is sound is for [Compile] to say.
func (d Definition[S, E]) MarshalJSON() ([]byte, error) {
	w := newJSONWriter()
	definitionJSON(&d).write(w)
	return w.result()
}

// UnmarshalJSON replaces d by the definition in data. It is strict, because a definition that is read
// wrongly moves real things: an unknown field, a state, event or cell that stands twice, a value of
// the wrong type (null included), and anything after the definition are errors. Each names its place:
//
//	fsm: json: states.waiting.after: "1x" is no duration; write it like "10m" or "1h30m"
//
// A state without a mode is [Active], an event without an origin [Outside], as in Go. Maps and lists
// that are empty or missing become nil; apart from that, what MarshalJSON wrote comes back exactly.
// After an error d is as it was. UnmarshalJSON does not compile.
func (d *Definition[S, E]) UnmarshalJSON(data []byte) error {
	var read Definition[S, E]
	r := newJSONReader(data)
	definitionJSON(&read).read(r)
	if err := r.end(); err != nil {
		return err
	}
	*d = read
	return nil
}

// The functions below are the format. Reading and writing both follow them.

func definitionJSON[S, E ~string](d *Definition[S, E]) jsonValue {
	return jsonObject(
		jsonField{"name", jsonText(&d.Name)},
		jsonField{"doc", jsonText(&d.Doc)},
		jsonField{"initial", jsonText(&d.Initial)},
		jsonField{"starts", jsonList(&d.Starts, jsonText[S])},
		jsonField{"states", jsonMap(&d.States, stateJSON[S, E])},
		jsonField{"events", jsonMap(&d.Events, eventJSON)},
		jsonField{"table", jsonMap(&d.Table, rowsJSON[S, E])},
		jsonField{"rules", jsonList(&d.Rules, ruleJSON[S, E])},
		jsonField{"waivers", jsonList(&d.Waivers, waiverJSON[S, E])},
	)
}

func stateJSON[S, E ~string](s *State[S, E]) jsonValue {
	return jsonObject(
		jsonField{"doc", jsonText(&s.Doc)},
		jsonField{"mode", jsonName(&s.Mode)},
		jsonField{"in", jsonText(&s.In)},
		jsonField{"first", jsonText(&s.First)},
		jsonField{"after", jsonDuration(&s.After)},
		jsonField{"then", jsonText(&s.Then)},
	)
}

func eventJSON(e *Event) jsonValue {
	by := jsonName(&e.By)
	by.empty = e.By == Outside
	return jsonObject(
		jsonField{"doc", jsonText(&e.Doc)},
		jsonField{"by", by},
	)
}

func rowsJSON[S, E ~string](rows *map[E]S) jsonValue {
	return jsonMap(rows, jsonText[S])
}

func ruleJSON[S, E ~string](r *Rule[S, E]) jsonValue {
	return jsonObject(
		jsonField{"accept", jsonText(&r.Accept)},
		jsonField{"modes", jsonList(&r.Modes, func(m *Mode) jsonValue { return jsonName(m) })},
		jsonField{"except", jsonList(&r.Except, jsonText[S])},
		jsonField{"doc", jsonText(&r.Doc)},
	)
}

func waiverJSON[S, E ~string](w *Waiver[S, E]) jsonValue {
	return jsonObject(
		jsonField{"code", jsonText(&w.Code)},
		jsonField{"state", jsonText(&w.State)},
		jsonField{"event", jsonText(&w.Event)},
		jsonField{"reason", jsonText(&w.Reason)},
	)
}
