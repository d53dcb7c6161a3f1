package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
)

// A victim is what a hostile agent has found out of what others do: a job's name, which agent works on it, and a result of it.
type victim struct {
	Job   string      `json:"job"`
	Epoch int         `json:"epoch"`
	Agent string      `json:"agent"`
	Blob  scan.Digest `json:"blob"`
}

// An attempt is what a hostile agent tried, and what it was answered.
type attempt struct {
	Tried string `json:"tried"`
	// May: it has the right to.
	May    bool   `json:"may,omitempty"`
	Status int    `json:"status"`
	Answer string `json:"answer"`
}

// answered reports whether it was answered as it should be: it was let what it may, and all else was refused by somebody who is well.
func (a attempt) answered() bool {
	if a.May {
		return a.Status == http.StatusOK
	}
	return a.Status >= http.StatusBadRequest && a.Status < http.StatusInternalServerError || a.Status == http.StatusOK && a.Answer == string(scan.Drop)
}

// An intruder speaks to the office by hand, so that it can say what no client would.
type intruder struct {
	victim

	office     string
	http       *http.Client
	secret     string // that it was invited with
	credential string
	tried      []attempt
}

// runHostile is the process of a hostile agent. It was invited like others, and tries what it has no right to.
func (o *orders) runHostile(ctx context.Context, ready func(any) error) error {
	var i invitation
	if err := json.Unmarshal([]byte(o.Invitation), &i); err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: i.tls(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	h := &intruder{victim: o.Victim, office: i.Office, http: &http.Client{Transport: transport, Timeout: patience}, secret: i.Secret}
	err := h.enrol(ctx)
	for _, t := range h.trials() {
		if err == nil {
			err = h.try(ctx, t)
		}
	}
	if err != nil {
		return err
	}
	said, err := json.Marshal(h.tried)
	return errors.Join(err, ready(string(said)))
}

// enrol has it admitted, as it was invited.
func (h *intruder) enrol(ctx context.Context) error {
	status, said, err := h.call(ctx, trial{method: http.MethodPost, path: "/v1/enrol", body: proof(h.secret)})
	var grant struct{ Credential string }
	if err == nil {
		err = json.Unmarshal(said, &grant)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the office does not admit it: %d %s", status, said)
	}
	h.credential = grant.Credential
	return err
}

// try tries one, and takes down what it was answered.
func (h *intruder) try(ctx context.Context, t trial) error {
	do := h.call
	if t.loud {
		do = h.insist
	}
	status, said, err := do(ctx, t)
	var answer struct {
		Code       string
		Directives []scan.Directive
	}
	if err == nil {
		err = json.Unmarshal(said, &answer)
	}
	if len(answer.Directives) == 1 {
		answer.Code = string(answer.Directives[0].Do)
	}
	h.tried = append(h.tried, attempt{t.what, t.may, status, answer.Code})
	return err
}

const (
	maxSaid  = 1 << 20
	mostLoud = 5000
	atOnce   = 100
)

var errTooMany = errors.New("there were too many calls")

// insist makes a call again and again until there were too many: also many at once, because an office that is slow gets fewer in a second than it lets.
func (h *intruder) insist(ctx context.Context, t trial) (status int, said []byte, err error) {
	var refused atomic.Pointer[[]byte]
	loud, ctx := errgroup.WithContext(ctx)
	for range atOnce {
		loud.Go(func() error {
			for range mostLoud / atOnce {
				status, said, err := h.call(ctx, t)
				if err != nil {
					return err
				}
				if status == http.StatusTooManyRequests {
					refused.Store(&said)
					return errTooMany
				}
			}
			return nil
		})
	}
	switch err := loud.Wait(); {
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests, *refused.Load(), nil
	case err != nil:
		return 0, nil, err
	default:
		return http.StatusOK, []byte("{}"), nil
	}
}

func (h *intruder) call(ctx context.Context, t trial) (status int, said []byte, err error) {
	body, raw := t.body.([]byte)
	if !raw && t.body != nil {
		if body, err = json.Marshal(t.body); err != nil {
			return 0, nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, t.method, h.office+t.path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	maps.Copy(r.Header, t.header)
	if t.credential == "" {
		t.credential = h.credential
	}
	r.Header.Set("Authorization", "Bearer "+t.credential)
	answer, err := h.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	said, err = io.ReadAll(io.LimitReader(answer.Body, maxSaid))
	return answer.StatusCode, said, errors.Join(err, answer.Body.Close())
}
