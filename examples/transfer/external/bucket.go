package external

import "time"

// A Bucket is what the provisioner makes. Its times say where it is, so that it goes on while nobody runs.
type Bucket struct {
	// Key is what it was ordered under, Owner who ordered it.
	Key   string `json:"key"`
	Owner string `json:"owner"`
	Name  string `json:"name"`
	Size  int    `json:"size"`
	// Held says why it must not be released; empty: it may be.
	Held string `json:"held,omitempty"`
	// Access is the secret that opens it.
	Access string `json:"access"`
	// Ready is when it is there, Gone when it no longer is; zero: nobody released it.
	Ready time.Time `json:"ready"`
	Gone  time.Time `json:"gone,omitzero"`
}

// A stage is how far a bucket is.
type stage int

const (
	unknown stage = iota // nobody ordered it
	making
	there
	going
	gone // and it never comes again under its key
)

func (b *Bucket) stage(now time.Time) stage {
	switch {
	case b == nil:
		return unknown
	case b.Gone.IsZero() && now.Before(b.Ready):
		return making
	case b.Gone.IsZero():
		return there
	case now.Before(b.Gone):
		return going
	default:
		return gone
	}
}
