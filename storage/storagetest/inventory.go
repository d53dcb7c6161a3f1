package storagetest

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An InventoryHarness says how the suite gets at an inventory. It can be used by several tests at a time.
type InventoryHarness struct {
	// New makes an empty place with these tables, and cleans up with t.Cleanup. A column that has a
	// Default and is not the id has false, zero or empty as its default. Required.
	New func(t testing.TB, tables []storage.Table) InventoryBackend

	patience time.Duration // as that of a [Harness]
}

// An InventoryBackend is a place where rows are, and an inventory of it. What is zero is not tested.
type InventoryBackend struct {
	// Inventory is the inventory. Required.
	Inventory storage.Inventory
	// Open opens a second inventory of the same rows, as another process would.
	Open func(t testing.TB) storage.Inventory
	// Address is what the function that was given to [Main] opens in another process: a store that is
	// an inventory, too.
	Address string
}

// RunInventory tests an inventory: each thing that [storage.Inventory] promises is a subtest of its own,
// which says what the contract demands where it is not kept. Further subtests compare random operations
// with a model, and kill processes that save.
func RunInventory(t *testing.T, h InventoryHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("storagetest: the harness has no New; a function that makes an inventory is needed")
	}
	for _, g := range inventorySuite() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(h.open(t))
				})
			}
		})
	}
	t.Run("random saves", func(t *testing.T) {
		t.Parallel()
		randomSaves(t, h)
	})
}

// An inventoryGroup is the tests of one topic.
type inventoryGroup struct {
	name  string
	cases []inventoryCase
}

// An inventoryCase tests one thing that the contract demands.
type inventoryCase struct {
	name string
	run  func(*stock)
	// slow: it takes a while, so mutants are only tried on it if they are named for it.
	slow bool
}

func inventorySuite() []inventoryGroup {
	return []inventoryGroup{
		describing(), findingRows(), viewing(), rowValues(), inserting(), updating(), deleting(),
		reserving(), saving(), fencing(), touching(), manyRows(), savingProcesses(),
	}
}

// The tables of the suite.
const (
	sites    = "site"
	machines = "machine"
	disks    = "disk"
	plugs    = "plug"   // joins machines and disks
	badges   = "badge"  // has ids that are UUIDs
	samples  = "sample" // has a column of each type
	oddNames = `Order "of" the day`
)

func suiteTables() []storage.Table {
	id := storage.Column{Name: "id", Type: storage.IntType, Default: true}
	ref := storage.Column{Name: "ref", Type: storage.TextType}
	null := func(name string, t storage.ColumnType) storage.Column {
		return storage.Column{Name: name, Type: t, Null: true}
	}
	return []storage.Table{
		{Name: sites, ID: "id", Columns: []storage.Column{id, ref}, Unique: [][]string{{"ref"}}},
		{
			Name: machines, ID: "id", Columns: []storage.Column{
				id, null("site", storage.IntType), ref, null("name", storage.TextType), null("parent", storage.IntType),
				null("archived", storage.TimeType), null("weight", storage.IntType),
				{Name: "kind", Type: storage.TextType, Default: true},
			},
			Unique: [][]string{{"site", "ref"}}, References: map[string]string{"site": sites, "parent": machines},
		},
		{
			Name: disks, ID: "id", Columns: []storage.Column{id, {Name: "machine", Type: storage.IntType}, ref, null("size", storage.IntType)},
			Unique: [][]string{{"machine", "ref"}}, References: map[string]string{"machine": machines},
		},
		{
			Name: plugs, Columns: []storage.Column{{Name: "machine", Type: storage.IntType}, {Name: "disk", Type: storage.IntType}, null("note", storage.TextType)},
			Unique: [][]string{{"machine", "disk"}}, References: map[string]string{"machine": machines, "disk": disks},
		},
		{Name: badges, ID: "id", Columns: []storage.Column{{Name: "id", Type: storage.UUIDType}, null("holder", storage.TextType)}},
		{Name: samples, ID: "id", Columns: []storage.Column{
			id, null("flag", storage.BoolType), null("count", storage.IntType), null("share", storage.FloatType), null("text", storage.TextType),
			null("bytes", storage.BytesType), null("at", storage.TimeType), null("facts", storage.JSONType), null("price", storage.NumericType),
			null("uuid", storage.UUIDType),
		}},
		{Name: oddNames, ID: "Primary", Columns: []storage.Column{
			{Name: "Primary", Type: storage.TextType}, null(`select "a".b`, storage.TextType), null("Größe'; --", storage.IntType),
		}},
	}
}

// A stock is what a test plays in: an inventory of empty tables, and short words for what is done to it.
// Where a word's call fails unexpectedly, the test ends.
type stock struct {
	*scene
	InventoryBackend
}

// limit is how long a test of an inventory may take, so that one that waits for itself is told.
const limit = 5 * time.Minute

func (h InventoryHarness) open(t testing.TB) *stock {
	t.Helper()
	b := h.New(t, suiteTables())
	if b.Inventory == nil {
		t.Fatal("storagetest: the harness's New made no inventory")
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return &stock{&scene{TB: t, ctx: ctx, Harness: Harness{States: []string{"-", "-"}, patience: cmp.Or(h.patience, time.Minute)}, Backend: Backend{Address: b.Address}}, b}
}

// second returns a second inventory of the same rows.
func (s *stock) second() storage.Inventory {
	if s.InventoryBackend.Open == nil {
		s.Skip("the rows cannot be opened a second time: InventoryBackend.Open is nil")
	}
	return s.InventoryBackend.Open(s)
}

// scopeOne is the scope of saves that are alone.
const scopeOne = "one"

// tx begins a save, which is rolled back in the end if it was not committed.
func (s *stock) tx() storage.InventoryTx { return s.txAt(scopeOne, 1) }

func (s *stock) txAt(scope string, token storage.Token) storage.InventoryTx {
	s.Helper()
	tx, err := s.Inventory.Begin(s.ctx, storage.Fence{Scope: scope, Token: token})
	s.is("begin", err, nil)
	s.Cleanup(func() { _ = tx.Close() })
	return tx
}

// save is a whole save.
func (s *stock) save(do ...func(tx storage.InventoryTx)) {
	s.Helper()
	s.saveAt(scopeOne, 1, do...)
}

func (s *stock) saveAt(scope string, token storage.Token, do ...func(tx storage.InventoryTx)) {
	s.Helper()
	tx := s.txAt(scope, token)
	for _, each := range do {
		each(tx)
	}
	s.commit(tx)
}

func (s *stock) commit(tx storage.InventoryTx) {
	s.Helper()
	s.is("commit", tx.Commit(s.ctx), nil)
}

// fails demands an error of a sort, whose text has all of the words.
func (s *stock) fails(what string, got, want error, words ...string) {
	s.Helper()
	s.is(what, got, want)
	s.tells(what, got, words...)
}

// canceled returns a context that has ended.
func (s *stock) canceled() context.Context {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	return ctx
}

// endsWith reports the error with which a sequence ends.
func endsWith[T any](seq func(func(T, error) bool)) (last error) {
	for _, err := range seq {
		last = errors.Join(last, err)
	}
	return last
}
