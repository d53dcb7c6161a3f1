package fsm

import "github.com/reeve-go/reeve/internal/enum"

// A Mode says who works while an entity is in a state.
type Mode uint8

const (
	// Active: the program itself works, and a limit runs. The zero value, because it is the
	// strictest: Compile demands a limit of every active state.
	Active Mode = iota
	// Waiting: someone outside works, and a limit runs.
	Waiting
	// Resting: nobody works; an event from outside may move the entity.
	Resting
	// Final: nothing moves the entity any more.
	Final
)

var modeNames = [...]string{Active: "active", Waiting: "waiting", Resting: "resting", Final: "final"}

// String returns the mode's name in lower case.
func (m Mode) String() string { return enum.String(modeNames[:], m, "Mode") }

// MarshalText returns the mode's name; a value that is no mode is an error.
func (m Mode) MarshalText() ([]byte, error) { return enum.Marshal(modeNames[:], m, "fsm", "mode") }

// UnmarshalText accepts the name of a mode.
func (m *Mode) UnmarshalText(text []byte) error {
	return enum.Unmarshal(modeNames[:], m, text, "fsm", "mode")
}

// settled reports whether an entity may stay in a state of this mode for ever.
func (m Mode) settled() bool { return m == Resting || m == Final }

// An Origin says who may fire an event.
type Origin uint8

const (
	// Outside: anyone who may give orders to the program, a user or another system.
	Outside Origin = iota
	// Supervisor: the program that manages the entity, alone.
	Supervisor
)

var originNames = [...]string{Outside: "outside", Supervisor: "supervisor"}

// String returns the origin's name in lower case.
func (o Origin) String() string { return enum.String(originNames[:], o, "Origin") }

// MarshalText returns the origin's name; a value that is no origin is an error.
func (o Origin) MarshalText() ([]byte, error) {
	return enum.Marshal(originNames[:], o, "fsm", "origin")
}

// UnmarshalText accepts the name of an origin.
func (o *Origin) UnmarshalText(text []byte) error {
	return enum.Unmarshal(originNames[:], o, text, "fsm", "origin")
}
