package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/reeve-go/reeve/scan"
)

// A Client asks a cloud. It is what a host's launcher looks like: see [scan.Launcher].
type Client struct {
	// Address is where the cloud listens.
	Address string
}

var _ scan.Launcher = (*Client)(nil)

// Launch implements [scan.Launcher].
func (c *Client) Launch(ctx context.Context, token string, _ scan.AgentSpec) (scan.Instance, error) {
	return c.LaunchWith(ctx, token, "")
}

// LaunchWith launches an instance that is told something besides its token. One that is there already was told before.
func (c *Client) LaunchWith(ctx context.Context, token, userData string) (i scan.Instance, err error) {
	err = c.ask(ctx, http.MethodPost, "/instances", order{token, userData}, &i)
	return i, err
}

// Terminate implements [scan.Launcher].
func (c *Client) Terminate(ctx context.Context, token string) error {
	return c.ask(ctx, http.MethodDelete, "/instances/"+url.PathEscape(token), nil, nil)
}

// List implements [scan.Launcher].
func (c *Client) List(ctx context.Context) iter.Seq2[scan.Instance, error] {
	return func(yield func(scan.Instance, error) bool) {
		var all []scan.Instance
		if err := c.ask(ctx, http.MethodGet, "/instances", nil, &all); err != nil {
			yield(scan.Instance{}, err)
			return
		}
		for _, i := range all {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// Kill kills what runs in an instance; it is false if nothing does.
func (c *Client) Kill(ctx context.Context, token string) (killed bool, err error) {
	err = c.ask(ctx, http.MethodPost, "/instances/"+url.PathEscape(token)+"/kill", nil, &killed)
	return killed, err
}

// Counts returns what happened so far.
func (c *Client) Counts(ctx context.Context) (n Counts, err error) {
	err = c.ask(ctx, http.MethodGet, "/counts", nil, &n)
	return n, err
}

const maxAnswer = 1 << 20

func (c *Client) ask(ctx context.Context, method, path string, body, into any) (err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case answer.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("the cloud says %s: %s", answer.Status, strings.TrimSpace(string(said)))
	case into == nil:
		return nil
	}
	return json.Unmarshal(said, into)
}
