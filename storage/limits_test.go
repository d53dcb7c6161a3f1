package storage_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func change(edit func(*storage.Change)) *storage.Change {
	c := &storage.Change{
		Key:      storage.Key{Kind: "node", ID: "n-17"},
		Version:  1,
		Record:   storage.Record{State: "waiting", Data: []byte("data")},
		Elements: []storage.Element{{Name: "disk", State: "present"}},
		Consume:  []storage.Consumption{{Seq: 1, As: storage.MessageConsumed}},
		Emit:     []storage.Effect{{ID: "e", Key: "k", Name: "power-on"}},
		Send:     []storage.Message{message()},
		Spawn:    []storage.Spawn{{Record: storage.Record{Key: storage.Key{Kind: "node", ID: "n-18"}, State: "waiting"}}},
		Lines:    []storage.Line{{From: "starting", Event: "wait", To: "waiting"}},
	}
	if edit != nil {
		edit(c)
	}
	return c
}

func message() storage.Message {
	return storage.Message{ID: "m", To: storage.Key{Kind: "node", ID: "n-18"}, Name: "hello"}
}

func TestCheckChange(t *testing.T) {
	t.Parallel()
	if err := (storage.Limits{}).CheckChange(change(nil)); err != nil {
		t.Errorf("a good change: %v", err)
	}
	if err := (storage.Limits{}).CheckChange(&storage.Change{Key: storage.Key{Kind: "node", ID: "a"}, Version: 1, Delete: true}); err != nil {
		t.Errorf("a deletion: %v", err)
	}
	for text, c := range map[string]struct {
		want error
		edit func(*storage.Change)
	}{
		"the kind of the key is empty":        {storage.ErrInvalid, func(c *storage.Change) { c.Key.Kind = "" }},
		"the id of the key is empty":          {storage.ErrInvalid, func(c *storage.Change) { c.Key.ID = "" }},
		`the kind "effect" is kept`:           {storage.ErrInvalid, func(c *storage.Change) { c.Key.Kind = storage.EffectKind }},
		"the id of the key is \"a\\x00b\"":    {storage.ErrInvalid, func(c *storage.Change) { c.Key.ID = "a\x00b" }},
		"it must be UTF-8":                    {storage.ErrInvalid, func(c *storage.Change) { c.Record.Group = "\xff" }},
		"the id of the key has 513 bytes":     {storage.ErrTooLarge, func(c *storage.Change) { c.Key.ID = strings.Repeat("x", 513) }},
		"the version is 9223372036854775808":  {storage.ErrInvalid, func(c *storage.Change) { c.Version = math.MaxInt64 + 1 }},
		"the state is empty":                  {storage.ErrInvalid, func(c *storage.Change) { c.Record.State = "" }},
		"Status(7) is no status":              {storage.ErrInvalid, func(c *storage.Change) { c.Record.Status = 7 }},
		"failures are -1":                     {storage.ErrInvalid, func(c *storage.Change) { c.Record.Failures = -1 }},
		"the data has 101 bytes; at most 100": {storage.ErrTooLarge, func(c *storage.Change) { c.Record.Data = make([]byte, 101) }},
		"the years 1970 to 9999 can":          {storage.ErrInvalid, func(c *storage.Change) { c.Record.Due = time.Unix(-1, 0) }},
		"the name of an element is empty":     {storage.ErrInvalid, func(c *storage.Change) { c.Elements[0].Name = "" }},
		"the data of element disk has 101":    {storage.ErrTooLarge, func(c *storage.Change) { c.Elements[0].Data = make([]byte, 101) }},
		"the name of a removed element":       {storage.ErrInvalid, func(c *storage.Change) { c.Gone = []string{""} }},
		"message 1 cannot become open":        {storage.ErrInvalid, func(c *storage.Change) { c.Consume[0].As = storage.MessageOpen }},
		"the idempotency key of an effect":    {storage.ErrInvalid, func(c *storage.Change) { c.Emit[0].Key = "" }},
		"the body of effect e has 102 bytes":  {storage.ErrTooLarge, func(c *storage.Change) { c.Emit[0].Body = make([]byte, 102) }},
		"the group of an effect has 256":      {storage.ErrTooLarge, func(c *storage.Change) { c.Emit[0].Group = strings.Repeat("x", 256) }},
		"the id of a message is empty":        {storage.ErrInvalid, func(c *storage.Change) { c.Send[0].ID = "" }},
		"the body of message m has 104 bytes": {storage.ErrTooLarge, func(c *storage.Change) { c.Send[0].Body = make([]byte, 104) }},
		"the id of the key of a spawned":      {storage.ErrInvalid, func(c *storage.Change) { c.Spawn[0].Record.Key.ID = "" }},
		"the inputs of a line has 104 bytes":  {storage.ErrTooLarge, func(c *storage.Change) { c.Lines[0].Inputs = make([]byte, 104) }},
		"only be deleted at the version":      {storage.ErrInvalid, func(c *storage.Change) { *c = storage.Change{Key: c.Key, Delete: true} }},
		"a deletion takes Lines and Project":  {storage.ErrInvalid, func(c *storage.Change) { c.Delete = true }},
		"the event of a line has 256 bytes": {storage.ErrTooLarge, func(c *storage.Change) {
			*c = storage.Change{Key: c.Key, Version: 1, Delete: true, Lines: []storage.Line{{Event: strings.Repeat("x", 256)}}}
		}},
	} {
		err := storage.Limits{Data: 100, Effect: 101, Message: 103, Inputs: 103}.CheckChange(change(c.edit))
		var about *storage.Error
		if !errors.Is(err, c.want) || !errors.As(err, &about) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v\nwant %q that is %v", err, text, c.want)
		}
	}
}

func TestCheckMessageSettlementAndClaim(t *testing.T) {
	t.Parallel()
	m := message()
	if err := (storage.Limits{}).CheckMessage(&m); err != nil {
		t.Error(err)
	}
	m.Name = ""
	if err := (storage.Limits{}).CheckMessage(&m); !errors.Is(err, storage.ErrInvalid) {
		t.Error(err)
	}
	s := storage.Settlement{Lease: storage.Lease{Key: storage.Key{Kind: storage.EffectKind, ID: "e"}}, As: storage.EffectDone, Outcome: &storage.Message{ID: "m", Name: "done"}}
	if err := (storage.Limits{}).CheckSettlement(&s); err != nil {
		t.Error(err)
	}
	for _, edit := range []func(*storage.Settlement){
		func(s *storage.Settlement) { s.Lease.Key.Kind = "node" },
		func(s *storage.Settlement) { s.As = storage.EffectCanceled },
		func(s *storage.Settlement) { s.Retry = -1 },
		func(s *storage.Settlement) { s.Outcome = &storage.Message{ID: "m"} },
	} {
		bad := s
		edit(&bad)
		if err := (storage.Limits{}).CheckSettlement(&bad); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	c := storage.Claim{Names: []string{"node"}, Owner: "me", Limit: 1, TTL: time.Second}
	if err := (storage.Limits{}).CheckClaim(&c); err != nil {
		t.Error(err)
	}
	for _, edit := range []func(*storage.Claim){
		func(c *storage.Claim) { c.Names = nil },
		func(c *storage.Claim) { c.Names = []string{""} },
		func(c *storage.Claim) { c.Owner = "" },
		func(c *storage.Claim) { c.Limit = 0 },
		func(c *storage.Claim) { c.TTL = time.Microsecond },
		func(c *storage.Claim) { c.Most = -1 },
	} {
		bad := c
		edit(&bad)
		if err := (storage.Limits{}).CheckClaim(&bad); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestStatusesAreReadable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want string
		got  interface {
			String() string
			MarshalText() ([]byte, error)
		}
		back interface{ UnmarshalText(b []byte) error }
	}{
		{"quarantined", storage.Quarantined, new(storage.Status)},
		{"stale", storage.MessageStale, new(storage.MessageStatus)},
		{"dead", storage.EffectDead, new(storage.EffectStatus)},
	} {
		text, err := c.got.MarshalText()
		if err != nil || string(text) != c.want || c.got.String() != c.want || c.back.UnmarshalText(text) != nil {
			t.Errorf("%v: text %q, %v", c.got, text, err)
		}
		if err := c.back.UnmarshalText([]byte("nonsense")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("nonsense is %v, want an error that lists what is right", err)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	if !storage.Time(time.Time{}).IsZero() {
		t.Error("the zero time did not stay zero")
	}
	now := time.Now()
	got := storage.Time(now)
	if got.Location() != time.UTC || got.Nanosecond()%1000 != 0 || now.Sub(got) < 0 || now.Sub(got) >= time.Microsecond {
		t.Errorf("%v became %v", now, got)
	}
}
