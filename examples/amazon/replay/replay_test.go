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

// refusal returns how EC2 refuses.
func refusal(code, message string) string {
	return "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></Errors><RequestID>r</RequestID></Response>"
}

func server(t *testing.T, lines ...string) *replay.Server {
	t.Helper()
	s, err := replay.New(t.Context(), strings.NewReader(strings.Join(lines, "")), 0)
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
	byID := "Action=DescribeVolumes&VolumeId.1="
	attached := "Action=DescribeVolumes&Filter.1.Name=attachment.instance-id&Filter.1.Value.1=i"
	page := func(request, id, next string) string {
		return line(t, "ec2", "Action=DescribeVolumes"+request, 200, strings.Replace(volumes(id), "</volumeSet>", "</volumeSet><nextToken>"+next+"</nextToken>", 1))
	}
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
		"by id":                      {[]string{line(t, "ec2", byID+"a&VolumeId.2=b", 200, volumes("b", "a"))}, []string{"b"}, []string{"b"}, ""},
		"by id, and not found":       {[]string{all, line(t, "ec2", byID+"a", 400, refusal("InvalidVolume.NotFound", "The volume 'a' does not exist."))}, []string{"a", "b"}, []string{"b"}, ""},
		"one of two not found":       {[]string{line(t, "ec2", byID+"a&VolumeId.2=b", 400, refusal("InvalidVolume.NotFound", "The volumes 'a' do not exist."))}, []string{"b"}, nil, "ec2 DescribeVolumes volume-id=b"},
		"by something else":          {[]string{line(t, "ec2", attached, 200, volumes("a", "b"))}, []string{"a"}, []string{"a"}, ""},
		"not by something else":      {[]string{line(t, "ec2", attached, 200, volumes("a", "b"))}, []string{"c"}, nil, "ec2 DescribeVolumes volume-id=c"},
		"by two things at once":      {[]string{line(t, "ec2", attached+"&VolumeId.1=c", 200, volumes())}, []string{"c"}, nil, "ec2 DescribeVolumes volume-id=c"},
		"by both at once":            {[]string{line(t, "ec2", named+"a&VolumeId.1=b", 200, volumes())}, []string{"a"}, nil, "ec2 DescribeVolumes volume-id=a"},
		"all, and one gone":          {[]string{all, line(t, "ec2", byID+"b", 200, volumes())}, nil, []string{"a", "c"}, ""},
		"all, and one new":           {[]string{all, line(t, "ec2", named+"d", 200, volumes("d"))}, nil, []string{"a", "b", "c", "d"}, ""},
		"gone, and there again":      {[]string{line(t, "ec2", named+"a", 200, volumes()), two}, []string{"a"}, []string{"a"}, ""},
		"page by page":               {[]string{page("", "a", "x"), page("&NextToken=x", "b", "y"), line(t, "ec2", "Action=DescribeVolumes&NextToken=y", 200, volumes("c"))}, nil, []string{"a", "b", "c"}, ""},
		"two kinds of pages":         {[]string{page("", "a", "x"), page("&Owner.1=self", "b", "x"), line(t, "ec2", "Action=DescribeVolumes&NextToken=x", 200, volumes("c"))}, nil, []string{"a", "c"}, ""},
		"without the last page":      {[]string{page("", "a", "x")}, nil, nil, "ec2 DescribeVolumes"},
		"on the first page":          {[]string{page("", "a", "x")}, []string{"a"}, []string{"a"}, ""},
		"perhaps on the last page":   {[]string{page("", "a", "x")}, []string{"b"}, nil, "ec2 DescribeVolumes volume-id=b"},
		"without the first page":     {[]string{line(t, "ec2", "Action=DescribeVolumes&NextToken=x", 200, volumes("b"))}, []string{"b"}, []string{"b"}, ""},
		"of which nobody knows":      {[]string{line(t, "ec2", "Action=DescribeVolumes&NextToken=x", 200, volumes("b"))}, nil, nil, "ec2 DescribeVolumes"},
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

// A refusal is one again, until the question is answered.
func TestRefused(t *testing.T) {
	t.Parallel()
	no := line(t, "ec2", "Action=DescribeVolumes", 403, refusal("UnauthorizedOperation", "You may not."))
	yes := line(t, "ec2", "Action=DescribeVolumes", 200, volumes("a"))
	if got, err := asked(t, server(t, yes, no)); err == nil || !strings.Contains(err.Error(), "UnauthorizedOperation") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := asked(t, server(t, no, yes)); err != nil || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := asked(t, server(t, yes, no), "a"); err != nil || len(got) != 1 { // which was another question
		t.Errorf("%q, %v", got, err)
	}
}

// That a stack's name is wrong does not say that there is no such stack.
func TestWrongStack(t *testing.T) {
	t.Parallel()
	wrong := `<ErrorResponse><Error><Code>ValidationError</Code><Message>1 validation error detected at 'stackName'</Message></Error></ErrorResponse>`
	x, names := "x", account.Names{}
	names.Add(account.Stacks, &x)
	r := accounttest.New(server(t, line(t, "cloudformation", "Action=DescribeStacks&StackName=x", 400, wrong))).Targeted(t.Context(), names)
	var got error
	for _, err := range r.Stacks(t.Context()) {
		got = err
	}
	if got == nil || !strings.Contains(got.Error(), "validation error detected") {
		t.Errorf("error %v", got)
	}
}

// An address that nothing has as an allocation can be one all the same.
func TestNamesOfTwoSorts(t *testing.T) {
	t.Parallel()
	address := func(rest string) string {
		return "<R><addressesSet><item><publicIp>192.0.2.1</publicIp>" + rest + "</item></addressesSet></R>"
	}
	ask := "Action=DescribeAddresses&Filter.1.Name=allocation-id&Filter.1.Value.1="
	none := line(t, "ec2", ask+"192.0.2.1", 200, "<R><addressesSet/></R>")
	one := line(t, "ec2", ask+"eipalloc-1", 200, address("<allocationId>eipalloc-1</allocationId>"))
	gone := line(t, "ec2", ask+"eipalloc-1", 200, "<R><addressesSet/></R>")
	for name, of := range map[string]struct {
		lines   []string
		want    int
		unknown string
	}{
		"as an allocation":  {[]string{none}, 0, "ec2 DescribeAddresses public-ip=192.0.2.1"},
		"with one":          {[]string{none, one}, 1, ""},
		"gone as the other": {[]string{one, gone}, 0, ""},
	} {
		s := server(t, of.lines...)
		ip, names := "192.0.2.1", account.Names{}
		names.Add(account.Addresses, &ip)
		n := 0
		for _, err := range accounttest.New(s).Targeted(t.Context(), names).Addresses(t.Context()) {
			if err == nil {
				n++
			}
		}
		if unknown := strings.Join(s.Unknown(), "\n"); n != of.want || unknown != of.unknown {
			t.Errorf("%s: %d, %q unknown; want %d, %q", name, n, unknown, of.want, of.unknown)
		}
	}
}

// A recording that ends earlier tells how things were then.
func TestLines(t *testing.T) {
	t.Parallel()
	lines := line(t, "ec2", "Action=DescribeVolumes", 200, volumes("a")) + "\n" + line(t, "ec2", "Action=DescribeVolumes", 200, volumes("b")) + "broken"
	for n, want := range map[int]string{1: "a", 2: "a", 3: "b"} {
		s, err := replay.New(t.Context(), strings.NewReader(lines), n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := asked(t, s); err != nil || strings.Join(got, " ") != want {
			t.Errorf("after %d lines: %q, %v; want %s", n, got, err, want)
		}
	}
}

func TestBadRecordings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":            "no questions",
		"\n\n":        "no questions",
		"{}\n":        `line 1: its service is "" and its status 0`,
		"\nnothing\n": "line 2: it is no JSON",
		line(t, "ec2", "Action=DescribeVolumes", 200, "<a>"):     "line 1: ec2 DescribeVolumes: its response is no XML",
		line(t, "ec2", "Action=DescribeVolumes", 200, "<html/>"): "line 1: ec2 DescribeVolumes: its response has no volumeSet",
		line(t, "ec2", "a=%", 200, "<a/>"):                       "line 1: its request is no form",
	} {
		if _, err := replay.New(t.Context(), strings.NewReader(text), 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}
