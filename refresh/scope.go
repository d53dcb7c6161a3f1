package refresh

import (
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A constant is a column that has the same value in all rows of a scope.
type constant struct {
	column string
	value  storage.Value
}

// constantsOf returns columns and their values, by name.
func constantsOf(of map[string]any) ([]constant, error) {
	out := make([]constant, 0, len(of))
	for _, column := range slices.Sorted(maps.Keys(of)) {
		v, err := literal(of[column])
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", column, err)
		}
		out = append(out, constant{column, v})
	}
	return out, nil
}

// scopesOf returns the scopes in which the rows of a collection are: those of the manager, or those of its parents.
func (p *planner) scopesOf(c *collection) []storage.Scope {
	own := conditions(c.where)
	if len(c.parents) == 0 {
		return []storage.Scope{append(conditions(p.scope), own...)}
	}
	var out []storage.Scope
	for _, f := range c.parents {
		for _, parent := range c.targets[f.number] {
			by := storage.Condition{Column: f.column, Of: &storage.Pointed{Table: parent.options.Table, In: p.scopesOf(parent)}}
			scope := append(storage.Scope{by}, own...)
			if f.typeIn != "" {
				scope = append(scope, storage.Condition{Column: f.typeIn, Is: storage.TextValue(f.typeOf(parent.name))})
			}
			out = append(out, scope)
		}
	}
	return out
}

func conditions(of []constant) (out storage.Scope) {
	for _, c := range of {
		out = append(out, storage.Condition{Column: c.column, Is: c.value})
	}
	return out
}

// constants are what rows of a collection that are created have besides their fields.
func (p *planner) constants(c *collection) []constant {
	if len(c.parents) > 0 {
		return c.where
	}
	return append(slices.Clone(p.scope), c.where...)
}
