package wire_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/amazon/wire"
)

func TestQuestion(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{
		"Action=DescribeVpcs&Version=2016-11-15":                                                            "ec2 DescribeVpcs",
		"Action=DescribeImages&Owner.1=self&Filter.1.Name=image-type&Filter.1.Value.1=machine&MaxResults=5": "ec2 DescribeImages Owner=self image-type=machine",
		"Action=A&Filter.1.Name=x&Filter.1.Value.1=2&Filter.1.Value.2=1&Filter.2.Name=a&Filter.2.Value.1=3": "ec2 A a=3 x=1,2",
		"Action=A&Filter.2.Name=x&Filter.2.Value.2=2&Filter.2.Value.1=1&Filter.1.Name=a&Filter.1.Value.1=3": "ec2 A a=3 x=1,2",
		"Action=A&LoadBalancerNames.member.1=one&LoadBalancerNames.member.2=two&Marker=next&PageSize=1":     "ec2 A LoadBalancerNames=one,two after next",
		"Action=A&StackName=arn%3Aaws":  "ec2 A StackName=arn:aws",
		"Action=A&VolumeId.1=v&Size=16": "ec2 A Size=16 VolumeId=v",
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := wire.NewQuestion("ec2", values).String(); got != want {
			t.Errorf("%s is %q, want %q", form, got, want)
		}
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	answer, err := wire.Parse(`<?xml version="1.0"?><DescribeInstancesResponse xmlns="http://example/"><reservationSet>
		<item><reservationId>r-1</reservationId><instancesSet><item><instanceId>i-1</instanceId></item><item><instanceId>i-2</instanceId></item></instancesSet></item>
		<item><reservationId>r-2</reservationId><instancesSet><item><instanceId>i-3</instanceId></item></instancesSet></item>
		</reservationSet></DescribeInstancesResponse>`)
	if err != nil {
		t.Fatal(err)
	}
	l := wire.ListingOf(&wire.Question{Service: "ec2", Action: "DescribeInstances"})
	some, err := l.Select(l.Items(answer), []wire.Name{{By: "instance-id", Value: "i-2"}, {By: "instance-id", Value: "i-3"}, {By: "instance-id", Value: "i-4"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Answer(some, "more")
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse><reservationSet>` +
		`<item><reservationId>r-1</reservationId><instancesSet><item><instanceId>i-2</instanceId></item></instancesSet></item>` +
		`<item><reservationId>r-2</reservationId><instancesSet><item><instanceId>i-3</instanceId></item></instancesSet></item>` +
		`</reservationSet><nextToken>more</nextToken></DescribeInstancesResponse>`
	if diff := cmp.Diff(want, string(got.Body)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
