package provisioning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/reeve-go/reeve/storage"
)

// Handler returns what serves [Options.CallbackURL]: external provisioners tell there what came of an
// operation. Mounted elsewhere than at the root it needs [http.StripPrefix]. It is safe for concurrent
// use, and reads at most [MaxCallback] bytes of a body; how long that may take, and over what
// connections, is up to the host's server.
//
// A callback is a POST to {request}/{resource}/{operation}, as it stands in [Callback.URL], with the
// header "Authorization: Bearer" and the token, and a JSON object:
//
//	{"state": "done", "handle": "b-17", "attributes": {"host": "10.0.0.7"}, "secrets": {"password": {"value": "…"}}}
//	{"state": "in-progress", "progress": "2 of 3", "again": "30s", "within": "1h"}
//	{"state": "failed", "error": "no space left", "retryable": true, "retry_after": "10m"}
//
// All but the state, and the error of a failure, can be left out. A failure that is retryable says that
// nothing was done. Times are texts like "1h30m" or whole seconds. A secret that is not UTF-8 has
// "base64": true, and "expires" says until when it is good. An "id" tells a callback from others about
// the same operation: one with an id that came before changes nothing, and without ids one with the
// same body.
//
// The answer is 202 once the callback is in the store, also to one that came before; 404 if there is no
// such operation or the token is not its own, 409 if another operation took its place, 410 if it has
// ended; 400 with the field that is wrong, and 401, 405, 413 and 415, say what is wrong with the
// request. After 503 it should be sent again.
func (m *Manager) Handler() http.Handler { return &callbacks{m.accept, m.options.Logger} }

type callbacks struct {
	accept func(ctx context.Context, request, resource, operation, token string, s said) (callbackStatus, error)
	log    *slog.Logger
}

// ServeHTTP takes a callback.
func (h *callbacks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, isOperation := operationOf(r.URL)
	token, isBearer := bearer(r.Header)
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "POST is right")
		return
	case !isOperation:
		refuse(w, http.StatusNotFound, "the path is not one of an operation; the URL of its callback is right")
		return
	case !isBearer:
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, `the header "Authorization: Bearer" with the token of the operation is right`)
		return
	case !isJSON(r.Header):
		refuse(w, http.StatusUnsupportedMediaType, `a body of type "application/json", not encoded, is right`)
		return
	}
	s, code, wrong := readCallback(w, r)
	if wrong != nil {
		respond(w, code, map[string]any{"error": wrong})
		return
	}
	status, err := h.accept(r.Context(), at[0], at[1], at[2], token, s)
	switch {
	case err != nil:
		h.log.LogAttrs(r.Context(), slog.LevelError, "a callback could not be taken down",
			slog.String("request", at[0]), slog.String("resource", at[1]), slog.String("operation", at[2]), slog.Any("error", err))
		if errors.Is(err, storage.ErrTooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, "it is too large to be kept")
			return
		}
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "it could not be taken down; send it again")
	case status == callbackAccepted:
		respond(w, http.StatusAccepted, map[string]any{"status": "accepted"})
	case status == callbackSuperseded:
		refuse(w, http.StatusConflict, "another operation took the place of this one")
	case status == callbackFinished:
		refuse(w, http.StatusGone, "the operation has ended")
	default:
		refuse(w, http.StatusNotFound, "there is no such operation, or the token is not its own")
	}
}

// readCallback reads the body. Its error comes with the status that says so.
func readCallback(w http.ResponseWriter, r *http.Request) (said, int, *wireError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxCallback))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return said{}, http.StatusRequestEntityTooLarge, &wireError{Text: fmt.Sprintf("the body is too large; at most %d bytes are right", MaxCallback)}
	case err != nil:
		return said{}, http.StatusBadRequest, &wireError{Text: "the body ends too early"}
	}
	s, wrong := readSaid(body, false)
	if s.ID == "" {
		s.ID = digest(string(body)) // the same again is the same callback
	}
	return s, http.StatusBadRequest, wrong
}

// operationOf returns request, resource and operation.
func operationOf(u *url.URL) (at [3]string, ok bool) {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	if len(segments) != len(at) {
		return at, false
	}
	for i, s := range segments {
		id, ok := unescape(s)
		if !ok || len(id) > storage.MaxID || !utf8.ValidString(id) || strings.Contains(id, "\x00") {
			return at, false // no store has such an id
		}
		at[i] = id
	}
	return at, true
}

// authorization is the header, as RFC 6750 has it.
var authorization = regexp.MustCompile(`^(?i:bearer) +([\w.~+/-]{1,512}=*)$`)

func bearer(h http.Header) (token string, ok bool) {
	found := authorization.FindStringSubmatch(h.Get("Authorization"))
	if found == nil || len(h.Values("Authorization")) != 1 {
		return "", false
	}
	return found[1], true
}

func isJSON(h http.Header) bool {
	typ, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && typ == "application/json" && h.Get("Content-Encoding") == ""
}

func refuse(w http.ResponseWriter, code int, text string) {
	respond(w, code, map[string]any{"error": &wireError{Text: text}})
}

func respond(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // who asked is gone
}
