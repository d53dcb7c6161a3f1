package main

import (
	"context"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
)

// Full returns a reading of everything.
func (k *keeper) Full(context.Context, string) (*machine.Reading, error) { return k.from.Full(), nil }

// Targeted returns a reading of the processes and sockets that targets name.
func (k *keeper) Targeted(_ context.Context, _ string, t *refresh.Targets) (*machine.Reading, error) {
	processes, err := k.names.Processes.Targets(t)
	if err != nil {
		return nil, err
	}
	sockets, err := k.names.Sockets.Targets(t)
	if err != nil {
		return nil, err
	}
	ids := make([]machine.ProcessID, len(processes))
	for i := range processes {
		ids[i] = processes[i].id()
	}
	those := make([]machine.Socket, len(sockets))
	for i := range sockets {
		if those[i], err = sockets[i].socket(); err != nil {
			return nil, err
		}
	}
	return k.from.Targeted(ids, those), nil
}

// targets names processes and sockets.
func (k *keeper) targets(processes []machine.ProcessID, sockets []machine.Socket) (*refresh.Targets, error) {
	t := &refresh.Targets{}
	for _, id := range processes {
		if err := k.names.Processes.Target(t, processKey(id)); err != nil {
			return nil, err
		}
	}
	for _, s := range sockets {
		if err := k.names.Sockets.Target(t, socketKey(s)); err != nil {
			return nil, err
		}
	}
	return t, nil
}
