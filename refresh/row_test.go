package refresh

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// What holds a value is passed over to where it ends, and nothing else is.
func TestReaderSkipsValues(t *testing.T) {
	t.Parallel()
	to := &promise{number: 300}
	for _, v := range []storage.Value{
		{},
		storage.BoolValue(false), storage.BoolValue(true), storage.IntValue(-1), storage.IntValue(1 << 62), storage.FloatValue(0.1),
		storage.TextValue(""), storage.TextValue("vm\x00"), storage.BytesValue([]byte{1, 2}), storage.TimeValue(time.Unix(1e9, 0)),
	} {
		for _, c := range []cell{{set: true, value: v}, {value: v}, {set: true, to: to}, {set: true, to: to, from: 2, value: v}} {
			r := reader{rest: string(appendCell(nil, &c)) + "rest"}
			if got, want := r.skip(), c.set && c.to == nil; got != want || r.err != nil || got && r.rest != "rest" {
				t.Errorf("%v is passed over: %t, %v, before %q; want %t", c.value, got, r.err, r.rest, want)
			}
		}
	}
	for _, torn := range []string{"", string([]byte{textCell, 9}), string([]byte{floatCell})} {
		if r := (reader{rest: torn}); r.skip() && r.err == nil {
			t.Errorf("%q is passed over", torn)
		}
	}
}
