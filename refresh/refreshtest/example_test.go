package refreshtest_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// User is a row of the table users.
type User struct {
	Name string            `reeve:"name,key"`
	Boss refresh.Ref[User] `reeve:"boss_id"`
}

type people struct{ Users *refresh.Collection[User] }

func declarePeople(b *refresh.Builder) *people {
	return &people{Users: refresh.Add[User](b, "users", nil)}
}

// parsePeople is what is tested. A world is who is whose boss, as a directory says it.
func parsePeople(_ context.Context, bosses map[string]string, inv *people) error {
	for name, boss := range bosses {
		inv.Users.Build(User{Name: name, Boss: inv.Users.LazyFind(boss)})
	}
	return nil
}

func openPeople(t refreshtest.TB) storage.Inventory {
	t.Helper()
	in, err := memory.NewInventory(storage.Table{
		Name: "users", ID: "id", Unique: [][]string{{"manager", "name"}}, References: map[string]string{"boss_id": "users"},
		Columns: []storage.Column{
			{Name: "id", Type: storage.IntType},
			{Name: "manager", Type: storage.TextType},
			{Name: "name", Type: storage.TextType},
			{Name: "boss_id", Type: storage.IntType, Null: true},
		},
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return in
}

func ExampleCheck() {
	var t testing.TB = console{} // a test uses its own t

	recorded := map[string]string{"ada": "", "bob": "ada", "eve": "bob"}
	refreshtest.Check(t, refreshtest.Harness[map[string]string, *people]{
		Declare: declarePeople,
		Open:    openPeople,
		Worlds:  rapid.Just(recorded),
		Parsers: []refreshtest.Parser[map[string]string, *people]{parsePeople},
	})
	fmt.Println("the parser keeps the laws")
	// Output: the parser keeps the laws
}

func ExampleDump() {
	ctx := context.Background()
	var t refreshtest.TB = console{} // a test uses its own t

	users := openPeople(t)
	p, err := refresh.NewPersister(declarePeople, users, nil)
	if err != nil {
		panic(err)
	}
	r, err := p.Open(ctx, "office", nil)
	if err != nil {
		panic(err)
	}
	if err := parsePeople(ctx, map[string]string{"ada": "", "bob": "ada"}, r.Inventory); err != nil {
		panic(err)
	}
	if _, err := r.Save(ctx, 0); err != nil {
		panic(err)
	}

	tables, err := refreshtest.Dump(ctx, users, []string{"users"}, nil)
	for key, row := range tables["users"] {
		fmt.Println(key, row)
	}
	fmt.Println(err)
	// Unordered output:
	// manager="office" name="ada" map[]
	// manager="office" name="bob" map[boss_id:(manager="office" name="ada")]
	// <nil>
}

// console stands for a test in the examples: it says why it fails and keeps quiet otherwise.
type console struct{ testing.TB }

func (console) Context() context.Context          { return context.Background() }
func (console) Helper()                           {}
func (console) Name() string                      { return "Example" }
func (console) Failed() bool                      { return false }
func (console) Logf(string, ...any)               {}
func (console) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (console) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
