package supervision_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A Mirror is a copy of a repository that has to be brought up to date.
type Mirror struct {
	Source  string
	Commits int
}

type MirrorTurn = supervision.Turn[Mirror, State, Event]

const (
	Stale    State = "stale"
	Fetching State = "fetching"
	Current  State = "current"

	Refresh Event = "refresh"
	Fetched Event = "fetched"
	Expire  Event = "expire"
)

var mirrors = fsm.MustCompile(fsm.Definition[State, Event]{
	Name:    "mirror",
	Initial: Stale,
	States: fsm.States[State, Event]{
		Stale:    {Mode: fsm.Resting},
		Fetching: {Mode: fsm.Active, After: time.Minute, Then: Expire},
		Current:  {Mode: fsm.Resting},
	},
	Table: fsm.Table[State, Event]{
		Stale:    {Refresh: Fetching},
		Fetching: {Fetched: Current, Expire: Stale},
		Current:  {Refresh: Fetching},
	},
})

// Fetch is what mirrors want done outside: with a source, and it comes to a number of commits.
var fetch = supervision.NewEffect[string, int]("fetch")

// decideMirror says what is to become of a mirror. It touches nothing outside.
func decideMirror(t *MirrorTurn) error {
	if t.State == Fetching {
		fetch.Emit(t, t.Data.Source, supervision.Once())
	}
	for _, m := range t.Messages {
		commits, err, ok := fetch.Outcome(m)
		switch {
		case !ok:
		case err != nil:
			return t.Fire(Expire)
		default:
			t.Data.Commits += commits
			return t.Fire(Fetched)
		}
	}
	return nil
}

// A supervisor has records decided and performs what they want done.
func ExampleSupervisor() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	kind, err := supervision.NewKind[Mirror]("mirror", mirrors, memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{Observer: &supervision.Observer{
		Turned: func(e supervision.TurnEvent) {
			if e.To == string(Current) {
				stop() // a service would go on
			}
		},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(sup, kind, decideMirror, supervision.Emits(fetch))
	supervision.Perform(sup, fetch, func(_ context.Context, _ supervision.Call, source string) (int, error) {
		fmt.Println("fetching from", source)
		return 3, nil
	}, nil)

	if err := kind.Create(ctx, "reeve", Mirror{Source: "https://example.org/reeve"}); err != nil {
		fmt.Println(err)
	}
	if _, err := kind.Order(ctx, "reeve", Refresh, time.Hour, nil); err != nil {
		fmt.Println(err)
	}
	if err := sup.Run(ctx); err != nil {
		fmt.Println(err)
	}
	r, err := kind.Get(context.Background(), "reeve")
	fmt.Println(r.State, r.Data.Commits, err)
	// Output:
	// fetching from https://example.org/reeve
	// current 3 <nil>
}
