package provisioning

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// HTTPOptions are the options of [NewHTTP]. All but Allow may be zero.
type HTTPOptions struct {
	// Allow are the addresses that connections may go to, whatever the name of the endpoint resolves
	// to, so that who can change a name reaches nothing else. There has to be one.
	Allow []netip.Prefix
	// TLS says whom to trust, and what to show. Versions before 1.2 are never spoken. Nil: the roots of
	// the system, no certificate.
	TLS *tls.Config
	// AllowPlain lets the endpoint be one of http. Config and token can then be read on the way.
	AllowPlain bool
	// Authorize adds the host's credentials to a request that is complete otherwise. It must be safe
	// for concurrent use. Nothing was done if it fails, so its error is a [RetryError] unless it says
	// something else. Nil: there are none.
	Authorize func(r *http.Request) error
	// Timeout is how long a call may take. Zero: 30 seconds.
	Timeout time.Duration
	// Observes says that the endpoint takes the calls "poll" and "find": what NewHTTP returns is then a
	// [Poller] and a [Finder] as well.
	Observes bool
}

// NewHTTP returns a provisioner that calls an external one: each call is a POST to the endpoint over a
// connection of its own. It follows no redirects, uses no proxy and keeps no cookies. The body is a
// JSON object; "do" is ensure, release, poll or find:
//
//	{"do": "ensure", "request": "r-1", "resource": "bucket", "type": "bucket", "goal": "present", "operation": "…", "attempt": 1,
//	 "key": "…", "generation": 1, "fence": 7, "config": {…}, "handle": "…", "after": {"network": {"handle": "…", "attributes": {…}}},
//	 "callback": {"url": "https://…", "token": "…"}}
//
// The key is in the header Idempotency-Key as well. A status says what came of a call to ensure or to
// release:
//
//	200, 201, 204                           what the body says, in the form of a callback, see
//	                                        [Manager.Handler]; empty: it is done
//	202                                     in progress; the header Retry-After or the body can say
//	                                        when to ask again
//	404, 410 to a release                   it is done; with a body that is no JSON nobody knows
//	409                                     [Conflict]
//	425, 429, and 503 with a Retry-After    [Retry]: nothing was done
//	408, 500, 502, 503, 504, other 2xx      nobody knows what was done
//	all others                              [Fatal], with what the body has under "error"
//
// A connection that does not come about is Retry. If one breaks, or the answer cannot be read or is
// larger than [MaxCallback], nobody knows. To poll or to find something, only a body can say that it
// failed; any other error says nothing about the resource, and it is asked again. To find, what is not
// there is {"state": "missing"}; to poll a release, 404 and 410 are as above.
//
// No error shows more of the endpoint than its host. The token, and headers that Authorize added, are
// taken out of whatever the outside says, if they have eight bytes or more.
func NewHTTP(endpoint string, o *HTTPOptions) (Provisioner, error) {
	if o == nil {
		o = &HTTPOptions{}
	}
	h := &overHTTP{endpoint: endpoint, allow: slices.Clone(o.Allow), authorize: o.Authorize, timeout: o.Timeout}
	if h.timeout == 0 {
		h.timeout = 30 * time.Second
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		u = &url.URL{} // the error shows the endpoint, with what may be in it
	}
	if err := h.check(u, o); err != nil {
		return nil, fmt.Errorf("provisioning: %w", err)
	}
	h.host = u.Host
	h.transport = newTransport(o.TLS, h.timeout, h.control)
	if o.Observes {
		return observingHTTP{h}, nil
	}
	return h, nil
}

// overHTTP calls an external provisioner.
type overHTTP struct {
	endpoint, host string
	allow          []netip.Prefix
	authorize      func(*http.Request) error
	timeout        time.Duration
	transport      *http.Transport
}

// Ensure calls for the resource.
func (h *overHTTP) Ensure(ctx context.Context, c Call) (Answer, error) {
	return h.call(ctx, Ensure, &c)
}

// Release calls for its end.
func (h *overHTTP) Release(ctx context.Context, c Call) (Answer, error) {
	return h.call(ctx, Release, &c)
}

// observingHTTP calls one that can also say how things are.
type observingHTTP struct{ *overHTTP }

// Poll asks how far it is.
func (h observingHTTP) Poll(ctx context.Context, c Call) (Answer, error) {
	return h.call(ctx, Poll, &c)
}

// Find asks whether it is there.
func (h observingHTTP) Find(ctx context.Context, c Call) (Answer, error) {
	return h.call(ctx, Find, &c)
}

func (h *overHTTP) check(u *url.URL, o *HTTPOptions) error {
	address, err := netip.ParseAddr(u.Hostname())
	switch {
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.Fragment != "":
		return errors.New(`the endpoint is not the URL of a server; one like "https://provisioner.example.com/buckets" is right`)
	case u.Scheme == "http" && !o.AllowPlain:
		return fmt.Errorf("the endpoint at %s is one of http; https is right, or the option AllowPlain", u.Host)
	case u.User != nil:
		return fmt.Errorf("the endpoint at %s has a user in its URL; the option Authorize is right for credentials", u.Host)
	case len(o.Allow) == 0:
		return errors.New("there is no address that connections may go to; the option Allow needs one")
	case slices.ContainsFunc(o.Allow, func(p netip.Prefix) bool { return !p.IsValid() }):
		return errors.New(`a prefix in the option Allow is not valid; one like netip.MustParsePrefix("10.1.0.0/16") is right`)
	case err == nil && !h.allows(address):
		return fmt.Errorf("the address of the endpoint, %s, is not in the option Allow", address)
	case h.timeout < 0:
		return fmt.Errorf("the timeout is %v; a positive time is right, or zero for the default", h.timeout)
	case o.TLS != nil && o.TLS.MaxVersion != 0 && o.TLS.MaxVersion < tls.VersionTLS12:
		return errors.New("the option TLS ends before version 1.2, which is the least that is spoken")
	}
	return nil
}

func (h *overHTTP) allows(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(h.allow, func(p netip.Prefix) bool { return p.Contains(a) })
}

// control is called with each address before it is connected to, also where a name has several.
func (h *overHTTP) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !h.allows(at.Addr()) {
		return errors.New("the address is not in the option Allow")
	}
	return nil
}

// newTransport has a connection of its own for each call, so that none breaks because the other side
// has just closed it, and each address is checked.
func newTransport(config *tls.Config, timeout time.Duration, control func(context.Context, string, string, syscall.RawConn) error) *http.Transport {
	if config = config.Clone(); config == nil {
		config = &tls.Config{}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	const headers = 64 << 10
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: timeout, ControlContext: control}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    timeout,
		DisableKeepAlives:      true,
		DisableCompression:     true, // so that a small answer stays small
		MaxResponseHeaderBytes: headers,
	}
}
