package scan

import (
	"context"
	"errors"
	"iter"
	"time"
)

// A Queue brings requests to agents and replies back, each at least once and in no certain order. Whatever it claims about who has a
// message, the job's epoch decides. It is safe for concurrent use, also by several programs. Package scantest checks the
// laws, and is told what a queue cannot do. What else a queue can is in interfaces of its own: [Gauge], [Graveyard], [Withdrawer], [Lister].
type Queue interface {
	// Send keeps the messages. When it returns without an error they are durable; with one, some may be. A message whose Key is in
	// the queue already, and is not dead, is left out by a queue that can tell.
	Send(ctx context.Context, messages ...Message) error
	// Receive hands out at most max messages, one or more, oldest first as far as the queue knows, each hidden from others for as long as the lease says.
	// It waits for a while if there are none, and then returns none. It never takes more from the queue than it returns.
	Receive(ctx context.Context, max int, lease time.Duration) ([]Delivery, error)
}

// A Message is what a queue carries.
type Message struct {
	// Key tells what is said from what else is said: two messages of one key say the same. It is not empty.
	Key  string
	Body []byte
	// Delay is how long it is kept back.
	Delay time.Duration
}

// A Delivery is a message that was handed out, and the right to say what becomes of it. Its methods are synchronous: when one returns without an error, it is so.
// Once the message has been given to another they return [ErrLeaseLost], as far as the queue can tell.
type Delivery interface {
	Message() Message
	// Attempt is how often the message has been handed out, from 1.
	Attempt() int
	// Expires is when others can have it, by this process's clock and rather too early.
	Expires() time.Time
	// Extend has it hidden for that long from now.
	Extend(ctx context.Context, lease time.Duration) error
	// Ack removes it.
	Ack(ctx context.Context) error
	// Retry gives it back, to be handed out again after that time.
	Retry(ctx context.Context, after time.Duration) error
	// Bury sets it aside as dead, with the reason.
	Bury(ctx context.Context, reason string) error
}

// A Gauge is a queue that can say how much is in it.
type Gauge interface {
	Stats(ctx context.Context) (QueueStats, error)
}

// QueueStats is how much is in a queue.
type QueueStats struct {
	// Ready can be received, Leased were, Delayed are kept back, Dead were buried.
	Ready, Leased, Delayed, Dead int
	// Oldest is for how long the oldest one that is ready has been so.
	Oldest time.Duration
}

// A Graveyard is a queue whose dead messages can be seen, and given another chance.
type Graveyard interface {
	// Dead yields the messages that were buried, oldest first. The sequence ends with the first error.
	Dead(ctx context.Context) iter.Seq2[DeadMessage, error]
	// Redrive makes those of the keys ready again, without any keys all of them, and returns how many they were.
	Redrive(ctx context.Context, keys ...string) (int, error)
}

// A Lister is a queue that can say what waits in it.
type Lister interface {
	// Waiting yields the keys of the messages that can be received, in any order. The sequence ends with the first error, and what it yields may be
	// received or withdrawn meanwhile.
	Waiting(ctx context.Context) iter.Seq2[string, error]
}

// A Withdrawer is a queue that can take messages back. A [Manager] withdraws requests that it has given up, and, if the queue is a [Lister] as well, those
// that are left over: an agent that dies between its last reply and its Ack leaves its request behind. In a queue that cannot do so they stay
// until an agent takes them, which is told to drop them; no agent is launched for that.
type Withdrawer interface {
	// Withdraw removes the messages of the keys that are not dead, also those that somebody has: he finds his lease lost. Those that
	// are not there are no error. One that is being handed out or settled at the same moment may stay.
	Withdraw(ctx context.Context, keys ...string) error
}

// A DeadMessage is one that was buried.
type DeadMessage struct {
	Message

	Reason   string
	Attempts int
	At       time.Time
}

// ErrLeaseLost: the message has been given to another, or is not there any more.
var ErrLeaseLost = errors.New("the lease on the message is lost")
