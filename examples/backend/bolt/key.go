package bolt

import (
	"encoding/binary"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Keys are parts, one after another, that sort as what they say does.

// text is a part that ends with a zero byte, which no name contains: so "a" comes before "ab", and the
// parts after them do not matter.
func text(s string) string { return s + "\x00" }

// number is a part for numbers, the smallest first.
func number(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

// moment is a part for times, the earliest first. None that is stored is before 1970.
func moment(t time.Time) string {
	return number(uint64(max(0, t.UnixMicro())))
}

// name is the part for a record.
func name(k storage.Key) string { return text(k.Kind) + text(k.ID) }

// end is the first key after all that begin with a prefix, which must be a text. All begin with the
// empty one.
func end(prefix string) string {
	if prefix == "" {
		return "\xff"
	}
	return prefix[:len(prefix)-1] + "\x01"
}

// after is the first key after another.
func after(key string) string { return key + "\x00" }

// past is the first moment after those that have come.
func past(now time.Time) string { return moment(now.Add(time.Microsecond)) }
