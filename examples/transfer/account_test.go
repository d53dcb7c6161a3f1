package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	of := func(s provisioning.ResourceState, typ, key string, generation int) *resource {
		return &resource{Element: supervision.Element[provisioning.Resource, provisioning.ResourceState]{
			State: s, Data: &provisioning.Resource{Type: typ, Key: key, Generation: generation},
		}}
	}
	there := outside{
		connector.Bucket: {"present": true, "abandoned": true, "requested": true, "stranger": true},
		connector.Share:  {"released": true},
	}
	a := account{connector.Bucket: {}, connector.Share: {}}
	for _, r := range []*resource{
		of(provisioning.ResourcePresent, connector.Bucket, "present", 1),
		of(provisioning.ResourcePresent, connector.Bucket, "vanished", 1),
		of(provisioning.ResourceAbandoned, connector.Bucket, "abandoned", 1),
		of(provisioning.ResourceRequested, connector.Bucket, "requested", 1),
		of(provisioning.ResourceAbsent, connector.Bucket, "", 1),
		of(provisioning.ResourceAbsent, connector.Bucket, "", 0),
		of(provisioning.ResourceAbsent, connector.Share, "released", 1),
	} {
		a.add(r, there)
	}
	a.close(there)
	want := account{
		connector.Bucket: {Requested: 5, Present: 2, Released: 1, Abandoned: 1, UnderWay: 1, Leaked: 1, Missing: 1},
		connector.Share:  {Requested: 1, Released: 1, Leaked: 1},
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	for what, c := range map[string]*count{
		"a leak":       {Leaked: 1},
		"a gap":        {Requested: 1, Present: 1, Missing: 1},
		"work":         {Requested: 1, UnderWay: 1},
		"a difference": {Requested: 2, Released: 1},
	} {
		if err := (account{connector.Share: c}).verdict(); err == nil {
			t.Errorf("%s is no error", what)
		}
	}
	if err := (account{connector.Share: {Requested: 3, Present: 1, Released: 1, Abandoned: 1}}).verdict(); err != nil {
		t.Error(err)
	}
}
