package simulated_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
)

// Clouds of one seed change alike, whatever they are asked meanwhile; those of another seed otherwise.
func TestChanges(t *testing.T) {
	t.Parallel()
	const changes = 60
	quiet, asked, other := simulated.New(1, 0), simulated.New(1, 0.5), simulated.New(2, 0)
	var want, got, others []account.Names
	for range changes {
		want, got, others = append(want, quiet.Change()), append(got, asked.Change()), append(others, other.Change())
		for s, err := range accounttest.New(asked).Full().Stacks(t.Context()) {
			if err != nil {
				t.Fatalf("%v: %v", s.StackName, err)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-quiet +asked):\n%s", diff)
	}
	if cmp.Equal(want, others) {
		t.Error("another seed makes no difference")
	}
}
