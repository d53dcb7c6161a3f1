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

// Many records are made, read and told something with as few calls as one is, and each has its own answer.
func TestMany(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	ctx := t.Context()
	mustCreate(t, k, "there", door{})
	bad := supervision.SetUp(func(supervision.Outbound) error { return errors.New("no hinges") })
	answers, err := k.CreateAll(ctx, []supervision.Birth[door]{
		{ID: "a"}, {ID: "there"}, {ID: "b", Options: []supervision.CreateOption{bad}}, {ID: "c"}, {ID: "a"},
	})
	if err != nil || len(answers) != 5 {
		t.Fatal(answers, err)
	}
	for i, wanted := range []error{nil, storage.ErrExists, nil, nil, storage.ErrExists} {
		if i == 2 {
			if answers[i] == nil {
				t.Error("a door without hinges was made")
			}
			continue
		}
		if !errors.Is(answers[i], wanted) || wanted == nil && answers[i] != nil {
			t.Errorf("%d: %v", i, answers[i])
		}
	}
	records, err := k.GetAll(ctx, []string{"c", "b", "a"})
	if err != nil || len(records) != 3 || records[0].Version == 0 || records[1].Version != 0 || records[2].Key != k.Key("a") {
		t.Errorf("they are %+v, %v", records, err)
	}
	said := supervision.NewMessage[string]("said")
	var messages []storage.Message
	for _, id := range []string{"a", "b", "c"} {
		m, err := said.To(k.Key(id), "knock", supervision.MessageID("knock"))
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m, m)
	}
	answers, err = k.DeliverAll(ctx, messages)
	if err != nil {
		t.Fatal(err)
	}
	for i, wanted := range []error{nil, nil, storage.ErrNotFound, storage.ErrNotFound, nil, nil} {
		if !errors.Is(answers[i], wanted) || wanted == nil && answers[i] != nil {
			t.Errorf("message %d: %v", i, answers[i])
		}
	}
	if none, err := k.GetAll(ctx, nil); len(none) != 0 || err != nil {
		t.Error(none, err)
	}
}

// A busy store refuses for the first few times what somebody keeps locked.
type busy struct {
	storage.Store

	locked  string // the id of the record
	refuses int
}

func (b *busy) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	var free []storage.Change
	answers := make([]error, len(changes))
	for i := range changes {
		if changes[i].Key.ID == b.locked && b.refuses > 0 {
			b.refuses--
			answers[i] = storage.Errorf(storage.ErrLocked, changes[i].Key, "somebody keeps it")
			continue
		}
		free = append(free, changes[i])
	}
	made, err := b.Store.Apply(ctx, free)
	for i := range answers {
		if answers[i] == nil && err == nil {
			answers[i], made = made[0], made[1:]
		}
	}
	return answers, err
}

// Many records that are made together wait for what is locked, as one would.
func TestManyWaitForLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &busy{Store: memory.New(nil), locked: "b", refuses: 3}
		k, err := supervision.NewKind[door, doorState, doorEvent]("door", doors, store, nil)
		if err != nil {
			t.Fatal(err)
		}
		births := []supervision.Birth[door]{{ID: "a"}, {ID: "b"}, {ID: "c"}}
		answers, err := k.CreateAll(t.Context(), births)
		if err := errors.Join(append(answers, err)...); err != nil {
			t.Fatal(err)
		}
		if store.refuses != 0 {
			t.Errorf("%d refusals are left", store.refuses)
		}
		store.locked, store.refuses = "e", 1000
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		answers, err = k.CreateAll(ctx, []supervision.Birth[door]{{ID: "d"}, {ID: "e"}})
		if err != nil || answers[0] != nil || !errors.Is(answers[1], storage.ErrLocked) {
			t.Errorf("when there is no time left the answers are %v, %v", answers, err)
		}
	})
}
