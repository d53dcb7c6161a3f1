package scan

import (
	"context"
	"encoding/json"
)

// A Scanner reads facts of some categories from a tree of files. It must be safe for concurrent use. Package inspect has some that
// are ready; package scantest checks the laws of a host's own.
type Scanner interface {
	// Name and Version say what made a result: one of another version is not used again.
	Name() string
	Version() string
	// Categories are what it can tell of, such as "accounts".
	Categories() []string
	// Scan emits all facts of one category, in any order, each under a key of its own. What it does not get to see it tells with
	// [Tree.Note] and goes on; an error ends the category, and what was emitted before is kept only if a limit is the reason. One that
	// is made with [Fail] no other epoch tries to mend, and one with [AgentFault] is for another agent to mend. It returns soon after ctx has ended.
	Scan(ctx context.Context, in Input, emit Emit) error
}

// A Scoper is a scanner that looks at some places of a tree only. A category whose places are as they were is not scanned again.
type Scoper interface {
	// Scope returns the paths that the category depends on, as fs.ValidPath has them; a folder stands for all that is in it, and a place that
	// does not exist is a place. Nil: the whole tree.
	Scope(category string, config json.RawMessage) []string
}

// Input is what a scanner is asked.
type Input struct {
	Category string
	// Config says what exactly is wanted, in the scanner's own form; empty: what is usual. It is a part of a result's address.
	Config json.RawMessage
	// Tree is where to look.
	Tree *Tree
}

// Emit takes one fact: what it is about, which tells it from all others of its category, and what is known of it, a value for
// json.Marshal that comes out the same for the same fact. It is safe for concurrent use. Its error, such as [ErrLimit],
// is to be returned by the scanner.
type Emit func(key string, value any) error
