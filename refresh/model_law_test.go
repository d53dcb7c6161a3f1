package refresh_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
)

// A model is what the tables of a manager must hold, by collection: found out in the plainest way, with rows as a
// dump shows them and no ids.
type model struct {
	manager string
	rows    refreshtest.Tables
	said    map[string]bool // which columns of which rows this refresh said
}

func newModel(manager string) *model { return &model{manager: manager, rows: emptyTables()} }

func emptyTables() refreshtest.Tables {
	out := refreshtest.Tables{}
	for _, t := range lawTables() {
		out[t.Name] = refreshtest.Rows{}
	}
	return out
}

// An outcome is what a plan must say.
type outcome struct {
	refuses    bool           // it fails, because of duplicates
	unresolved map[string]int // how many references are not found, by column
	refused    int
}

// lawOrder is that in which keys are known.
var lawOrder = []string{"sites", "images", "machines", "volumes", "snapshots"}

var kept = map[string]bool{"images": true} // the rows stay when nobody brings them

// refresh does what a full refresh must do.
func (m *model) refresh(d refresh.Duplicates, said []statement) outcome {
	brought, ok := unite(d, said)
	if !ok {
		return outcome{refuses: true}
	}
	out := outcome{unresolved: map[string]int{}}
	now := emptyTables()
	m.said = map[string]bool{}
	by := map[string]map[string]statement{}
	for _, in := range lawOrder {
		by[in] = map[string]statement{}
		if kept[in] {
			maps.Copy(now[in], clone(m.rows[in]))
		}
		for _, st := range brought {
			if st.in != in {
				continue
			}
			key, there := m.keyOf(st.key, now)
			if _, twice := by[in][key]; !there || twice {
				out.refused++
				continue
			}
			by[in][key] = st
			row := maps.Clone(m.rows[in][key])
			if row == nil {
				row = refreshtest.Row{}
			}
			for column, says := range st.says { // what others may be found by, or have from it
				m.said[in+"."+column+" "+key] = true
				if says.row == nil {
					set(row, column, says.value)
				}
			}
			now[in][key] = row
		}
	}
	for _, in := range lawOrder {
		for key, st := range by[in] {
			row := now[in][key]
			for column, says := range st.says {
				if says.row == nil {
					if column == "owner_id" {
						set(row, "owner_type", "")
					}
					continue
				}
				to, there := m.find(says.row, now)
				if !there {
					out.unresolved[in+"."+column]++
				}
				switch {
				case says.field != "":
					set(row, column, says.value)
					if lent, has := now[says.row.to][to][says.field]; there && has {
						set(row, column, lent)
					}
				case there:
					set(row, column, "("+to+")")
				default:
					set(row, column, "")
				}
				if column == "owner_id" {
					if set(row, "owner_type", ""); there {
						set(row, "owner_type", fmt.Sprintf("%q", says.row.to))
					}
				}
			}
		}
	}
	forget(now)
	m.rows = now
	return out
}

// forget makes null what points at rows that are gone.
func forget(now refreshtest.Tables) {
	for _, rows := range now {
		for _, row := range rows {
			for column, v := range row {
				if key, points := strings.CutPrefix(v, "("); points && !anywhere(now, strings.TrimSuffix(key, ")"), column, row) {
					delete(row, column)
					if column == "owner_id" {
						delete(row, "owner_type")
					}
				}
			}
		}
	}
}

// lawPoints is where columns point.
var lawPoints = map[string]string{"parent_id": "sites", "main_id": "machines", "site_id": "sites", "image_id": "images", "prior_id": "snapshots"}

func anywhere(now refreshtest.Tables, key, column string, row refreshtest.Row) bool {
	at := lawPoints[column]
	if column == "owner_id" {
		at = strings.Trim(row["owner_type"], `"`)
	}
	_, there := now[at][key]
	return there
}

// unite returns one statement for each row that is named in one way. It is false if two differ and must not.
func unite(d refresh.Duplicates, said []statement) (out []statement, ok bool) {
	at := map[string]int{}
	for _, st := range said {
		n, twice := at[st.key.String()]
		switch {
		case !twice:
			at[st.key.String()] = len(out)
			out = append(out, st)
		case fmt.Sprint(out[n].says) == fmt.Sprint(st.says):
		case d == refresh.RefuseDuplicates:
			return nil, false
		case d == refresh.LastWins:
			out[n] = st
		case d == refresh.Merge:
			both := maps.Clone(out[n].says)
			maps.Copy(both, st.says)
			out[n].says = both
		}
	}
	return out, true
}

// keyOf returns the key of a row as a dump shows it. It is false if it belongs to a row that is not there.
func (m *model) keyOf(p *pointer, now refreshtest.Tables) (key string, ok bool) {
	if p.of == nil {
		return fmt.Sprintf("manager=%q ref=%q", m.manager, p.text), true
	}
	of, there := m.find(p.of, now)
	if p.to == "volumes" {
		return fmt.Sprintf("machine_id=(%s) device=%q", of, p.text), there
	}
	return fmt.Sprintf("volume_id=(%s) number=%s", of, p.text), there
}

// find returns the key of the row that is pointed at. By an index, what this refresh says goes before what the
// database had.
func (m *model) find(p *pointer, now refreshtest.Tables) (key string, there bool) {
	if p.by == "" {
		if key, there = m.keyOf(p, now); there {
			_, there = now[p.to][key]
		}
		return key, there
	}
	found := map[bool][]string{} // by whether this refresh says so
	for key, row := range now[p.to] {
		if row[p.by] == fmt.Sprintf("%q", p.text) {
			now := m.said[p.to+"."+p.by+" "+key]
			found[now] = append(found[now], key)
		}
	}
	of := found[true]
	if len(of) == 0 {
		of = found[false]
	}
	if len(of) != 1 {
		return "", false
	}
	return of[0], true
}

func clone(rows refreshtest.Rows) refreshtest.Rows {
	out := refreshtest.Rows{}
	for key, row := range rows {
		out[key] = maps.Clone(row)
	}
	return out
}

// merged returns what the managers have together.
func merged(models ...*model) refreshtest.Tables {
	out := emptyTables()
	for _, m := range models {
		for table, rows := range m.rows {
			maps.Copy(out[table], rows)
		}
	}
	return out
}

// counts returns how many rows are created, changed and deleted from one to the other, by table.
func counts(was, is refreshtest.Tables) map[string][3]int {
	out := map[string][3]int{}
	for _, table := range slices.Sorted(maps.Keys(is)) {
		var n [3]int
		for key, row := range is[table] {
			old, there := was[table][key]
			switch {
			case !there:
				n[0]++
			case !maps.Equal(row, old):
				n[1]++
			}
		}
		for key := range was[table] {
			if _, there := is[table][key]; !there {
				n[2]++
			}
		}
		out[table] = n
	}
	return out
}

// set sets a column; empty is null, which a dump leaves out.
func set(row refreshtest.Row, column, v string) {
	if v == "" {
		delete(row, column)
	} else {
		row[column] = v
	}
}
