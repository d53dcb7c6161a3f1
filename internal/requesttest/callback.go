package requesttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

// callBack sends what the outside has to tell: once, again, not at all, with another's token, or about another operation.
func (e *Estate) callBack(ctx context.Context) error {
	e.mu.Lock()
	e.mail = append(e.mail, e.World.Told()...)
	if len(e.mail) == 0 {
		e.mu.Unlock()
		return nil
	}
	i := e.choose(len(e.mail))
	told := e.mail[i]
	if e.choose(2) == 0 { // it will not be sent again
		e.mail = append(e.mail[:i], e.mail[i+1:]...)
	}
	other := told
	if len(e.mail) > 0 {
		other = e.mail[e.choose(len(e.mail))]
	}
	e.mu.Unlock()
	e.send(ctx, &told, &other)
	return nil
}

// keepToken keeps the token that a call came with over HTTP.
func (e *Estate) keepToken(operation, token string) {
	e.mu.Lock()
	was, known := e.tokens[operation]
	e.tokens[operation] = token
	e.mu.Unlock()
	if known && was != token {
		e.blame("operation %s has two tokens", operation)
	}
}

// tokenOf returns the token that a call came with.
func (e *Estate) tokenOf(c *provisioning.Call) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if token, over := e.tokens[c.Operation]; over {
		return token
	}
	return c.Callback.Token.Reveal()
}

// send sends what is told, or does worse.
func (e *Estate) send(ctx context.Context, told, other *provisioningtest.Told) {
	token, url := e.tokenOf(&told.Call), told.Call.Callback.URL
	forged := false
	switch e.choose(6) {
	case 1:
		return // it is lost
	case 2:
		token, forged = "no-token-at-all", true
	case 3:
		url, forged = other.Call.Callback.URL, other.Call.Operation != told.Call.Operation
	}
	switch code, answer := e.post(ctx, strings.TrimPrefix(url, callbackURL), token, said(&told.Answer, told.Err)); code {
	case http.StatusServiceUnavailable: // to be sent again
		e.mu.Lock()
		e.mail = append(e.mail, *told)
		e.mu.Unlock()
	case http.StatusAccepted:
		if forged {
			e.blame("a callback with the token of another operation is accepted")
		}
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
	default:
		e.blame("a callback is answered %d: %s", code, answer)
	}
}

func (e *Estate) blame(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wrong = errors.Join(e.wrong, fmt.Errorf(format, args...))
}

// postHere posts a callback without a server.
func (e *Estate) postHere(ctx context.Context, path, token string, body []byte) (code int, answer string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	authorize(r, token)
	w := httptest.NewRecorder()
	e.Requests.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func authorize(r *http.Request, token string) {
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
}

// said is what is sent of an answer, or of an error after which it is known what was done.
func said(a *provisioning.Answer, err error) []byte {
	out := map[string]any{"state": a.State}
	switch {
	case err != nil:
		retry, again := errors.AsType[*provisioning.RetryError](err)
		out = map[string]any{"state": "failed", "error": err.Error(), "retryable": again}
		if again {
			out["retry_after"] = retry.After.String()
		}
	case a.State != provisioning.Missing:
		secrets := map[string]any{}
		for name, s := range a.Secrets {
			secrets[name] = map[string]any{"value": string(s.Value)}
		}
		out["handle"], out["secrets"], out["progress"] = a.Handle, secrets, a.Progress
		if a.Attributes != nil {
			out["attributes"] = a.Attributes
		}
		if a.State == provisioning.InProgress {
			out["again"] = a.Again.String()
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // there are only texts in it
	}
	return body
}
