package acm

import (
	"iter"
	"math"
	"time"
)

// wait returns how long a step of the operation may take: as long as the first element says that
// stands where the instance does, or else as usual.
func (op *operation) wait(elements iter.Seq[*Element], usually time.Duration) (time.Duration, error) {
	for e := range elements {
		if e.Deploy == op.words.Deploy {
			return e.Properties.milliseconds(op.limit, usually)
		}
	}
	return usually, nil
}

// wait returns how long participants may take to be primed or deprimed.
func (d *Definition) wait(usually time.Duration) (time.Duration, error) {
	name := "deprimeTimeoutMs"
	if d.State == priming {
		name = "primeTimeoutMs"
	}
	return d.Metadata.milliseconds(name, usually)
}

// milliseconds returns a duration that a property says, or else the usual one.
func (p Properties) milliseconds(name string, usually time.Duration) (time.Duration, error) {
	d, found, err := p.Milliseconds(name)
	if err != nil || !found {
		return usually, err
	}
	return d, nil
}

// Milliseconds returns the duration that a property says, in whole milliseconds; found is false where
// there is no such property. One that is longer than a [time.Duration] can be is the longest.
func (p Properties) Milliseconds(name string) (d time.Duration, found bool, err error) {
	const most = math.MaxInt64 / int64(time.Millisecond)
	n, found, err := p.number(name, 64)
	return time.Duration(min(max(n, -most), most)) * time.Millisecond, found, err
}
