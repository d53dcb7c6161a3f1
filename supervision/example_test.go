package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

type (
	State string
	Event string
)

const (
	Idle    State = "idle"
	Running State = "running"

	Start  Event = "start"
	Finish Event = "finish"
)

var machine = fsm.MustCompile(fsm.Definition[State, Event]{
	Name:    "backup",
	Initial: Idle,
	States: fsm.States[State, Event]{
		Idle:    {Mode: fsm.Resting},
		Running: {Mode: fsm.Waiting, After: time.Hour, Then: Finish},
	},
	Table: fsm.Table[State, Event]{
		Idle:    {Start: Running},
		Running: {Finish: Idle},
	},
})

type Backup struct {
	Files int
}

type Turn = supervision.Turn[Backup, State, Event]

func newBackups() *supervision.Kind[Backup, State, Event] {
	backups, err := supervision.NewKind[Backup]("backup", machine, memory.New(nil), nil)
	if err != nil {
		panic(err)
	}
	return backups
}

// State, data and history change in one commit, or not at all.
func ExampleKind_Fire() {
	ctx, backups := context.Background(), newBackups()
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	if err := backups.Fire(ctx, "home", Start, nil); err != nil {
		fmt.Println(err)
	}
	err := backups.Fire(ctx, "home", Finish, func(t *Turn) error {
		t.Data.Files = 1204
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(backups.Fire(ctx, "home", Finish, nil))

	r, err := backups.Get(ctx, "home")
	fmt.Println(r.State, r.Version, r.Data, err)
	for line, err := range backups.History(ctx, "home") {
		fmt.Printf("%d %s --%s--> %s %v\n", line.Version, line.From, line.Event, line.To, err)
	}
	// Output:
	// supervision: fire finish backup/home: fsm: machine "backup": event "finish" is not permitted in state "idle"; permitted: "start"
	// idle 3 {1204} <nil>
	// 1  ----> idle <nil>
	// 2 idle --start--> running <nil>
	// 3 running --finish--> idle <nil>
}

// Of two who decide from the same reading, one wins and the other is told.
func ExampleIfVersion() {
	ctx, backups := context.Background(), newBackups()
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	seen, err := backups.Get(ctx, "home")
	fmt.Println(err)
	fmt.Println(backups.Fire(ctx, "home", Start, nil, supervision.IfVersion(seen.Version)))
	err = backups.Fire(ctx, "home", Start, nil, supervision.IfVersion(seen.Version))
	fmt.Println(errors.Is(err, storage.ErrConflict))
	// Output:
	// <nil>
	// <nil>
	// true
}

func ExampleKind_List() {
	ctx, backups := context.Background(), newBackups()
	for _, id := range []string{"home", "mail", "photos"} {
		if err := backups.Create(ctx, id, Backup{}); err != nil {
			fmt.Println(err)
		}
	}
	if err := backups.Fire(ctx, "mail", Start, nil); err != nil {
		fmt.Println(err)
	}
	for r, err := range backups.List(ctx, &supervision.Query[State]{States: []State{Idle}}) {
		fmt.Println(r.Key.ID, err)
	}
	// Output:
	// home <nil>
	// photos <nil>
}

// An operation has one deadline over all the states that it passes.
func ExampleKind_Order() {
	ctx, backups := context.Background(), newBackups()
	if err := backups.Create(ctx, "home", Backup{}, supervision.Cause("installer")); err != nil {
		fmt.Println(err)
	}
	operation, err := backups.Order(ctx, "home", Start, 2*time.Hour, nil)
	if err != nil {
		fmt.Println(err)
	}
	r, err := backups.Get(ctx, "home")
	fmt.Println(r.Operation == operation, r.Deadline.Sub(r.Since), err)
	// Output: true 2h0m0s <nil>
}

// Data of an older form is read by a function that knows it.
func ExampleKind_Upgrade() {
	ctx, store := context.Background(), memory.New(nil)
	type Old struct{ Count int }
	old, err := supervision.NewKind[Old]("backup", machine, store, nil)
	if err != nil {
		fmt.Println(err)
	}
	if err := old.Create(ctx, "home", Old{Count: 7}); err != nil {
		fmt.Println(err)
	}

	backups, err := supervision.NewKind("backup", machine, store, &supervision.KindOptions[Backup, State, Event]{DataVersion: 1})
	if err != nil {
		fmt.Println(err)
	}
	err = backups.Upgrade(0, func(b []byte) (Backup, error) {
		var o Old
		err := supervision.JSON{}.Unmarshal(b, &o)
		return Backup{Files: o.Count}, err
	})
	if err != nil {
		fmt.Println(err)
	}
	r, err := backups.Get(ctx, "home")
	fmt.Println(r.Data, err)
	// Output: {7} <nil>
}

// A record can be created in any start, and the history says who brought it about.
func ExampleKind_Create() {
	ctx, backups := context.Background(), newBackups()
	fmt.Println(backups.Create(ctx, "home", Backup{}, supervision.At(Idle), supervision.Cause("installer")))
	fmt.Println(backups.Create(ctx, "home", Backup{}))
	for line, err := range backups.History(ctx, "home") {
		fmt.Println(line.To, "by", line.Cause, err)
	}
	// Output:
	// <nil>
	// supervision: create backup/home: exists already
	// idle by installer <nil>
}

// Progress gives a state more time.
func ExampleKind_Touch() {
	ctx, backups := context.Background(), newBackups()
	if err := errors.Join(backups.Create(ctx, "home", Backup{}), backups.Fire(ctx, "home", Start, nil)); err != nil {
		fmt.Println(err)
	}
	before, err := backups.Get(ctx, "home")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(backups.Touch(ctx, "home", 3*time.Hour))
	after, err := backups.Get(ctx, "home")
	fmt.Println(after.Until.Sub(before.Until).Round(time.Minute), err)
	// Output:
	// <nil>
	// 2h0m0s <nil>
}

// A sender that does not know whether it was heard says it again.
func ExampleKind_Deliver() {
	ctx, backups := context.Background(), newBackups()
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	m := storage.Message{ID: "agent-7/1", Name: "progress", Body: []byte(`{"files": 12}`)}
	fmt.Println(backups.Deliver(ctx, "home", m))
	fmt.Println(backups.Deliver(ctx, "home", m))
	fmt.Println(backups.Deliver(ctx, "attic", m))
	// Output:
	// <nil>
	// <nil>
	// supervision: deliver backup/attic: storage: backup/attic: message "agent-7/1" has no record to go to: not found
}

// A runner's guard refuses what the data does not allow.
func ExampleNewKind() {
	ctx := context.Background()
	runner, err := fsm.NewRunner(machine, func(b *fsm.Behavior[Backup, State, Event]) {
		b.Guard(Running, Finish, "something was saved", func(_ context.Context, step *fsm.Step[Backup, State, Event]) error {
			if step.Subject.Files == 0 {
				return errors.New("there are no files")
			}
			return nil
		})
	})
	if err != nil {
		fmt.Println(err)
	}
	backups, err := supervision.NewKind("backup", machine, memory.New(nil), &supervision.KindOptions[Backup, State, Event]{Runner: runner})
	if err != nil {
		fmt.Println(err)
	}
	if err := errors.Join(backups.Create(ctx, "home", Backup{}), backups.Fire(ctx, "home", Start, nil)); err != nil {
		fmt.Println(err)
	}
	err = backups.Fire(ctx, "home", Finish, nil)
	fmt.Println(errors.Is(err, fsm.ErrGuard))
	// Output: true
}

func ExampleKind_Delete() {
	ctx, backups := context.Background(), newBackups()
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(backups.Delete(ctx, "home"))
	_, err := backups.Get(ctx, "home")
	fmt.Println(errors.Is(err, storage.ErrNotFound))
	// Output:
	// <nil>
	// true
}
