package inventorytest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
)

// A model is what the tables of a manager must hold, by collection: found out in the plainest way, with rows as a
// dump shows them and no ids.
type model struct {
	rules

	manager string
	rows    refreshtest.Tables
}

func newModel(manager string, r rules) *model { return &model{r, manager, emptyTables()} }

func emptyTables() refreshtest.Tables {
	out := refreshtest.Tables{}
	for _, name := range dumped {
		out[name] = refreshtest.Rows{}
	}
	return out
}

// An outcome is what a plan must say.
type outcome struct {
	refuses    bool           // it fails, because of duplicates
	undecided  bool           // a row stays that cannot be without one that is deleted: nothing is said of that here
	unresolved map[string]int // how many references are not found, by column
	refused    int
	renamed    map[string]string // rows of networks that came back under another key: from, to
}

// A reading is one refresh of a model.
type reading struct {
	*model
	outcome

	now refreshtest.Tables
	by  map[string]map[string]statement // what is said of the rows that are written, by their keys
	// said are the values by which rows may be looked for, as they are said of rows that are written, by column and key.
	said map[string]string
}

// refresh does what a full refresh must do.
func (m *model) refresh(said []statement) outcome {
	brought, ok := unite(m.duplicates, said)
	if !ok {
		return outcome{refuses: true}
	}
	r := reading{m, outcome{unresolved: map[string]int{}, renamed: map[string]string{}}, emptyTables(), map[string]map[string]statement{}, map[string]string{}}
	brought = append(brought, stubs(brought, said)...)
	for _, in := range worldOrder {
		if r.keep(in); in == reconnected {
			r.reconnect(brought)
		}
		r.by[in] = map[string]statement{}
		for _, st := range brought {
			if st.in == in {
				r.bring(st)
			}
		}
		r.forsake(in, brought)
	}
	for _, in := range worldOrder {
		for key, st := range r.by[in] {
			for column, says := range st.says {
				r.link(in, key, column, says)
			}
		}
	}
	r.join()
	r.forget()
	if !r.undecided {
		m.rows = r.now
	}
	return r.outcome
}

// stubs returns statements of rows that are only pointed at: all that was said counts, also of rows that are not written.
func stubs(brought, said []statement) (out []statement) {
	known := map[string]bool{}
	for _, st := range brought {
		known[st.key.String()] = true
	}
	for _, st := range said {
		if p := st.says["image_id"].row; st.in == "licenses" && p != nil && p.by == "" && !known[p.String()] {
			known[p.String()] = true
			out = append(out, statement{in: p.to, key: p})
		}
	}
	return out
}

func (m *model) mode(in string) refresh.Mode {
	if in == "images" {
		return m.images
	}
	return refresh.Keep
}

// keep begins a table with what it has.
func (r *reading) keep(in string) { r.now[in] = clone(r.rows[in]) }

// bring does what is said of a row, references aside.
func (r *reading) bring(st statement) {
	key, there := r.keyOf(st.key)
	if _, twice := r.by[st.in][key]; !there || twice || r.lacks(st) {
		r.refused++
		return
	}
	row, stored := r.now[st.in][key]
	mode := r.mode(st.in)
	if stored && (mode == refresh.CreateOnly || mode == refresh.ReadOnly || st.in == "licenses" && older("version", st, row)) || !stored && (mode == refresh.UpdateOnly || mode == refresh.ReadOnly) {
		return
	}
	if !stored {
		row = refreshtest.Row{}
		r.now[st.in][key] = row
	}
	was := maps.Clone(row)
	delete(row, "archived_at")
	r.by[st.in][key] = st
	for column, says := range st.says {
		r.said[st.in+"."+column+" "+key] = says.value
		stale := st.in == "volumes" && (column == "size" || column == "sized_at") && older("sized_at", st, was)
		if says.row == nil && says.rows == nil && column != "networks" && !stale {
			set(row, column, says.value)
		}
	}
}

// lacks reports whether a row is said to be without what it cannot be without.
func (r *reading) lacks(st statement) bool {
	says, said := st.says["machine_id"]
	if !said {
		return false
	}
	_, there := r.find(says.row)
	return !there
}

// older reports whether the table has a newer version of a row, or of a column.
func older(version string, st statement, row refreshtest.Row) bool {
	is, err := strconv.Atoi(st.says[version].value)
	was, errWas := strconv.Atoi(row[version])
	return err == nil && errWas == nil && is < was
}

// forsake deletes or archives the rows of a table that nobody brought, whether or not they could be written.
func (r *reading) forsake(in string, brought []statement) {
	if r.mode(in) != refresh.Keep {
		return
	}
	there := map[string]bool{}
	for _, st := range brought {
		if key, found := r.keyOf(st.key); found && st.in == in {
			there[key] = true
		}
	}
	for key, row := range r.now[in] {
		switch {
		case there[key]:
		case in == "networks":
			row["archived_at"] = "set"
		default:
			delete(r.now[in], key)
		}
	}
}

// link sets a column that points at rows, or has a field of one.
func (r *reading) link(in, key, column string, says saying) {
	row := r.now[in][key]
	switch {
	case column == "networks":
		for _, p := range says.rows {
			if _, there := r.find(p); !there {
				r.unresolved[in+"."+column]++
			}
		}
		return
	case says.row == nil:
		if column == "owner_id" {
			set(row, "owner_type", "")
		}
		return
	}
	to, there := r.find(says.row)
	if _, stored := r.rows[says.row.to][to]; column == "home_id" && !stored {
		there = false
	}
	if !there {
		r.unresolved[in+"."+column]++
	}
	switch {
	case says.field != "":
		set(row, column, says.value)
		if lent, has := r.now[says.row.to][to][says.field]; there && has {
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

// join keeps which machines are in which networks: what was said, and of machines of which nothing was said what was
// there, as far as both are there.
func (r *reading) join() {
	for key := range r.rows[joined] {
		machine, network, _ := strings.Cut(strings.TrimPrefix(key, "machine_id=("), ") network_id=(")
		_, there := r.now["machines"][machine]
		_, said := r.by["machines"][machine].says["networks"]
		if row := r.now["networks"][strings.TrimSuffix(network, ")")]; there && !said && row["archived_at"] == "" {
			r.now[joined][key] = refreshtest.Row{}
		}
	}
	for machine, st := range r.by["machines"] {
		for _, p := range st.says["networks"].rows {
			if network, there := r.find(p); there {
				r.now[joined][fmt.Sprintf("machine_id=(%s) network_id=(%s)", machine, network)] = refreshtest.Row{}
			}
		}
	}
}

// forget makes null what points at rows that are gone.
func (r *reading) forget() {
	for in, rows := range r.now {
		for _, row := range rows {
			for column, v := range row {
				key, points := strings.CutPrefix(v, "(")
				if !points || r.anywhere(strings.TrimSuffix(key, ")"), column, row) {
					continue
				}
				r.undecided = r.undecided || in == "licenses" && column == "machine_id"
				if delete(row, column); column == "owner_id" {
					delete(row, "owner_type")
				}
			}
		}
	}
}

func (r *reading) anywhere(key, column string, row refreshtest.Row) bool {
	at := worldPoints[column]
	if column == "owner_id" {
		at = strings.Trim(row["owner_type"], `"`)
	}
	_, there := r.now[at][key]
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
func (r *reading) keyOf(p *pointer) (key string, ok bool) {
	if p.of == nil {
		return fmt.Sprintf("manager=%q ref=%q", r.manager, p.text), true
	}
	of, there := r.find(p.of)
	if p.to == "volumes" {
		return fmt.Sprintf("machine_id=(%s) device=%q", of, p.text), there
	}
	return fmt.Sprintf("volume_id=(%s) number=%s", of, p.text), there
}

// find returns the key of the row that is pointed at. By an index, what this refresh says of rows goes before what the
// database had.
func (r *reading) find(p *pointer) (key string, there bool) {
	if p.by == "" {
		if key, there = r.keyOf(p); there {
			row, is := r.now[p.to][key]
			there = is && row["archived_at"] == ""
		}
		return key, there
	}
	column, want := p.to+"."+p.by+" ", strconv.Quote(p.text)
	var of []string
	for about, v := range r.said {
		if key, is := strings.CutPrefix(about, column); is && v == want {
			of = append(of, key)
		}
	}
	if len(of) == 0 {
		for key, row := range r.now[p.to] {
			if row[p.by] == want {
				of = append(of, key)
			}
		}
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
