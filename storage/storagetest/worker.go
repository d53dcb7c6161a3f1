package storagetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A worker is what a child process does on the store.
type worker struct {
	store  storage.Store
	kind   string
	states []string
	nonce  int
}

func (w *worker) claim(ctx context.Context, limit int, ttl time.Duration) ([]storage.Snapshot, error) {
	return w.store.Claim(ctx, storage.Claim{Names: []string{w.kind}, Owner: strconv.Itoa(os.Getpid()), Limit: limit, TTL: ttl})
}

// drain handles each due record once and says which it handled.
func (w *worker) drain() error {
	ctx := context.Background()
	for {
		held, err := w.claim(ctx, 10, time.Hour)
		if err != nil || len(held) == 0 {
			return err
		}
		var changes []storage.Change
		for _, h := range held {
			fmt.Println(h.Key.ID) //nolint:forbidigo // the test reads it
			changes = append(changes, turn(h, func(c *storage.Change) { c.Record.State = w.states[1] }))
		}
		answers, err := w.store.Apply(ctx, changes)
		if err = errors.Join(err, errors.Join(answers...)); err != nil {
			return err
		}
	}
}

// work changes records until it is killed. Each change does several things, carries a number that no
// other has, and is acknowledged when it is committed.
func (w *worker) work() error {
	ctx := context.Background()
	for {
		held, err := w.claim(ctx, 3, leaseOfChild)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			sleep(time.Millisecond)
			continue
		}
		var changes []storage.Change
		for _, h := range held {
			changes = append(changes, w.change(h))
		}
		answers, err := w.store.Apply(ctx, changes)
		if err != nil {
			return err
		}
		for i, answer := range answers {
			switch {
			case answer == nil:
				fmt.Println(changes[i].Lines[0].Cause) //nolint:forbidigo // the test reads it
			case !errors.Is(answer, storage.ErrLeaseLost):
				return answer
			}
		}
	}
}

func (w *worker) change(h storage.Snapshot) storage.Change {
	version := strconv.FormatUint(h.Version+1, 10)
	id := h.Key.ID + "/" + version
	w.nonce++
	c := turn(h)
	c.Record.Due, c.Record.Failures = h.Now, h.Failures+1
	c.Elements = []storage.Element{{Name: version, State: "new"}}
	c.Emit = []storage.Effect{effect(id, "")}
	c.Send = []storage.Message{{ID: id, To: storage.Key{Kind: other, ID: "sink"}, Name: "news"}}
	c.Lines = []storage.Line{{Cause: fmt.Sprintf("%d-%d", os.Getpid(), w.nonce)}}
	return c
}
