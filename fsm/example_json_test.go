package fsm_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

func ExampleDefinition_MarshalJSON() {
	door := fsm.Definition[string, string]{
		Name:    "door",
		Initial: "closed",
		States: fsm.States[string, string]{
			"closed": {Mode: fsm.Resting},
			"open":   {Doc: "Somebody may walk in.", Mode: fsm.Waiting, After: 90 * time.Second, Then: "close"},
		},
		Table: fsm.Table[string, string]{
			"closed": {"open": "open"},
			"open":   {"close": "closed"},
		},
	}
	data, err := json.MarshalIndent(door, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", data)
	// Output:
	// {
	//   "name": "door",
	//   "initial": "closed",
	//   "states": {
	//     "closed": {
	//       "mode": "resting"
	//     },
	//     "open": {
	//       "doc": "Somebody may walk in.",
	//       "mode": "waiting",
	//       "after": "1m30s",
	//       "then": "close"
	//     }
	//   },
	//   "table": {
	//     "closed": {
	//       "open": "open"
	//     },
	//     "open": {
	//       "close": "closed"
	//     }
	//   }
	// }
}

// What could be read in two ways is refused, and the error says where it stands.
func ExampleDefinition_UnmarshalJSON() {
	for _, data := range []string{
		`{"name": "door", "states": {"open": {"mode": "waiting", "after": "90"}}}`,
		`{"name": "door", "table": {"open": {"close": "closed", "close": "locked"}}}`,
		`{"name": "door", "states": {"open": {"mode": "waiting", "after": "90s", "than": "close"}}}`,
		`{"name": "door", "initial": "open"}`,
	} {
		var door fsm.Definition[string, string]
		if err := json.Unmarshal([]byte(data), &door); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(door.Name, "starts", door.Initial)
	}
	// Output:
	// fsm: json: states.open.after: "90" is no duration; write it like "10m" or "1h30m"
	// fsm: json: table.open.close: it stands twice; remove one
	// fsm: json: states.open.than: unknown field; use one of "doc", "mode", "in", "first", "after", "then"
	// door starts open
}
