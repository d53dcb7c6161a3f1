package refresh

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// Targets are never larger than is reckoned without writing them.
func TestMostBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("<\x00\x1f\u2028é")), 0, 20, -1))
		value := rapid.Custom(func(t *rapid.T) storage.Value {
			switch text := name.Draw(t, "text"); rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				return storage.TextValue(text)
			case 1:
				return storage.BytesValue([]byte(text))
			case 2:
				return storage.IntValue(rapid.Int64().Draw(t, "int"))
			case 3:
				return storage.FloatValue(rapid.Float64().Draw(t, "float"))
			case 4:
				return storage.TimeValue(time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "time")))
			default:
				return storage.Value{}
			}
		})
		var key func(depth int) rowKey
		key = func(depth int) (k rowKey) {
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				part := keyPart{column: name.Draw(t, "column"), value: value.Draw(t, "value")}
				if depth > 0 && rapid.Bool().Draw(t, "row") {
					part.row = &namedRow{name.Draw(t, "collection"), name.Draw(t, "index"), key(depth - 1)}
				}
				k = append(k, part)
			}
			return k
		}
		var of Targets
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			of.add(name.Draw(t, "in"), key(2))
		}
		text, err := json.Marshal(of)
		if most := of.mostBytes() + len("{}"); err != nil || len(text) > most {
			t.Errorf("they have %d bytes, of at most %d: %v\n%s", len(text), most, err, text)
		}
	})
}

// Few targets that are large are too much for a record, too.
func TestTooMany(t *testing.T) {
	t.Parallel()
	l := &lifecycle{options: RefresherOptions{Threshold: 100}}
	for _, c := range []struct {
		rows, bytes int
		want        bool
	}{
		{100, 20, false},
		{101, 20, true},
		{10, 10_000, false}, // only what is reckoned is too much
		{10, 20_000, true},
	} {
		var of Targets
		for i := range c.rows {
			of.add("vms", rowKey{{column: "ref", value: storage.TextValue(strings.Repeat(string(rune('A'+i)), c.bytes))}})
		}
		if got := l.tooMany(&of); got != c.want {
			t.Errorf("%d rows of %d bytes are too many: %t", c.rows, c.bytes, got)
		}
	}
}
