package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
)

// onBolt deploys on a store of the host's own, and looks at what another process would find.
func onBolt(ctx context.Context, folder string) (seen string, err error) {
	file := filepath.Join(folder, "estate.db")
	err = inFile(file, func(c *composition) error { return c.whileSupervised(ctx, nil, c.deploy) })
	if err != nil {
		return "", err
	}
	err = inFile(file, func(c *composition) error {
		in, err := c.Instances.Get(ctx, instance)
		if err != nil {
			return err
		}
		lines := 0
		for _, err := range c.Instances.History(ctx, instance) {
			if err != nil {
				return err
			}
			lines++
		}
		seen = fmt.Sprintf("the file, opened again, has it %s at version %d, with %d lines of history", in.State, in.Version, lines)
		return nil
	})
	return seen, err
}

// inFile calls do with the compositions in a file.
func inFile(file string, do func(*composition) error) (err error) {
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	store, err := bolt.New(db, nil)
	if err != nil {
		return err
	}
	c, err := newComposition(store)
	if err != nil {
		return err
	}
	return do(c)
}
