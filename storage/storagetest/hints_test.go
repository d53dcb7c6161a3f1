package storagetest

import (
	"cmp"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A hintStore is a model that gives a hint after each call that writes, whether it is worth one or not.
type hintStore struct {
	*model
	listeners *storage.Listeners
	// lost is a call that gives no hint, early one that gives it before it writes.
	lost, early string
	// about is what its hints are about.
	about storage.Hint
	// deaf lets only one listen; silent gives no hint when somebody begins to; causeless does not say why it ended.
	deaf, silent, causeless bool
}

func (h hintStore) Listen(ctx context.Context, hint func(storage.Hint)) error {
	if h.deaf && h.listeners.Any() {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if h.silent {
		hint = afterFirst(hint)
	}
	err := h.listeners.Listen(ctx, hint)
	if h.causeless {
		return nil
	}
	return err
}

// afterFirst returns hint without its first call.
func afterFirst(hint func(storage.Hint)) func(storage.Hint) {
	var n atomic.Int32
	return func(due storage.Hint) {
		if n.Add(1) > 1 {
			hint(due)
		}
	}
}

// around makes a call and gives its hint.
func (h hintStore) around(name string, call func()) {
	if name == h.early {
		h.listeners.Hint(cmp.Or(h.about, storage.HintBoth))
		sleep(time.Millisecond) // whoever is hinted at does not find it
		call()
		return
	}
	call()
	if name != h.lost {
		h.listeners.Hint(cmp.Or(h.about, storage.HintBoth))
	}
}

func (h hintStore) Apply(ctx context.Context, changes []storage.Change) (answers []error, err error) {
	h.around("apply", func() { answers, err = h.model.Apply(ctx, changes) })
	return answers, err
}

func (h hintStore) Deliver(ctx context.Context, messages []storage.Message) (answers []error, err error) {
	h.around("deliver", func() { answers, err = h.model.Deliver(ctx, messages) })
	return answers, err
}

func (h hintStore) Release(ctx context.Context, leases []storage.Lease, after time.Duration) (err error) {
	h.around("release", func() { err = h.model.Release(ctx, leases, after) })
	return err
}

func (h hintStore) Settle(ctx context.Context, settlements []storage.Settlement) (answers []error, err error) {
	h.around("settle", func() { answers, err = h.model.Settle(ctx, settlements) })
	return answers, err
}

func (h hintStore) RedriveMessages(ctx context.Context, seqs []uint64) (answers []error, err error) {
	h.around("redrive messages", func() { answers, err = h.model.RedriveMessages(ctx, seqs) })
	return answers, err
}

func (h hintStore) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) (answers []error, err error) {
	h.around("redrive effects", func() { answers, err = h.model.RedriveEffects(ctx, ids, deadline) })
	return answers, err
}

func (h hintStore) harness() Harness {
	return Harness{Virtual: true, New: func(testing.TB) Backend {
		made := h // tests that run side by side have one each
		made.model, made.listeners = newModel(time.Now, storage.Limits{}), new(storage.Listeners)
		return Backend{Store: made}
	}}
}

func TestHints(t *testing.T) {
	t.Parallel()
	runGroup(t, hintStore{}.harness(), hints())
}

func TestHintMutants(t *testing.T) {
	t.Parallel()
	applied := []string{"of an effect", "of a message that a change sends", "of an order that makes due"}
	released := []string{"of a release", "of an effect that is released"}
	settled := []string{"of an outcome", "of the next in a lane"}
	ofEffects := []string{"of an effect", "of an effect that is released", "of an effect that is redriven", "of the next in a lane"}
	ofRecords := []string{
		"of a delivery", "of an order that makes due", "of a message that a change sends", "of a message that is opened again", "of a release", "of an outcome",
	}
	for name, m := range map[string]struct {
		store hintStore
		fails []string
	}{
		"a change gives none":            {hintStore{lost: "apply"}, append(applied, "are given to all who listen")},
		"a change gives it early":        {hintStore{early: "apply"}, applied},
		"a delivery gives none":          {hintStore{lost: "deliver"}, []string{"of a delivery"}},
		"a delivery gives it early":      {hintStore{early: "deliver"}, []string{"of a delivery"}},
		"a release gives none":           {hintStore{lost: "release"}, released},
		"a release gives it early":       {hintStore{early: "release"}, released},
		"settling gives none":            {hintStore{lost: "settle"}, settled},
		"settling gives it early":        {hintStore{early: "settle"}, settled},
		"redriven messages give none":    {hintStore{lost: "redrive messages"}, []string{"of a message that is opened again"}},
		"redriven effects give none":     {hintStore{lost: "redrive effects"}, []string{"of an effect that is redriven"}},
		"none is about records":          {hintStore{about: storage.HintEffects}, append(ofRecords, "are given to all who listen")},
		"none is about effects":          {hintStore{about: storage.HintRecords}, ofEffects},
		"one alone is given them":        {hintStore{deaf: true}, []string{"are given to all who listen"}},
		"there is none in the beginning": {hintStore{silent: true}, []string{"begin when listening does"}},
		"listening ends without a cause": {hintStore{causeless: true}, []string{"end with their context"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := m.store.harness().withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			var failing []string
			for _, c := range hints().cases {
				synctest.Test(t, func(t *testing.T) {
					if failsOn(t, h, c) {
						failing = append(failing, c.name)
					}
				})
			}
			demand(t, failing, m.fails)
		})
	}
}
