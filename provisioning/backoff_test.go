package provisioning

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDoubling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "first"))
		most := time.Duration(rapid.Int64Range(int64(first), int64(1000*time.Hour)).Draw(t, "most"))
		n := rapid.OneOf(rapid.IntRange(1, 70), rapid.IntRange(1, 10_000)).Draw(t, "failures")
		key := rapid.String().Draw(t, "key")
		wait := Doubling(first, most)
		full := most
		if n <= 12 {
			full = min(first<<(n-1), most)
		}
		got := wait(key, n)
		if got > most || got < 0 || n <= 12 && (got > full || got < full/2) {
			t.Errorf("got %v after %d failures", got, n)
		}
		if n > 60 && got < most/2 {
			t.Errorf("got %v after %d failures; at least half of %v is right", got, n, most)
		}
		if got != wait(key, n) {
			t.Error("it is not the same again")
		}
	})
	a, b := Doubling(time.Second, time.Hour)("a", 5), Doubling(time.Second, time.Hour)("b", 5)
	if a == b {
		t.Error("two resources wait equally long")
	}
}

func TestStatusCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]Status{
		200: Provisioning, 250: ProvisioningRequested, 300: Provisioned, 900: Deprovisioning, 950: DeprovisioningRequested, 1000: Deprovisioned,
	} {
		got, err := StatusOf(code)
		if back, ok := got.Code(); got != want || err != nil || back != code || !ok {
			t.Errorf("%d: got %v, %v, %d", code, got, err, back)
		}
	}
	if _, ok := Failed.Code(); ok {
		t.Error("failed has a code")
	}
	if _, err := StatusOf(-1); err == nil {
		t.Error("-1 is a status")
	}
}
