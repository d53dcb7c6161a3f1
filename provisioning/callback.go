package provisioning

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A callbackStatus says what became of a callback.
type callbackStatus uint8

const (
	callbackAccepted   callbackStatus = iota // it is kept, and will be applied
	callbackUnknown                          // there is no such operation, or the token is not its
	callbackSuperseded                       // another operation has taken its place
	callbackFinished                         // the operation has ended
)

// accept keeps what an external provisioner says of an operation for the next turn of the request. One that is said again is answered as
// the first time. What comes too late is not applied, but that a resource was made after all is kept, so that it is released.
func (m *Manager) accept(ctx context.Context, request, resource, operation, token string, s said) (callbackStatus, error) {
	el, err := m.resource(ctx, request, resource)
	if errors.Is(err, storage.ErrNotFound) {
		return callbackUnknown, nil
	} else if err != nil {
		return callbackUnknown, err
	}
	op := el.Data.operation(operation)
	switch {
	case op == nil || !proves(token, op.Proof):
		return callbackUnknown, nil
	case slices.Contains(op.Heard, s.ID):
		return callbackAccepted, nil
	}
	status := standing(op)
	late := op.Goal == Present && op.Ended != Succeeded && s.Err == nil && s.Answer.State == Done
	if status != callbackAccepted && !late {
		return status, nil
	}
	return status, m.deliver(ctx, SecretKey{request, resource, el.Data.Generation}, op, s)
}

// standing says what a callback about an operation is answered.
func standing(op *Operation) callbackStatus {
	switch op.Ended {
	case "":
		return callbackAccepted
	case Superseded:
		return callbackSuperseded
	default:
		return callbackFinished
	}
}

// deliver keeps what is said for the next turn. Nothing is kept if its secrets cannot be: then it has to be said again.
func (m *Manager) deliver(ctx context.Context, key SecretKey, op *Operation, s said) error {
	a, err := &s.Answer, s.Err
	if op.Ended != "" {
		a.Secrets = nil // nobody will use them
	}
	if err == nil {
		o := order{Do: Poll, Goal: op.Goal}
		err = m.settleSecrets(ctx, key, &o, a)
		if _, lasting := errors.AsType[*FatalError](err); err != nil && !lasting {
			return err
		}
	}
	r := m.recorded(ctx, key, m.tokenFor(op.ID), a, err)
	return calledBack.Deliver(ctx, m.Requests, key.Request, called{Operation: op.ID, Delivery: s.ID, Reply: r},
		supervision.ToElement(key.Resource), supervision.MessageID("callback/"+op.ID+"/"+s.ID))
}

// resource returns a resource as it is stored; [storage.ErrNotFound] if there is none.
func (m *Manager) resource(ctx context.Context, request, resource string) (element, error) {
	return m.resources.Load(ctx, m.Requests, request, resource)
}
