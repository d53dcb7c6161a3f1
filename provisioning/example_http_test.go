package provisioning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// bakery is an external provisioner: it takes an order over HTTP, and calls back when it is done.
func bakery(w http.ResponseWriter, r *http.Request) {
	var call struct {
		Do       string
		Resource string
		Callback struct{ URL, Token string }
	}
	if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
		http.Error(w, `{"error": "that is no order"}`, http.StatusBadRequest)
		return
	}
	if call.Do == "release" {
		return // 200 and nothing more: it is gone
	}
	w.WriteHeader(http.StatusAccepted)
	ctx := context.WithoutCancel(r.Context())
	go func() {
		done, err := http.NewRequestWithContext(ctx, http.MethodPost, call.Callback.URL, strings.NewReader(
			`{"state": "done", "handle": "loaf 7", "attributes": {"shelf": "3"}}`))
		if err != nil {
			return
		}
		done.Header.Set("Authorization", "Bearer "+call.Callback.Token)
		done.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(done)
		if err == nil {
			_ = answer.Body.Close()
		}
	}()
}

// An external provisioner is called over HTTP, and calls back.
func ExampleNewHTTP() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	outside := httptest.NewServer(http.HandlerFunc(bakery))
	defer outside.Close()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()

	manager, err := provisioning.NewManager(memory.New(nil), &provisioning.Options{
		CallbackURL: server.URL + "/callbacks",
		Secret:      []byte("32 bytes or more that nobody has"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux.Handle("/callbacks/", http.StripPrefix("/callbacks", manager.Handler()))
	loaves, err := provisioning.NewHTTP(outside.URL, &provisioning.HTTPOptions{
		Allow:      []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		AllowPlain: true, // both are on this machine
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	manager.Register("loaf", loaves, nil)
	sup, err := supervision.New(nil)
	if err == nil {
		err = manager.Supervise(sup)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(ctx) }()

	if err := manager.CreateRequest(ctx, "breakfast", provisioning.Spec{ID: "bread", Type: "loaf"}); err != nil {
		fmt.Println(err)
	}
	r, err := manager.Await(ctx, "breakfast", provisioning.Provisioned)
	fmt.Println(r.State, err)
	for el, err := range manager.Resources(ctx, "breakfast") {
		fmt.Println(el.Name, el.State, el.Data.Handle, el.Data.Attributes, err)
	}
	if err := manager.TerminateRequest(ctx, "breakfast", "it is noon"); err != nil {
		fmt.Println(err)
	}
	r, err = manager.Await(ctx, "breakfast", provisioning.Deprovisioned)
	fmt.Println(r.State, err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// provisioned <nil>
	// bread present loaf 7 map[shelf:3] <nil>
	// deprovisioned <nil>
	// <nil>
}

// An endpoint that the host does not allow is refused at once, and so is a name when it resolves to one.
func ExampleHTTPOptions() {
	o := &provisioning.HTTPOptions{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	_, err := provisioning.NewHTTP("https://169.254.169.254/latest", o)
	fmt.Println(err)
	_, err = provisioning.NewHTTP("http://10.1.0.5/buckets", o)
	fmt.Println(err)
	// Output:
	// provisioning: the address of the endpoint, 169.254.169.254, is not in the option Allow
	// provisioning: the endpoint at 10.1.0.5 is one of http; https is right, or the option AllowPlain
}
