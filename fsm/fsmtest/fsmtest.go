package fsmtest

// An Entity is something of the host's whose state moves as a machine says.
type Entity[S, E ~string] interface {
	// State returns the state that the entity is in.
	State() S
	// Fire gives the entity an event. An event that the machine permits moves it; any other one is
	// refused with an error and leaves its state as it was.
	Fire(event E) error
}

// EntityOf makes an entity of two functions, for hosts whose types have other methods.
func EntityOf[S, E ~string](state func() S, fire func(E) error) Entity[S, E] {
	return funcs[S, E]{state, fire}
}

type funcs[S, E ~string] struct {
	state func() S
	fire  func(E) error
}

func (f funcs[S, E]) State() S           { return f.state() }
func (f funcs[S, E]) Fire(event E) error { return f.fire(event) }
