package supervision_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

func TestRedriveGivesMessagesAndEffectsAnotherChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lamps := newLamps(t, memory.New(nil))
		s, err := supervision.New(nil)
		must(t, err)
		brightness := supervision.NewMessage[int]("brightness")
		heard := 0
		supervision.Supervise(s, lamps, func(t *lampTurn) error {
			for _, m := range t.Messages {
				if _, ok := brightness.Body(m); ok {
					heard++
				}
			}
			return decideLamp(t)
		})
		fixed := false
		supervision.Perform(s, current, func(context.Context, supervision.Call, string) (int, error) {
			if !fixed {
				return 0, supervision.Permanent(errors.New("a fuse has blown"))
			}
			return 230, nil
		}, nil)
		stop := running(t, s)
		defer stop()
		ctx := t.Context()
		must(t, lamps.Create(ctx, "a", lamp{}))
		must(t, lamps.Deliver(ctx, "a", storage.Message{ID: "1", Name: "brightness", Body: []byte(`"dim"`)}))
		_, err = lamps.Order(ctx, "a", press, 0, nil)
		must(t, err)
		time.Sleep(time.Minute)
		if r := stateOf(t, lamps, "a"); r.State != broken || heard != 0 {
			t.Fatalf("it is %+v and heard %d", r, heard)
		}
		fixed = true
		n, err := lamps.Redrive(ctx, "a", time.Minute)
		must(t, err)
		time.Sleep(time.Minute)
		r := stateOf(t, lamps, "a")
		if n != 2 || heard != 0 || r.State != broken {
			t.Errorf("%d redriven, %d heard, it is %+v", n, heard, r)
		}
		e, err := lamps.Explain(ctx, "a")
		must(t, err)
		if len(e.Effects) != 0 || len(e.Messages) != 0 {
			t.Errorf("after the effect was done it waits for\n%s", e)
		}
		if n, err := lamps.Redrive(ctx, "b", 0); n != 0 || err != nil {
			t.Errorf("of a record that is not there %d are redriven, %v", n, err)
		}
	})
}
