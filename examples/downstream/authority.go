package downstream

import (
	"context"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An Authority issues certificates. Asked again under the same key it answers the same.
type Authority interface {
	Issue(ctx context.Context, key, name string) (serial int, err error)
}

// Turn is what the decider of certificates is given.
type Turn = supervision.Turn[Entry, State, Event]

var ask = supervision.NewEffect[string, int]("ask the authority")

// Request asks for a certificate that the registry does not know yet.
func Request(ctx context.Context, r *Registry, name string) error {
	return r.Create(ctx, name, Entry{}, supervision.SetUp(func(t supervision.Outbound) error {
		ask.Emit(t, name)
		return nil
	}))
}

// Decide is what becomes of a certificate: it is what the authority says, and is renewed in time.
func Decide(t *Turn) error {
	for _, m := range t.Messages {
		serial, err, ok := ask.Outcome(m)
		switch {
		case !ok || t.State != Requested: // revoked meanwhile, or an answer to what was given up
		case err != nil:
			return t.Fire(Reject)
		default:
			t.Data.Issues++
			t.Data.Serial = serial
			return t.Fire(Issue)
		}
	}
	if t.State == Issued && t.Expired == supervision.StateExpired {
		ask.Emit(t, t.Key.ID)
		return t.Fire(Renew)
	}
	return nil
}

// Wire tells a supervisor all that this program does.
func Wire(s *supervision.Supervisor, store storage.Store, authority Authority) error {
	registry, err := NewRegistry(store)
	if err != nil {
		return err
	}
	supervision.Supervise(s, registry, Decide, supervision.Emits(ask))
	supervision.Perform(s, ask, func(ctx context.Context, c supervision.Call, name string) (int, error) {
		return authority.Issue(ctx, c.Key, name)
	}, nil)
	return nil
}
