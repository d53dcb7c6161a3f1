package provisioning

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// A Backoff says how long to wait with the next call about a resource after so many in a row have failed, at least one. It is part of
// what is decided, so it has to be pure: the key stands for the lot that is drawn.
type Backoff func(key string, failures int) time.Duration

// Doubling waits up to first after one failure and twice as long after each further one, up to most. How long exactly, between half of
// that and all of it, hangs on the key and the number, so that what failed together does not come again together.
func Doubling(first, most time.Duration) Backoff {
	return func(key string, failures int) time.Duration {
		wait := most
		if n := failures - 1; n < 62 && first<<n>>n == first {
			wait = min(first<<n, most)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", failures, key))
		share := binary.BigEndian.Uint64(sum[:]) >> 11 // 53 bits
		return wait/2 + time.Duration(float64(wait/2)*(float64(share)/(1<<53)))
	}
}

// digest returns a short name for the values, in lower case letters and digits.
func digest(values ...any) string {
	h := sha256.New()
	for _, v := range values {
		_, _ = fmt.Fprintf(h, "%q ", fmt.Sprint(v))
	}
	return strings.ToLower(base32.HexEncoding.EncodeToString(h.Sum(nil)[:20]))
}
