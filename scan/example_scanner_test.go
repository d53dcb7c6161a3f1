package scan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

// motd is a scanner of a host's own: it tells the message of the day.
type motd struct{}

func (motd) Name() string         { return "example/motd" }
func (motd) Version() string      { return "1" } // another one when the same tree gives other facts
func (motd) Categories() []string { return []string{"motd"} }

// Scope says on which places the facts depend: while these are as they were, nothing is scanned again.
func (motd) Scope(string, json.RawMessage) []string { return []string{"etc/motd"} }

func (motd) Scan(_ context.Context, in scan.Input, emit scan.Emit) error {
	text, err := in.Tree.ReadFile("etc/motd")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // that there is nothing is a fact
	}
	if err != nil {
		return nil //nolint:nilerr // the tree has noted it, so the category is partial
	}
	return emit("motd", map[string]string{"text": string(text)})
}

// A scanner sees a tree, and never a path of the machine. Package scantest has its laws.
func ExampleScanner() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, []scan.Scanner{motd{}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	target := fstest.MapFS{"etc/motd": {Data: []byte("Mind the step."), ModTime: old}}
	var known []scan.Result
	for range 2 {
		known, err = inspector.Inspect(ctx, target, scan.Inspection{Target: "web-1", Categories: []scan.Category{{Name: "motd"}}, Known: known})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(known[0].Outcome, "reused:", known[0].Reused)
	}
	for item, err := range scan.Items(ctx, blobs, known[0]) {
		fmt.Printf("%s %s %v\n", item.Key, item.Value, err)
	}
	// Output:
	// ok reused: false
	// ok reused: true
	// motd {"text":"Mind the step."} <nil>
}
