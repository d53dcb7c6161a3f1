package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A trial is a call that should be refused, unless it may be made. One that is loud is made again and again, until there were too many.
type trial struct {
	what, method, path string
	body               any
	credential         string
	header             http.Header
	may, loud          bool
}

type object = map[string]any

// trials are all that it tries.
func (h *intruder) trials() []trial {
	as := func(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }
	_, secret, _ := strings.Cut(h.credential, ".")
	reply := scan.Reply{
		V: 1, Agent: hostile, Job: h.Job, Epoch: h.Epoch, Seq: 1, Last: true,
		Results: []scan.Result{{Category: "accounts", Outcome: scan.Empty, Scanner: hostile, Digest: scan.DigestOf(nil)}},
	}
	posing := reply
	posing.Agent = h.Agent
	data := []byte("anything")
	upload := "/v1/uploads/" + string(scan.DigestOf(data)) + "?offset=0&size="
	whole := http.Header{"Reeve-Digest": {string(scan.DigestOf(data))}}
	lease := object{"operation": "x", "lease": time.Minute}
	const post = http.MethodPost
	return []trial{
		{what: "beats as itself", method: post, path: "/v1/beat", body: scan.Beat{Agent: hostile}, may: true},
		{what: "enrols once more, with the token that it has used and another key", method: post, path: "/v1/enrol", body: proof(h.secret)},
		{what: "enrols as " + h.Agent + ", with a guess", method: post, path: "/v1/enrol", body: proof(as(h.Agent) + "." + rand.Text())},
		{what: "beats as " + h.Agent + ", with its own secret", method: post, path: "/v1/beat", body: scan.Beat{Agent: h.Agent}, credential: as(h.Agent) + "." + secret},
		{what: "beats as " + h.Agent + ", and says that it has drained", method: post, path: "/v1/beat", body: scan.Beat{Agent: h.Agent, Drained: true}},
		{what: "reports of " + h.Job + " as " + h.Agent, method: post, path: "/v1/progress", body: h.progress(h.Agent)},
		{what: "reports of " + h.Job + " as itself", method: post, path: "/v1/progress", body: h.progress(hostile)},
		{what: "acks a request that it was not given", method: post, path: "/v1/deliveries/" + rand.Text() + "/ack", body: lease},
		{what: "hides requests for a year", method: post, path: "/v1/receive", body: object{"operation": "x", "most": 1, "lease": 365 * 24 * time.Hour}},
		{what: "replies for " + h.Job, method: post, path: "/v1/replies?key=x&delay=0s", body: reply},
		{what: "replies for " + h.Job + " as " + h.Agent, method: post, path: "/v1/replies?key=x&delay=0s", body: posing},
		{what: "reads a result of " + h.Job, method: http.MethodGet, path: "/v1/blobs/" + string(h.Blob)},
		{what: "puts a blob that nobody asked for", method: http.MethodPut, path: upload + "8", body: data, header: whole},
		{what: "puts a terabyte", method: http.MethodPut, path: upload + "1000000000000", body: data, header: whole},
		{what: "puts what is not of its digest", method: http.MethodPut, path: upload + "8", body: []byte("nothing!"), header: whole},
		{what: "sends a body that is too large", method: post, path: "/v1/progress", body: make([]byte, 300<<10)},
		{what: "asks for the list of agents", method: http.MethodGet, path: "/v1/agents"},
		{what: "beats without end", method: post, path: "/v1/beat", body: scan.Beat{Agent: hostile, Width: -1}, loud: true},
	}
}

func (h *intruder) progress(as string) object {
	return object{"progress": []scan.Progress{{Agent: as, Job: h.Job, Epoch: h.Epoch, Seq: 1}}}
}

// proof is an enrolment with a key of its own.
func proof(token string) object {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil // there is always randomness
	}
	return object{"token": token, "key": key.Public(), "proof": ed25519.Sign(key, []byte("reeve enrol 1\n"+token))}
}
