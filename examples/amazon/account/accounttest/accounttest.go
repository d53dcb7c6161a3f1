// Package accounttest has accounts that are asked without a network, so also in a bubble of [testing/synctest].
package accounttest

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/reeve-go/reeve/examples/amazon/account"
)

// New returns the account at a handler. What is a fault is asked soon again.
func New(h http.Handler) *account.Account {
	return account.New(account.Options{
		Region: "us-east-1", Endpoint: "http://cloud.test", Client: &http.Client{Transport: inProcess{h}},
		Attempts: 20, Backoff: time.Millisecond,
	})
}

type inProcess struct{ http.Handler }

// RoundTrip implements [http.RoundTripper].
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}
