package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A claim whose connection is cut at any byte leaves no lease that nobody has, but for the time that it
// was to last: what it returns is leased, and the rest can be claimed then.
func TestClaimCutAtAnyByte(t *testing.T) {
	t.Parallel()
	const short = time.Minute
	for _, c := range []struct {
		name, of, leases string
		names            int
		do               func(context.Context, *postgres.Store, storage.Claim) ([]storage.Lease, any, error)
	}{
		{"claim", "node", "SELECT kind || '/' || id || ' ' || token FROM reeve.record WHERE owner = 'cut' ORDER BY id", 2, claimedLeases},
		{"take", "do", "SELECT 'effect/' || effect_id || ' ' || token FROM reeve.effect WHERE owner = 'cut' ORDER BY effect_id", 4, takenLeases},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newStillRig(t)
			newEstate(hand{t, r.aside()}, r.pass)
			m := r.remember()
			demand := storage.Claim{Names: []string{c.of}, Owner: "cut", Limit: 10, TTL: short}
			make := func() (is made) {
				ctx, cancel := context.WithTimeout(t.Context(), endless)
				defer cancel()
				got, all, err := c.do(ctx, r.store, demand)
				for _, l := range got {
					is.leases += fmt.Sprintf("%s %d\n", l.Key, l.Token)
				}
				text, _ := json.Marshal(all)
				is.n, is.all, is.err = len(got), string(text), err
				return is
			}
			undisturbed := func() made {
				m.again()
				is := make()
				if is.n != c.names || is.err != nil {
					t.Fatalf("undisturbed, it returns %d leases, not %d: %v", is.n, c.names, is.err)
				}
				return is
			}
			undisturbed()
			r.listen()
			want := undisturbed()
			nothing := 0
			for n, to := range whereToCut(r.heard(), 331) {
				undisturbed()
				m.again()
				happened := r.on(to, n, (*link).cut)
				is := make()
				if r.takeBack() {
					continue
				}
				<-happened
				at := fmt.Sprintf("cut after %d bytes to the %s", n, to)
				r.settled(at)
				if is.n == 0 {
					nothing++ // it was made, and nobody heard of it; or it was not made
				} else if kept := ask[string](r, "SELECT string_agg(l, E'\n') || E'\n' FROM ("+c.leases+") AS l (l)"); is != want || kept != is.leases {
					t.Errorf("%s: it returns\n%v\nnot\n%v\nand what is there is\n%s", at, is, want, kept)
				}
				r.pass(short)
				if late, _, err := c.do(t.Context(), r.store, demand); len(late) != c.names || err != nil {
					t.Errorf("%s: when its time is over, %d of %d can be had: %v", at, len(late), c.names, err)
				}
			}
			t.Logf("%d returned nothing; without a cut, these bytes go: %v", nothing, r.heard())
		})
	}
}

// made is what a claim returned.
type made struct {
	leases string
	n      int
	all    string
	err    error
}

func claimedLeases(ctx context.Context, s *postgres.Store, c storage.Claim) (leases []storage.Lease, all any, err error) {
	claimed, err := s.Claim(ctx, c)
	for i := range claimed {
		leases = append(leases, claimed[i].Lease)
	}
	return leases, claimed, err
}

func takenLeases(ctx context.Context, s *postgres.Store, c storage.Claim) (leases []storage.Lease, all any, err error) {
	taken, err := s.Take(ctx, c)
	for i := range taken {
		leases = append(leases, taken[i].Lease)
	}
	return leases, taken, err
}
