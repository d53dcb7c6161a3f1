package supervision_test

import (
	"errors"
	"testing"

	"github.com/reeve-go/reeve/storage"
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
