package provisioning

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// tokenFor returns the token of an operation. It is derived, so that it need not be kept: what is kept is its hash.
func (m *Manager) tokenFor(operation string) Token {
	mac := hmac.New(sha256.New, m.options.Secret)
	_, _ = mac.Write([]byte("callback of operation " + operation))
	return Token{base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}
}

// proofOf returns the hash of the token of an operation; nil if there are no callbacks.
func (m *Manager) proofOf(operation string) []byte {
	if m.callback == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(m.tokenFor(operation).value))
	return sum[:]
}

// proves reports whether the token is the one whose hash was kept. It takes as long whatever the token is.
func proves(token string, proof []byte) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], proof) == 1
}

// callbackFor returns where to call back about an operation.
func (m *Manager) callbackFor(c *Call) Callback {
	if m.callback == nil || c.Operation == "" {
		return Callback{}
	}
	u := m.callback.JoinPath(escape(c.Request), escape(c.Resource), escape(c.Operation))
	return Callback{URL: u.String(), Token: m.tokenFor(c.Operation)}
}
