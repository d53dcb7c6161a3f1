package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A sending is a call that an agent makes.
type sending struct {
	method string
	path   []string // after /v1, not escaped
	query  url.Values
	header http.Header
	body   []byte
	// answer is how many bytes the answer has at most, and within how long one try may take.
	answer int64
	within time.Duration
	// as is the credential it is made with; empty: the one at hand.
	as string
}

// How calls are tried.
const (
	callWithin   = 45 * time.Second
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	longestAfter = time.Minute // that a server may ask for
	mostAnswer   = 1 << 20
)

// insist tries until it succeeds, nothing better can be hoped for, or ctx ends.
func (c *Client) insist(ctx context.Context, what string, try func() error) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := try()
		if err == nil {
			return nil
		}
		if !isPassing(err) || ctx.Err() != nil {
			return fmt.Errorf("remote: %s: %w", what, err)
		}
		c.log.Debug("remote: a call is made again", "endpoint", what, "error", err)
		wait := time.NewTimer(after(err) + pause/2 + rand.N(pause))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("remote: %s: %w; the last try: %w", what, context.Cause(ctx), err)
		}
	}
}

// after is how long the server asks to wait.
func after(err error) time.Duration {
	if refused, ok := errors.AsType[*Error](err); ok {
		return max(0, min(refused.After, longestAfter))
	}
	return 0
}

// ask sends JSON, and insists on an answer.
func (c *Client) ask(ctx context.Context, in, out any, s sending) error {
	return c.insist(ctx, s.path[0], func() error { return c.post(ctx, in, out, s) })
}

// call makes a call, and insists on an answer.
func (c *Client) call(ctx context.Context, out any, s sending) error {
	return c.insist(ctx, s.path[0], func() error { return c.try(ctx, out, s) })
}

// post sends JSON, once.
func (c *Client) post(ctx context.Context, in, out any, s sending) (err error) {
	s.method = http.MethodPost
	if s.body, err = json.Marshal(in); err != nil {
		return err
	}
	return c.try(ctx, out, s)
}

// try makes a call, once.
func (c *Client) try(ctx context.Context, out any, s sending) error {
	ctx, cancel := context.WithTimeout(ctx, max(s.within, callWithin))
	defer cancel()
	return c.as(ctx, s.as, func(credential string) error { return c.exchange(ctx, out, &s, credential) })
}

// as does something with a credential, or with the one at hand, and once again if that had come to an end.
func (c *Client) as(ctx context.Context, credential string, do func(credential string) error) error {
	if credential != "" {
		return do(credential)
	}
	credential, err := c.credential(ctx, "")
	if err == nil {
		err = do(credential)
	}
	if errors.Is(err, ErrRefused) {
		if credential, err = c.credential(ctx, credential); err == nil {
			err = do(credential)
		}
	}
	return err
}

// exchange sends a request and reads its answer to the end.
func (c *Client) exchange(ctx context.Context, out any, s *sending, credential string) error {
	response, err := c.open(ctx, s, credential)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it is read to its end, or given up
	most := max(s.answer, mostAnswer)
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return fmt.Errorf("the answer is cut off: %w", err)
	case int64(len(body)) > most:
		return refuse(http.StatusBadGateway, CodeInvalid, "the answer has more than %d bytes", most)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return errNoAnswer
	}
	return nil
}

var errNoAnswer = errors.New("the answer is not the JSON that belongs here; is that a server of this package?")

// open sends a request and returns its answer, if that is a good one.
func (c *Client) open(ctx context.Context, s *sending, credential string) (*http.Response, error) {
	where := c.base.JoinPath("v1")
	for _, part := range s.path {
		where = where.JoinPath(url.PathEscape(part))
	}
	where.RawQuery = s.query.Encode()
	r, err := http.NewRequestWithContext(ctx, s.method, where.String(), bytes.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, s.header)
	if credential != noCredential {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	response, err := c.http.Do(r)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // without the address
		}
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close() //nolint:errcheck // it is not used again
	refused := &Error{Status: response.StatusCode, Code: CodeUnavailable}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // what is there of it
	if json.Unmarshal(body, refused) != nil || refused.Text == "" {
		refused.Text = "the server says " + response.Status
		if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil { // of a balancer
			refused.After = time.Duration(seconds) * time.Second
		}
	}
	return nil, refused
}

// noCredential is shown by who has none yet.
const noCredential = "-"

// isPassing reports whether another try may be answered better.
func isPassing(err error) bool {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.Status >= http.StatusInternalServerError || refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusRequestTimeout
	}
	return !isStrange(err) && !errors.Is(err, errNoAnswer)
}

// isStrange reports whether an error says that what is at the address is not the server: its certificate is another's, or it speaks no TLS, or an older one.
func isStrange(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	if errors.As(err, &untrusted) || errors.As(err, &notTLS) || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	const protocolVersion tls.AlertError = 70
	said, ok := errors.AsType[*net.OpError](err)
	return ok && said.Op == "remote error" && said.Err.Error() == protocolVersion.Error() // an alert has no type of its own here
}
