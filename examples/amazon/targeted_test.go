package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the recorded instance is connected with, by action, filter and parameter.
var connected = []struct {
	action, filter, parameter string
	names                     []string
}{
	{"DescribeNetworkInterfaces", "network-interface-id", "NetworkInterfaceId.", []string{"eni-ad25f7cc"}},
	{"DescribeInstances", "instance-id", "InstanceId.", []string{"i-8b5739f2"}},
	{"DescribeAddresses", "allocation-id", "AllocationId.", []string{"eipalloc-ce53d7a0"}},
	{"DescribeVolumes", "volume-id", "VolumeId.", []string{"vol-67606d2d", "vol-0e4c86c12b28cead8"}},
	{"DescribeSecurityGroups", "group-id", "GroupId.", []string{"sg-80f755ef"}},
	{"DescribeSubnets", "subnet-id", "SubnetId.", []string{"subnet-f849ff96", "subnet-16c70477"}},
	{"DescribeVpcs", "vpc-id", "VpcId.", []string{"vpc-ff49ff91"}},
	{"DescribeImages", "image-id", "ImageId.", []string{"ami-5769193e"}},
	{"DescribeKeyPairs", "key-name", "KeyName.", []string{"EmsRefreshSpec-KeyPair"}},
	{"DescribeAvailabilityZones", "zone-name", "ZoneName.", []string{"us-east-1e"}},
}

// However it was asked for an instance and what that is connected with: of these there is what a full refresh makes.
func TestTargetedRecordings(t *testing.T) {
	t.Parallel()
	whole, recorded := newFile(t), newCassette(t)
	reported(t, "-replay", recording(t), "-db", whole)
	want := map[string][]string{}
	for name, query := range links {
		want[name] = found(t, whole, fmt.Sprintf(query, "i-8b5739f2"))
	}
	for name, ask := range map[string]func(c *cassette){
		"filters": func(c *cassette) {
			for _, of := range connected {
				c.filter(of.action, of.filter, of.names...)
			}
		},
		"ids, one by one": func(c *cassette) {
			for _, of := range connected {
				for _, name := range of.names {
					c.named("ec2", of.action, of.parameter, name)
				}
			}
		},
		"more than is needed": func(c *cassette) {
			for _, of := range connected {
				c.filter(of.action, of.filter, append([]string{"one-that-is-gone"}, of.names...)...)
			}
		},
		"everything": func(c *cassette) {
			for _, of := range connected {
				c.add("ec2", of.action, "Action="+of.action, c.things[of.action])
			}
		},
		"by what it is attached to": func(c *cassette) {
			for _, of := range connected {
				c.add("ec2", of.action, "Action="+of.action+"&Filter.1.Name=attachment.instance-id&Filter.1.Value.1=i-8b5739f2", c.some("ec2", of.action, of.names...))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, db := &cassette{t: t, things: recorded.things, details: recorded.details}, newFile(t)
			for _, balancer := range []string{"EmSRefreshSpecVPCELB", "EmSRefreshSpecVPCELB2"} {
				c.named("elasticloadbalancing", "DescribeLoadBalancers", "LoadBalancerNames.member.", balancer)
				c.again("DescribeInstanceHealth", balancer)
			}
			ask(c)
			args := []string{
				"-replay", c.file(), "-db", db, "-target", "vms=i-8b5739f2", "-target", "subnets=subnet-16c70477",
				"-target", "load_balancers=EmSRefreshSpecVPCELB2,EmSRefreshSpecVPCELB",
			}
			if r := reported(t, args...); len(r.NotRecorded)+len(r.Refused) > 0 {
				t.Errorf("not recorded are %q, refused %v", r.NotRecorded, r.Refused)
			}
			checkLinks(t, db, "i-8b5739f2", want)
			if again := reported(t, args...); again.written() > 0 {
				t.Errorf("%d rows are written again", again.written())
			}
		})
	}
}

// An instance is made, changes and is gone, in one recording; each state is refreshed to twice.
func TestPasses(t *testing.T) {
	t.Parallel()
	c, db := newCassette(t), newFile(t)
	const gone = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>" +
		"<Message>The instance ID 'i-8b5739f2' does not exist</Message></Error></Errors><RequestID>r</RequestID></Response>"
	var ends []int
	end := func() { ends = append(ends, c.count()) }
	c.addRaw("ec2", "DescribeInstances", "Action=DescribeInstances&InstanceId.1=i-8b5739f2", http.StatusBadRequest, gone)
	end()
	for _, of := range connected {
		c.filter(of.action, of.filter, of.names...)
	}
	end()
	c.some("ec2", "DescribeInstances", "i-8b5739f2")[0].Set("instancesSet/item/instanceState/name", "stopped")
	c.some("ec2", "DescribeVolumes", "vol-67606d2d")[0].Set("size", "77")
	c.named("ec2", "DescribeInstances", "InstanceId.", "i-8b5739f2") // otherwise than before
	c.filter("DescribeVolumes", "volume-id", "vol-67606d2d")
	end()
	c.things["DescribeInstances"] = nil
	c.filter("DescribeInstances", "instance-id", "i-8b5739f2")
	end()
	file := c.file()
	for pass, want := range []struct{ vms, inserts, updates, deletes, labels int }{
		{0, 0, 0, 0, 0}, {1, 1, 0, 0, 2}, {1, 0, 1, 0, 2}, {0, 0, 0, 1, 0},
	} {
		args := []string{"-replay", file, "-db", db, "-lines", fmt.Sprint(ends[pass]), "-target", "vms=i-8b5739f2"}
		r := reported(t, args...)
		for _, of := range r.Collections {
			if of.Name == "vms" && (of.Inserts != want.inserts || of.Updates != want.updates || of.Deletes != want.deletes) {
				t.Errorf("pass %d: %+v; want %+v", pass, of, want)
			}
		}
		got := rows(t, db, map[string]int{"vms": 0, "volumes": 0})
		volumes := 2 // which outlive the instance
		if pass == 0 {
			volumes = 0
		}
		if diff := cmp.Diff(map[string]int{"vms": want.vms, "volumes": volumes}, got); diff != "" {
			t.Errorf("pass %d (-want +got):\n%s", pass, diff)
		}
		if labels := len(found(t, db, "SELECT id FROM labels WHERE owner_type = 'vms'")); labels != want.labels {
			t.Errorf("pass %d: %d labels, want %d", pass, labels, want.labels)
		}
		if again := reported(t, args...); again.written() > 0 {
			t.Errorf("pass %d: %d rows are written again", pass, again.written())
		}
	}
	sizes := found(t, db, "SELECT gigabytes FROM volumes WHERE ref = 'vol-67606d2d'")
	if diff := cmp.Diff([]string{"77"}, sizes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const (
	innerStack = "EmsRefreshSpecStack-WebServerInstance-1CTHQS2P5WJ7S"
	outerStack = "EmsRefreshSpecStack"
)

// arn returns the ARN of a recorded stack.
func (c *cassette) arn(stack string) string {
	c.t.Helper()
	return c.some("cloudformation", "DescribeStacks", stack)[0].Get("StackId")
}

// The stack above another one is read if that was recorded, and else it is what the link lacks.
func TestRecordedStack(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		recorded []string
		want     []string
		lacking  int
	}{
		"with its parent":    {[]string{outerStack, innerStack}, []string{innerStack + "|" + outerStack}, 0},
		"without its parent": {[]string{innerStack}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, db := newCassette(t), newFile(t)
			for _, stack := range of.recorded {
				c.named("cloudformation", "DescribeStacks", "StackName", c.arn(stack))
				c.again("ListStackResources", stack)
			}
			r := reported(t, "-replay", c.file(), "-db", db, "-target", "stacks="+c.arn(innerStack))
			got := found(t, db, "SELECT s.name, p.name FROM stacks AS s JOIN stacks AS p ON p.id = s.parent_id")
			if diff := cmp.Diff(of.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(r.NotRecorded) != of.lacking || r.Counts["stacks"] != len(of.recorded) || r.Counts["resources"] == 0 || r.Counts["parameters"] == 0 {
				t.Errorf("not recorded are %q, there are %v", r.NotRecorded, r.Counts)
			}
		})
	}
}

// Whoever recorded it asked for the address of an instance outside of networks as if it was an allocation.
func TestClassicAddress(t *testing.T) {
	t.Parallel()
	c, db := newCassette(t), newFile(t)
	reported(t, "-replay", recording(t), "-db", db)
	before := rows(t, db, recordedTotals)
	c.filter("DescribeInstances", "instance-id", "i-680071e9")
	c.add("ec2", "DescribeAddresses", "Action=DescribeAddresses&Filter.1.Name=allocation-id&Filter.1.Value.1=54.221.202.53", nil)
	r := reported(t, "-replay", c.file(), "-db", db, "-target", "vms=i-680071e9")
	if !slices.Contains(r.NotRecorded, "ec2 DescribeAddresses public-ip=54.221.202.53") || r.written() > 0 {
		t.Errorf("%d rows are written, not recorded are %q", r.written(), r.NotRecorded)
	}
	// Asked for by name it is what could not be read.
	code, _, stderr := ran(t, "-replay", c.file(), "-db", db, "-target", "floating_ips=54.221.202.53")
	if code != 1 || !strings.Contains(stderr, "NotRecorded") {
		t.Errorf("%d, %s", code, stderr)
	}
	if diff := cmp.Diff(before, rows(t, db, recordedTotals)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// small records what a full refresh asks, of an account with little in it.
func (c *cassette) small() {
	c.t.Helper()
	all := func(service, action, besides string, names ...string) {
		c.add(service, action, "Action="+action+besides, c.some(service, action, names...))
	}
	for _, of := range connected {
		if of.action == "DescribeImages" {
			all("ec2", of.action, "&Owner.1=self&Filter.1.Name=image-type&Filter.1.Value.1=machine")
			all("ec2", of.action, "&ExecutableBy.1=self&Filter.1.Name=image-type&Filter.1.Value.1=machine")
			c.filter(of.action, of.filter, of.names...)
			continue
		}
		all("ec2", of.action, "", of.names...)
	}
	c.add("ec2", "DescribeSnapshots", "Action=DescribeSnapshots&Owner.1=self", c.things["DescribeSnapshots"][:2])
	all("elasticloadbalancing", "DescribeLoadBalancers", "", "EmSRefreshSpecVPCELB")
	c.again("DescribeInstanceHealth", "EmSRefreshSpecVPCELB")
	all("cloudformation", "DescribeStacks", "", innerStack, outerStack)
	c.again("ListStackResources", innerStack)
	c.again("ListStackResources", outerStack)
	c.add("rds", "DescribeDBInstances", "Action=DescribeDBInstances", c.things["DescribeDBInstances"])
}

// Whatever a recording lacks: nothing is deleted for it.
func TestLackingAnswers(t *testing.T) {
	t.Parallel()
	c, whole := newCassette(t), newFile(t)
	c.small()
	if r := reported(t, "-replay", c.file(), "-db", whole); len(r.NotRecorded) > 0 {
		t.Fatalf("not recorded are %q", r.NotRecorded)
	}
	want := rows(t, whole, recordedTotals)
	for table, n := range want {
		if n == 0 {
			t.Errorf("there are no %s, so none can be deleted", table)
		}
	}
	image, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	actions := map[string]bool{}
	for line := range strings.Lines(c.lines.String()) {
		x := &exchange{}
		if err := json.Unmarshal([]byte(line), x); err != nil {
			t.Fatal(err)
		}
		actions[x.Action] = true
	}
	for action := range actions {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			some, db := &cassette{t: t}, newFile(t)
			if err := os.WriteFile(db, image, 0o600); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(c.lines.String()) {
				if !strings.Contains(line, `"action":"`+action+`"`) {
					some.lines.WriteString(line)
				}
			}
			code, stdout, stderr := ran(t, "-replay", some.file(), "-db", db)
			if code != 1 || !strings.Contains(stderr, action) || !strings.Contains(stdout, "NOT ALL READ") || !strings.Contains(stdout, " "+action) {
				t.Errorf("%d: %s\n%s", code, stderr, stdout)
			}
			if diff := cmp.Diff(want, rows(t, db, want)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
