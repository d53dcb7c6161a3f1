package drivers

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// canaries are secrets that must be found nowhere but in the vault.
var canaries = []string{"canary-of-ensure-1f3a", "canary-of-callback-77b2", "canary-of-renew-9c01", "canary-of-an-error-55d0"}

const marker = "no secret at all" // is found wherever it is looked

// A blabber says its secrets wherever it can.
type blabber struct {
	mu     sync.Mutex
	tokens []string
	calls  []provisioning.Call
	tries  map[string]int
}

func (b *blabber) try(c provisioning.Call) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, c)
	if token := c.Callback.Token.Reveal(); token != "" {
		b.tokens = append(b.tokens, token)
	}
	if b.tries == nil {
		b.tries = map[string]int{}
	}
	b.tries[c.Resource]++
	return b.tries[c.Resource]
}

func give(value string, in time.Duration) provisioning.Secrets {
	s := provisioning.Secret{Value: []byte(value)}
	if in > 0 {
		s.Expires = time.Now().Add(in)
	}
	return provisioning.Secrets{"password": s}
}

func (b *blabber) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	try := b.try(c)
	slog.Default().Info("a call", "call", c, "token", c.Callback.Token, "secrets", give(canaries[0], 0))
	switch {
	case c.Resource == "later":
		return provisioning.Answer{State: provisioning.InProgress, Progress: "token " + c.Callback.Token.Reveal()}, nil
	case c.Resource == "error" && try == 1:
		return provisioning.Answer{Secrets: give(canaries[3], 0)}, errors.New("failed with " + canaries[3] + " and " + c.Callback.Token.Reveal())
	case c.Resource == "panic" && try == 1:
		panic("no good: " + c.Callback.Token.Reveal())
	}
	return provisioning.Answer{Handle: marker, Secrets: give(canaries[0], time.Second)}, nil
}

func (b *blabber) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if b.try(c); c.Resource == "later" {
		return provisioning.Answer{}, provisioning.Fatal(errors.New("no way with " + canaries[1]))
	}
	return provisioning.Answer{}, nil
}

func (b *blabber) Renew(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	b.try(c)
	return provisioning.Answer{Secrets: give(canaries[2], 0)}, nil
}

// forms are those in which a secret could stand somewhere.
func forms(secret string) []string {
	raw := []byte(secret)
	return []string{secret, hex.EncodeToString(raw), strings.TrimRight(base64.StdEncoding.EncodeToString(raw), "="), base64.RawURLEncoding.EncodeToString(raw)}
}

// Secrets are in the vault, and in nothing that the library writes or shows.
func TestNoSecretIsWritten(t *testing.T) { //nolint:paralleltest // the default logger is looked at, too
	var log lockedBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	before := slog.Default()
	slog.SetDefault(logger)
	t.Cleanup(func() { slog.SetDefault(before) })
	path := newPath(t, "")
	store := storeOn(t, open(t, modernc, dsnOf(path)), sqlite.Options{})
	vault, b := &provisioning.MemoryVault{}, &blabber{}
	m, err := provisioning.NewManager(store, &provisioning.Options{
		Vault: vault, CallbackURL: "http://127.0.0.1/", Secret: bytes.Repeat([]byte("x"), 32), OnFailure: provisioning.Hold,
	})
	if err != nil {
		t.Fatal(err)
	}
	soon := func(string, int) time.Duration { return time.Millisecond }
	m.Register("thing", b, &provisioning.TypeOptions{Wait: soon, Renew: time.Second})
	s, err := supervision.New(&supervision.Options{Logger: logger, Poll: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Supervise(s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var seen bytes.Buffer
	look := func() { lookInside(t, m, &seen) }

	var specs []provisioning.Spec
	for _, id := range []string{"now", "later", "error", "panic"} {
		specs = append(specs, provisioning.Spec{ID: id, Type: "thing"})
	}
	if err := m.CreateRequest(ctx, "r", specs...); err != nil {
		t.Fatal(err)
	}
	await := func(s provisioning.Status) {
		t.Helper()
		if _, err := m.Await(ctx, "r", s); err != nil {
			look()
			t.Fatalf("%v\n%s", err, &seen)
		}
	}
	await(provisioning.ProvisioningRequested)
	look()
	callBackWith(t, m, b, `{"state":"in-progress","progress":"the password is `+canaries[1]+`","secrets":{"password":{"value":"`+canaries[1]+`"}}}`)
	callBackWith(t, m, b, `{"state":"done","secrets":{"password":{"value":"`+canaries[1]+`"}}}`)
	await(provisioning.Provisioned)
	look()
	for deadline := time.Now().Add(time.Minute); !renewed(t, vault) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := m.TerminateRequest(ctx, "r", "enough"); err != nil {
		t.Fatal(err)
	}
	await(provisioning.Failed)
	look()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	seen.WriteString(log.String())
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		seen.Write(content)
	}
	if !bytes.Contains(seen.Bytes(), []byte(marker)) || !bytes.Contains(seen.Bytes(), []byte(`"handle":"`+marker)) {
		t.Error("the marker is not found; where is it looked?")
	}
	for _, secret := range append(b.tokens, canaries...) {
		for _, form := range forms(secret) {
			if at := bytes.Index(seen.Bytes(), []byte(form)); at >= 0 {
				t.Errorf("%s is written: …%q…", secret, seen.Bytes()[max(at-200, 0):min(at+100, seen.Len())])
			}
		}
	}
}

// renewed reports whether the vault has the renewed secrets.
func renewed(t *testing.T, v *provisioning.MemoryVault) bool {
	t.Helper()
	s, err := v.Get(t.Context(), provisioning.SecretKey{Request: "r", Resource: "now", Generation: 1})
	return err == nil && string(s["password"].Value) == canaries[2]
}

// callBackWith calls back about the resource that is made later.
func callBackWith(t *testing.T, m *provisioning.Manager, b *blabber, body string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c.Resource != "later" {
			continue
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimPrefix(c.Callback.URL, "http://127.0.0.1"), strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+c.Callback.Token.Reveal())
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusAccepted || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("the callback is answered %d: %s", w.Code, w.Body)
		}
		return
	}
	t.Error("nothing is made later")
}

// lookInside writes all that can be looked at.
func lookInside(t *testing.T, m *provisioning.Manager, to *bytes.Buffer) {
	t.Helper()
	show := func(v any, err error) {
		if err != nil {
			t.Error(err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintf(to, "%+v\n%s\n", v, text)
	}
	ctx := t.Context()
	show(m.Requests.Explain(ctx, "r"))
	show(m.Plan(ctx, "r"))
	show(m.Requests.Get(ctx, "r"))
	for el, err := range m.Resources(ctx, "r") {
		show(el, err)
	}
	for line, err := range m.Requests.History(ctx, "r") {
		show(line, err)
	}
	to.WriteString(m.Requests.Machine().Text(nil))
	svg, err := m.Requests.Machine().SVG(nil), error(nil)
	show(svg, err)
}

// A lockedBuffer can be written to by several at a time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
