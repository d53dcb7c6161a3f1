package fsm

import (
	"context"
	"fmt"
	"reflect"
	"testing"
)

// Every unknown state that is asked about stays in the table for ever.
func TestQuirkUnknownStatesAreKept(t *testing.T) {
	t.Parallel()
	m := MustCompile(Definition[string, string]{
		Name: "m", Initial: "a",
		States: States[string, string]{"a": {Mode: Resting}, "b": {Mode: Resting}},
		Table:  Table[string, string]{"a": {"go": "b"}, Any: {"stop": "b"}},
	})
	r, err := NewRunner(m, func(b *Behavior[int, string, string]) {
		b.Move(Any, "stop", "count", func(_ context.Context, step *Step[int, string, string]) error {
			*step.Subject++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	subject := 0
	states := func() int { return reflect.ValueOf(r.stateless).Elem().FieldByName("stateConfig").Len() }
	before := states()
	for i := range 1000 {
		s := fmt.Sprintf("unknown %d", i)
		if _, err := r.Fire(t.Context(), s, &subject, "stop"); err == nil {
			t.Fatalf("state %q is accepted", s)
		}
		if _, err := r.Permitted(t.Context(), s, &subject); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Fire(t.Context(), "a", &subject, "stop"); err != nil || subject != 1 {
		t.Fatalf("subject is %d, error %v", subject, err)
	}
	if after := states(); after != before || before != 2 {
		t.Errorf("stateless knew %d states and knows %d", before, after)
	}
}
