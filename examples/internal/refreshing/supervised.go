// Package refreshing is what the examples of package refresh have in common: how they work while they have something
// to do, and how they tell what a refresh came to and what they can be asked for.
package refreshing

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/supervision"
)

// While has a supervisor run while a function does; what ends first ends the other. The supervisor is given to supervise
// before it runs.
func While(ctx context.Context, o *supervision.Options, supervise func(*supervision.Supervisor), work func(context.Context) error) error {
	s, err := supervision.New(o)
	if err != nil {
		return err
	}
	supervise(s)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- s.Run(ctx)
		stop()
	}()
	err = work(ctx)
	stop()
	return errors.Join(err, <-ended)
}

// Passes reports whether an error is none of the program's: what keeps an inventory from being true, and can be over.
func Passes(err error) bool {
	return errors.Is(err, refresh.ErrFailing) || errors.Is(err, supervision.ErrPaused) || errors.Is(err, supervision.ErrQuarantined)
}
