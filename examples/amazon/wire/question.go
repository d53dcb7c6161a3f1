// Package wire speaks the query protocols of EC2, ELB, RDS and CloudFormation, as a server does: forms come in, XML
// goes out.
package wire

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Question is a request, without how it is written: which SDK asks, in which order and for how many at a time.
type Question struct {
	Service, Action string
	// Asked are filters, by their names, and parameters, by theirs. The values are sorted.
	Asked map[string][]string
	// Token is what the page before ended with; empty: it is the first one.
	Token string
	// Limit is how many are wanted at most; zero: the service decides.
	Limit int
}

// signer finds the service in the header by which a request is signed.
var signer = regexp.MustCompile(`Credential=[^/]*/[^/]*/[^/]*/([^/]*)/aws4_request`)

// readQuestion reads a request. It does not look whether the signature is right. With an error there is a question
// without more than what could be read.
func readQuestion(r *http.Request) (*Question, error) {
	signed := signer.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		return &Question{}, &Fault{http.StatusForbidden, "MissingAuthenticationToken", "the request says of no service that it is for it"}
	}
	if err := r.ParseForm(); err != nil {
		return &Question{Service: signed[1]}, &Fault{http.StatusBadRequest, "MalformedQueryString", err.Error()}
	}
	return NewQuestion(signed[1], r.Form), nil
}

var (
	filterPart = regexp.MustCompile(`^Filter\.(\d+)\.(Name|Value\.\d+)$`)
	listPart   = regexp.MustCompile(`^(\w+?)(?:\.member)?\.\d+$`)
)

// NewQuestion returns the question that a form asks a service.
func NewQuestion(service string, form url.Values) *Question {
	q := &Question{Service: service, Asked: map[string][]string{}}
	for name, values := range form {
		switch name {
		case "Action":
			q.Action = values[0]
		case "Version":
		case "NextToken", "Marker":
			q.Token = values[0]
		case "MaxResults", "MaxRecords", "PageSize":
			q.Limit, _ = strconv.Atoi(values[0])
		default:
			if filter := filterPart.FindStringSubmatch(name); filter != nil {
				if filter[2] == "Name" {
					continue
				}
				name = form.Get("Filter." + filter[1] + ".Name")
			} else if list := listPart.FindStringSubmatch(name); list != nil {
				name = list[1]
			}
			q.Asked[name] = append(q.Asked[name], values...)
		}
	}
	for _, values := range q.Asked {
		slices.Sort(values)
	}
	return q
}

// String returns the question in one line; two that ask the same are equal in it.
func (q *Question) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", q.Service, q.Action)
	for _, name := range slices.Sorted(maps.Keys(q.Asked)) {
		fmt.Fprintf(&b, " %s=%s", name, strings.Join(q.Asked[name], ","))
	}
	if q.Token != "" {
		fmt.Fprintf(&b, " after %s", q.Token)
	}
	return b.String()
}
