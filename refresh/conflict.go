package refresh

import (
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A conflict is [storage.ErrConflict] about rows, which have no versions.
type conflict string

func conflictf(format string, args ...any) error { return conflict(fmt.Sprintf(format, args...)) }

func (c conflict) Error() string      { return string(c) }
func (conflict) Is(target error) bool { return target == storage.ErrConflict }
