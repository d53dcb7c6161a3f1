package storage

import (
	"time"

	"github.com/reeve-go/reeve/internal/enum"
)

// A MessageStatus says what became of a message.
type MessageStatus uint8

const (
	// MessageOpen: no turn has consumed it yet.
	MessageOpen MessageStatus = iota
	// MessageConsumed: a turn took note of it.
	MessageConsumed
	// MessageStale: it came too late, for another operation, or to a final record. It is kept, not applied.
	MessageStale
	// MessageDead: it could not be understood, or its record did not exist. It can be redriven.
	MessageDead
	// MessageReplaced: a newer one took its slot.
	MessageReplaced
)

var messageStatusNames = [...]string{
	MessageOpen: "open", MessageConsumed: "consumed", MessageStale: "stale", MessageDead: "dead", MessageReplaced: "replaced",
}

// String returns the status's name in lower case.
func (s MessageStatus) String() string { return enum.String(messageStatusNames[:], s, "MessageStatus") }

// MarshalText returns the status's name.
func (s MessageStatus) MarshalText() ([]byte, error) {
	return enum.Marshal(messageStatusNames[:], s, "storage", "message status")
}

// UnmarshalText accepts the name of a message status.
func (s *MessageStatus) UnmarshalText(text []byte) error {
	return enum.Unmarshal(messageStatusNames[:], s, text, "storage", "message status")
}

// A Message is something said to a record.
type Message struct {
	// ID is the sender's own: a record accepts each once, for as long as ids are kept.
	ID string
	// Slot, if it is not empty, holds at most one open message of the record: a newer one replaces it.
	Slot string
	// To is the record, and Element the part of it that is meant, if one is.
	To      Key
	Element string
	// From is the record that sent it; zero if it came from outside.
	From Key
	// Name says what it is.
	Name string
	// Operation and Step are those that it answers, if it answers any.
	Operation string
	Step      string
	Body      []byte

	// Seq is its number, At when it was accepted; Status and Reason say what became of it. The store
	// sets them.
	Seq    uint64
	At     time.Time
	Status MessageStatus
	Reason string
}

// A MessageQuery selects messages. Zero fields select everything.
type MessageQuery struct {
	// To is the record; a Key with a Kind alone selects every record of the kind.
	To Key
	// Statuses are what the messages may be in; empty: any.
	Statuses []MessageStatus
	// After is the number to go on from, exclusive.
	After uint64
	// Limit is the most to yield; zero: no limit.
	Limit int
}

// A Consumption says what a turn did with a message.
type Consumption struct {
	// Seq is the number of the message. One that is no longer open is passed over.
	Seq uint64
	// As is what becomes of it: [MessageConsumed], [MessageStale] or [MessageDead].
	As MessageStatus
	// Reason says why, if it was not simply consumed.
	Reason string
}
