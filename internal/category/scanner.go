// Package category makes scanners of one category each, which is what those of packages inspect and packages are.
package category

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/scan"
)

// A Spec says what a scanner is. It has no state.
type Spec struct {
	// Of is the package that the scanner is of, Category what it tells of, Version that of what it tells.
	Of, Category, Version string
	// Scan emits the facts, with a configuration that is right. What the tree could not read it has noted itself.
	Scan func(ctx context.Context, in scan.Input, emit scan.Emit) error
	// Scope returns where Scan looks, or what is wrong with the configuration.
	Scope func(config json.RawMessage) ([]string, error)
}

// NewScanner returns the scanner, which is a [scan.Scoper].
func NewScanner(s Spec) scan.Scanner { return &scanner{s} }

type scanner struct{ spec Spec }

func (s *scanner) Name() string         { return s.spec.Of + "/" + s.spec.Category }
func (s *scanner) Version() string      { return s.spec.Version }
func (s *scanner) Categories() []string { return []string{s.spec.Category} }

func (s *scanner) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	err := s.check(in)
	if err == nil {
		err = s.spec.Scan(ctx, in, emit)
	}
	if err == nil {
		// A tree whose time is up looks like one in which nothing can be read.
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", s.spec.Of, s.spec.Category, err)
	}
	return nil
}

func (s *scanner) check(in scan.Input) error {
	if in.Category != s.spec.Category {
		return fmt.Errorf("it does not tell of the category %q", in.Category)
	}
	if in.Tree == nil {
		return errors.New("no tree to look at")
	}
	_, err := s.spec.Scope(in.Config)
	return err
}

// Scope implements [scan.Scoper]. With a configuration that Scan will refuse it is the whole tree.
func (s *scanner) Scope(category string, config json.RawMessage) []string {
	if category != s.spec.Category {
		return nil
	}
	paths, err := s.spec.Scope(config)
	if err != nil {
		return nil
	}
	return paths
}
