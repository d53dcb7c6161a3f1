package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// walkAndDigest walks over a tree and has the files digested by as many goroutines as there are processors.
func walkAndDigest(ctx context.Context, fsys fs.FS) error {
	g, ctx := errgroup.WithContext(ctx)
	names := make(chan []string, runtime.GOMAXPROCS(0))
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			buffer := make([]byte, 128<<10)
			for some := range names {
				for _, name := range some {
					if err := digest(fsys, name, buffer); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(names)
		var some []string
		send := func() error {
			select {
			case names <- some:
				some = nil
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			if some = append(some, name); len(some) < 64 {
				return nil
			}
			return send()
		})
		return errors.Join(err, send())
	})
	return g.Wait()
}

func digest(fsys fs.FS, name string, buffer []byte) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, buffer); err != nil {
		return errors.Join(err, f.Close())
	}
	_ = sum.Sum(nil)
	return f.Close()
}
