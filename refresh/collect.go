package refresh

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/supervision"
)

// A Collector gives parsers what they read from: it alone talks to the outside. C is the host's, and the same for
// both sorts of refresh, so that a parser cannot tell them apart. If it is an [io.Closer] it is closed after the
// save. A collector is safe for concurrent use.
type Collector[C any] interface {
	// Full gives all that the manager has.
	Full(ctx context.Context, manager string) (C, error)
	// Targeted gives what targets name, as far as it is still there, with what their links need. An error
	// that is [errors.ErrUnsupported] has everything refreshed instead.
	Targeted(ctx context.Context, manager string, t *Targets) (C, error)
}

// A Parser fills collections of an inventory with what it reads from a collector.
type Parser[C, P any] struct {
	// Name says which parser it is, in errors. Required.
	Name string
	// Parse fills the collections. It runs beside the other parsers. An error is something that can be better the
	// next time; who will never know more says so with Incomplete, and returns none. Required.
	Parse func(ctx context.Context, c C, inventory P) error
	// Fills returns the collections that it fills: an error makes these incomplete, so that nothing is
	// removed from them, and no others. Nil: all.
	Fills func(inventory P) []Filled
}

// Fill runs parsers side by side, each to its end whatever becomes of the others. The error joins those of the parsers;
// what they brought until then is there, and the collections that they fill are incomplete. A panic is an error, too.
func Fill[C, P any](ctx context.Context, r *Refresh[P], c C, parsers ...Parser[C, P]) error {
	errs := make([]error, len(parsers))
	var all errgroup.Group
	for i, p := range parsers {
		all.Go(func() error {
			errs[i] = p.fill(ctx, r, c)
			return nil
		})
	}
	_ = all.Wait()
	return errors.Join(errs...)
}

func (p *Parser[C, P]) fill(ctx context.Context, r *Refresh[P], c C) error {
	err := p.parse(ctx, c, r.Inventory)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("refresh: parser %q: %w", p.Name, err)
	if p.Fills == nil {
		for _, c := range r.graph.order {
			c.lacks(err)
		}
		return err
	}
	lack(p.Fills(r.Inventory), err)
	return err
}

func (p *Parser[C, P]) parse(ctx context.Context, c C, inventory P) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &supervision.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	if err := p.Parse(ctx, c, inventory); err != nil {
		return err
	}
	return context.Cause(ctx) // who stops reading because ctx has ended has not read all
}

// check refuses what is no parser.
func (p *Parser[C, P]) check() error {
	switch {
	case p.Name == "":
		return errors.New("refresh: a parser has no name")
	case p.Parse == nil:
		return fmt.Errorf("refresh: parser %q does nothing; its Parse is nil", p.Name)
	}
	return nil
}
