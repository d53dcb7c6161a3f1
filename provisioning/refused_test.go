package provisioning

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// What no store takes is refused before anything is made, so that no turn fails because of it.
func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		houses, err := supervision.NewKind[house]("house", houseMachine, r.store, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.do(houses.Create(r.Context(), "h", house{}))
		ok := Spec{ID: "a", Type: "plain"}
		h := houses.Key("h")
		for _, c := range []struct {
			id    string
			owner storage.Key
			spec  Spec
			text  string
		}{
			{"", h, ok, `the id of a request is ""; a text of 1 to 512 bytes is right`},
			{strings.Repeat("x", storage.MaxID+1), h, ok, "the id of a request"},
			{"r\xff", h, ok, "the id of a request"},
			{"r\x00", h, ok, "the id of a request"},
			{"r", storage.Key{Kind: "house"}, ok, `the owner of request "r" is`},
			{"r", storage.Key{ID: "h"}, ok, `the owner of request "r" is`},
			{"r", storage.Key{Kind: "house", ID: "\xff"}, ok, `the owner of request "r" is`},
			{"r", h, Spec{ID: "a\xff", Type: "plain"}, `the id of resource 0 is "a\xff"; a text of 1 to 255 bytes is right`},
			{"r", h, Spec{ID: "a\x00", Type: "plain"}, `the id of resource 0`},
			{"r", h, Spec{ID: strings.Repeat("x", storage.MaxName+1), Type: "plain"}, `the id of resource 0`},
			{"r", h, Spec{ID: "a", Type: "plain", Config: strings.Repeat("x", MaxSpec)}, `resource "a" has`},
		} {
			r.do(houses.Change(r.Context(), "h", func(t *supervision.Turn[house, stage, move]) error {
				if err := r.manager.Request(t, c.id, c.owner, c.spec); err == nil || !strings.Contains(err.Error(), c.text) {
					r.Errorf("got %v; %q is right", err, c.text)
				}
				return nil
			}))
		}
		for rec, err := range r.manager.Requests.List(r.Context(), nil) {
			t.Errorf("there is %v, %v", rec.Key, err)
		}
	})
}

// The longest names that are allowed, and names with anything in them, go all the way.
func TestLongAndStrangeNames(t *testing.T) {
	t.Parallel()
	typ := strings.Repeat("t", maxType)
	for _, names := range [][2]string{
		{strings.Repeat("r", storage.MaxID), strings.Repeat("x", storage.MaxName)},
		{"../../etc", "a/b?c=d#e f%2F"},
		{"..", "."},
		{"größe\n", "\u202eevil"},
	} {
		t.Run(names[1], func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{}, func(r *rig) {
				r.stop()
				r.also = typ
				r.start(Options{}, TypeOptions{})
				id, resource := names[0], names[1]
				call := ""
				r.plain.say("ensure "+resource, line{answer: Answer{State: InProgress, Secrets: Secrets{"k": {Value: []byte("swordfish")}}}, through: func(c Call) { call = c.Callback.URL + " " + c.Callback.Token.Reveal() }})
				r.request(id, Spec{ID: resource, Type: typ})
				r.pass(time.Second)
				r.want(id, "provisioning-requested: "+resource+" requested")
				url, token, _ := strings.Cut(call, " ")
				if code := r.post(url, token, `{"state":"done"}`); code != 202 {
					t.Errorf("the callback to %s is answered %d", url, code)
				}
				r.pass(time.Second)
				r.want(id, "provisioned: "+resource+" present")
				r.do(r.manager.TerminateRequest(r.Context(), id, "enough"))
				r.pass(time.Second)
				r.want(id, "deprovisioned: "+resource+" absent")
				if r.secrets() != 0 {
					t.Error("its secrets are in the vault")
				}
			})
		})
	}
}

// The name of a type becomes part of others.
func TestTypesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"", "\xff", "a\x00", strings.Repeat("t", maxType+1)} {
		m, err := NewManager(memory.New(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Register(typ, &script{}, nil)
		if err := m.CreateRequest(t.Context(), "r", Spec{ID: "a", Type: typ}); err == nil || !strings.Contains(err.Error(), "type") {
			t.Errorf("type %q: got %v", typ, err)
		}
	}
}

// However long a reason is, it does its work.
func TestLongReasons(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		reason := strings.Repeat("\x00\xff", 1<<20)
		r.plain.say("release a", line{err: Fatal(errClosed)})
		r.request("r", Spec{ID: "a", Type: "plain"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(r.Context(), "r", reason))
		r.pass(time.Second)
		r.want("r", "failed: a release-failed")
		if err := r.manager.Abandon(r.Context(), "r", "a", " \n"); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("got %v", err)
		}
		r.do(r.manager.Abandon(r.Context(), "r", "a", reason))
		r.pass(time.Second)
		r.want("r", "deprovisioned: a abandoned")
		rec, _ := r.manager.Requests.Get(r.Context(), "r")
		if n, m := len(rec.Data.Reason), len(r.resource("r", "a").Abandoned); n == 0 || n > maxReason || m == 0 || m > maxReason {
			t.Errorf("the reasons have %d and %d bytes", n, m)
		}
	})
}

// What cannot be written as it is, is an error of the provisioner.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer Answer
		text   string
	}{
		{Answer{Handle: "\xff"}, "not UTF-8"},
		{Answer{Attributes: map[string]string{"a": "\xff"}}, "not UTF-8"},
		{Answer{Attributes: map[string]string{"\xff": "a"}}, "not UTF-8"},
		{Answer{Handle: strings.Repeat("h", MaxHandle+1)}, "the handle has 4099 bytes"},
		{Answer{Attributes: map[string]string{"a": strings.Repeat("v", MaxAttributes)}}, "the attributes have"},
		{Answer{Secrets: Secrets{"a": {Value: make([]byte, MaxSecrets)}}}, "the secrets have"},
		{Answer{State: Missing + 1}, "its state is"},
		{Answer{State: Missing}, "only a Finder"},
		{Answer{State: InProgress, Again: -1}, "neither may be negative"},
		{Answer{State: InProgress, Within: -1}, "neither may be negative"},
	} {
		estate(t, Options{}, TypeOptions{}, func(r *rig) {
			r.plain.say("ensure a", line{answer: c.answer})
			r.request("r", Spec{ID: "a", Type: "plain"})
			r.pass(time.Second)
			r.want("r", "provisioning: a unknown")
			if got := r.resource("r", "a").Error; !strings.Contains(got, c.text) {
				t.Errorf("got %q; %q is right", got, c.text)
			}
		})
	}
}

// The largest answers that are allowed fit into everything that is made of them.
func TestLargestAnswers(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Breaker: Breaker{Failures: -1}}, func(r *rig) {
		bells := func(n int) string { return strings.Repeat("\a", n) } // six bytes each as JSON
		largest := Answer{Handle: bells(MaxHandle/6 - 1), Attributes: map[string]string{"a": bells(MaxAttributes/6 - 4)}, Progress: bells(MaxCallback)}
		var specs []Spec
		last := Spec{ID: "z", Type: "plain", Config: strings.Repeat("c", MaxSpec-2000)}
		for i := range MaxAfter {
			name := fmt.Sprint("x", i)
			specs, last.After = append(specs, Spec{ID: name, Type: "plain"}), append(last.After, name)
			r.plain.say("ensure "+name, line{err: errors.New(bells(MaxCallback))}, line{answer: largest})
		}
		r.plain.say("ensure z", line{answer: largest})
		r.request("r", append(specs, last)...)
		r.pass(time.Minute)
		if got := r.states("r"); !strings.HasPrefix(got, "provisioned") {
			t.Errorf("got %s\n%.2000s", got, r.log)
		}
	})
}
