// Package inspect has scanners of Linux file systems: what system it is, whose accounts there are, what software is installed, which services
// start, and which files there are. They only read, start no program, and trust nothing: what is broken is noted on the tree, and the
// rest is told.
//
//	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
//
// Each scanner has one category of its own name. What its items are is said at its constructor: the key tells which type of this package the value
// has, and [encoding/json] decodes it. Text is always UTF-8: a byte that is not becomes \x and two hexadecimal digits.
package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/scan"
)

// All returns the scanners of this package.
func All() []scan.Scanner {
	return []scan.Scanner{System(), Accounts(), Software(), Services(), Files()}
}

// scanner is a scanner of one category; it has no state.
type scanner struct {
	category, version string
	// scan emits the facts. What the tree could not read it has noted itself.
	scan func(ctx context.Context, in scan.Input, emit scan.Emit) error
	// scope returns where scan looks.
	scope func(config json.RawMessage) ([]string, error)
}

func (s *scanner) Name() string         { return "inspect/" + s.category }
func (s *scanner) Version() string      { return s.version }
func (s *scanner) Categories() []string { return []string{s.category} }

func (s *scanner) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	err := s.check(in)
	if err == nil {
		err = s.scan(ctx, in, emit)
	}
	if err == nil {
		// A tree whose time is up looks like one in which nothing can be read.
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("inspect: %s: %w", s.category, err)
	}
	return nil
}

func (s *scanner) check(in scan.Input) error {
	if in.Category != s.category {
		return fmt.Errorf("it does not tell of the category %q", in.Category)
	}
	if in.Tree == nil {
		return errors.New("no tree to look at")
	}
	return nil
}

// Scope implements [scan.Scoper]. With a configuration that Scan will refuse it is the whole tree.
func (s *scanner) Scope(category string, config json.RawMessage) []string {
	if category != s.category {
		return nil
	}
	paths, err := s.scope(config)
	if err != nil {
		return nil
	}
	return paths
}
