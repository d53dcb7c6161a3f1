package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"
)

// Serve answers what is asked over HTTP until the cloud's ctx ends.
func (c *Cloud) Serve(l net.Listener) error {
	server := &http.Server{Handler: c.handler(), ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(c.ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// What is asked for.
type order struct {
	Token    string `json:"token"`
	UserData string `json:"userData"`
}

const maxOrder = 4 << 10

func (c *Cloud) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /instances", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&o); err != nil || o.Token == "" {
			http.Error(w, `a body like {"token": …} is right`, http.StatusBadRequest)
			return
		}
		i, err := c.Launch(o.Token, o.UserData)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		answer(w, i)
	})
	mux.HandleFunc("GET /instances", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.List()) })
	mux.HandleFunc("DELETE /instances/{token}", func(w http.ResponseWriter, r *http.Request) {
		c.Terminate(r.PathValue("token"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /instances/{token}/kill", func(w http.ResponseWriter, r *http.Request) {
		answer(w, c.Kill(r.PathValue("token")))
	})
	mux.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Counts()) })
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who asked has gone
}
