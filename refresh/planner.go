package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A planner finds out what a refresh changes. First it matches the rows of all collections with those of the
// database and finds what is pointed at, collection after collection in the order of the graph. Then it
// compares, because only now each reference is known.
type planner struct {
	*graph

	in      *contents
	view    storage.InventoryView
	scope   []constant
	targets targeting // nil: everything is refreshed
	guard   Guard
	report  func(Progress)
	tables  map[string]*storage.Table // by name; without them rows that cannot be created are not found
	newer   touchedRows               // what was saved since the refresh began
	plan    *Plan
	states  map[*collection]*state
}

// A state is what a planner knows of a collection.
type state struct {
	*collection

	brought  int               // the rows up to this one: the others are only pointed at
	columns  []storage.Column  // as they are read: the id, then those of the fields
	places   [][]int           // where the columns of a field are in them
	keys     *rowKeys          // a row's number, by the key that the database sees
	ids      rowIDs            // null: it is new
	refused  []bool            // by number
	demanded []*field          // that a row cannot be created without
	cut      map[cutField]bool // references that close a ring

	reasons    remarks[Refusal] // of the rows that are refused by the plan
	alike      remarks[Duplicate]
	unresolved remarks[Unresolved]
	rings      remarks[Ring]
	needed     remarks[Needed]

	byID        map[storage.Value]int32 // rows, by their ids; made when it is first needed
	cells       []cell                  // see cellsNow
	key         []byte                  // see keyIn
	scratch     []byte
	fixed       []constant     // what its rows have besides their fields
	changed     []ColumnChange // of the row before, whose place can be used again
	reconnected map[int32]bool // rows that are in the database under another key
	wanted      map[int32]bool // rows that are created although nothing is known of them but that they exist

	hashAt  int     // where the hash is in the columns, if there is one
	hash    rowHash // of the row that is looked at
	settled bool    // what its rows point at is known when they are matched
	same    []bool  // rows that the database has as they were said to be, by number
	unread  bool    // of some of them only the hash was read

	said   map[storage.Value]bool // of a join: the owners of which it is known what they are joined with
	seen   spool                  // rows of the database that may differ
	counts *CollectionPlan
	tally  tally

	place    int                        // in the order of the graph
	back     []*field                   // those that can point at rows of collections that come later, or of its own
	touched  keySet                     // rows about which a newer save was
	left     map[int32]bool             // rows that stay as the database has them
	absent   map[int32]bool             // rows that are not in the database any more by a newer save
	asked    []string                   // keys that a targeted refresh is about
	owned    map[storage.Value]struct{} // rows of the database that a targeted refresh is about
	gone     map[storage.Value]removal
	keeps    error // why rows that nobody brought may exist nevertheless
	danglers map[storage.Value]dangler

	stored, kept, newer int // how many rows of the database there are, stay although nobody brought them, and are newer
}

func (p *planner) run(ctx context.Context) (err error) {
	defer p.clean()
	if tx, writes := p.view.(storage.InventoryTx); writes {
		if p.newer, err = touchedSince(ctx, tx, p.plan.Since); err != nil {
			return err
		}
	}
	p.reportFilled()
	rows := 0
	for i, c := range p.order {
		s := p.begin(i, c)
		if err := p.link(ctx, s); err != nil {
			return fmt.Errorf("refresh: collection %q: %w", c.name, err)
		}
		s.tally.end()
		rows += s.tally.at.Rows
	}
	p.over(Matching, rows)
	if err := p.need(ctx); err != nil {
		return err
	}
	if err := p.spare(ctx); err != nil {
		return err
	}
	for _, c := range p.order {
		if err := p.dangle(ctx, p.states[c]); err != nil {
			return fmt.Errorf("refresh: collection %q: %w", c.name, err)
		}
	}
	rows = 0
	for _, c := range p.order {
		if err := p.compare(p.states[c]); err != nil {
			return fmt.Errorf("refresh: collection %q: %w", c.name, err)
		}
		rows += c.rows.len()
	}
	p.over(Comparing, rows)
	return p.in.err
}

// clean takes out of the collections what planning has put there, so that they can be filled further, and planned again.
func (p *planner) clean() {
	for _, s := range p.states {
		if s.joins != nil {
			s.brought = 0
		}
		if s.rows.len() > s.brought {
			s.rows.cut(s.brought)
			s.byKey.forget(s.brought)
		}
	}
}

func (p *planner) begin(place int, c *collection) *state {
	s := &state{
		collection: c, place: place, brought: c.rows.len(), gone: map[storage.Value]removal{}, danglers: map[storage.Value]dangler{}, cut: map[cutField]bool{}, reconnected: map[int32]bool{},
		places: make([][]int, len(c.shape.fields)), touched: p.newer[c.name], wanted: map[int32]bool{},
	}
	if p.targets != nil {
		s.owned = map[storage.Value]struct{}{}
	}
	s.demanded = p.demanded(c)
	s.tally = p.tally(Matching, c.name, 0)
	for _, f := range c.shape.fields {
		if c.pointsBack(f, p.order[:place]) != nil {
			s.back = append(s.back, f)
		}
	}
	s.settled = p.targets == nil && len(s.back) == 0 && s.shape.version == nil && s.joins == nil && s.mode().updates()
	s.seen.limit = p.in.spool.limit
	if c.joins == nil {
		s.columns = []storage.Column{{Name: c.options.ID}}
	}
	for _, f := range c.shape.fields {
		if !f.own() {
			continue
		}
		if f.column == c.options.ID && c.joins == nil {
			s.places[f.number], s.columns[0].Type = []int{0}, f.codec.typ
		} else {
			s.places[f.number] = []int{len(s.columns)}
			s.columns = append(s.columns, storage.Column{Name: f.column, Type: f.codec.typ})
		}
		if f.typeIn != "" {
			s.places[f.number] = append(s.places[f.number], len(s.columns))
			s.columns = append(s.columns, storage.Column{Name: f.typeIn, Type: storage.TextType})
		}
	}
	if c.options.Hash != "" {
		s.hashAt = len(s.columns)
		s.columns = append(s.columns, storage.Column{Name: c.options.Hash, Type: storage.IntType})
	}
	if c.options.Archive != "" {
		s.columns = append(s.columns, storage.Column{Name: c.options.Archive, Type: storage.TimeType})
	}
	p.states[c] = s
	return s
}

// archived reports whether a row of the database is archived.
func (s *state) archived(values []storage.Value) bool {
	return s.options.Archive != "" && !values[len(values)-1].IsNull()
}

// link matches the rows of a collection with those of the database, and finds what points at it.
func (p *planner) link(ctx context.Context, s *state) error {
	if err := errors.Join(s.err, s.duplicated()); err != nil {
		return err
	}
	if s.joins != nil {
		p.join(s)
	}
	s.stubs()
	p.index(s)
	s.keeps = p.keep(s)
	if err := p.match(ctx, s); err != nil {
		return err
	}
	s.leaveAbsent()
	if s.joins != nil {
		p.keepUnsaid(s)
	}
	if err := p.reconnect(ctx, s); err != nil {
		return err
	}
	return p.resolve(ctx, s)
}

// duplicated refuses rows with the same key where the collection's options do.
func (c *collection) duplicated() error {
	if c.options.Duplicates != RefuseDuplicates || c.duplicates.n == 0 {
		return nil
	}
	d := c.duplicates.first[0]
	return fmt.Errorf("%d rows have the key of another and other data, the first with %s in %q; make it one row, or say in CollectionOptions.Duplicates which counts",
		c.duplicates.n, d.Key, d.Columns)
}

// stubs adds rows that are pointed at and that nobody brought, where they are to be created: in the order of their
// keys, and none whose key no database has. A row that is only known to exist is created, too.
func (s *state) stubs() {
	var keys []string
	for to := range s.promised(s.shape.primary) {
		if !to.stub {
			continue
		}
		if at, there := s.byKey.rowAt(to.key); !there {
			keys = append(keys, to.text())
		} else if s.isBare(at) {
			s.wanted[at] = true
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		cells, _ := s.cellsIn(s.shape.primary, key) // it was written by keyOf
		storable := !slices.ContainsFunc(cells, func(c cell) bool { return c.value.CheckStorable() != nil })
		if storable {
			s.put(s.byKey.add([]byte(key)), cells)
		}
	}
}

// index finds the keys of the rows as the database sees them: with ids in the place of references. A row that
// belongs to one that is not there is refused.
func (p *planner) index(s *state) {
	s.ids, s.refused, s.same = rowIDs{rows: s.rows.len()}, make([]bool, s.rows.len()), make([]bool, s.rows.len())
	if !s.shape.primary.refers() {
		s.keys = &s.byKey
		return
	}
	s.keys = &rowKeys{}
	s.keys.room(s.rows.len())
	for i := range s.rows.len() {
		cells := s.keyNow(int32(i))
		key, missing := appendSeen(s.scratch[:0], s.shape.primary, cells)
		if missing != nil && s.joins != nil {
			p.unjoin(s, int32(i), cells)
			continue
		}
		if missing != nil && missing.found.newer {
			s.refused[i] = true
			s.newer++
			continue
		}
		if missing != nil {
			s.refused[i] = true
			s.refuse(cells, fmt.Errorf("it belongs to %s, which is not there", missing))
			continue
		}
		s.scratch = key
		number := s.keys.add(key)
		if _, there := s.keys.rowAt(number); there {
			s.refused[i] = true
			s.refuse(cells, errors.New("another row has the same key, by way of another index"))
			continue
		}
		s.keys.set(number, int32(i))
	}
}
