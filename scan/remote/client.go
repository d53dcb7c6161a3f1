package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// DialOptions for [Dial]. Nil is the same as the zero value.
type DialOptions struct {
	// TLS says whom to trust: its RootCAs should be the one that the servers' certificates are from. Whether a certificate is valid by now goes by its
	// Time, for a machine whose clock is wrong. Nil: what the system trusts.
	TLS *tls.Config
	// Plain lets the URL begin with http://, to an address of this machine only.
	Plain bool
	// File keeps the agent's key and credential, readable for its user only, so that it goes on after a restart without a new token, as long as the
	// credential is good. Empty: they are kept in memory.
	File string
	// Temp is the folder for what is on its way and large. Empty: [os.TempDir].
	Temp string
	// Logger is told of what goes wrong and is tried again. Nil: [slog.Default].
	Logger *slog.Logger

	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Client is an agent's end of the way to a [Server]. It tries what fails for a while again until the context ends, and each thing happens once
// all the same. It is safe for concurrent use.
type Client struct {
	o    DialOptions
	log  *slog.Logger
	base *url.URL
	http *http.Client

	mu       sync.Mutex
	identity identity
	// since is when the credential was asked for, by this machine's own reckoning of time that passes.
	since time.Time
	// renewing has a place for who renews it, parts for those who send a part of a blob.
	renewing, parts chan struct{}
}

// mostParts is how many parts of blobs are sent at once, so that they do not take all the calls that an agent may have going.
const mostParts = 4

// Dial returns the client of an agent, admitted by its token, or by the credential in its file. It returns [ErrRefused] if neither is good, and waits
// for a server that cannot be reached until ctx ends.
func Dial(ctx context.Context, server, token string, o *DialOptions) (*Client, error) {
	c := &Client{renewing: make(chan struct{}, 1), parts: make(chan struct{}, mostParts)}
	if o != nil {
		c.o = *o
	}
	c.log = cmp.Or(c.o.Logger, slog.Default())
	var err error
	if c.base, err = c.o.where(server); err != nil {
		return nil, fmt.Errorf("remote: %w", err)
	}
	c.http = c.o.client()
	if err := c.admit(ctx, token); err != nil {
		c.Close()
		return nil, fmt.Errorf("remote: an agent at %s: %w", c.base.Host, err)
	}
	return c, nil
}

// where reads the address of a server. What is said there must not be read by others on the way.
func (o *DialOptions) where(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of the server is none; one like https://host:port is right")
	}
	switch {
	case u.Scheme == "https" && o.TLS != nil && o.TLS.MaxVersion != 0 && o.TLS.MaxVersion < tls.VersionTLS13:
		return nil, fmt.Errorf("the newest TLS that may be spoken is %s; 1.3 is right", tls.VersionName(o.TLS.MaxVersion))
	case u.Scheme == "https":
	case u.Scheme == "http" && o.Plain && isHere(u.Hostname()):
	default:
		return nil, fmt.Errorf("the address of the server begins with %q; https is right, or http to this machine if Plain is set", u.Scheme)
	}
	return u, nil
}

// isHere reports whether an address is one of this machine. A name is none: who knows where it leads.
func isHere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func (o *DialOptions) client() *http.Client {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true,
		TLSHandshakeTimeout: 15 * time.Second, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 16 << 10,
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	if o.dial != nil {
		t.DialContext = o.dial
	}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS13}
	if o.TLS != nil {
		t.TLSClientConfig = o.TLS.Clone()
		t.TLSClientConfig.MinVersion = max(t.TLSClientConfig.MinVersion, tls.VersionTLS13)
	}
	return &http.Client{Transport: t, Jar: newCookies(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Name is the name that the agent was enrolled under. It is its id for [scan.NewAgent].
func (c *Client) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.identity.Name
}

// String says who the client is, and nothing that is secret.
func (c *Client) String() string { return fmt.Sprintf("agent %q at %s", c.Name(), c.base.Host) }

// Workplace returns what the agent works with: queues, blobs and desk of the server, and its own opener and scanners. The queue of requests can
// only be received from, the one of replies only be sent to, and blobs only be put and, where they are its own business, read. An agent that is
// not admitted any more is told to stop when it beats.
func (c *Client) Workplace(opener scan.Opener, scanners []scan.Scanner) scan.Workplace {
	return scan.Workplace{Requests: requests{c}, Replies: replies{c}, Blobs: blobs{c}, Desk: desk{c}, Opener: opener, Scanners: scanners}
}

// Close lets go of the connections. Calls that are under way go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }
