package requesttest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/reeve-go/reeve/provisioning"
)

const worldPath = "/world"

// serveWorld answers calls of provisioning.NewHTTP as the world does.
func (c *crew) serveWorld(w http.ResponseWriter, r *http.Request) {
	var in struct {
		provisioning.Call

		Do       provisioning.Action
		Callback struct{ URL, Token string }
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // who calls was killed
	}
	if err := json.Unmarshal(body, &in); err != nil {
		c.blame("a call cannot be read: %w", err)
		return
	}
	call := in.Call
	if call.Callback.URL = in.Callback.URL; call.Callback.URL != "" {
		c.keepToken(call.Operation, in.Callback.Token)
	}
	ctx := r.Context()
	if c.choose(2) == 1 {
		ctx = context.WithoutCancel(ctx) // it does not see that who calls has given up, or is dead
	}
	a, err := c.call(ctx, in.Do, call)
	answerCall(w, &a, err)
}

func (c *crew) call(ctx context.Context, do provisioning.Action, call provisioning.Call) (provisioning.Answer, error) {
	defer func() {
		if recover() != nil {
			panic(http.ErrAbortHandler) // the connection breaks
		}
	}()
	switch do {
	case provisioning.Ensure:
		return c.World.Ensure(ctx, call)
	case provisioning.Release:
		return c.World.Release(ctx, call)
	case provisioning.Poll:
		return c.World.Poll(ctx, call)
	case provisioning.Find:
		return c.World.Find(ctx, call)
	}
	c.blame("a call is to %q", do)
	return provisioning.Answer{}, errors.New("there is no such call")
}

// answerCall answers a call. Of what the world does not say it says nothing either.
func answerCall(w http.ResponseWriter, a *provisioning.Answer, err error) {
	_, fatal := errors.AsType[*provisioning.FatalError](err)
	_, retry := errors.AsType[*provisioning.RetryError](err)
	_, conflict := errors.AsType[*provisioning.ConflictError](err)
	switch {
	case conflict:
		w.WriteHeader(http.StatusConflict)
	case err == nil || fatal || retry:
		_, _ = w.Write(said(a, err))
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}
