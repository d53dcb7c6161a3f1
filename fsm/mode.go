package fsm

import "fmt"

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
func (m Mode) String() string { return nameOf(modeNames[:], m, "Mode") }

// MarshalText returns the mode's name; a value that is no mode is an error.
func (m Mode) MarshalText() ([]byte, error) { return marshalName(modeNames[:], m, "mode") }

// UnmarshalText accepts the name of a mode.
func (m *Mode) UnmarshalText(text []byte) error {
	return unmarshalName(modeNames[:], m, text, "mode")
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
func (o Origin) String() string { return nameOf(originNames[:], o, "Origin") }

// MarshalText returns the origin's name; a value that is no origin is an error.
func (o Origin) MarshalText() ([]byte, error) { return marshalName(originNames[:], o, "origin") }

// UnmarshalText accepts the name of an origin.
func (o *Origin) UnmarshalText(text []byte) error {
	return unmarshalName(originNames[:], o, text, "origin")
}

func nameOf[T ~uint8](names []string, v T, typ string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typ, uint8(v))
}

func marshalName[T ~uint8](names []string, v T, what string) ([]byte, error) {
	if int(v) < len(names) {
		return []byte(names[v]), nil
	}
	return nil, fmt.Errorf("fsm: %d is no %s; one of %s is", uint8(v), what, quoteList(names))
}

func unmarshalName[T ~uint8](names []string, v *T, text []byte, what string) error {
	for i, name := range names {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("fsm: %q is no %s; one of %s is", text, what, quoteList(names))
}
