package machine_test

import (
	"iter"
	"testing"
)

// all returns what a sequence yields, and the error that it ends with.
func all[V any](t *testing.T, from iter.Seq2[V, error]) (out []V, failure error) {
	t.Helper()
	for v, err := range from {
		if failure != nil {
			t.Fatalf("it goes on after an error, with %v, %v", v, err)
		}
		if err != nil {
			failure = err
			continue
		}
		out = append(out, v)
	}
	return out, failure
}

// whole is all without an error.
func whole[V any](t *testing.T, from iter.Seq2[V, error]) []V {
	t.Helper()
	out, err := all(t, from)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
