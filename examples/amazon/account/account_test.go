package account_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

const half = 0.5

// read returns how much of everything there is in a reading.
func read(t *testing.T, r *account.Reading) map[account.Kind]int {
	t.Helper()
	got := map[account.Kind]int{}
	ctx := t.Context()
	count(t, got, account.Zones, r.Zones(ctx))
	count(t, got, account.KeyPairs, r.KeyPairs(ctx))
	count(t, got, account.Images, r.Images(ctx))
	count(t, got, account.Instances, r.Instances(ctx))
	count(t, got, account.Volumes, r.Volumes(ctx))
	count(t, got, account.Snapshots, r.Snapshots(ctx))
	count(t, got, account.Networks, r.Networks(ctx))
	count(t, got, account.Subnets, r.Subnets(ctx))
	count(t, got, account.SecurityGroups, r.SecurityGroups(ctx))
	count(t, got, account.NetworkInterfaces, r.NetworkInterfaces(ctx))
	count(t, got, account.Addresses, r.Addresses(ctx))
	count(t, got, account.LoadBalancers, r.LoadBalancers(ctx))
	count(t, got, account.Stacks, r.Stacks(ctx))
	count(t, got, account.Databases, r.Databases(ctx))
	maps.DeleteFunc(got, func(_ account.Kind, n int) bool { return n == 0 })
	return got
}

func count[V any](t *testing.T, got map[account.Kind]int, kind account.Kind, all iter.Seq2[V, error]) {
	t.Helper()
	for _, err := range all {
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			return
		}
		got[kind]++
	}
}

// Every second answer is a fault, and all is read nevertheless, page by page.
func TestFull(t *testing.T) {
	t.Parallel()
	got := read(t, accounttest.New(simulated.New(1, half)).Full())
	want := map[account.Kind]int{
		account.Zones: 3, account.KeyPairs: 2, account.Images: 6, account.Instances: 9, account.Volumes: 12, account.Snapshots: 3,
		account.Networks: 2, account.Subnets: 4, account.SecurityGroups: 4, account.NetworkInterfaces: 9, account.Addresses: 2,
		account.LoadBalancers: 2, account.Stacks: 2, account.Databases: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is named is read with what an instance is connected with; what is not there is left out.
func TestTargeted(t *testing.T) {
	t.Parallel()
	cloud := accounttest.New(simulated.New(1, 0))
	var inner string
	for s, err := range cloud.Full().Stacks(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if s.ParentId != nil {
			inner = *s.StackId
		}
	}
	for _, of := range []struct {
		kind account.Kind
		name string
		want map[account.Kind]int
	}{
		{account.Instances, "i-00000001", map[account.Kind]int{
			account.Instances: 1, account.Images: 1, account.KeyPairs: 1, account.Zones: 1, account.Networks: 1, account.Subnets: 1,
			account.SecurityGroups: 1, account.NetworkInterfaces: 1, account.Volumes: 1,
		}},
		{account.Stacks, inner, map[account.Kind]int{account.Stacks: 2}},
		{account.LoadBalancers, "front-1", map[account.Kind]int{account.LoadBalancers: 1}},
		{account.Databases, "orders-2", map[account.Kind]int{account.Databases: 1}},
		{account.Addresses, "198.51.100.1", map[account.Kind]int{account.Addresses: 1}},
		{account.Addresses, "eipalloc-00000002", map[account.Kind]int{account.Addresses: 1}},
		{account.Instances, "i-99999999", map[account.Kind]int{}},
		{account.Stacks, "nowhere", map[account.Kind]int{}},
		{account.LoadBalancers, "nowhere", map[account.Kind]int{}},
		{account.Databases, "nowhere", map[account.Kind]int{}},
	} {
		names := account.Names{}
		names.Add(of.kind, aws.String(of.name))
		if diff := cmp.Diff(of.want, read(t, cloud.Targeted(t.Context(), names))); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", of.kind, of.name, diff)
		}
	}
}

// More names than a filter takes are asked for in several questions.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var most, questions atomic.Int64
	cloud := accounttest.New(wire.Handler(func(q *wire.Question) (*wire.Answer, error) {
		questions.Add(1)
		most.Store(max(most.Load(), int64(len(q.Asked["volume-id"]))))
		return wire.Document(wire.E("DescribeVolumesResponse", wire.E("volumeSet")))
	}))
	names := account.Names{}
	for i := range 450 {
		names.Add(account.Volumes, aws.String(strings.Repeat("v", i+1)))
	}
	if got := read(t, cloud.Targeted(t.Context(), names)); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
	if questions.Load() != 3 || most.Load() != 200 {
		t.Errorf("%d questions, the largest for %d; 3 of 200 at most are right", questions.Load(), most.Load())
	}
}

// What fails while links are looked for is an error where it belongs, and the rest can be read.
func TestTargetedFails(t *testing.T) {
	t.Parallel()
	cloud := simulated.New(1, 0)
	refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil && r.Form.Get("Action") == "DescribeInstances" {
			wire.Handler(func(*wire.Question) (*wire.Answer, error) {
				return nil, &wire.Fault{Status: http.StatusForbidden, Code: "UnauthorizedOperation", Message: "no"}
			}).ServeHTTP(w, r)
			return
		}
		cloud.ServeHTTP(w, r)
	})
	names := account.Names{}
	names.Add(account.Instances, aws.String("i-00000001"))
	names.Add(account.Volumes, aws.String("vol-00000001"))
	r := accounttest.New(refusing).Targeted(t.Context(), names)
	for _, err := range r.Instances(t.Context()) {
		if fault, ok := errors.AsType[smithy.APIError](err); !ok || fault.ErrorCode() != "UnauthorizedOperation" {
			t.Errorf("error %v", err)
		}
	}
	for v, err := range r.Volumes(t.Context()) {
		if err != nil || *v.VolumeId != "vol-00000001" {
			t.Errorf("%v, %v", v.VolumeId, err)
		}
	}
}

// What a link leads to is left out if the service refuses it, but not if it might answer later; what is named besides is
// asked for once, and has to be there.
func TestLinksThatFail(t *testing.T) {
	t.Parallel()
	cloud := simulated.New(1, 0)
	for code, of := range map[string]struct {
		named, fails bool
	}{
		"UnauthorizedOperation":  {false, false},
		"RequestLimitExceeded":   {false, true},
		"UnauthorizedOperation2": {true, true},
	} {
		refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err == nil && r.Form.Get("Action") == "DescribeImages" {
				wire.Handler(func(*wire.Question) (*wire.Answer, error) {
					return nil, &wire.Fault{Status: http.StatusForbidden, Code: code, Message: "no"}
				}).ServeHTTP(w, r)
				return
			}
			cloud.ServeHTTP(w, r)
		})
		names := account.Names{}
		names.Add(account.Instances, aws.String("i-00000001"))
		names.Add(account.Volumes, aws.String("vol-00000001")) // which it leads to, too
		if of.named {
			names.Add(account.Images, aws.String("ami-00000001"))
		}
		r := accounttest.New(refusing).Targeted(t.Context(), names)
		var failed error
		for _, err := range r.Images(t.Context()) {
			failed = err
		}
		if (failed != nil) != of.fails {
			t.Errorf("%s: error %v", code, failed)
		}
		got := map[account.Kind]int{}
		if count(t, got, account.Volumes, r.Volumes(t.Context())); got[account.Volumes] != 1 {
			t.Errorf("%d volumes are read, want 1", got[account.Volumes])
		}
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range accounttest.New(simulated.New(1, 0)).Full().Volumes(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
}
