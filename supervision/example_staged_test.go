package supervision_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A cluster is migrated node by node. Each node has its own stages to pass: 1 drains it, 2 upgrades
// it, 3 lets traffic in again.
type (
	Cluster     struct{}
	ClusterTurn = supervision.Turn[Cluster, State, Event]
	Member      struct{ Stages []int }
)

const (
	Migrating State = "migrating"
	Migrated  State = "migrated"

	Migrate Event = "migrate"
)

func migration(name string) *fsm.Machine[State, Event] {
	return fsm.MustCompile(fsm.Definition[State, Event]{
		Name:    name,
		Initial: Idle,
		States: fsm.States[State, Event]{
			Idle:      {Mode: fsm.Resting},
			Migrating: {Mode: fsm.Waiting, After: time.Minute, Then: Fail},
			Migrated:  {Mode: fsm.Resting},
			Failed:    {Mode: fsm.Resting},
		},
		Table: fsm.Table[State, Event]{
			Idle:      {Migrate: Migrating},
			Migrating: {Done: Migrated, Fail: Failed},
			Migrated:  {Migrate: Migrating},
			Failed:    {Migrate: Migrating},
		},
	})
}

var (
	members = supervision.NewElements[Member](migration("member"), nil)
	pass    = supervision.NewEffect[int, string]("pass")

	stages = &supervision.Staged[Member, State, Event]{
		Elements: members,
		Open:     func(s State) bool { return s == Migrating },
		Stages:   func(m *Member) []int { return m.Stages },
		Limit:    time.Minute,
		Order: func(t supervision.Outbound, step supervision.Step, els []*supervision.Element[Member, State]) error {
			for _, el := range els {
				pass.Emit(t, step.Group, supervision.ForElement(el.Name), supervision.StepKey())
			}
			return nil
		},
	}
)

// migrate begins the operation: every member is at the first of its stages.
func migrate(t *ClusterTurn) error {
	for el := range members.All(t) {
		el.Group, _ = stages.First(el.Data)
		if err := members.Fire(t, el, Migrate); err != nil {
			return err
		}
	}
	_, err := stages.Advance(t)
	return err
}

func decideCluster(t *ClusterTurn) error {
	for _, m := range t.Messages {
		_, failed, ok := pass.Outcome(m)
		el, known := members.Get(t, m.Element)
		if !ok || !known {
			continue
		}
		event := Fail
		if failed == nil {
			event = Done
			if more := stages.Pass(t, el); more {
				continue
			}
		}
		if err := members.Fire(t, el, event); err != nil {
			return err
		}
	}
	step, err := stages.Advance(t)
	switch {
	case err != nil || !step.Done:
		return err
	case members.Count(t, Failed) > 0:
		return t.Fire(Fail)
	}
	return t.Fire(Done)
}

// A stage is ordered when every member has passed the ones before. A member takes part in its own
// stages only.
func ExampleStaged() {
	ctx := context.Background()
	clusters, err := supervision.NewKind("cluster", migration("cluster"), memory.New(nil), &supervision.KindOptions[Cluster, State, Event]{Elements: members})
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Perform(sup, pass, func(_ context.Context, c supervision.Call, stage int) (string, error) {
		fmt.Printf("stage %d: %s\n", stage, c.Element)
		return "", nil
	}, nil)
	supervision.Supervise(sup, clusters, decideCluster)

	err = clusters.Create(ctx, "c1", Cluster{}, supervision.SetUp(func(t supervision.Outbound) error {
		members.Add(t, "a", 0, Member{[]int{1, 2, 3}})
		members.Add(t, "b", 0, Member{[]int{1, 2, 3}})
		members.Add(t, "witness", 0, Member{[]int{2}})
		return nil
	}))
	if err != nil {
		fmt.Println(err)
	}
	if _, err = clusters.Order(ctx, "c1", Migrate, time.Hour, migrate); err != nil {
		fmt.Println(err)
	}
	for done := 1; done > 0 && err == nil; {
		done, err = sup.Pass(ctx)
	}
	cluster, err := clusters.Get(ctx, "c1")
	fmt.Println(cluster.State, err)
	// Output:
	// stage 1: a
	// stage 1: b
	// stage 2: a
	// stage 2: b
	// stage 2: witness
	// stage 3: a
	// stage 3: b
	// migrated <nil>
}
