package storagetest

import (
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// plain is the rows of tables and what the contract says of them, as plainly as it can be written.
type plain struct {
	tables map[string]*storage.Table
	rows   map[string][]row
}

func newPlain() *plain {
	p := &plain{map[string]*storage.Table{}, map[string][]row{}}
	for _, t := range suiteTables() {
		p.tables[t.Name] = &t
	}
	return p
}

func (p *plain) clone() *plain {
	c := &plain{p.tables, map[string][]row{}}
	for name, rows := range p.rows {
		for _, r := range rows {
			c.rows[name] = append(c.rows[name], slices.Clone(r))
		}
	}
	return c
}

// at returns the place of a column.
func (p *plain) at(table, column string) int {
	return slices.IndexFunc(p.tables[table].Columns, func(c storage.Column) bool { return c.Name == column })
}

// has reports whether a row has the values in the columns.
func (p *plain) has(table string, r row, columns []string, values row) bool {
	for i, c := range columns {
		if r[p.at(table, c)] != values[i] {
			return false
		}
	}
	return true
}

// sound reports whether a row breaks nothing beside the others.
func (p *plain) sound(table string, r row) bool {
	t := p.tables[table]
	for _, columns := range append(slices.Clone(t.Unique), []string{t.ID}) {
		if columns[0] == "" {
			continue
		}
		values := p.pick(table, r, columns)
		same := 0
		for _, other := range p.rows[table] {
			if p.has(table, other, columns, values) {
				same++
			}
		}
		if same > 1 && !slices.Contains(values, null) {
			return false
		}
	}
	for column, to := range t.References {
		if v := r[p.at(table, column)]; v != null && !slices.ContainsFunc(p.rows[to], func(r row) bool { return r[p.at(to, "id")] == v }) {
			return false
		}
	}
	return true
}

func (p *plain) pick(table string, r row, columns []string) row {
	out := make(row, len(columns))
	for i, c := range columns {
		out[i] = r[p.at(table, c)]
	}
	return out
}

// insert adds a row, and reports whether that is right.
func (p *plain) insert(table string, columns []string, values row) bool {
	r := make(row, len(p.tables[table].Columns))
	if kind := p.at(table, "kind"); kind >= 0 {
		r[kind] = of("")[0]
	}
	for i, c := range columns {
		r[p.at(table, c)] = values[i]
	}
	p.rows[table] = append(p.rows[table], r)
	return p.sound(table, r)
}

// update changes a row, and reports whether it was as it must be, and whether the change is right.
func (p *plain) update(table string, columns []string, c storage.RowChange) (made, right bool) {
	for _, r := range p.rows[table] {
		if r[p.at(table, "id")] != c.ID || c.Old != nil && !p.has(table, r, columns, c.Old) {
			continue
		}
		for i, name := range columns {
			r[p.at(table, name)] = c.New[i]
		}
		return true, p.sound(table, r)
	}
	return false, true
}

// remove removes rows, and reports how many and whether that is right.
func (p *plain) remove(table string, columns []string, tuple row) (n int, right bool) {
	for i := 0; i < len(p.rows[table]); i++ {
		if p.has(table, p.rows[table][i], columns, tuple) {
			p.rows[table] = slices.Delete(p.rows[table], i, i+1)
			n, i = n+1, i-1
		}
	}
	for name, rows := range p.rows {
		for _, r := range rows {
			if n > 0 && !p.sound(name, r) {
				return n, false
			}
		}
	}
	return n, true
}

// find returns the columns of the rows that a query wants.
func (p *plain) find(q storage.RowQuery) (out []row) {
	for _, r := range p.rows[q.Table] {
		if p.inScope(q.Table, r, q.In) && p.isAmong(q.Table, r, q.Among) {
			out = append(out, p.pick(q.Table, r, namesOf(q.Columns)))
		}
	}
	return out
}

func (p *plain) inScope(table string, r row, in []storage.Scope) bool {
	return len(in) == 0 || slices.ContainsFunc(in, func(scope storage.Scope) bool {
		return !slices.ContainsFunc(scope, func(c storage.Condition) bool {
			v := r[p.at(table, c.Column)]
			if c.Of == nil {
				return v != c.Is
			}
			return !slices.ContainsFunc(p.rows[c.Of.Table], func(to row) bool {
				return v != null && to[p.at(c.Of.Table, "id")] == v && p.inScope(c.Of.Table, to, c.Of.In)
			})
		})
	})
}

func (p *plain) isAmong(table string, r row, a *storage.Among) bool {
	return a == nil || slices.ContainsFunc(a.Tuples, func(tuple row) bool { return p.has(table, r, namesOf(a.Columns), tuple) })
}

func namesOf(columns []storage.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}
