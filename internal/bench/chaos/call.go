package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A call is what a process asks of the world: one try at an effect. It is one line in JSON on a
// connection of its own, and so is the answer.
type call struct {
	Process   string
	ID, Key   string
	Attempt   int
	Fence     storage.Token
	Record    string
	Element   string
	Operation string
	Step      string
	What      event
}

// An answer says that it was done, or why not.
type answer struct {
	Error string `json:",omitempty"`
}

// patience is how long a process waits for an answer: longer than the world ever takes, however slow the machine is.
const patience = time.Minute

// A client asks the world in the name of a process.
type client struct{ process, world string }

// perform performs the effects of instances. It does not stop when its context ends, as careless code
// would not: so what a process does whose lease was taken over is the store's to refuse.
func (c client) perform(ctx context.Context, of supervision.Call, what event) (struct{}, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return struct{}{}, c.ask(ctx, call{
		Process: c.process, ID: of.ID, Key: of.Key, Attempt: of.Attempt, Fence: of.Fence,
		Record: of.From.ID, Element: of.Element, Operation: of.Operation, Step: of.Step, What: what,
	})
}

// ask returns an error if it failed, and if it cannot be known what came of it.
func (c client) ask(ctx context.Context, what call) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.world)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	until, _ := ctx.Deadline()
	if err := conn.SetDeadline(until); err != nil {
		return err
	}
	if err := json.NewEncoder(conn).Encode(what); err != nil {
		return err
	}
	var a answer
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return err
	}
	if a.Error != "" {
		return errors.New(a.Error)
	}
	return nil
}
