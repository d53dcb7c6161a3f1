package supervision

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A Message is something said to a record, as a turn is given it.
type Message struct {
	storage.Message

	core *core
}

// A MessageOf is a sort of message and the type of its body. Sender and receiver share it, usually as
// a package's variable. It is safe for concurrent use.
type MessageOf[B any] struct {
	name  string
	codec Codec
}

// NewMessage returns the sort of message of that name. The name is what is stored: two sorts that one
// kind of record receives need different ones.
func NewMessage[B any](name string) *MessageOf[B] { return &MessageOf[B]{name: name, codec: JSON{}} }

// WithCodec returns the same sort of message with another form of its body. Without it that is [JSON].
func (d *MessageOf[B]) WithCodec(c Codec) *MessageOf[B] { return &MessageOf[B]{d.name, c} }

// Name returns the name.
func (d *MessageOf[B]) Name() string { return d.name }

// Body returns what m says; ok is false if m is a message of another sort. One that cannot be decoded
// is not ok either, and is kept as dead.
func (d *MessageOf[B]) Body(m Message) (body B, ok bool) {
	if m.Name != d.name {
		return body, false
	}
	if err := d.codec.Unmarshal(m.Body, &body); err != nil {
		m.dead(err)
		var none B
		return none, false
	}
	return body, true
}

// dead has a message kept as dead with the turn that was given it.
func (m Message) dead(err error) {
	if m.core != nil {
		m.core.fates = append(m.core.fates, storage.Consumption{Seq: m.Seq, As: storage.MessageDead, Reason: "it cannot be decoded: " + err.Error()})
	}
}

// Send sends a message to a record of the same store, in the commit of the turn. If there is no such
// record then, it is kept as dead.
func (d *MessageOf[B]) Send(t Outbound, to storage.Key, body B, options ...MessageOption) {
	o := t.outbound()
	m, err := d.message(body, options)
	if err != nil {
		o.fail(fmt.Errorf("to %s: %w", to, err))
		return
	}
	if m.ID == "" {
		m.ID = o.newID()
	}
	m.To, m.From = to, o.key
	o.send = append(o.send, m)
}

// To returns the message to a record, for [Kind.DeliverAll].
func (d *MessageOf[B]) To(to storage.Key, body B, options ...MessageOption) (storage.Message, error) {
	m, err := d.message(body, options)
	m.To = to
	if m.ID == "" {
		m.ID = strings.ToLower(rand.Text())
	}
	return m, err
}

// A Mailbox takes messages for records: a [Kind].
type Mailbox interface {
	Deliver(ctx context.Context, id string, m storage.Message) error
}

// Deliver says something to a record of the kind from outside: the message is kept for the record's
// next turn. With [MessageID] it may be said again by a sender who does not know whether it was heard.
// It returns what [Kind.Deliver] returns.
func (d *MessageOf[B]) Deliver(ctx context.Context, to Mailbox, id string, body B, options ...MessageOption) error {
	m, err := d.To(storage.Key{}, body, options...)
	if err != nil {
		return err
	}
	return to.Deliver(ctx, id, m)
}

func (d *MessageOf[B]) message(body B, options []MessageOption) (storage.Message, error) {
	m := storage.Message{Name: d.name}
	var err error
	if strings.HasPrefix(d.name, outcomePrefix) || d.name == "" {
		return m, fmt.Errorf("supervision: message %q: the name must not be empty nor begin with %q, which outcomes of effects do", d.name, outcomePrefix)
	}
	if m.Body, err = d.codec.Marshal(body); err != nil {
		return m, fmt.Errorf("supervision: message %q: %w: it cannot be written: %w", d.name, ErrData, err)
	}
	for _, option := range options {
		option.applyMessage(&m)
	}
	return m, nil
}

// A MessageOption varies one message.
type MessageOption interface{ applyMessage(m *storage.Message) }

type messageOption func(*storage.Message)

func (f messageOption) applyMessage(m *storage.Message) { f(m) }

// MessageID gives the message an id of the sender's own. A record accepts each id once.
func MessageID(id string) MessageOption { return messageOption(func(m *storage.Message) { m.ID = id }) }

// Slot makes the message replace an earlier one in the same slot that no turn has seen yet: where only
// the newest counts, as with heartbeats.
func Slot(name string) MessageOption {
	return messageOption(func(m *storage.Message) { m.Slot = name })
}

// About says which operation the message is about, and which step of it, if it is about one. Once
// another is under way, the message is stale.
func About(operation, step string) MessageOption {
	return messageOption(func(m *storage.Message) { m.Operation, m.Step = operation, step })
}

// ToElement says which element of the record is meant. The turn that sees the message has it at hand.
func ToElement(name string) MessageOption {
	return messageOption(func(m *storage.Message) { m.Element = name })
}

// Deliver says something to a record: the message is kept for the record's next turn. To is set to
// the record. An ID that the record accepted before is no error, so that a sender who does not know
// whether it was heard may say it again. [MessageOf.Deliver] is the same with a typed body.
func (k *Kind[T, S, E]) Deliver(ctx context.Context, id string, m storage.Message) error {
	return k.explain("deliver", id, k.deliver(ctx, id, m))
}

func (k *Kind[T, S, E]) deliver(ctx context.Context, id string, m storage.Message) error {
	if k.broken != nil {
		return k.broken
	}
	m.To = k.Key(id)
	answers, err := k.store.Deliver(ctx, []storage.Message{m})
	if err == nil {
		err = answers[0]
	}
	if errors.Is(err, storage.ErrDuplicate) {
		return nil
	}
	return err
}
