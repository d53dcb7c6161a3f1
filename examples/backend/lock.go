package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/reeve-go/reeve/examples/backend/natslock"
	"github.com/reeve-go/reeve/examples/backend/natslock/natsserver"
	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// underLock deploys what another program has locked: nothing becomes of the order before it unlocks.
func underLock(ctx context.Context, folder string) (seen string, err error) {
	server, err := natsserver.Start(folder)
	if err != nil {
		return "", err
	}
	defer server.Stop()
	locker, leave, err := join(ctx, server)
	if err != nil {
		return "", err
	}
	defer leave()
	others, leave, err := join(ctx, server)
	if err != nil {
		return "", err
	}
	defer leave()
	db, store, err := openSQLite(ctx, folder, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := newComposition(store)
	if err != nil {
		return "", err
	}
	counted := &counted{Locker: locker}
	err = c.whileSupervised(ctx, counted, func(ctx context.Context) error {
		if err := c.prepare(ctx); err != nil {
			return err
		}
		held, err := others.TryLock(ctx, c.Instances.Key(instance), 0, time.Hour)
		if err != nil {
			return err
		}
		if err := c.waitInVain(ctx, counted); err != nil {
			return errors.Join(err, held.Unlock(ctx))
		}
		if err := held.Unlock(ctx); err != nil {
			return err
		}
		return c.deployed(ctx)
	})
	seen = "another program had its lock, and the supervisor waited until it gave it back"
	return seen, err
}

// waitInVain orders the instance to be deployed, and waits until its turn was refused a few times.
func (c *composition) waitInVain(ctx context.Context, locker *counted) error {
	if _, err := c.Order(ctx, instance, acm.Deploy); err != nil {
		return err
	}
	err := until(ctx, "the supervisor was refused", func() (bool, error) { return locker.refused.Load() >= 3, nil })
	if err != nil {
		return err
	}
	for el, err := range c.Elements(ctx, instance) {
		if err != nil {
			return err
		}
		if el.State == acm.Locked {
			return fmt.Errorf("%s is %s while another program has the lock", el.Name, el.State)
		}
	}
	return nil
}

// join returns a locker on a connection of its own, as another program would have it.
func join(ctx context.Context, server *natsserver.Server) (_ storage.Locker, leave func(), err error) {
	var conn *nats.Conn
	if conn, err = server.Connect(); err != nil {
		return nil, nil, err
	}
	bucket, err := natsserver.Bucket(ctx, conn, "locks")
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	locker, err := natslock.New(bucket)
	return locker, conn.Close, err
}

// A counted locker counts how often a lock was refused.
type counted struct {
	storage.Locker

	refused atomic.Int32
}

// TryLock implements [storage.Locker].
func (l *counted) TryLock(ctx context.Context, key storage.Key, after storage.Token, ttl time.Duration) (storage.Held, error) {
	held, err := l.Locker.TryLock(ctx, key, after, ttl)
	if errors.Is(err, storage.ErrLocked) {
		l.refused.Add(1)
	}
	return held, err
}
