package legacy_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan/legacy"
)

func fuzz[T any](f *testing.F, seeds []string, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(golden(f, s)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := decode(body)
		if err != nil {
			if len(err.Error()) > 1500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		again, err := encode(v)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if w, err := decode(again); err != nil || !cmp.Equal(v, w) {
			t.Fatalf("%q\nwritten as %q is read as %v\n%s", body, again, err, cmp.Diff(v, w))
		}
	})
}

func FuzzRequest(f *testing.F) {
	fuzz(f, []string{"request.yaml", "request-shutdown.yaml"}, legacy.EncodeRequest, legacy.DecodeRequest)
}

func FuzzReply(f *testing.F) {
	fuzz(f, []string{"reply.yaml", "reply-terse.yaml", "reply-shutdown.yaml", "reply-exit.yaml"}, legacy.EncodeReply, legacy.DecodeReply)
}

// An object's documents may be no UTF-8, and its times more exact than they are written.
func FuzzReplyObject(f *testing.F) {
	for _, s := range []string{"object.yaml", "object-failed.yaml"} {
		f.Add([]byte(golden(f, s)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := legacy.DecodeReplyObject(body)
		if err != nil {
			if len(err.Error()) > 1500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		if _, err := legacy.EncodeReplyObject(o); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}

func FuzzSummary(f *testing.F) {
	for _, s := range []string{"summary-scan.xml", "summary-sync.xml"} {
		f.Add(golden(f, s))
	}
	f.Fuzz(func(t *testing.T, document string) {
		s, err := legacy.DecodeSummary(document)
		if err != nil {
			return
		}
		again, err := legacy.EncodeSummary(s)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if w, err := legacy.DecodeSummary(again); err != nil || !cmp.Equal(s, w) {
			t.Fatalf("%q\nwritten as %q is read as %v\n%s", document, again, err, cmp.Diff(s, w))
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(golden(f, "summary-scan.b64"))
	f.Fuzz(func(t *testing.T, packed string) {
		document, err := legacy.Unpack(packed)
		if err != nil {
			return
		}
		if again, err := legacy.Unpack(legacy.Pack(document)); err != nil || again != document {
			t.Fatalf("%q is packed and unpacked as %q, %v", document, again, err)
		}
	})
}

func FuzzItems(f *testing.F) {
	for _, c := range legacy.Categories() {
		f.Add(c, golden(f, c+".xml"))
	}
	f.Fuzz(func(t *testing.T, category, document string) {
		seen := map[string]bool{}
		_ = legacy.Items(category, document, func(key string, value any) error {
			if seen[key] {
				t.Errorf("the key %q is there twice", key)
			}
			seen[key] = true
			_, err := json.Marshal(value)
			if err != nil {
				t.Error(err)
			}
			return err
		}, func(string, error) {})
	})
}
