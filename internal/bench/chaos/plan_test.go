package chaos

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, e := range []Effort{Quick, Long} {
		for seed := range uint64(20) {
			plan, counts, seats := e.plan(seed, 3), map[blowKind]int{}, map[int]bool{}
			last := time.Duration(0)
			for _, b := range plan {
				counts[b.what]++
				if b.what == blowKill {
					seats[b.seat] = true
				}
				if b.at < last || b.at > e.Span {
					t.Errorf("seed %d: a blow is dealt at %v, the one before at %v, and the span is %v", seed, b.at, last, e.Span)
				}
				if last = b.at; b.what == blowPause && b.lasts <= e.Lease {
					t.Errorf("seed %d: a pause lasts %v, and a lease %v", seed, b.lasts, e.Lease)
				}
			}
			want := map[blowKind]int{blowKill: e.Kills, blowPause: e.Pauses, blowCut: e.Cuts, blowRestart: 1}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("seed %d: blows (-want +got):\n%s", seed, diff)
			}
			if len(seats) < 2 {
				t.Errorf("seed %d kills always the same", seed)
			}
			if same := e.plan(seed, 3); !cmp.Equal(plan, same, cmp.AllowUnexported(blow{})) {
				t.Errorf("seed %d makes two plans", seed)
			}
		}
		if cmp.Equal(e.plan(1, 3), e.plan(2, 3), cmp.AllowUnexported(blow{})) {
			t.Error("two seeds make one plan")
		}
	}
}
