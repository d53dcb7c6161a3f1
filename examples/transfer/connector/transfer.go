package connector

import (
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
)

// A Transfer is what is known of a transfer on one side.
type Transfer struct {
	Asset Asset `json:"asset"`
	// Needs is what was last heard of the resources; its status is empty as long as nobody was asked for them.
	Needs provisioning.Changed `json:"needs,omitzero"`
	// Met: the other side has a process of this transfer.
	Met bool `json:"met,omitempty"`
	// GivenBack: the resources were given back.
	GivenBack bool `json:"given_back,omitempty"`
	// Reason is why it was called off, in the words of who did so. Error is what went wrong.
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty"`
}

// An Asset is what is transferred, with what that needs.
type Asset struct {
	// Size is that of the consumer's bucket, Staging that of the provider's.
	Size    int `json:"size"`
	Staging int `json:"staging"`
	// Held says why the consumer's bucket must not be released; empty: it may be.
	Held string `json:"held,omitempty"`
}

// The types of resources.
const (
	Bucket = "bucket"
	Share  = "share"
)

// BucketConfig is what a bucket is to be.
type BucketConfig struct {
	Size int    `json:"size"`
	Held string `json:"held,omitempty"`
}

// needs returns what a side needs: a consumer a bucket that the data goes to, a provider a share that it comes from and a bucket on
// the way.
func (a *Asset) needs(role edc.Role) []provisioning.Spec {
	if role == edc.Consumer {
		return []provisioning.Spec{{ID: "destination", Type: Bucket, Config: BucketConfig{a.Size, a.Held}}}
	}
	return []provisioning.Spec{
		{ID: "source", Type: Share},
		{ID: "staging", Type: Bucket, Config: BucketConfig{Size: a.Staging}, After: []string{"source"}},
	}
}

func requestOf(k storage.Key) string { return RequestOf(edc.Role(k.Kind), k.ID) }

func other(role edc.Role) edc.Role {
	if role == edc.Consumer {
		return edc.Provider
	}
	return edc.Consumer
}
