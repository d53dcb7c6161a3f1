package refresh

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// MarshalJSON writes the targets: for each collection the keys of its rows, for each key its columns. What a key
// points at is written with the collection and the key of that row:
//
//	{"disks": [{"device": "sda", "vm_id": {"row": {"collection": "vms", "key": {"ref": "i-1"}}}}]}
func (t Targets) MarshalJSON() ([]byte, error) {
	out := make(map[string][]rowKey, len(t.of))
	for name, of := range t.of {
		out[name] = of.keys
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes, in place of what the targets were. Whether there are such collections and
// columns is found out when a refresh of them is opened.
func (t *Targets) UnmarshalJSON(text []byte) error {
	var of map[string][]rowKey
	if err := json.Unmarshal(text, &of); err != nil {
		return fmt.Errorf("refresh: that are no targets: %w", err)
	}
	*t = Targets{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		for _, key := range of[name] {
			t.add(name, key)
		}
	}
	return nil
}

// rowJSON is how a row is written that a key points at.
type rowJSON struct {
	Collection string `json:"collection"`
	By         string `json:"by,omitempty"`
	Key        rowKey `json:"key"`
}

// partJSON is how a part of a key is written that is no plain value.
type partJSON struct {
	Row *rowJSON `json:"row"`
}

// MarshalJSON implements [json.Marshaler].
func (k rowKey) MarshalJSON() ([]byte, error) {
	parts := make(map[string]any, len(k))
	for _, part := range k {
		if parts[part.column] = part.value; part.row != nil {
			parts[part.column] = partJSON{&rowJSON{part.row.collection, part.row.index, part.row.key}}
		}
	}
	return json.Marshal(parts)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (k *rowKey) UnmarshalJSON(text []byte) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	*k = make(rowKey, 0, len(parts))
	for _, column := range slices.Sorted(maps.Keys(parts)) {
		part := keyPart{column: column}
		if row := pointedAt(parts[column]); row != nil {
			part.row = &namedRow{row.Collection, row.By, row.Key}
		} else if err := json.Unmarshal(parts[column], &part.value); err != nil {
			return fmt.Errorf("column %q: %w", column, err)
		}
		*k = append(*k, part)
	}
	return nil
}

// pointedAt returns the row that a part of a key points at; nil: it is a value.
func pointedAt(text []byte) *rowJSON {
	var part partJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&part) != nil {
		return nil
	}
	return part.Row
}
