package replay_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/replay"
)

// line returns a line of a recording.
func line(t *testing.T, service, request string, status int, response string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"service": service, "request": request, "request_content_type": "application/x-www-form-urlencoded; charset=utf-8",
		"status": status, "response": response,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func volumes(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, "<item><volumeId>%s</volumeId></item>", id)
	}
	return "<DescribeVolumesResponse><volumeSet>" + b.String() + "</volumeSet></DescribeVolumesResponse>"
}

func server(t *testing.T, lines ...string) *replay.Server {
	t.Helper()
	s, err := replay.New(strings.NewReader(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asked returns the volumes of those names; nil: all there are.
func asked(t *testing.T, s *replay.Server, names ...string) (got []string, err error) {
	t.Helper()
	r := accounttest.New(s).Full()
	if len(names) > 0 {
		wanted := account.Names{}
		for _, name := range names {
			wanted.Add(account.Volumes, &name)
		}
		r = accounttest.New(s).Targeted(t.Context(), wanted)
	}
	for v, err := range r.Volumes(t.Context()) {
		if err != nil {
			return got, err
		}
		got = append(got, *v.VolumeId)
	}
	return got, nil
}

func TestReplay(t *testing.T) {
	t.Parallel()
	named := "Action=DescribeVolumes&Filter.1.Name=volume-id&Filter.1.Value.1="
	all := line(t, "ec2", "Action=DescribeVolumes&Version=2016-11-15", 200, volumes("a", "b", "c"))
	two := line(t, "ec2", named+"a&Filter.1.Value.2=gone", 200, volumes("a"))
	for name, of := range map[string]struct {
		lines, ask, want []string
		unknown          string
	}{
		"as it was asked":            {[]string{all}, nil, []string{"a", "b", "c"}, ""},
		"the last answer counts":     {[]string{all, line(t, "ec2", "Action=DescribeVolumes", 200, volumes("d"))}, nil, []string{"d"}, ""},
		"by name":                    {[]string{two}, []string{"gone", "a"}, []string{"a"}, ""},
		"a part of what was asked":   {[]string{two}, []string{"gone"}, nil, ""},
		"from an answer with all":    {[]string{all}, []string{"c", "a", "nowhere"}, []string{"a", "c"}, ""},
		"from several answers":       {[]string{two, line(t, "ec2", named+"b", 200, volumes("b"))}, []string{"a", "b"}, []string{"a", "b"}, ""},
		"gone by then":               {[]string{all, two, line(t, "ec2", named+"a", 200, volumes())}, []string{"a", "b"}, []string{"b"}, ""},
		"gone with all the others":   {[]string{two, line(t, "ec2", "Action=DescribeVolumes", 200, volumes("b"))}, []string{"b", "a"}, []string{"b"}, ""},
		"not all was asked":          {[]string{two}, []string{"a", "b"}, nil, "ec2 DescribeVolumes volume-id=a,b"},
		"nobody asked for all":       {[]string{two}, nil, nil, "ec2 DescribeVolumes"},
		"another service's question": {[]string{line(t, "rds", "Action=DescribeVolumes", 200, volumes("a"))}, nil, nil, "ec2 DescribeVolumes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t, of.lines...)
			got, err := asked(t, s, of.ask...)
			slices.Sort(got)
			if diff := cmp.Diff(of.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err != nil) != (of.unknown != "") || err != nil && !strings.Contains(err.Error(), "NotRecorded") {
				t.Errorf("error %v", err)
			}
			if unknown := strings.Join(s.Unknown(), "\n"); unknown != of.unknown {
				t.Errorf("%q is unknown, want %q", unknown, of.unknown)
			}
		})
	}
}

// A recorded refusal is one again, and one that the service makes of a name that nothing has is not made twice.
func TestGone(t *testing.T) {
	t.Parallel()
	refusal := `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>`
	s := server(t,
		line(t, "cloudformation", "Action=DescribeStacks&StackName=x", 400, refusal),
		line(t, "rds", "Action=DescribeDBInstances", 200, "<R><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></R>"),
	)
	gone, x := "gone", "x"
	names := account.Names{}
	names.Add(account.Stacks, &x)
	names.Add(account.Databases, &gone)
	r := accounttest.New(s).Targeted(t.Context(), names)
	for s, err := range r.Stacks(t.Context()) {
		t.Errorf("there is %v, %v", s, err)
	}
	for d, err := range r.Databases(t.Context()) {
		t.Errorf("there is %v, %v", d, err)
	}
	if unknown := s.Unknown(); len(unknown) > 0 {
		t.Errorf("unknown are %q", unknown)
	}
}

func TestBadRecordings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":              "no questions",
		"{}\n":          "no questions",
		"{}\nnothing\n": "line 2: ",
		line(t, "ec2", "Action=DescribeVolumes", 200, "<a>"): "its response is no XML",
		line(t, "ec2", "a=%", 200, "<a/>"):                   "its request is no form",
	} {
		if _, err := replay.New(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}
