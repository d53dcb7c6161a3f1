package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// A cassette is a recording in the making: of what the recorded account has, asked as the SDK for Ruby asks.
type cassette struct {
	t       *testing.T
	things  map[string][]*wire.Node // by action
	details map[string]string       // lines of the recording, by what they ask
	lines   strings.Builder
}

func newCassette(t *testing.T) *cassette {
	t.Helper()
	c := &cassette{t: t, things: map[string][]*wire.Node{}, details: map[string]string{}}
	for x := range exchanges(t) {
		form, err := url.ParseQuery(x.Request)
		if err != nil {
			t.Fatal(err)
		}
		c.details[x.Action+" "+form.Get("StackName")+form.Get("LoadBalancerName")] = x.line(t)
		l := wire.ListingOf(&wire.Question{Service: x.Service, Action: x.Action})
		if l == nil || len(c.things[x.Action]) > 0 && x.Action != "DescribeImages" {
			continue
		}
		answer, err := wire.Parse(x.Response)
		if err != nil {
			t.Fatal(err)
		}
		c.things[x.Action] = append(c.things[x.Action], l.Items(answer)...)
	}
	return c
}

// An exchange is a line of a recording.
type exchange struct {
	Service     string `json:"service"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	Action      string `json:"action"`
	Request     string `json:"request"`
	RequestType string `json:"request_content_type"`
	Status      int    `json:"status"`
	Type        string `json:"content_type"`
	Response    string `json:"response"`
}

func (x *exchange) line(t *testing.T) string {
	t.Helper()
	line, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

// exchanges yields the lines of the recording of everything.
func exchanges(t *testing.T) func(yield func(*exchange) bool) {
	t.Helper()
	file, err := os.Open(recording(t))
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(*exchange) bool) {
		defer file.Close() //nolint:errcheck // nothing is written
		in := bufio.NewReader(file)
		for decoder := json.NewDecoder(in); decoder.More(); {
			x := &exchange{}
			if err := decoder.Decode(x); err != nil {
				t.Fatal(err)
			}
			if !yield(x) {
				return
			}
		}
	}
}

// filter records a question by a filter: Filter.1.Name, Filter.1.Value.1 and so on.
func (c *cassette) filter(action, filter string, names ...string) {
	c.t.Helper()
	form := "Action=" + action + "&Filter.1.Name=" + filter
	for i, name := range names {
		form += fmt.Sprintf("&Filter.1.Value.%d=%s", i+1, url.QueryEscape(name))
	}
	c.add("ec2", action, form, c.some("ec2", action, names...))
}

// named records a question by a parameter, such as VolumeId. or StackName, which is followed by numbers if it ends so.
func (c *cassette) named(service, action, parameter string, names ...string) {
	c.t.Helper()
	form := "Action=" + action
	for i, name := range names {
		number := ""
		if strings.HasSuffix(parameter, ".") {
			number = fmt.Sprint(i + 1)
		}
		form += "&" + parameter + number + "=" + url.QueryEscape(name)
	}
	c.add(service, action, form, c.some(service, action, names...))
}

// again records what the recording of everything has of the details of something.
func (c *cassette) again(action, of string) {
	c.t.Helper()
	line, has := c.details[action+" "+of]
	if !has {
		c.t.Fatalf("%s of %s is not recorded", action, of)
	}
	c.lines.WriteString(line)
}

// some returns things of those names.
func (c *cassette) some(service, action string, names ...string) (items []*wire.Node) {
	l := wire.ListingOf(&wire.Question{Service: service, Action: action})
	for _, item := range c.things[action] {
		if slices.ContainsFunc(l.Names(item), func(n wire.Name) bool { return slices.Contains(names, n.Value) }) {
			items = append(items, item)
		}
	}
	return items
}

// add records a question and what is listed to it.
func (c *cassette) add(service, action, form string, items []*wire.Node) {
	c.t.Helper()
	answer, err := wire.ListingOf(&wire.Question{Service: service, Action: action}).Answer(items, "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.addRaw(service, action, form, http.StatusOK, string(answer.Body))
}

func (c *cassette) addRaw(service, action, form string, status int, response string) {
	c.t.Helper()
	x := &exchange{
		Service: service, Method: "post", Path: "/", Action: action, Request: form + "&Version=2016-11-15",
		RequestType: "application/x-www-form-urlencoded; charset=utf-8", Status: status, Type: "text/xml", Response: response,
	}
	c.lines.WriteString(x.line(c.t))
}

// count returns how many lines there are.
func (c *cassette) count() int { return strings.Count(c.lines.String(), "\n") }

// file returns the file that it is in.
func (c *cassette) file() string {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "cassette.jsonl")
	if err := os.WriteFile(file, []byte(c.lines.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return file
}
