package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A backend is a sort of database that processes share.
type backend struct {
	name      string
	processes int
	// begin makes a database that is empty, in a folder if it needs one.
	begin func(ctx context.Context, folder string) (*database, error)
	// open opens the store at an address.
	open func(ctx context.Context, address string) (store storage.Store, release func(), err error)
}

// A database is one that is there, with what can be done to it.
type database struct {
	// address is where processes find it; direct is past everything that is cut.
	address, direct string
	cut             func() int                      // cuts connections and returns how many; nil: there are none
	restart         func(ctx context.Context) error // nil: there is nothing to restart
	// blocked reports whether somebody keeps all others from writing; nil: nobody can.
	blocked func(ctx context.Context) bool
	end     func()
}

var backends = []backend{
	{name: "postgres", processes: 3, begin: beginPostgres, open: openPostgres},
	{name: "sqlite", processes: 2, begin: beginSQLite, open: openSQLite},
}

// Stores returns the names of the stores that chaos can be brought to.
func Stores() []string {
	var names []string
	for _, b := range backends {
		names = append(names, b.name)
	}
	return names
}

func backendOf(name string) (backend, error) {
	i := slices.IndexFunc(backends, func(b backend) bool { return b.name == name })
	if i < 0 {
		return backend{}, fmt.Errorf("chaos: there is no store %q; these are there: %s", name, strings.Join(Stores(), ", "))
	}
	return backends[i], nil
}
