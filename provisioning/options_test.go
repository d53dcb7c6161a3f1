package provisioning

import (
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	const url = "https://control.example.com/callbacks"
	for _, c := range []struct {
		options Options
		text    string
	}{
		{Options{OnFailure: Hold + 1}, "OnFailure is 2; Unwind and Hold are right"},
		{Options{Gate: -1}, "a positive time is right"},
		{Options{CallbackURL: url}, "both a CallbackURL and a Secret"},
		{Options{Secret: secret}, "both a CallbackURL and a Secret"},
		{Options{CallbackURL: url, Secret: secret[:31]}, "the Secret has 31 bytes; at least 32 are right"},
		{Options{CallbackURL: "ftp://control.example.com", Secret: secret}, "the CallbackURL is not one of a server"},
		{Options{CallbackURL: "/callbacks", Secret: secret}, "the CallbackURL is not one of a server"},
		{Options{CallbackURL: "http://\x00", Secret: secret}, "the CallbackURL is not one of a server"},
		{Options{CallbackURL: "https://hunter2@control.example.com", Secret: secret}, "the CallbackURL is not one of a server"},
		{Options{CallbackURL: url + "?a=b", Secret: secret}, "the CallbackURL is not one of a server"},
		{Options{CallbackURL: url + "#a", Secret: secret}, "the CallbackURL is not one of a server"},
	} {
		if _, err := NewManager(memory.New(nil), &c.options); err == nil || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: got %v", c.options, err)
		}
	}
}

func TestTypeOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p       Provisioner
		options TypeOptions
		text    string
	}{
		{&seer{}, TypeOptions{Within: -1}, "Within is -1ns"},
		{&seer{}, TypeOptions{ReleaseWithin: -1}, "ReleaseWithin is -1ns"},
		{&seer{}, TypeOptions{Timeout: -1}, "Timeout is -1ns"},
		{&seer{}, TypeOptions{Poll: -1}, "Poll is -1ns"},
		{&seer{}, TypeOptions{Grace: -1}, "Grace is -1ns"},
		{&seer{}, TypeOptions{Look: -1}, "Look is -1ns"},
		{&seer{}, TypeOptions{Renew: -1}, "Renew is -1ns"},
		{&seer{}, TypeOptions{Attempts: -1}, "the number of Attempts is -1"},
		{&script{}, TypeOptions{Grace: time.Hour}, "it has no method Find"},
		{&script{}, TypeOptions{Look: time.Hour}, "it has no method Find"},
		{nil, TypeOptions{}, "a type has to have a name and a provisioner"},
	} {
		m, err := NewManager(memory.New(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Register("thing", c.p, &c.options)
		s, err := supervision.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"make a request": m.CreateRequest(t.Context(), "r", Spec{ID: "a", Type: "thing"}),
			"supervise":      m.Supervise(s),
			"approve":        m.Approve(t.Context(), "r", "a"),
		} {
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: got %v; %q is right", what, err, c.text)
			}
		}
	}
}

func TestTypesThatAreRegisteredTwice(t *testing.T) {
	t.Parallel()
	m, err := NewManager(memory.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Register("thing", &script{}, nil)
	m.Register("thing", &script{}, nil)
	if _, err := m.Preview(t.Context(), Spec{ID: "a", Type: "thing"}); err == nil || !strings.Contains(err.Error(), `type "thing" is registered twice`) {
		t.Errorf("got %v", err)
	}
}
