package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// An office is what agents from afar come to.
type office struct {
	server  *remote.Server
	address string
	trust   string // the certificate, as PEM
}

// An invitation is what an agent from afar is told, and no other: the secret admits it once.
type invitation struct {
	Office string `json:"office"`
	Trust  string `json:"trust"`
	Secret string `json:"secret"`
}

// runOffice runs an office beside something else. It says an invitation for somebody that no fleet knows.
func (o *orders) runOffice(ctx context.Context, e *estate, beside func(context.Context) error, ready func(any) error) error {
	server, err := remote.NewServer(remote.Office{
		Requests: e.requests, Replies: e.replies, Blobs: e.blobs, Desk: e.jobs, Records: e.store, Staging: filepath.Join(o.Folder, "staging"),
	}, &remote.Options{Logger: complaints()})
	if err != nil {
		return err
	}
	certificate, trust, err := newCertificate()
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	site := server.HTTP(&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13})
	e.launcher.office = &office{server, "https://" + l.Addr().String(), trust}
	guest, err := e.launcher.office.invite(ctx, hostile)
	if err == nil {
		err = ready(guest)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	running, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() { _ = site.Close() })()
	running.Go(func() error { return beside(ctx) })
	running.Go(func() error {
		if err := site.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return running.Wait()
}

// invite returns an invitation, as text.
func (o *office) invite(ctx context.Context, name string) (string, error) {
	secret, err := o.server.Enrol(ctx, name, 10*time.Minute)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(invitation{o.address, o.trust, secret}) //nolint:gosec // it is for the agent that it admits
	return string(text), err
}

// A launcher asks the cloud for agents. If there is an office it invites each of them, and shows it out in the end.
type launcher struct {
	*cloud.Client

	office *office
}

// Launch implements [scan.Launcher].
func (l *launcher) Launch(ctx context.Context, token string, spec scan.AgentSpec) (scan.Instance, error) {
	if l.office == nil {
		return l.Client.Launch(ctx, token, spec)
	}
	text, err := l.office.invite(ctx, token)
	if err != nil {
		return scan.Instance{}, err
	}
	return l.LaunchWith(ctx, token, text)
}

// Terminate implements [scan.Launcher].
func (l *launcher) Terminate(ctx context.Context, token string) error {
	err := l.Client.Terminate(ctx, token)
	if l.office != nil {
		err = errors.Join(err, l.office.server.Revoke(ctx, token))
	}
	return err
}

// enter returns the workplace of an agent from afar.
func (o *orders) enter(ctx context.Context) (w scan.Workplace, leave func(), err error) {
	var i invitation
	if err := json.Unmarshal([]byte(o.Invitation), &i); err != nil {
		return w, nil, err
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return w, nil, err
	}
	client, err := remote.Dial(ctx, i.Office, i.Secret, &remote.DialOptions{TLS: i.tls(), Temp: o.Folder, Logger: complaints()})
	if err != nil {
		return w, nil, err
	}
	return client.Workplace(nil, nil), client.Close, nil
}

// tls trusts the office and nobody else.
func (i *invitation) tls() *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(i.Trust))
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
}
