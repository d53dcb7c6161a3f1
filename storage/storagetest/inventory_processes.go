package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// savingJob is the job of a child that saves until it is killed.
const savingJob = "save"

func savingProcesses() inventoryGroup {
	return inventoryGroup{"processes", []inventoryCase{
		{name: "that are killed leave a save whole or not there", run: killedSaves, slow: true},
	}}
}

// crowd is how many machines a child changes in each save, and how many disks it adds.
const crowd = 200

func killedSaves(s *stock) {
	if s.scene.Address == "" {
		s.Skip("the inventory cannot be opened by other processes: InventoryBackend.Address is empty")
	}
	var all []row
	for i := range crowd {
		all = append(all, of(i+1, "r", 0))
	}
	s.save(s.inserts(machines, "id ref weight", all...))
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	last := uint64(1)
	for range rounds {
		p := s.start(savingJob)
		s.begin(p)
		if p.lines.Scan() { // so that a round is worth its name
			last = s.acknowledged(p.lines.Text(), last)
		}
		sleep(time.Duration(rand.N(60)) * time.Millisecond)
		s.is("killing a process", p.cmd.Process.Kill(), nil)
		lines, err := p.rest()
		s.is("a process that saves", err, nil)
		for _, line := range lines {
			last = s.acknowledged(line, last)
		}
		s.wholeSaves(last)
	}
}

// acknowledged returns the number of a save that a process says it has committed.
func (s *stock) acknowledged(line string, last uint64) uint64 {
	s.Helper()
	n, err := strconv.ParseUint(line, 10, 64)
	s.is("the number of a save", err, nil)
	if n <= last {
		s.Errorf("save %d was committed after save %d; the numbers of a scope rise", n, last)
	}
	return n
}

// wholeSaves demands that all of the last save is there, and that it is none before that number.
func (s *stock) wholeSaves(acknowledged uint64) {
	s.Helper()
	tx := s.tx()                  // which waits for a lock that the system still has to take from the dead
	saves := int(tx.Number() - 1) //nolint:gosec // a small number
	s.is("close", tx.Close(), nil)
	if uint64(saves) < acknowledged { //nolint:gosec // a small number
		s.Errorf("save %d was committed, and after a kill there are %d", acknowledged, saves)
	}
	v := s.view(s.Inventory)
	q := storage.RowQuery{Table: machines, Columns: cols("id"), In: []storage.Scope{where("weight", saves-1)}}
	s.same("how many machines have the weight of the last save", len(s.find(v, q)), crowd)
	q = storage.RowQuery{Table: disks, Columns: cols("id")}
	s.same("how many disks the saves have added", len(s.find(v, q)), crowd*(saves-1))
	s.is("close", v.Close(), nil)
}

// keepSaving saves until the process is killed, and tells the number of each save.
func keepSaving(store storage.Store) error {
	in, ok := store.(storage.Inventory)
	if !ok {
		return errors.New("what the address opens is no inventory; a store that is one, too, is right")
	}
	for {
		n, err := saveOnce(context.Background(), in)
		if err != nil {
			return err
		}
		fmt.Println(n) //nolint:forbidigo // the test reads it
	}
}

func saveOnce(ctx context.Context, in storage.Inventory) (uint64, error) {
	tx, err := in.Begin(ctx, storage.Fence{Scope: scopeOne, Token: 1})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Close() }()
	number := int(tx.Number()) //nolint:gosec // a small number
	var changes []storage.RowChange
	var added []row
	for i := range crowd {
		changes = append(changes, storage.RowChange{ID: of(i + 1)[0], New: of(number - 1)})
		added = append(added, of(i+1, strconv.Itoa(number)))
	}
	if _, err := tx.Update(ctx, machines, cols("weight"), slices.Values(changes)); err != nil {
		return 0, err
	}
	if err := tx.Insert(ctx, disks, cols("machine ref"), given(added...)); err != nil {
		return 0, err
	}
	return tx.Number(), tx.Commit(ctx)
}
