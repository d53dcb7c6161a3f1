package provisioning

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
)

// call makes one call. Its error is of the class that says what became of it.
func (h *overHTTP) call(ctx context.Context, do Action, c *Call) (Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.timeout, fmt.Errorf("there was no whole answer within %v", h.timeout))
	defer cancel()
	r, err := newRequest(ctx, h.endpoint, do, c)
	if err != nil {
		return Answer{}, fmt.Errorf("the provisioner at %s: %w", h.host, err)
	}
	own := r.Header.Clone()
	s, err := h.exchange(r, do, c.Goal)
	switch {
	case err == nil:
		err = s.Err
	case do == Poll || do == Find:
		err = errors.New(err.Error()) // whatever its class, it says nothing about the resource
	}
	secrets := secretsOf(c, own, r.Header)
	if err != nil {
		return Answer{}, hide(fmt.Errorf("the provisioner at %s: %w", h.host, err), secrets)
	}
	s.Answer.Progress = without(secrets, s.Answer.Progress)
	return s.Answer, nil
}

func newRequest(ctx context.Context, endpoint string, do Action, c *Call) (*http.Request, error) {
	body, err := writeCall(do, c)
	if err != nil {
		return nil, Fatal(fmt.Errorf("the call cannot be written: %w", err))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, Fatal(errors.New("the endpoint is no URL"))
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Idempotency-Key", c.Key)
	return r, nil
}

// exchange sends a request and reads what comes back.
func (h *overHTTP) exchange(r *http.Request, do Action, g Goal) (said, error) {
	if h.authorize != nil {
		if err := h.authorize(r); err != nil {
			return said{}, unlessClassified(fmt.Errorf("no credentials: %w", err))
		}
	}
	// Once there is a connection, what was sent on it may have arrived. That the headers were written
	// is told too late if the call is canceled meanwhile.
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	res, err := h.transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		err = brokenBy(ctx, err)
		if !connected.Load() {
			err = Retry(0, err)
		}
		return said{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxCallback+1))
	switch {
	case err != nil, ctx.Err() != nil: // a server may end its answer well because nobody listens any more
		err = brokenBy(ctx, err)
	case len(body) > MaxCallback:
		err = fmt.Errorf("its answer has more than %d bytes", MaxCallback)
	}
	return (&response{res.StatusCode, res.Header, body, err}).said(do, g)
}

// brokenBy says why a connection broke. What it says may have come over the connection.
func brokenBy(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.New(sentence(err.Error(), maxEcho))
}

// unlessClassified returns an error after which it is certain that nothing was done.
func unlessClassified(err error) error {
	if failure(err).Class != uncertain {
		return err
	}
	return Retry(0, err)
}

// secretsOf returns what must be in no text about a request: the token, and what the host added to the
// headers.
func secretsOf(c *Call, own, sent http.Header) []string {
	secrets := []string{c.Callback.Token.Reveal()}
	for name, values := range sent {
		for _, value := range values {
			if !slices.Contains(own[name], value) {
				_, credentials, _ := strings.Cut(value, " ")
				secrets = append(secrets, value, credentials)
			}
		}
	}
	return secrets
}

// hide returns the error, or if it shows a secret one of its class that does not.
func hide(err error, secrets []string) error {
	text := without(secrets, err.Error())
	if text == err.Error() {
		return err
	}
	shown := errors.New(text)
	switch r := failure(err); r.Class {
	case fatal:
		return Fatal(shown)
	case conflict:
		return Conflict(shown)
	case retryable:
		return Retry(r.After, shown)
	default:
		return shown
	}
}
