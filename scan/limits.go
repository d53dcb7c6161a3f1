package scan

import (
	"math"
	"time"
)

// Limits bound what one category of a job may take. A zero field is the default, a negative one no limit.
type Limits struct {
	// Time is how long it may take. Default: 30 minutes.
	Time time.Duration `json:"time,omitempty"`
	// Entries is how many entries of folders may be looked at. Default: 10 million.
	Entries int `json:"entries,omitempty"`
	// Depth is how deep folders may be nested. Default: 100.
	Depth int `json:"depth,omitempty"`
	// Read is how many bytes may be read in all, File how many of one file. Default: 256 GiB and 1 GiB.
	Read int64 `json:"read,omitempty"`
	File int64 `json:"file,omitempty"`
	// Items is how many facts may be found, Bytes how many bytes they may have together as JSON, and Item how many one may have: at most
	// [MaxItem], whatever is asked. Default: one million, 256 MiB and 1 MiB.
	Items int   `json:"items,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
	Item  int   `json:"item,omitempty"`
	// Problems is how many problems are listed; all are counted. Default: 20.
	Problems int `json:"problems,omitempty"`
}

// withDefaults returns the limits with every field resolved: what has no limit has the largest number there is.
func (l Limits) withDefaults() Limits {
	return Limits{
		Time:     bound(l.Time, 30*time.Minute, math.MaxInt64),
		Entries:  bound(l.Entries, 10_000_000, math.MaxInt),
		Depth:    bound(l.Depth, 100, math.MaxInt),
		Read:     bound(l.Read, 256<<30, math.MaxInt64),
		File:     bound(l.File, 1<<30, math.MaxInt64),
		Items:    bound(l.Items, 1_000_000, math.MaxInt),
		Bytes:    bound(l.Bytes, 256<<20, math.MaxInt64),
		Item:     bound(l.Item, 1<<20, math.MaxInt),
		Problems: bound(l.Problems, 20, math.MaxInt),
	}
}

func bound[T int | int64 | time.Duration](asked, otherwise, most T) T {
	switch {
	case asked < 0:
		return most
	case asked == 0:
		return otherwise
	}
	return asked
}
